//! Other versions of the protocol: what the previous one said is still read, and what a later one may say does no harm.
//! The files in `golden/v2` are those of version 2 and are never written anew.

use protocol::{
    ClientFrame, ErrorCode, Incoming, Message, MessageKind, PROTOCOL_VERSION, Presence, PresenceState, Rev, Role,
    RoomHead, RoomKind, RoomSummary, Seq, ServerFrame, SystemEvent, Unreadable, from_json,
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Every file of version 2 in one direction: its type, and its text.
fn version_2(direction: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v2");
    let files = std::fs::read_dir(folder).expect("the files of version 2 are here");
    let paths = files.map(|file| file.expect("a file has a name").path());
    let paths = paths.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(direction)));
    let text = |path: PathBuf| std::fs::read_to_string(path).expect("a golden file is text");
    let kind = |text: &str| {
        let value: Value = serde_json::from_str(text).expect("a golden file is JSON");
        value["type"].as_str().expect("a frame has a type").to_owned()
    };
    paths.map(text).map(|text| (kind(&text), text)).collect()
}

fn golden(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("server.{name}.json"));
    let text = std::fs::read_to_string(path).expect("the golden file is here");
    serde_json::from_str(&text).expect("a golden file is JSON")
}

#[test]
fn what_a_client_of_version_2_says_is_understood() {
    let frames = version_2("client.");
    assert_eq!(frames.len(), 11);
    for (kind, text) in frames {
        let frame: ClientFrame = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert!(kind != "hello" || matches!(frame, ClientFrame::Hello { protocol: 2, .. }));
    }
}

#[test]
fn what_a_server_of_version_2_says_is_understood() {
    let frames = version_2("server.");
    assert_eq!(frames.len(), 17);
    for (kind, text) in frames {
        let frame: ServerFrame = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(Incoming::read(&text), Incoming::Frame(frame), "{kind}");
    }
}

#[test]
fn a_page_of_version_2_reads_the_welcome_that_turns_it_away() {
    let epoch = uuid::Uuid::from_u128(6);
    let server_time = protocol::UnixMillis(1);
    let welcome = ServerFrame::Welcome {
        protocol: PROTOCOL_VERSION,
        epoch,
        rooms: Vec::new(),
        more: false,
        gone: Vec::new(),
        people_rev: None,
        server_time,
    };
    let expected = json!({"type": "welcome", "data": {
        "protocol": PROTOCOL_VERSION, "epoch": epoch, "rooms": [], "gone": [], "server_time": 1,
    }});
    assert_eq!(
        serde_json::to_value(welcome).expect("a frame is JSON"),
        expected,
        "the fields of version 2, and no other"
    );
}

#[test]
fn words_of_a_later_version_grant_nothing_and_fail_nothing() {
    fn check<T: serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str, expected: &T) {
        assert_eq!(from_json::<T>(text).as_ref(), Ok(expected), "{text}");
    }
    check(r#""poll""#, &MessageKind::Unknown);
    check(r#""broadcast""#, &RoomKind::Unknown);
    check(r#""moderator""#, &Role::Unknown);
    check(r#""busy""#, &PresenceState::Unknown);
    check(r#""quota""#, &ErrorCode::Unknown);
    check(r#"{"event":"pinned","seq":4,"by":{"id":7}}"#, &SystemEvent::Unknown);
    assert!([Role::Member, Role::Admin, Role::Owner].iter().all(|role| *role > Role::Unknown));
    let states = [PresenceState::Offline, PresenceState::Away, PresenceState::Online];
    assert!(states.is_sorted() && states.iter().all(|state| *state > PresenceState::Unknown));

    let mut message = golden("message-new")["data"]["message"].clone();
    (message["kind"], message["poll"]) = (json!("poll"), json!({"options": ["tea"]}));
    let read = from_json::<Message>(&message.to_string()).expect("it is a message");
    assert!(read.kind == MessageKind::Unknown && !read.is_readable());
    message["kind"] = json!("system");
    message["event"] = json!({"event": "pinned", "seq": 4});
    let read = from_json::<Message>(&message.to_string()).expect("it is a message");
    assert!(read.event == Some(SystemEvent::Unknown) && !read.is_readable());
    assert_eq!(serde_json::from_value::<Message>(message).ok(), Some(read));

    let mut room = golden("room-changed")["data"]["room"].clone();
    (room["role"], room["kind"], room["topic"]) = (json!("moderator"), json!("broadcast"), json!("tea"));
    let read = from_json::<RoomSummary>(&room.to_string()).expect("it is a room");
    assert_eq!((read.role, read.kind), (Some(Role::Unknown), RoomKind::Unknown));
    let presence = from_json::<Presence>(r#"["01980000-0000-7000-8000-000000000003","busy",0]"#);
    assert_eq!(presence.map(|presence| presence.1), Ok(PresenceState::Unknown));
}

#[test]
fn the_version_is_read_before_the_rest_of_welcome() {
    let later = json!({"type": "welcome", "data": {"protocol": PROTOCOL_VERSION + 1, "rooms": {"as": "a map"}}});
    assert_eq!(Incoming::read(&later.to_string()), Incoming::LaterVersion);
    let broken = json!({"type": "welcome", "data": {"protocol": PROTOCOL_VERSION, "rooms": {"as": "a map"}}});
    let Incoming::Unreadable(frame) = Incoming::read(&broken.to_string()) else { panic!("it was read") };
    assert_eq!((frame.kind, frame.head), ("welcome", None));
}

#[test]
fn an_unreadable_frame_still_says_how_far_its_room_is() {
    let room_id = "01980000-0000-7000-8000-000000000001";
    let head = |seq, rev| RoomHead(room_id.parse().expect("an id"), Seq(seq), Rev(rev));
    let unreadable = |text: &str| match Incoming::read(text) {
        Incoming::Unreadable(Unreadable { kind, head, .. }) => (kind, head),
        other => panic!("{other:?}"),
    };
    let read = |value: Value| unreadable(&value.to_string());
    let data = json!({"room_id": room_id, "seq": 4, "rev": 7, "pinned": true});
    assert_eq!(read(json!({"type": "message:pinned", "data": data})), ("unknown", Some(head(4, 7))));
    let message = json!({"room_id": room_id, "seq": 9, "rev": 0, "kind": {"now": "an object"}});
    assert_eq!(read(json!({"type": "message:new", "data": {"message": message}})), ("message:new", Some(head(9, 0))));
    assert_eq!(read(json!({"type": "room:archived", "data": {"room_id": room_id}})), ("unknown", None));
    assert_eq!(read(json!({"type": "call:ringing", "data": {"seq": 3}})), ("unknown", None));
    for nothing in [json!("hello"), json!([]), json!({"type": "later"}), json!({"data": {}})] {
        assert_eq!(read(nothing), ("unknown", None));
    }
    assert_eq!(unreadable("{"), ("unknown", None));
}
