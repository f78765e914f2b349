//! One golden file a frame: what goes over the wire, to the byte, so that no change of a type changes it unnoticed.
//! A new frame without its file fails here. `GOLDEN=write cargo test -p protocol` writes the files anew, to be read over.

mod samples;

use protocol::{
    ClientFrame, CreateRoom, ErrorCode, Posting, Role, RoomKind, RoomSummary, Seq, ServerFrame, SystemEvent,
    UpdateRoom, User, from_json, to_json,
};
use samples::*;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;

fn path(direction: &str, kind: &str) -> PathBuf {
    let name = format!("{direction}.{}.json", kind.replace(':', "-"));
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares a frame with its file. The file is indented for people; on the wire it is one line.
fn check<F: Serialize + DeserializeOwned + PartialEq + Debug>(direction: &str, kind: &str, frame: &F) {
    let path = path(direction, kind);
    let text = serde_json::to_string_pretty(frame).expect("a frame is JSON") + "\n";
    if std::env::var_os("GOLDEN").is_some_and(|wish| wish == "write") {
        std::fs::write(&path, &text).expect("the golden files can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, golden, "{}", path.display());
    assert_eq!(&serde_json::from_str::<F>(&golden).expect("the golden file is a frame"), frame);
    let value: serde_json::Value = serde_json::from_str(&golden).expect("the golden file is JSON");
    assert_eq!(value["type"], kind, "{}", path.display());
}

#[test]
fn every_frame_of_a_client_is_as_its_golden_file() {
    for frame in client_frames() {
        check("client", client_variant(&frame), &frame);
    }
    let known: BTreeSet<_> = client_frames().iter().map(client_variant).collect();
    assert_eq!(known, BTreeSet::from(ClientFrame::TYPES), "every type has a sample");
}

#[test]
fn every_frame_of_a_server_is_as_its_golden_file() {
    for frame in server_frames() {
        check("server", server_variant(&frame), &frame);
    }
    let known: BTreeSet<_> = server_frames().iter().map(server_variant).collect();
    assert_eq!(known, BTreeSet::from(ServerFrame::TYPES), "every type has a sample");
}

#[test]
fn every_golden_file_belongs_to_a_frame() {
    let client = ClientFrame::TYPES.iter().map(|kind| path("client", kind));
    let expected: BTreeSet<_> = client.chain(ServerFrame::TYPES.iter().map(|kind| path("server", kind))).collect();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let found = std::fs::read_dir(folder).expect("the golden files are here");
    let found = found.map(|entry| entry.expect("a file has a name").path());
    let found: BTreeSet<_> = found.filter(|path| path.is_file()).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_fact_about_a_room_survives_the_wire() {
    let (user_id, display_name) = (BOB, || "Bob".to_owned());
    let events = [
        (r#"{"event":"created"}"#, SystemEvent::Created),
        (r#"{"event":"renamed","name":"Tea"}"#, SystemEvent::Renamed { name: "Tea".into() }),
        (r#"{"event":"joined"}"#, SystemEvent::Joined),
        (
            r#"{"event":"added","user_id":"ID","display_name":"Bob"}"#,
            SystemEvent::Added { user_id, display_name: display_name() },
        ),
        (r#"{"event":"left"}"#, SystemEvent::Left),
        (
            r#"{"event":"removed","user_id":"ID","display_name":"Bob"}"#,
            SystemEvent::Removed { user_id, display_name: display_name() },
        ),
        (
            r#"{"event":"banned","user_id":"ID","display_name":"Bob"}"#,
            SystemEvent::Banned { user_id, display_name: display_name() },
        ),
        (
            r#"{"event":"role_changed","user_id":"ID","display_name":"Bob","role":"admin"}"#,
            SystemEvent::RoleChanged { user_id, display_name: display_name(), role: Role::Admin },
        ),
        (r#"{"event":"topic_changed","topic":"Tea"}"#, SystemEvent::TopicChanged { topic: "Tea".into() }),
        (r#"{"event":"archived"}"#, SystemEvent::Archived),
        (r#"{"event":"restored"}"#, SystemEvent::Restored),
        (r#"{"event":"posting_changed","posting":"admins"}"#, SystemEvent::PostingChanged { posting: Posting::Admins }),
    ];
    for (wire, event) in events {
        let wire = wire.replace("ID", &BOB.to_string());
        assert_eq!(serde_json::to_string(&event).expect("an event is JSON"), wire);
        let message = fact(event);
        let text = serde_json::to_string(&message).expect("a message is JSON");
        assert_eq!(from_json(&text), Ok(message));
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let later = r#"{"type":"goaway","data":{"retry_after_ms":5,"because":"tea"},"trace":"7"}"#;
    assert_eq!(serde_json::from_str::<ServerFrame>(later).ok(), Some(ServerFrame::GoAway { retry_after_ms: 5 }));
    let later = format!(r#"{{"v":2,"type":"message:read","data":{{"room_id":"{ROOM}","seq":3,"at":1}}}}"#);
    let read = ClientFrame::Read { room_id: ROOM, seq: Seq(3) };
    assert_eq!(serde_json::from_str::<ClientFrame>(&later).ok(), Some(read));
}

#[test]
fn fields_that_may_be_missing_may_be_missing() {
    let hello = serde_json::from_str::<ClientFrame>(r#"{"type":"hello","data":{"protocol":1}}"#);
    assert_eq!(hello.ok(), Some(ClientFrame::Hello { protocol: 1, epoch: None, cursors: Vec::new() }));
    let send =
        format!(r#"{{"type":"message:send","data":{{"client_id":"{CLIENT_ID}","room_id":"{ROOM}","body":"hi"}}}}"#);
    let frame = ClientFrame::Send { client_id: CLIENT_ID, room_id: ROOM, body: "hi".into(), reply_to: None };
    assert_eq!(serde_json::to_string(&frame).expect("a frame is JSON"), send, "and are not sent");
    assert_eq!(serde_json::from_str::<ClientFrame>(&send).ok(), Some(frame));
}

#[test]
fn an_unknown_type_is_an_error_that_names_it() {
    for text in [r#"{"type":"shout","data":{}}"#, r#"{"type":"shout"}"#] {
        let client = serde_json::from_str::<ClientFrame>(text).expect_err("not a frame").to_string();
        let server = serde_json::from_str::<ServerFrame>(text).expect_err("not a frame").to_string();
        assert!(client.contains("`shout`") && server.contains("`shout`"), "{client}; {server}");
    }
}

#[test]
fn an_unknown_error_code_is_understood_as_such() {
    let text = r#"{"type":"error","data":{"code":"teapot","message":"No.","retryable":false}}"#;
    let frame = ServerFrame::Error { code: ErrorCode::Unknown, message: "No.".into(), retryable: false };
    assert_eq!(ServerFrame::read(text), Ok(frame));
}

#[test]
fn words_are_as_they_were() {
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, word: &str) {
        assert_eq!(to_json(&value), format!("\"{word}\""));
        assert_eq!(from_json(&format!("\"{word}\"")), Ok(value));
    }
    check(ErrorCode::Invalid, "invalid");
    check(ErrorCode::Unauthenticated, "unauthenticated");
    check(ErrorCode::Forbidden, "forbidden");
    check(ErrorCode::NotFound, "not_found");
    check(ErrorCode::Conflict, "conflict");
    check(ErrorCode::TooLarge, "too_large");
    check(ErrorCode::RateLimited, "rate_limited");
    check(ErrorCode::Unavailable, "unavailable");
    check(ErrorCode::Internal, "internal");
    check(Role::Member, "member");
    check(Role::Admin, "admin");
    check(Role::Owner, "owner");
    check(RoomKind::Direct, "direct");
    check(RoomKind::Group, "group");
    check(RoomKind::Public, "public");
}

#[test]
fn requests_survive_the_wire() {
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: &str) {
        assert_eq!(to_json(&value), json);
        assert_eq!(from_json(json), Ok(value));
    }
    check(CreateRoom::Direct { user_id: BOB }, &format!(r#"{{"kind":"direct","user_id":"{BOB}"}}"#));
    let group = CreateRoom::Group { name: "Tea \"at\" five".into(), member_ids: vec![ADA] };
    check(group, &format!(r#"{{"kind":"group","name":"Tea \"at\" five","member_ids":["{ADA}"]}}"#));
    check(CreateRoom::Public { name: "\u{8}Tea\\".into() }, r#"{"kind":"public","name":"\bTea\\"}"#);
    let (topic, archived, posting) = (Some(String::new()), Some(true), Some(Posting::Admins));
    let update = UpdateRoom { name: None, topic, archived, posting };
    check(update, r#"{"topic":"","archived":true,"posting":"admins"}"#);
}

#[test]
fn the_field_that_names_the_variant_may_stand_anywhere() {
    let late = r#"{"data":{"retry_after_ms":5},"type":"goaway"}"#;
    assert_eq!(ServerFrame::read(late), Ok(ServerFrame::GoAway { retry_after_ms: 5 }));
    let late = r#"{"name":"Tea","event":"renamed"}"#;
    assert_eq!(from_json(late), Ok(SystemEvent::Renamed { name: "Tea".into() }));
    let escaped = r#"{"type":"go\u0061way","data":{"retry_after_ms":5}}"#;
    assert_eq!(ServerFrame::read(escaped), Ok(ServerFrame::GoAway { retry_after_ms: 5 }));
}

#[test]
fn a_field_that_has_a_default_may_be_missing() {
    let mut user = serde_json::to_value(direct().other.expect("a direct room has another person")).expect("it is JSON");
    user.as_object_mut().expect("it is an object").remove("receipts");
    let user: User = from_json(&user.to_string()).expect("it is a person");
    assert!(user.receipts, "versions before the setting told marks");
    let mut room = serde_json::to_value(group()).expect("a room is JSON");
    for field in ["topic", "archived_at", "posting"] {
        assert!(room.as_object_mut().expect("it is an object").remove(field).is_some(), "{field}");
    }
    let room: RoomSummary = from_json(&room.to_string()).expect("it is a room");
    let without = (room.topic, room.archived_at, room.posting);
    assert_eq!(without, (None, None, Posting::Everybody), "versions before had nothing of these");
}
