//! The format of the records in the browser: a JSON text per record, in a table and under a key.
//!
//! Records carry the version of their format in `v`; those without one are of version 1. Rule of compatibility: fields are
//! read by name and unknown ones ignored, so a new optional field needs no new version. [`VERSION`] is raised when an
//! earlier page would misread a record; every page reads all earlier versions for ever (`golden/`). An unsent message
//! that cannot be read is not skipped: the person is shown its text, see [`Unreadable`].

use client::{Failure, Revision, RoomRecord, Saved, StorageWrite, Unsent, Wish};
use protocol::{ClientId, Fields, JsonError, Rev, RoomId, RoomSummary, Seq, UnixMillis, from_json, to_json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Tables of texts under keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// The epoch of the rooms, and the names of people.
    Facts,
    /// Messages that are not sent, by id.
    Unsent,
    /// Rooms, by id.
    Rooms,
    /// Rows, by the room's id and the number.
    Rows,
}

/// All of them, with their names.
pub(crate) const TABLES: [(Table, &str); 4] =
    [(Table::Facts, "facts"), (Table::Unsent, "unsent"), (Table::Rooms, "rooms"), (Table::Rows, "rows")];

/// The version of records that this page writes. 1: without `v`. 2: with `v`, unsent messages with `epoch`.
pub(crate) const VERSION: u32 = 2;

/// What keys of people begin with in the table of facts, before their ids. Earlier versions read the first fact only, which
/// the epoch is.
const PERSON: &str = "person:";
/// The key of what the names of people are as of, in the table of facts.
const PEOPLE_REV: &str = "people_rev";

/// An unsent message that this page cannot read: another version wrote it, or it is damaged. It is shown with its text and
/// left as it is, for a page that can read it or until the person discards it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Its key in the table: the message's id. Empty where the record does not tell.
    pub(crate) key: String,
    /// The message's text where it can be found, else the whole record.
    pub(crate) text: String,
    /// Whether a later version of the page wrote it: that one can send it.
    pub(crate) is_later: bool,
}

/// All texts of each table, in the order of their keys.
pub(crate) type Texts = [Vec<String>; TABLES.len()];

/// One step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// Replaces what is under the key.
    Put(Table, String, String),
    /// Removes everything whose key begins so.
    Remove(Table, String),
}

/// Whether a record is of a later version: its fields may mean something else.
fn is_later(text: &str) -> bool {
    Fields::of(text).get("v").is_some_and(|version: u32| version > VERSION)
}

/// Reads a record. `Ok(None)` if it is of a later version.
fn read_known<T>(text: &str, read: fn(&str) -> Result<T, JsonError>) -> Result<Option<T>, JsonError> {
    if is_later(text) { Ok(None) } else { read(text).map(Some) }
}

/// The value of a record. `None` for one of a later version and for a damaged one, which goes to the browser's console.
fn readable<T: DeserializeOwned>(text: &str) -> Option<T> {
    read_known(text, from_json).unwrap_or_else(|error| {
        leptos::logging::error!("a stored record cannot be read: {error}");
        None
    })
}

/// The record of a value: its fields after the version of the format.
fn versioned(value: &impl Serialize) -> String {
    to_json(value).replacen('{', &format!("{{\"v\":{VERSION},"), 1)
}

/// What is known of a record that cannot be read.
fn unreadable(key: &str, text: &str) -> Unreadable {
    let fields = Fields::of(text);
    Unreadable {
        key: if key.is_empty() { fields.get("client_id").unwrap_or_default() } else { key.to_owned() },
        text: fields.get("body").unwrap_or_else(|| text.to_owned()),
        is_later: is_later(text),
    }
}

/// A message that is not sent, or with `seq` a change of one that is stored: a reaction where there is an emoji, a text
/// where there is one, else a deletion. See [`Unsent`].
#[derive(Serialize, Deserialize)]
struct UnsentText {
    order: u64,
    client_id: ClientId,
    room_id: RoomId,
    epoch: Option<Uuid>,
    body: String,
    reply_to: Option<Seq>,
    created_at: UnixMillis,
    seq: Option<Seq>,
    emoji: Option<String>,
    #[serde(default)]
    on: bool,
    reason: Option<String>,
    #[serde(default)]
    retryable: bool,
}

/// A room, see [`RoomRecord`].
#[derive(Serialize, Deserialize)]
struct RoomText {
    summary: RoomSummary,
    rev: Rev,
    opened_at: UnixMillis,
}

/// The steps of a write.
pub(crate) fn write(write: StorageWrite) -> Vec<Write> {
    let step = match write {
        StorageWrite::Unsent(unsent) => {
            let key = unsent.client_id.to_string();
            Write::Put(Table::Unsent, key, versioned(&unsent_text(unsent)))
        }
        StorageWrite::Sent { client_id, .. } | StorageWrite::Discarded(client_id) => {
            Write::Remove(Table::Unsent, client_id.to_string())
        }
        StorageWrite::Opened(_) => return Vec::new(),
        // Names are of one epoch, as rooms are; those go one by one.
        StorageWrite::Epoch(epoch) => {
            return vec![
                Write::Remove(Table::Facts, PERSON.to_owned()),
                Write::Remove(Table::Facts, PEOPLE_REV.to_owned()),
                Write::Put(Table::Facts, "epoch".to_owned(), to_json(&epoch)),
            ];
        }
        StorageWrite::Person(person) => Write::Put(Table::Facts, format!("{PERSON}{}", person.id), versioned(&person)),
        StorageWrite::PersonGone(user) => Write::Remove(Table::Facts, format!("{PERSON}{user}")),
        // Written after all people: the `people_rev` that they are as of.
        StorageWrite::PeopleRev(rev) => Write::Put(Table::Facts, PEOPLE_REV.to_owned(), to_json(&rev)),
        StorageWrite::Room(record) => {
            let RoomRecord { summary, rev, opened_at } = *record;
            let key = summary.id.to_string();
            Write::Put(Table::Rooms, key, versioned(&RoomText { summary, rev, opened_at }))
        }
        StorageWrite::Row(row) => Write::Put(Table::Rows, row_key(row.room_id, row.seq), versioned(&row)),
        StorageWrite::RowGone(room, seq) => Write::Remove(Table::Rows, row_key(room, seq)),
        StorageWrite::RoomGone(room) => {
            let room = room.to_string();
            return vec![Write::Remove(Table::Rooms, room.clone()), Write::Remove(Table::Rows, room)];
        }
    };
    vec![step]
}

/// What the tables hold, and which unsent messages cannot be read. `keys` are those of the unsent ones, in their order.
/// Rooms and rows that cannot be read are left out: the server has them.
pub(crate) fn read(texts: &Texts, keys: &[String]) -> (Saved, Vec<Unreadable>) {
    let all = |table: Table| texts[table as usize].iter();
    let (mut unsent, mut lost) = (Vec::new(), Vec::new());
    for (index, text) in all(Table::Unsent).enumerate() {
        match readable::<UnsentText>(text) {
            Some(record) => unsent.push(self::unsent(record)),
            None => lost.push(unreadable(keys.get(index).map_or("", String::as_str), text)),
        }
    }
    let saved = Saved {
        epoch: all(Table::Facts).find_map(|text| from_json(text).ok()),
        people: all(Table::Facts).filter(|text| text.starts_with('{')).filter_map(|text| readable(text)).collect(),
        people_rev: all(Table::Facts).find_map(|text| from_json(text).ok()).unwrap_or_default(),
        unsent,
        rooms: all(Table::Rooms).filter_map(|text| readable(text)).map(record).collect(),
        rows: all(Table::Rows).filter_map(|text| readable(text)).collect(),
    };
    (saved, lost)
}

// What tabs send each other besides unsent messages. The first field tells them apart.

#[derive(Serialize, Deserialize)]
struct Sent {
    sent: ClientId,
    seq: Seq,
    rev: Rev,
    created_at: UnixMillis,
}

#[derive(Serialize, Deserialize)]
struct Discarded {
    discarded: ClientId,
}

#[derive(Serialize, Deserialize)]
struct Opened {
    opened: RoomId,
}

#[derive(Serialize, Deserialize)]
struct NotRead {
    unreadable: String,
}

/// A write as it is sent to other tabs, if it is, see [`StorageWrite::is_shared`].
pub(crate) fn peer_message(write: &StorageWrite) -> Option<String> {
    Some(match *write {
        StorageWrite::Unsent(ref unsent) => versioned(&unsent_text(unsent.clone())),
        StorageWrite::Sent { client_id: sent, seq, rev, created_at } => versioned(&Sent { sent, seq, rev, created_at }),
        StorageWrite::Discarded(discarded) => versioned(&Discarded { discarded }),
        StorageWrite::Opened(opened) => versioned(&Opened { opened }),
        _ => return None,
    })
}

/// Asks the leader whether it is alive, and its answer. Earlier pages ignore both.
pub(crate) const ASK_LEADER: &str = r#"{"owner":"ask"}"#;
pub(crate) const LEADER_IS_HERE: &str = r#"{"owner":"here"}"#;

/// A message of another tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PeerMessage {
    /// A write, see [`peer_message`].
    Write(StorageWrite),
    /// A message that this page cannot read.
    Unreadable(Unreadable),
    /// The leader cannot read a message of this tab, see [`cannot_read`].
    NotRead,
    /// [`ASK_LEADER`]
    AsksLeader,
    /// [`LEADER_IS_HERE`]
    LeaderIsHere,
}

/// Reads a message of another tab. Returns `None` if it can be ignored.
pub(crate) fn read_peer_message(text: &str) -> Option<PeerMessage> {
    match text {
        ASK_LEADER => return Some(PeerMessage::AsksLeader),
        LEADER_IS_HERE => return Some(PeerMessage::LeaderIsHere),
        _ => {}
    }
    if from_json::<NotRead>(text).is_ok() {
        return Some(PeerMessage::NotRead);
    }
    match read_known(text, shared_write) {
        Ok(Some(write)) => Some(PeerMessage::Write(write)),
        _ if Fields::of(text).get::<String>("body").is_none() => None,
        failed => {
            if let Err(error) = failed {
                leptos::logging::error!("a message of another tab cannot be read: {error}");
            }
            Some(PeerMessage::Unreadable(unreadable("", text)))
        }
    }
}

/// The message with which the leader says that it cannot read this message of another tab.
pub(crate) fn cannot_read(message: &Unreadable) -> String {
    versioned(&NotRead { unreadable: message.key.clone() })
}

fn shared_write(text: &str) -> Result<StorageWrite, JsonError> {
    from_json(text)
        .map(|Sent { sent, seq, rev, created_at }| StorageWrite::Sent { client_id: sent, seq, rev, created_at })
        .or_else(|_| from_json(text).map(|Discarded { discarded }| StorageWrite::Discarded(discarded)))
        .or_else(|_| from_json(text).map(|Opened { opened }| StorageWrite::Opened(opened)))
        .or_else(|_| from_json(text).map(unsent).map(StorageWrite::Unsent))
}

/// Numbers of one length, so that keys are in the order of rows.
fn row_key(room: RoomId, seq: Seq) -> String {
    format!("{room}{:016}", seq.0)
}

fn unsent_text(unsent: Unsent) -> UnsentText {
    let Unsent { order, client_id, room_id, epoch, wish, failed } = unsent;
    let mut text = UnsentText {
        order,
        client_id,
        room_id,
        epoch,
        body: String::new(),
        reply_to: None,
        created_at: UnixMillis(0),
        seq: None,
        emoji: None,
        on: false,
        retryable: failed.as_ref().is_some_and(|failed| failed.retryable),
        reason: failed.map(|failed| failed.reason),
    };
    match wish {
        Wish::Send { body, reply_to, created_at } => {
            (text.body, text.reply_to, text.created_at) = (body, reply_to, created_at);
        }
        Wish::Revise { seq, revision } => {
            text.seq = Some(seq);
            match revision {
                Revision::Edit(body) => text.body = body,
                Revision::Delete => {}
                Revision::React { emoji, on } => (text.emoji, text.on) = (Some(emoji), on),
            }
        }
    }
    text
}

fn unsent(text: UnsentText) -> Unsent {
    let UnsentText { order, client_id, room_id, epoch, body, reply_to, created_at, seq, emoji, on, reason, retryable } =
        text;
    let wish = match (seq, emoji) {
        (None, _) => Wish::Send { body, reply_to, created_at },
        (Some(seq), Some(emoji)) => Wish::Revise { seq, revision: Revision::React { emoji, on } },
        (Some(seq), None) if body.is_empty() => Wish::Revise { seq, revision: Revision::Delete },
        (Some(seq), None) => Wish::Revise { seq, revision: Revision::Edit(body) },
    };
    Unsent { order, client_id, room_id, epoch, wish, failed: reason.map(|reason| Failure { reason, retryable }) }
}

fn record(text: RoomText) -> RoomRecord {
    RoomRecord { summary: text.summary, rev: text.rev, opened_at: text.opened_at }
}

#[cfg(test)]
#[path = "records/tests.rs"]
mod tests;
