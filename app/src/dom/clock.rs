//! The browser's clocks and its source of chance.

use client::Now;
use leptos::prelude::window;
use protocol::{ClientId, UnixMillis};
use uuid::Builder;

/// The device's clock: a label, never an order.
pub(crate) fn wall() -> UnixMillis {
    UnixMillis(js_sys::Date::now() as i64)
}

/// Milliseconds since the page started.
pub(crate) fn monotonic_ms() -> u64 {
    window().performance().map_or(0, |performance| performance.now() as u64)
}

/// What the engine is given with every input.
pub(crate) fn now() -> Now {
    Now { monotonic_ms: monotonic_ms(), wall: wall(), random: u64::from_le_bytes(random()) }
}

/// What to add to a moment to read it in the device's own zone, daylight saving of that day included.
pub(crate) fn offset_ms(at: UnixMillis) -> i64 {
    let date = js_sys::Date::new(&(at.0 as f64).into());
    -(date.get_timezone_offset() as i64) * 60_000
}

/// A fresh UUIDv7.
pub(crate) fn new_client_id() -> ClientId {
    let millis = u64::try_from(wall().0).unwrap_or_default();
    ClientId(Builder::from_unix_timestamp_millis(millis, &random()).into_uuid())
}

/// From the system. Where that fails, from a weaker source: ids must differ, and are no secret.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if filled.is_err() {
        bytes = std::array::from_fn(|_| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}
