//! The sync engine of the page.

use super::{Area, bound};
use client::bounds as engine;

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(count engine::WINDOW_ROWS, "room on the page: rows in memory", "the far end is paged in again", ""),
        bound!(count engine::PERSISTED_ROOMS, "browser: rooms that are kept for offline", "older ones are fetched again", ""),
        bound!(count engine::PEOPLE_MAX, "page: people in the map of names", "those that nothing on the page names go first", ""),
        bound!(ms engine::ACK_TIMEOUT_MS, "message: time for its acknowledgement", "the connection is made anew, the message is sent again", "flood"),
    ];
    Area { title: "The page", rows }
}
