//! Socket.IO 5 over Engine.IO 4, on a WebSocket from the start: `0{…}` opens, `40` connects, `42[…]` is an event,
//! `43…` acknowledges one, `2` and `3` are ping and pong.

use super::{Received, Visitor, after, digits, name};
use crate::body;
use protocol::RoomId;
use std::net::SocketAddr;

pub(super) fn address(node: SocketAddr, visitor: &Visitor) -> String {
    let Visitor { user, room, .. } = visitor;
    format!("ws://{node}/socket.io/?EIO=4&transport=websocket&user={user}&room={room}")
}

/// The message's number is also the one of its acknowledgement.
pub(super) fn send(room_id: RoomId, salt: u64, number: u32, body: &str) -> String {
    let client_id = name(salt, number);
    format!(r#"42{number}["message",{{"room_id":"{room_id}","client_id":"{client_id}","body":"{body}"}}]"#)
}

pub(super) fn read(text: &str) -> Received {
    let heard = if text.starts_with(r#"42["message""#) {
        delivery(text)
    } else if let Some(rest) = text.strip_prefix("43") {
        acknowledgement(rest)
    } else if text == "2" {
        Some(Received::Answer("3"))
    } else if text.starts_with('0') {
        Some(Received::Answer("40"))
    } else if text.starts_with("40") {
        Some(Received::Welcome { head: 0, epoch: None })
    } else {
        None
    };
    heard.unwrap_or(Received::Other)
}

/// PostgreSQL's `bigint` is a string in JSON.
fn delivery(text: &str) -> Option<Received> {
    let order = digits(after(text, r#""id":""#)?)?;
    let (number, _) = body::read(after(text, r#""body":""#)?)?;
    Some(Received::Delivery { number, order })
}

fn acknowledgement(rest: &str) -> Option<Received> {
    let number = u32::try_from(digits(rest)?).ok()?;
    Some(if rest.contains(r#""error""#) { Received::Nack(number) } else { Received::Ack(number) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_socket_is_opened_and_kept_open() {
        assert_eq!(read(r#"0{"sid":"x","upgrades":[],"pingInterval":25000}"#), Received::Answer("40"));
        assert_eq!(read(r#"40{"sid":"y"}"#), Received::Welcome { head: 0, epoch: None });
        assert_eq!(read("2"), Received::Answer("3"));
        assert_eq!(read(r#"42["other",{}]"#), Received::Other);
    }

    #[test]
    fn an_event_of_a_message_is_a_delivery() {
        let body = body::write(77, 1_000, body::LENGTH);
        let text = format!(r#"42["message",{{"room_id":"r","id":"41","client_id":"c","body":"{body}"}}]"#);
        assert_eq!(read(&text), Received::Delivery { number: 77, order: 41 });
    }

    #[test]
    fn an_acknowledgement_names_the_message_that_was_sent() {
        let text = send(RoomId(Uuid::from_u128(9)), 3, 77, &body::write(77, 1_000, body::LENGTH));
        assert!(text.starts_with(r#"4277["message",{"room_id":"00000000-"#));
        assert_eq!(read(r#"4377[{"id":"1"}]"#), Received::Ack(77));
        assert_eq!(read(r#"4377[{"error":"not a member"}]"#), Received::Nack(77));
    }
}
