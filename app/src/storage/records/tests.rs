use super::*;
use client::Failure;
use protocol::{Message, MessageKind, Person, UserId};
use serde_json::Value;

/// The formats of all versions, a record a line: its table (or `told` for what tabs tell each other) and its text. These
/// files never change. A new version gets a new one; a new optional field does not.
const GOLDEN: [&str; 2] = [include_str!("../golden/v1.txt"), include_str!("../golden/v2.txt")];

fn room_id() -> RoomId {
    RoomId(Uuid::from_u128(2))
}

fn message() -> Message {
    Message {
        room_id: room_id(),
        seq: Seq(9),
        rev: Rev(2),
        sender_id: UserId(Uuid::from_u128(3)),
        sender_name: "Bob".into(),
        client_id: ClientId(Uuid::from_u128(4)),
        kind: MessageKind::Text,
        body: "kept".into(),
        event: None,
        reply_to: None,
        created_at: UnixMillis(10),
        edited_at: None,
        deleted_at: None,
        reactions: Vec::new(),
    }
}

/// What is written as unsent and told to other tabs, as the page of this version had it.
fn peer_writes(version: usize) -> [StorageWrite; 8] {
    let body = "two \"lines\"\n– and 🐦".to_owned();
    let say = Wish::Send { body: body.clone(), reply_to: Some(Seq(3)), created_at: UnixMillis(4) };
    let (client_id, epoch) = (ClientId(Uuid::from_u128(1)), (version > 1).then(|| Uuid::from_u128(5)));
    let unsent = Unsent { order: 7, client_id, room_id: room_id(), epoch, wish: say, failed: None };
    let revise =
        |revision| StorageWrite::Unsent(Unsent { wish: Wish::Revise { seq: Seq(8), revision }, ..unsent.clone() });
    let failed = Some(Failure { reason: "No.".into(), retryable: true });
    [
        StorageWrite::Unsent(unsent.clone()),
        StorageWrite::Unsent(Unsent { failed, ..unsent.clone() }),
        revise(Revision::Edit(body)),
        revise(Revision::Delete),
        revise(Revision::React { emoji: "👍".into(), on: true }),
        StorageWrite::Sent { client_id, seq: Seq(9), rev: Rev(2), created_at: UnixMillis(10) },
        StorageWrite::Discarded(client_id),
        StorageWrite::Opened(room_id()),
    ]
}

/// What else is written.
fn rooms() -> [StorageWrite; 3] {
    let summary: RoomSummary = serde_json::from_str(ROOM).unwrap();
    let summary = RoomSummary { last_message: Some(message()), ..summary };
    let record = RoomRecord { summary, rev: Rev(2), opened_at: UnixMillis(11) };
    [StorageWrite::Epoch(Uuid::from_u128(6)), StorageWrite::Room(Box::new(record)), StorageWrite::Row(message())]
}

const ROOM: &str = r#"{"id":"00000000-0000-0000-0000-000000000002","kind":"group","name":"Tea","last_seq":9,"last_rev":2,
    "read_seq":8,"unread":1,"last_message":null,"members_count":2,"role":"member","other":null,"other_mark":null}"#;

/// The lines of a golden file that begin with this word.
fn lines(golden: &str, word: &str) -> Vec<String> {
    let line = |line: &str| line.split_once(' ').filter(|(table, _)| *table == word).map(|(_, text)| text.to_owned());
    golden.lines().filter_map(line).collect()
}

#[test]
fn every_earlier_version_is_read() {
    for (version, golden) in (1..).zip(GOLDEN) {
        let texts = TABLES.map(|(_, name)| lines(golden, name));
        let (saved, lost) = read(&texts, &[]);
        let unsent: Vec<_> = saved.unsent.into_iter().map(StorageWrite::Unsent).collect();
        assert_eq!((unsent.as_slice(), lost), (&peer_writes(version)[..5], vec![]), "version {version}");
        let epoch = saved.epoch.map(StorageWrite::Epoch).into_iter();
        let room = saved.rooms.into_iter().map(|room| StorageWrite::Room(Box::new(room)));
        let restored: Vec<_> = epoch.chain(room).chain(saved.rows.into_iter().map(StorageWrite::Row)).collect();
        assert_eq!(restored, rooms(), "version {version}");
        let received: Vec<_> = lines(golden, "told").iter().filter_map(|text| read_peer_message(text)).collect();
        assert_eq!(received, peer_writes(version).map(PeerMessage::Write), "version {version}");
    }
}

/// Whether the value has everything of the golden one; objects may have more fields. A field that is `null` or empty in the
/// golden one may be missing: every earlier page reads both in the same way.
fn has_all_of(value: &Value, golden: &Value) -> bool {
    match (value, golden) {
        (Value::Null, Value::Array(golden)) => golden.is_empty(),
        (Value::Object(value), Value::Object(golden)) => {
            golden.iter().all(|(name, golden)| has_all_of(value.get(name).unwrap_or(&Value::Null), golden))
        }
        _ => value == golden,
    }
}

#[test]
fn what_is_written_is_of_the_last_version() {
    let mut written = Vec::new();
    for entry in peer_writes(2).into_iter().take(5).chain(rooms()) {
        for step in write(entry) {
            let Write::Put(table, _, text) = step else { continue };
            written.push((TABLES[table as usize].1, text));
        }
    }
    written.extend(peer_writes(2).map(|entry| ("told", peer_message(&entry).unwrap())));
    assert_eq!(written.len(), GOLDEN[1].lines().count());
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for ((table, text), golden) in written.iter().zip(GOLDEN[1].lines()) {
        let (golden_table, golden) = golden.split_once(' ').unwrap();
        let same = *table == golden_table && has_all_of(&value(text), &value(golden));
        assert!(same, "an earlier page would misread this, so it needs a new version:\n{text}\n{golden}");
    }
    assert_eq!(peer_message(&StorageWrite::Epoch(Uuid::nil())), None);
}

#[test]
fn an_unsent_message_that_cannot_be_read_is_shown_with_its_text() {
    let mut texts = Texts::default();
    texts[Table::Unsent as usize] = [
        r#"{"v":3,"client_id":"a","body":"from a later version","room_id":7}"#,
        r#"{"client_id":"b","body":"without a room"}"#,
        "damaged",
    ]
    .map(Into::into)
    .into();
    texts[Table::Rows as usize].push(r#"{"of":"a later version"}"#.into());
    let (saved, lost) = read(&texts, &["a", "b", "c"].map(Into::into));
    assert_eq!((saved.unsent, saved.rows), (vec![], vec![]));
    let lost = lost.iter().map(|lost| (lost.key.as_str(), lost.text.as_str(), lost.is_later)).collect::<Vec<_>>();
    let expected = [("a", "from a later version", true), ("b", "without a room", false), ("c", "damaged", false)];
    assert_eq!(lost, expected);
}

#[test]
fn people_are_kept_beside_the_epoch() {
    let person = Person { id: UserId(Uuid::from_u128(3)), rev: 4, username: "bob".into(), display_name: "Bob".into() };
    let mut facts = std::collections::BTreeMap::new();
    for change in [StorageWrite::PeopleRev(5), StorageWrite::Person(person.clone()), rooms()[0].clone()] {
        let Some(Write::Put(Table::Facts, key, text)) = write(change).pop() else { panic!() };
        facts.insert(key, text);
    }
    let mut texts = Texts::default();
    texts[Table::Facts as usize] = facts.into_values().collect();
    let (saved, _) = read(&texts, &[]);
    assert_eq!((saved.epoch, saved.people, saved.people_rev), (Some(Uuid::from_u128(6)), vec![person], 5));
    // What earlier versions take for the epoch.
    assert_eq!(texts[Table::Facts as usize][0], format!("\"{}\"", Uuid::from_u128(6)));
    let epoch = write(StorageWrite::Epoch(Uuid::from_u128(7)));
    assert!(matches!(&epoch[0], Write::Remove(Table::Facts, key) if key == PERSON), "a new epoch forgets names first");
}

#[test]
fn a_message_of_a_later_version_is_not_misread() {
    let text = peer_message(&peer_writes(2)[0]).unwrap().replace(r#""v":2"#, r#""v":3"#);
    let Some(PeerMessage::Unreadable(lost)) = read_peer_message(&text) else { panic!() };
    assert!(lost.is_later && lost.text.starts_with("two"), "{lost:?}");
    assert_eq!(lost.key, Uuid::from_u128(1).to_string());
    assert_eq!(read_peer_message(&cannot_read(&lost)), Some(PeerMessage::NotRead));
    assert_eq!((read_peer_message("{}"), read_peer_message(r#"{"v":3,"sent":1}"#)), (None, None));
}

#[test]
fn rows_are_in_order_by_their_keys() {
    let room = RoomId(Uuid::nil());
    assert!(row_key(room, Seq(9)) < row_key(room, Seq(10)));
    assert!(row_key(room, Seq(1)).starts_with(&room.to_string()));
}

#[test]
fn a_question_for_the_leader_is_not_a_write() {
    assert_eq!(
        (read_peer_message(ASK_LEADER), read_peer_message(LEADER_IS_HERE)),
        (Some(PeerMessage::AsksLeader), Some(PeerMessage::LeaderIsHere))
    );
    assert!(
        [ASK_LEADER, LEADER_IS_HERE].into_iter().all(|text| shared_write(text).is_err()),
        "as earlier pages read it"
    );
}
