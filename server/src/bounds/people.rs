//! People: accounts, sessions, passwords, requests.

use super::{Area, bound, variable};
use crate::auth::{DEVICE_USERS, KNOWN_DEVICE, password, queue, session, session_cache};
use crate::http::trace;
use crate::limits;
use crate::limits::failures;
use crate::routes::users::USERS;
use chat::budget;
use chat::rules::people::RENAMED;
use protocol::limits::{DISPLAY_NAME_CHARS, PASSWORD_CHARS, PEOPLE_IDS, USERNAME_CHARS};

pub(super) fn area() -> Area {
    let rows = vec![
        variable!(
            "REQUESTS_PER_SECOND",
            requests_per_second,
            "person: requests a second",
            "429 with `Retry-After`",
            "pages"
        ),
        variable!(
            "LOGINS_PER_MINUTE",
            logins_per_minute,
            "address block and name: failed sign-ins a minute",
            "429 with `Retry-After`",
            "passwords"
        ),
        variable!(
            "REGISTRATIONS_PER_HOUR",
            registrations_per_hour,
            "address block: new accounts an hour",
            "429 with `Retry-After`",
            ""
        ),
        bound!(count budget::BURST_SECONDS, "connection: seconds' worth of `FRAMES_PER_SECOND` that may come at once", "as the rate", ""),
        bound!(count budget::READ_UNITS, "person: units of reads a second, for each of `REQUESTS_PER_SECOND`", "429, `error`, or batches wait", "pages"),
        bound!(count budget::READ_BURST_SECONDS, "person: seconds' worth of these units that may come at once", "429, `error`, or batches wait", "pages"),
        bound!(count budget::TYPING_PER_SECOND, "person: typing frames a second", "others see no typing", "typing"),
        bound!(count budget::TYPING_AT_ONCE, "person: typing frames at once", "others see no typing", "typing"),
        bound!(count failures::ADDRESS_TIMES, "address block: failed sign-ins with any name, in times `LOGINS_PER_MINUTE`", "429 with `Retry-After`", "passwords"),
        bound!(count failures::NAME_TIMES, "name: failed sign-ins from everywhere, in times `LOGINS_PER_MINUTE`", "429 with `Retry-After`; a known device is exempt", "passwords"),
        bound!(time failures::FAILURE_WINDOW, "address block and name: for how long failed sign-ins count", "429 with `Retry-After` for that long at most", "passwords"),
        bound!(count failures::FAILURE_KEYS, "node: addresses and names whose failures are counted", "new ones are not counted", ""),
        bound!(count limits::STRANGERS_PER_SECOND, "address block: pages, sign-ins and upgrades without a verified token a second", "429 with `Retry-After`", "strangers"),
        bound!(count limits::STRANGERS_AT_ONCE, "address block: the same at once", "429 with `Retry-After`", "strangers"),
        bound!(count limits::RENEWALS_PER_MINUTE, "session: renewals a minute", "429 with `Retry-After`", "refresh"),
        bound!(count DEVICE_USERS, "device: people who are known on it", "the one who signed in longest ago is not known", ""),
        bound!(time KNOWN_DEVICE, "device: time for which people are known on it", "as an unknown device", ""),
        bound!(range USERNAME_CHARS, "user name: characters", "400 naming the field", "long-names"),
        bound!(range PASSWORD_CHARS, "password: characters", "400 naming the field", ""),
        bound!(range DISPLAY_NAME_CHARS, "display name: characters", "400 naming the field", ""),
        bound!(kib password::MEMORY_KIB, "password hash at work: memory", "nothing", "hashing"),
        bound!(count queue::HASH_QUEUE_MAX, "node: sign-ins that wait for a permit to hash", "503; the address block with most of them first", "hashing"),
        bound!(time queue::WAIT_TIMEOUT, "sign-in: wait for a permit to hash", "503", "hashing"),
        bound!(count trace::REQUEST_ID_CHARS, "request: characters of `x-request-id`", "a fresh id", "request-id"),
        bound!(count session::USER_AGENT_CHARS, "session: characters of `User-Agent` that are kept", "cut off", ""),
        bound!(count session_cache::GENERATION_SESSIONS, "node: sessions in each of the two generations of the cache", "one more query", ""),
        bound!(time session_cache::MAX_AGE, "cached session: age", "one more query", ""),
        bound!(count limits::RENAMES_PER_HOUR, "person: changes of the name an hour", "429 with `Retry-After`", ""),
        bound!(count PEOPLE_IDS, "`people:get`: people", "`error` naming the field", ""),
        bound!(count RENAMED, "node: changes of names in one read", "the next read has the rest", ""),
        bound!(count USERS, "`GET /api/users`: rows", "the rest is not listed", ""),
        bound!(bytes trace::PATH_BYTES, "request: bytes of its path in the log", "cut off", ""),
    ];
    Area { title: "People", rows }
}
