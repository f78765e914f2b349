//! A frame as it goes over the socket, encoded once for all who get it.

use bytes::Bytes;
use protocol::ServerFrame;

/// The longest header of a WebSocket frame that a server sends: it masks nothing (RFC 6455, section 5.2).
const HEADER: usize = 10;
/// The first byte of a whole text message.
const TEXT: u8 = 0x81;
/// `heartbeat` as a text message, and a ping after it.
const BEAT: &[u8] = b"\x81\x1e{\"type\":\"heartbeat\",\"data\":{}}\x89\x00";

/// A WebSocket frame, its header included. Copies share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// A text message.
    pub fn encode(frame: &ServerFrame) -> Self {
        let mut bytes = vec![0; HEADER];
        serde_json::to_writer(&mut bytes, frame).expect("frames have string keys only and no failing serializer");
        Self::with_header(bytes)
    }

    /// A text message that is encoded already.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut bytes = Vec::with_capacity(HEADER + text.len());
        bytes.resize(HEADER, 0);
        bytes.extend_from_slice(text.as_bytes());
        Self::with_header(bytes)
    }

    /// `heartbeat`: tells the client that the server is there.
    pub fn heartbeat() -> Self {
        Self(Bytes::from_static(&BEAT[..BEAT.len() - 2]))
    }

    /// `heartbeat`, then a WebSocket ping, as one piece: the client learns that the server is there, and its WebSocket
    /// answers the ping without any code of the page's.
    pub(crate) fn beat() -> Self {
        Self(Bytes::from_static(BEAT))
    }

    /// The text follows space for the longest header; the actual header is written directly before the text.
    fn with_header(mut bytes: Vec<u8>) -> Self {
        let length = bytes.len() - HEADER;
        let start = if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 126) {
            bytes[HEADER - 2..HEADER].copy_from_slice(&[TEXT, short]);
            HEADER - 2
        } else if let Ok(medium) = u16::try_from(length) {
            bytes[HEADER - 4..HEADER - 2].copy_from_slice(&[TEXT, 126]);
            bytes[HEADER - 2..HEADER].copy_from_slice(&medium.to_be_bytes());
            HEADER - 4
        } else {
            bytes[..2].copy_from_slice(&[TEXT, 127]);
            bytes[2..HEADER].copy_from_slice(&(length as u64).to_be_bytes());
            0
        };
        Self(Bytes::from(bytes).slice(start..))
    }

    /// The message, without the header.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0[self.header()..]).unwrap_or_default()
    }

    /// Bytes of the message.
    pub(crate) fn len(&self) -> usize {
        self.0.len() - self.header()
    }

    /// Bytes of the header.
    fn header(&self) -> usize {
        match self.0.get(1) {
            Some(126) => 4,
            Some(127) => HEADER,
            _ => 2,
        }
    }

    /// The first frame of these bytes, if it is whole, and what follows it.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (header, length) = match *bytes {
            [_, 126, a, b, ..] => (4, usize::from(u16::from_be_bytes([a, b]))),
            [_, 127, a, b, c, d, e, f, g, h, ..] => (HEADER, u64::from_be_bytes([a, b, c, d, e, f, g, h]) as usize),
            [_, short, ..] if short < 126 => (2, usize::from(short)),
            _ => return None,
        };
        let (frame, rest) = bytes.split_at_checked(header + length)?;
        Some((Self(Bytes::copy_from_slice(frame)), rest))
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tungstenite::protocol::{Role, WebSocket};

    /// As a client reads it.
    fn read(frame: &Frame) -> tungstenite::Message {
        let bytes = std::io::Cursor::new(frame.0.to_vec());
        WebSocket::from_raw_socket(bytes, Role::Client, None).read().unwrap()
    }

    #[test]
    fn a_client_reads_frames_of_each_length() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 200_000] {
            let text = "x".repeat(length);
            let frame = Frame::of_text(&text);
            assert_eq!((frame.text(), frame.len()), (text.as_str(), length));
            assert_eq!(read(&frame), tungstenite::Message::text(text));
            assert_eq!(Frame::split(&frame.0), Some((frame.clone(), &[][..])));
            assert_eq!(Frame::split(&frame.0[..frame.0.len() - 1]), None, "it is not whole");
        }
    }

    #[test]
    fn a_beat_is_a_heartbeat_and_a_ping() {
        let heartbeat = Frame::encode(&ServerFrame::Heartbeat {});
        assert_eq!(Frame::heartbeat(), heartbeat);
        let beat = Frame::beat();
        let (first, rest) = Frame::split(&beat.0).unwrap();
        assert_eq!((first, rest), (heartbeat, &[0x89, 0][..]));
        assert_eq!(read(&Frame(Bytes::copy_from_slice(rest))), tungstenite::Message::Ping(Bytes::new()));
    }

    #[test]
    fn a_frame_of_ours_is_its_json() {
        let frame = ServerFrame::SyncDone {};
        assert_eq!(Frame::encode(&frame).text(), serde_json::to_string(&frame).unwrap());
    }
}
