//! Jackdaw's own frames. What arrives often is searched, what is rare is decoded.

use super::{Received, after, digits, name, number};
use crate::body;
use protocol::{ClientFrame, Cursor, PROTOCOL_VERSION, Rev, RoomId, Seq, ServerFrame};
use uuid::Uuid;

const NEW: &str = r#"{"type":"message:new""#;
const ACK: &str = r#"{"type":"message:ack""#;
const NACK: &str = r#"{"type":"message:nack""#;
/// Frames of no consequence, which need not be decoded.
const STATUS: &str = r#"{"type":"message:status""#;

pub(super) fn hello(room: RoomId, held: Option<(u64, Uuid)>) -> String {
    let cursors = held.iter().map(|(seq, _)| Cursor(room, number_of(*seq), Rev(0))).collect();
    text(&ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: held.map(|(_, epoch)| epoch), cursors })
}

pub(super) fn send(room_id: RoomId, salt: u64, number: u32, body: &str) -> String {
    // A body of words and digits needs no escaping.
    let client_id = name(salt, number);
    format!(r#"{{"type":"message:send","data":{{"client_id":"{client_id}","room_id":"{room_id}","body":"{body}"}}}}"#)
}

pub(super) fn more(room_id: RoomId, seq: u64) -> String {
    text(&ClientFrame::SyncMore { room_id, seq: number_of(seq), rev: Rev(0) })
}

fn number_of(seq: u64) -> Seq {
    Seq(i64::try_from(seq).unwrap_or(i64::MAX))
}

fn text(frame: &ClientFrame) -> String {
    serde_json::to_string(frame).expect("frames are plain data")
}

pub(super) fn read(text: &str) -> Received {
    let heard = if text.starts_with(NEW) {
        delivery(text)
    } else if text.starts_with(ACK) {
        client_number(text).map(Received::Ack)
    } else if text.starts_with(NACK) {
        client_number(text).map(Received::Nack)
    } else if text.starts_with(STATUS) {
        None
    } else {
        serde_json::from_str(text).ok().and_then(rare)
    };
    heard.unwrap_or(Received::Other)
}

fn delivery(text: &str) -> Option<Received> {
    let order = digits(after(text, r#""seq":"#)?)?;
    let (number, _) = body::read(after(text, r#""body":""#)?)?;
    Some(Received::Delivery { number, order })
}

fn client_number(text: &str) -> Option<u32> {
    number(after(text, r#""client_id":""#)?)
}

/// What a frame says that is decoded already, or of a kind that is rare.
pub(crate) fn decoded(frame: ServerFrame) -> Option<Received> {
    match frame {
        ServerFrame::New { message } => {
            let (number, _) = body::read(&message.body)?;
            Some(Received::Delivery { number, order: message.seq.0.unsigned_abs() })
        }
        ServerFrame::Ack { client_id, .. } => number(&client_id.to_string()).map(Received::Ack),
        ServerFrame::Nack { client_id, .. } => number(&client_id.to_string()).map(Received::Nack),
        frame => rare(frame),
    }
}

fn rare(frame: ServerFrame) -> Option<Received> {
    match frame {
        ServerFrame::Welcome { rooms, epoch, .. } => {
            let head = rooms.first().map_or(0, |room| room.last_seq.0.unsigned_abs());
            Some(Received::Welcome { head, epoch: Some(epoch) })
        }
        ServerFrame::Offline { rows, to, more, .. } => Some(missed(&rows, to.0, more)),
        ServerFrame::Reset { rows, to, .. } => Some(missed(&rows, to.0, false)),
        ServerFrame::Heads { rooms } => rooms.first().map(|head| Received::Head(head.1.0.unsigned_abs())),
        _ => None,
    }
}

fn missed(rows: &[protocol::Message], to: Seq, more: bool) -> Received {
    let numbers = rows.iter().filter_map(|row| body::read(row.body.as_str())).map(|(number, _)| number);
    Received::Missed { numbers: numbers.collect(), to: to.0.unsigned_abs(), more }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{ApiError, ClientId, ErrorCode, Message, MessageKind, RoomHead, UnixMillis, UserId};

    fn message(number: u32) -> Message {
        Message {
            room_id: RoomId(Uuid::from_u128(1)),
            seq: Seq(41),
            rev: Rev(0),
            sender_id: UserId(Uuid::from_u128(2)),
            sender_name: r#"says "seq":7"#.to_owned(),
            client_id: ClientId(name(3, number)),
            kind: MessageKind::Text,
            body: body::write(number, 1_000, body::LENGTH),
            event: None,
            reply_to: None,
            created_at: UnixMillis(5),
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        }
    }

    fn received(frame: &ServerFrame) -> Received {
        read(&serde_json::to_string(frame).unwrap())
    }

    #[test]
    fn what_is_searched_says_the_same_as_what_is_decoded() {
        let frame = ServerFrame::New { message: message(77) };
        assert_eq!(received(&frame), Received::Delivery { number: 77, order: 41 });
        let (client_id, room_id) = (ClientId(name(3, 78)), RoomId(Uuid::from_u128(1)));
        let ack = ServerFrame::Ack { client_id, room_id, seq: Seq(4), rev: Rev(0), created_at: UnixMillis(5) };
        assert_eq!(received(&ack), Received::Ack(78));
        let nack = ServerFrame::Nack {
            client_id,
            code: ErrorCode::Unavailable,
            message: "later".into(),
            retryable: true,
            retry_after_ms: None,
        };
        assert_eq!(received(&nack), Received::Nack(78));
        assert_eq!(received(&ServerFrame::Status { room_id, marks: Vec::new() }), Received::Other);
        let error = ApiError { code: ErrorCode::Unavailable, message: "later".into() };
        assert_eq!(received(&ServerFrame::error(error)), Received::Other);
        assert_eq!(read("{"), Received::Other);
        for frame in [frame, ack, nack] {
            assert_eq!(received(&frame), decoded(frame).unwrap());
        }
    }

    #[test]
    fn a_message_of_somebody_else_is_no_delivery() {
        let frame = ServerFrame::New { message: Message { body: "tea?".into(), ..message(1) } };
        assert_eq!(received(&frame), Received::Other);
    }

    #[test]
    fn what_was_missed_is_listed_with_its_cursor() {
        let frame = ServerFrame::Offline {
            room_id: RoomId(Uuid::from_u128(1)),
            from: (Seq(39), Rev(0)),
            rows: vec![message(5), message(6)],
            to: (Seq(41), Rev(0)),
            more: true,
        };
        assert_eq!(received(&frame), Received::Missed { numbers: vec![5, 6], to: 41, more: true });
        let heads = ServerFrame::Heads { rooms: vec![RoomHead(RoomId(Uuid::from_u128(1)), Seq(44), Rev(0))] };
        assert_eq!(received(&heads), Received::Head(44));
    }

    #[test]
    fn what_is_said_is_what_a_server_decodes() {
        let room = RoomId(Uuid::from_u128(9));
        let frame: ClientFrame =
            serde_json::from_str(&send(room, 3, 77, &body::write(77, 1_000, body::LENGTH))).unwrap();
        let expected = ClientFrame::Send {
            client_id: ClientId(name(3, 77)),
            room_id: room,
            body: body::write(77, 1_000, body::LENGTH),
            reply_to: None,
        };
        assert_eq!(frame, expected);
        let frame: ClientFrame = serde_json::from_str(&hello(room, Some((12, Uuid::nil())))).unwrap();
        let cursors = vec![Cursor(room, Seq(12), Rev(0))];
        assert_eq!(frame, ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: Some(Uuid::nil()), cursors });
    }
}
