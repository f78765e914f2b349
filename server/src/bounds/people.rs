//! People: accounts, sessions, passwords, requests.

use super::{Area, bound, variable};
use crate::auth::{live, password, session};
use crate::limits;
use crate::routes::users::USERS;
use protocol::limits::{DISPLAY_NAME_CHARS, PASSWORD_CHARS, USERNAME_CHARS};

pub(super) fn area() -> Area {
    let rows = vec![
        variable!(
            "REQUESTS_PER_SECOND",
            requests_per_second,
            "person: requests a second, five times as many at once",
            "429 with `Retry-After`",
            "pages"
        ),
        variable!(
            "LOGINS_PER_MINUTE",
            logins_per_minute,
            "address, and name: attempts to sign in a minute",
            "429 with `Retry-After`",
            "passwords"
        ),
        variable!(
            "REGISTRATIONS_PER_HOUR",
            registrations_per_hour,
            "address: new accounts an hour",
            "429 with `Retry-After`",
            ""
        ),
        bound!(count limits::BURST_SECONDS, "person or connection: seconds' worth of a rate that may come at once", "as the rate", ""),
        bound!(range USERNAME_CHARS, "user name: characters", "400 naming the field", "long-names"),
        bound!(range PASSWORD_CHARS, "password: characters", "400 naming the field", ""),
        bound!(range DISPLAY_NAME_CHARS, "display name: characters", "400 naming the field", ""),
        bound!(kib password::MEMORY_KIB, "password hash at work: memory", "nothing", "hashing"),
        bound!(time password::QUEUE, "sign-in: wait for its turn to be hashed", "503", "hashing"),
        bound!(count session::USER_AGENT_CHARS, "session: characters of `User-Agent` that are kept", "cut off", ""),
        bound!(count live::HALF, "node: live sessions in each half of the cache", "one more query", ""),
        bound!(time live::AGE, "cached session: age", "one more query", ""),
        bound!(count USERS, "`GET /api/users`: rows", "the rest is not listed", ""),
    ];
    Area { title: "People", rows }
}
