//! As much of Redis's protocol (RESP 2 and 3) as it takes to tell one value from the next.

/// Bytes of the first value; none where it is not complete yet.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let number = || std::str::from_utf8(&bytes[1..line - 2]).ok()?.parse::<i64>().ok();
    let values = match bytes.first()? {
        // Blobs: so many bytes and an end of line; -1 for none.
        b'$' | b'=' | b'!' => {
            let end = usize::try_from(number()?).map_or(line, |size| line + size + 2);
            return (bytes.len() >= end).then_some(end);
        }
        b'*' | b'~' | b'>' => number()?.max(0),
        b'%' => 2 * number()?,
        // Attributes stand before the value that they are about.
        b'|' => 2 * number()? + 1,
        _ => 0,
    };
    let mut end = line;
    for _ in 0..values {
        end += length(&bytes[end..])?;
    }
    Some(end)
}

/// Whether the value is a message that somebody published to a channel.
pub(super) fn is_published(value: &[u8]) -> bool {
    let name = b"3\r\n$7\r\nmessage\r\n";
    matches!(value.first(), Some(b'*' | b'>')) && value[1..].starts_with(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_end() {
        let values: [&[u8]; 10] = [
            b"+PONG\r\n",
            b"-ERR no\r\n",
            b":42\r\n",
            b"$5\r\na\r\nb!\r\n",
            b"$-1\r\n",
            b"*-1\r\n",
            b"*2\r\n$4\r\npong\r\n$0\r\n\r\n",
            b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\n*1\r\r\n",
            b"%1\r\n+a\r\n*1\r\n:1\r\n",
            b"|1\r\n+a\r\n:1\r\n>2\r\n+b\r\n_\r\n",
        ];
        for value in values {
            let and_more = [value, b"+OK\r\n"].concat();
            assert_eq!(length(&and_more), Some(value.len()), "{}", value.escape_ascii());
            assert!((0..value.len()).all(|cut| length(&value[..cut]).is_none()), "{}", value.escape_ascii());
        }
    }

    #[test]
    fn only_messages_are_messages() {
        assert!(is_published(b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"));
        assert!(is_published(b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"));
        assert!(!is_published(b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
        assert!(!is_published(b"$7\r\nmessage\r\n"));
    }
}
