//! One golden file a frame: what goes over the wire, to the byte, so that no change of a type changes it unnoticed.
//! A new frame without its file fails here. `GOLDEN=write cargo test -p protocol` writes the files anew, to be read over.

mod samples;

use protocol::{
    AddMember, ClientFrame, CreateRoom, ErrorCode, FromJson, Message, Posting, Role, RoomKind, RoomSummary, Seq,
    ServerFrame, SetRole, SystemEvent, ToJson, UpdateRoom, User,
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

/// Compares a frame with its file both ways. The file is indented for people; on the wire it is one line.
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
        let golden = std::fs::read_to_string(path("server", server_variant(&frame))).expect("it was just read");
        assert_eq!(ServerFrame::from_json(&golden), Some(frame), "the page reads the same");
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
        assert_eq!(serde_json::from_str::<Message>(&text).expect("and back"), message);
        assert_eq!(serde_json::from_str::<Message>(&message.to_json()).expect("as the page writes it"), message);
        assert_eq!(Message::from_json(&text), Some(message));
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let later = r#"{"type":"goaway","data":{"retry_after_ms":5,"because":"tea"},"trace":"7"}"#;
    assert_eq!(serde_json::from_str::<ServerFrame>(later).ok(), Some(ServerFrame::GoAway { retry_after_ms: 5 }));
    assert_eq!(ServerFrame::from_json(later), Some(ServerFrame::GoAway { retry_after_ms: 5 }));
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
    assert_eq!(serde_json::from_str::<ServerFrame>(text).ok(), Some(frame.clone()));
    assert_eq!(ServerFrame::from_json(text), Some(frame));
}

#[test]
fn what_the_page_reads_is_of_its_type() {
    for (code, json) in [
        (ErrorCode::Invalid, "invalid"),
        (ErrorCode::Unauthenticated, "unauthenticated"),
        (ErrorCode::Forbidden, "forbidden"),
        (ErrorCode::NotFound, "not_found"),
        (ErrorCode::Conflict, "conflict"),
        (ErrorCode::TooLarge, "too_large"),
        (ErrorCode::RateLimited, "rate_limited"),
        (ErrorCode::Unavailable, "unavailable"),
        (ErrorCode::Internal, "internal"),
    ] {
        assert_eq!(serde_json::to_string(&code).expect("a code is JSON"), format!("\"{json}\""));
        assert_eq!(ErrorCode::from_json(&format!("\"{json}\"")), Some(code));
    }
    for role in [Role::Member, Role::Admin, Role::Owner] {
        assert_eq!(Role::from_json(&serde_json::to_string(&role).expect("a role is JSON")), Some(role));
    }
    for kind in [RoomKind::Direct, RoomKind::Group, RoomKind::Public] {
        assert_eq!(RoomKind::from_json(&serde_json::to_string(&kind).expect("a kind is JSON")), Some(kind));
    }
    let gone = format!(r#"{{"type":"room:gone","data":{{"room_id":"{ROOM}"}}}}"#);
    assert_eq!(ServerFrame::from_json(&gone), Some(ServerFrame::RoomGone { room_id: ROOM }));
    for wrong in ["room:gone\"", "{", "7", "[]", r#"{"type":"room:gone"}"#, r#"{"type":"room:gone","data":{}}"#] {
        assert_eq!(ServerFrame::from_json(wrong), None, "{wrong}");
    }
    let wrong = gone.replace(&format!("\"{ROOM}\""), "7");
    assert_eq!(ServerFrame::from_json(&wrong), None, "{wrong}");
}

#[test]
fn what_the_page_writes_is_what_serde_reads() {
    fn check<T: ToJson + DeserializeOwned + PartialEq + Debug>(value: T) {
        let json = value.to_json();
        assert_eq!(serde_json::from_str::<T>(&json).ok(), Some(value), "{json}");
    }
    client_frames().into_iter().for_each(check);
    check(ClientFrame::Hello { protocol: 1, epoch: None, cursors: Vec::new() });
    for message in [text(), tombstone()] {
        check(message);
    }
    for room in [group(), direct()] {
        check(room);
    }
    check(CreateRoom::Direct { user_id: BOB });
    check(CreateRoom::Group { name: "Tea \"at\" five".into(), member_ids: vec![ADA, BOB] });
    check(CreateRoom::Public { name: "\u{8}Tea\\".into() });
    check(UpdateRoom { name: Some("Tea".into()), ..UpdateRoom::default() });
    let (topic, archived, posting) = (Some(String::new()), Some(true), Some(Posting::Admins));
    check(UpdateRoom { name: None, topic, archived, posting });
    check(AddMember { user_id: BOB });
    check(SetRole { role: Role::Admin });
}

#[test]
fn a_field_that_has_a_default_may_be_missing_for_both_readers() {
    let mut user = serde_json::to_value(direct().other.expect("a direct room has another person")).expect("it is JSON");
    user.as_object_mut().expect("it is an object").remove("receipts");
    let text = user.to_string();
    let by_serde: User = serde_json::from_str(&text).expect("serde reads it");
    assert_eq!(User::from_json(&text), Some(by_serde.clone()));
    assert!(by_serde.receipts, "versions before the setting told marks");
    let mut room = serde_json::to_value(group()).expect("a room is JSON");
    for field in ["topic", "archived_at", "posting"] {
        assert!(room.as_object_mut().expect("it is an object").remove(field).is_some(), "{field}");
    }
    let text = room.to_string();
    let by_serde: RoomSummary = serde_json::from_str(&text).expect("serde reads it");
    assert_eq!(RoomSummary::from_json(&text), Some(by_serde.clone()));
    let without = (by_serde.topic, by_serde.archived_at, by_serde.posting);
    assert_eq!(without, (None, None, Posting::Everybody), "versions before had nothing of these");
    assert_eq!(Posting::from_json("\"later\""), Some(Posting::Unknown));
}
