//! Messages, rooms and what is read of them.

use super::{Area, bound, variable};
use chat::hub::{recent_cache, sequence};
use chat::rules::{reach, receipts, writer};
use chat::{budget, rules};
use protocol::limits::{
    BATCH_ROWS, BODY_BYTES, BODY_CHARS, EMOJI_CHARS, EMOJI_KINDS, MEMBERS_ADDED, PAGE_DEFAULT, PAGE_MAX, PREVIEW_CHARS,
    REACTIONS_MAX, REASON_CHARS, RECEIPTS_MEMBERS, RESET_ROWS, ROOM_NAME_CHARS, ROOMS_MAX, TOPIC_CHARS,
    TYPING_INTERVAL_MS, TYPING_TIMEOUT_MS, UNREAD_MAX,
};

pub(super) fn area() -> Area {
    let rows = vec![
        variable!(
            "MESSAGES_PER_SECOND",
            messages_per_second,
            "person: messages and changes a second",
            "retryable `nack`, or 429",
            "flood"
        ),
        bound!(range BODY_CHARS, "message: characters of its body after trimming", "`nack`, or 400 naming the field", "long-messages"),
        bound!(bytes BODY_BYTES, "message: bytes of its body after trimming", "`nack`, or 400 naming the field", "long-messages"),
        bound!(count PREVIEW_CHARS, "list of rooms: characters of a room's last message", "cut off", "long-messages"),
        bound!(range ROOM_NAME_CHARS, "room: characters of its name", "400 naming the field", ""),
        bound!(range TOPIC_CHARS, "room: characters of its topic", "400 naming the field", ""),
        bound!(range REASON_CHARS, "report: characters of its reason", "400 naming the field", ""),
        bound!(range EMOJI_CHARS, "reaction: characters", "`nack`, or 400 naming the field", ""),
        bound!(count EMOJI_KINDS, "message: different emoji", "`nack`, or 400", "reactions"),
        bound!(count REACTIONS_MAX, "message: reactions", "`nack`, or 409", "reactions"),
        bound!(count ROOMS_MAX, "person: rooms", "409 for who would bring them into one more", ""),
        bound!(count MEMBERS_ADDED, "request: members that it adds", "400 naming the field", ""),
        bound!(count PAGE_MAX, "page of history or of members: rows", "400 naming the field", ""),
        bound!(count PAGE_DEFAULT, "page of history: rows where none are asked for", "the next page is asked for", ""),
        bound!(count BATCH_ROWS, "`messages:offline`, `room:reset` and a filled gap: rows", "`more`: the next batch is asked for", "long-history"),
        bound!(bytes reach::BATCH_BYTES, "`messages:offline`, `room:reset`: bytes of rows, one row at least", "`more`: the next batch is asked for", "long-messages"),
        bound!(bytes reach::FILL_BYTES, "gap of a node: bytes of rows with which it is filled for everybody", "`heads`: each device asks", "long-messages"),
        bound!(bytes reach::PAGE_BYTES, "page of history: bytes of rows, one row at least", "fewer rows and `next_cursor`", "long-messages"),
        bound!(bytes reach::WELCOME_BYTES, "`welcome`, `rooms`: bytes of rooms", "`more`: the next part follows", "long-messages"),
        bound!(count reach::HEADS_ROOMS, "`heads`: rooms", "another `heads` follows", ""),
        bound!(count RESET_ROWS, "room: missed rows above which a device starts over", "`room:reset`", ""),
        bound!(count UNREAD_MAX, "room: unread messages that are counted", "\"99+\"", ""),
        bound!(count RECEIPTS_MEMBERS, "room: members above which marks are not pushed", "\"seen by\" is asked for", ""),
        bound!(ms TYPING_INTERVAL_MS, "connection: interval of `typing:start`", "not passed on", "typing"),
        bound!(ms TYPING_TIMEOUT_MS, "person: time without `typing:start` after which typing ends", "typing ends", ""),
        bound!(count writer::QUEUE_MAX, "node: messages that wait to be stored", "retryable `nack`, or 503", "flood"),
        bound!(time writer::OVERLOAD_TIMEOUT, "message: time that it waits for room in that queue; its connection is not read meanwhile", "retryable `nack`, or 503", "flood"),
        bound!(time writer::QUEUE_TIMEOUT, "message: time that it may wait to be stored", "retryable `nack`, or 503", "flood"),
        bound!(count writer::BATCH_MAX, "transaction: messages", "waits for the next one", "flood"),
        bound!(count budget::WRITE_BURST_SECONDS, "person: seconds' worth of `MESSAGES_PER_SECOND` that may come at once", "retryable `nack`, or 429", "flood"),
        bound!(bytes budget::WRITE_BYTES, "person: bytes of messages and changes a second, for each of `MESSAGES_PER_SECOND`", "retryable `nack`, or 429", "flood"),
        bound!(count budget::WRITE_BURST_BYTE_SECONDS, "person: seconds' worth of these bytes that may come at once", "retryable `nack`, or 429", "flood"),
        bound!(bytes budget::WRITE_OVERHEAD, "message or change: bytes that count beside its text", "nothing", ""),
        bound!(count receipts::PERSON_MARKS, "person: marks that are stored and told in a second", "ticks come later", "marks"),
        bound!(count receipts::MARKS_BATCH, "transaction: marks", "waits for the next one", "marks"),
        bound!(time receipts::MARKS_INTERVAL, "node: interval of stored marks", "ticks come that much later", "marks"),
        bound!(count rules::CATCHING_UP, "node: share of the read connections, as a divisor, on which devices are brought up to date at once", "waits", "hello"),
        bound!(time rules::CATCH_UP_TIMEOUT, "device: wait for that", "`error`, retryable", "hello"),
        bound!(count recent_cache::ROOM_ROWS, "room: cached messages", "read from the database", ""),
        bound!(bytes recent_cache::ROOM_BYTES, "room: bytes of cached messages", "read from the database", ""),
        bound!(count recent_cache::NODE_ROWS, "node: cached messages", "the oldest are evicted", ""),
        bound!(bytes recent_cache::NODE_BYTES, "node: bytes of cached messages", "the oldest are evicted", ""),
        bound!(count sequence::REORDER_MAX, "room and stream: frames that wait behind a gap", "read from the database", ""),
        bound!(time sequence::REORDER_TIMEOUT, "gap: time before the database is asked", "that much later", ""),
    ];
    Area { title: "Messages and rooms", rows }
}
