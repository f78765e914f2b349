//! What an error says of a text that cannot be read: the type, the field, and what is wrong with it.

use protocol::{
    ClientFrame, CreateRoom, HistoryPage, Incoming, MemberPage, Message, ServerFrame, SystemEvent, from_json,
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// `message:new` of the golden files, changed at a place.
fn message_new(pointer: &str, value: Value) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/server.message-new.json");
    let text = std::fs::read_to_string(path).expect("the golden file is here");
    let mut frame: Value = serde_json::from_str(&text).expect("a golden file is JSON");
    *frame.pointer_mut(pointer).expect("the golden file has this field") = value;
    frame.to_string()
}

/// The error of a frame that the page cannot read.
fn problem(text: &str) -> String {
    match Incoming::read(text) {
        Incoming::Unreadable(frame) => frame.error.to_string(),
        read => panic!("it was read: {read:?}"),
    }
}

#[test]
fn a_field_of_another_type_is_named() {
    let error = problem(&message_new("/data/message/seq", json!("x")));
    assert!(error.starts_with("message:new: data.message.seq: invalid type: string \"x\", expected i64"), "{error}");
    let error = problem(&message_new("/data/message/sender_id", json!("x")));
    assert!(error.starts_with("message:new: data.message.sender_id: "), "{error}");
    let error = problem(&message_new("/data/message/reactions", json!([{"emoji": 1, "users": []}])));
    assert!(error.starts_with("message:new: data.message.reactions[0].emoji: invalid type: integer"), "{error}");
    let error = problem(&message_new("/data/message/reactions/0/users", json!([7])));
    assert!(error.starts_with("message:new: data.message.reactions[0].users[0]: "), "{error}");
    let nested =
        message_new("/data/message/body", json!("")).replace(r#""body":"""#, r#""event":{"event":"renamed","name":7}"#);
    let error = problem(&nested);
    assert!(error.starts_with("message:new: data.message.event: renamed.name: invalid type: integer"), "{error}");
    let error = problem(r#"{"type":"heads","data":{"rooms":[["00000000-0000-0000-0000-000000000001",1]]}}"#);
    assert!(error.starts_with("heads: data.rooms[0]: invalid length 2, expected tuple struct RoomHead"), "{error}");
    let error = from_json::<MemberPage>(r#"{"members":7,"next_cursor":null}"#).expect_err("no list").to_string();
    assert!(error.starts_with("MemberPage.members: invalid type: integer `7`, expected a sequence"), "{error}");
}

#[test]
fn a_missing_field_is_named() {
    let error = problem(r#"{"type":"room:gone","data":{}}"#);
    assert!(error.starts_with("room:gone: data: missing field `room_id`"), "{error}");
    let error = problem(r#"{"type":"room:gone"}"#);
    assert!(error.starts_with("room:gone: data: invalid type: null, expected an object"), "{error}");
    let error = problem(&message_new("/data/message", json!({"room_id": uuid::Uuid::nil()})));
    assert!(error.starts_with("message:new: data.message: missing field `seq`"), "{error}");
    let error = problem(r#"{"data":{}}"#);
    assert!(error.starts_with("missing field `type`"), "{error}");
    let error = from_json::<HistoryPage>(r#"{"messages":[]}"#).expect_err("half a page").to_string();
    assert!(error.starts_with("HistoryPage: missing field `rev`"), "{error}");
    let error = from_json::<CreateRoom>(r#"{"kind":"group"}"#).expect_err("no name").to_string();
    assert!(error.starts_with("CreateRoom: group: missing field `name`"), "{error}");
    let error = from_json::<SystemEvent>("{}").expect_err("no event").to_string();
    assert!(error.starts_with("SystemEvent: missing field `event`"), "{error}");
}

#[test]
fn an_unknown_type_is_named() {
    let error = problem(r#"{"type":"shout","data":{}}"#);
    assert!(error.starts_with("type: unknown variant `shout`, expected one of `welcome`"), "{error}");
    let error = ClientFrame::read(r#"{"type":"shout"}"#).expect_err("no frame").to_string();
    assert!(error.starts_with("type: unknown variant `shout`, expected one of `hello`"), "{error}");
    let error = from_json::<CreateRoom>(r#"{"kind":"tower"}"#).expect_err("no kind").to_string();
    assert!(error.starts_with("CreateRoom: kind: unknown variant `tower`, expected one of `direct`"), "{error}");
}

#[test]
fn a_truncated_text_is_called_so() {
    let text = message_new("/data/message/seq", json!(1));
    for end in 0..text.trim_end().len() {
        let Some(part) = text.get(..end) else { continue };
        let error = ServerFrame::read(part).expect_err("half a frame").to_string();
        assert!(error.contains("EOF while parsing"), "{part}: {error}");
    }
    let message: Value = serde_json::from_str(&text).expect("it is JSON");
    let message = message["data"]["message"].to_string();
    let error = from_json::<Message>(&message[..message.len() - 1]).expect_err("half a message").to_string();
    assert!(error.starts_with("Message: EOF while parsing an object"), "{error}");
    let error = from_json::<Message>(&(message + "}")).expect_err("more than a message").to_string();
    assert!(error.starts_with("Message: trailing characters"), "{error}");
}
