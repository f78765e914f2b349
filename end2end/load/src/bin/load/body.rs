//! The text of a message that is measured: its number and when it was due, filled up to the size of a usual message.

/// Characters of a usual message.
pub(crate) const LENGTH: usize = 120;

/// The text of message `number`, due at this many microseconds of the client's clock, this long.
pub(crate) fn write(number: u32, due: u64, length: usize) -> String {
    let mut body = format!("load {number} {due} ");
    body.extend(std::iter::repeat_n('x', length.saturating_sub(body.len())));
    body
}

/// The number and the due time; none for a text of somebody else.
pub(crate) fn read(body: &str) -> Option<(u32, u64)> {
    let mut words = body.strip_prefix("load ")?.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_always_as_long() {
        for (number, due) in [(0, 0), (7, 1_234_567), (u32::MAX, 86_400_000_000)] {
            let body = write(number, due, LENGTH);
            assert_eq!(body.len(), LENGTH);
            assert_eq!(read(&body), Some((number, due)));
        }
        assert_eq!(read("tea at five?"), None);
        assert_eq!(read("load of hay"), None);
    }
}
