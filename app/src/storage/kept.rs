//! How what is kept is written: a text for each thing, in a table and under a key. What this version cannot read is left
//! where it is.

use client::{Change, Failure, Revision, RoomRecord, Saved, Unsent, Wish};
use protocol::{ClientId, FromJson, Message, Object, Rev, RoomId, RoomSummary, Seq, ToJson, UnixMillis};

/// Tables of texts under keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// Which life of the server's database the rooms are of.
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

/// A message that is not sent, or with `seq` a change of one that is stored: a reaction where there is an emoji, a text
/// where there is one, else a deletion. See [`Unsent`].
struct UnsentText {
    order: u64,
    client_id: ClientId,
    room_id: RoomId,
    body: String,
    reply_to: Option<Seq>,
    created_at: UnixMillis,
    seq: Option<Seq>,
    emoji: Option<String>,
    on: bool,
    reason: Option<String>,
    retryable: bool,
}

/// A room, see [`RoomRecord`].
struct RoomText {
    summary: RoomSummary,
    rev: Rev,
    opened_at: UnixMillis,
}

protocol::from_json! {
    UnsentText { order, client_id, room_id, body, reply_to, created_at, seq, emoji, on, reason, retryable }
    RoomText { summary, rev, opened_at }
}

protocol::to_json! {
    UnsentText { order, client_id, room_id, body, reply_to, created_at, seq, emoji, on, reason, retryable }
    RoomText { summary, rev, opened_at }
}

/// What to write for a change.
pub(crate) fn write(change: Change) -> Vec<Write> {
    let write = match change {
        Change::Unsent(unsent) => {
            let key = unsent.client_id.to_string();
            Write::Put(Table::Unsent, key, unsent_text(unsent).to_json())
        }
        Change::Sent { client_id, .. } | Change::Discarded(client_id) => {
            Write::Remove(Table::Unsent, client_id.to_string())
        }
        Change::Opened(_) => return Vec::new(),
        Change::Epoch(epoch) => Write::Put(Table::Facts, "epoch".to_owned(), format!("\"{epoch}\"")),
        Change::Room(record) => {
            let RoomRecord { summary, rev, opened_at } = *record;
            let key = summary.id.to_string();
            Write::Put(Table::Rooms, key, RoomText { summary, rev, opened_at }.to_json())
        }
        Change::Row(row) => Write::Put(Table::Rows, row_key(row.room_id, row.seq), row.to_json()),
        Change::RowGone(room, seq) => Write::Remove(Table::Rows, row_key(room, seq)),
        Change::RoomGone(room) => {
            let room = room.to_string();
            return vec![Write::Remove(Table::Rooms, room.clone()), Write::Remove(Table::Rows, room)];
        }
    };
    vec![write]
}

/// What the tables say.
pub(crate) fn read(texts: &Texts) -> Saved {
    let all = |table: Table| &texts[table as usize];
    Saved {
        epoch: all(Table::Facts).first().and_then(|epoch| FromJson::from_json(epoch)),
        unsent: all(Table::Unsent).iter().filter_map(|text| UnsentText::from_json(text)).map(unsent).collect(),
        rooms: all(Table::Rooms).iter().filter_map(|text| RoomText::from_json(text)).map(record).collect(),
        rows: all(Table::Rows).iter().filter_map(|text| Message::from_json(text)).collect(),
    }
}

/// A change as other tabs are told, if they are, see [`Change::is_for_all`].
pub(crate) fn tell(change: &Change) -> Option<String> {
    Some(match change {
        Change::Unsent(unsent) => unsent_text(unsent.clone()).to_json(),
        Change::Sent { client_id, seq, rev, created_at } => {
            format!(r#"{{"sent":"{client_id}","seq":{seq},"rev":{rev},"created_at":{}}}"#, created_at.0)
        }
        Change::Discarded(client_id) => format!(r#"{{"discarded":"{client_id}"}}"#),
        Change::Opened(room) => format!(r#"{{"opened":"{room}"}}"#),
        _ => return None,
    })
}

/// What [`tell`] said.
pub(crate) fn hear(text: &str) -> Option<Change> {
    let told = Object::read(text)?;
    if let Some(client_id) = told.field::<Option<ClientId>>("sent")? {
        let (seq, rev) = (told.field("seq")?, told.field("rev")?);
        return Some(Change::Sent { client_id, seq, rev, created_at: told.field("created_at")? });
    }
    if let Some(client_id) = told.field::<Option<ClientId>>("discarded")? {
        return Some(Change::Discarded(client_id));
    }
    match told.field::<Option<RoomId>>("opened")? {
        Some(room) => Some(Change::Opened(room)),
        None => UnsentText::from_json(text).map(unsent).map(Change::Unsent),
    }
}

/// Numbers of one length, so that keys are in the order of rows.
fn row_key(room: RoomId, seq: Seq) -> String {
    format!("{room}{:016}", seq.0)
}

fn unsent_text(unsent: Unsent) -> UnsentText {
    let Unsent { order, client_id, room_id, wish, failed } = unsent;
    let mut text = UnsentText {
        order,
        client_id,
        room_id,
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
        Wish::Say { body, reply_to, created_at } => {
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
    let UnsentText { order, client_id, room_id, body, reply_to, created_at, seq, emoji, on, reason, retryable } = text;
    let wish = match (seq, emoji) {
        (None, _) => Wish::Say { body, reply_to, created_at },
        (Some(seq), Some(emoji)) => Wish::Revise { seq, revision: Revision::React { emoji, on } },
        (Some(seq), None) if body.is_empty() => Wish::Revise { seq, revision: Revision::Delete },
        (Some(seq), None) => Wish::Revise { seq, revision: Revision::Edit(body) },
    };
    Unsent { order, client_id, room_id, wish, failed: reason.map(|reason| Failure { reason, retryable }) }
}

fn record(text: RoomText) -> RoomRecord {
    RoomRecord { summary: text.summary, rev: text.rev, opened_at: text.opened_at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn changes() -> [Change; 8] {
        let body = "two \"lines\"\n– and 🐦".to_owned();
        let say = Wish::Say { body: body.clone(), reply_to: Some(Seq(3)), created_at: UnixMillis(4) };
        let (client_id, room_id) = (ClientId(Uuid::from_u128(1)), RoomId(Uuid::from_u128(2)));
        let unsent = Unsent { order: 7, client_id, room_id, wish: say, failed: None };
        let revise =
            |revision| Change::Unsent(Unsent { wish: Wish::Revise { seq: Seq(8), revision }, ..unsent.clone() });
        let failed = Some(Failure { reason: "No.".into(), retryable: true });
        [
            Change::Unsent(unsent.clone()),
            Change::Unsent(Unsent { failed, ..unsent.clone() }),
            revise(Revision::Edit(body)),
            revise(Revision::Delete),
            revise(Revision::React { emoji: "👍".into(), on: true }),
            Change::Sent { client_id, seq: Seq(9), rev: Rev(2), created_at: UnixMillis(10) },
            Change::Discarded(client_id),
            Change::Opened(room_id),
        ]
    }

    #[test]
    fn tabs_hear_what_is_told() {
        for change in changes() {
            assert_eq!(tell(&change).and_then(|text| hear(&text)), Some(change));
        }
        assert_eq!(tell(&Change::Epoch(Uuid::nil())), None);
        assert_eq!(hear("{}"), None);
    }

    #[test]
    fn what_is_written_reads_back() {
        let [first, second, ..] = changes();
        let epoch = Uuid::from_u128(6);
        let mut texts = Texts::default();
        for change in [first.clone(), second.clone(), Change::Epoch(epoch)] {
            for write in write(change) {
                let Write::Put(table, _, text) = write else { panic!() };
                texts[table as usize].push(text);
            }
        }
        texts[Table::Rows as usize].push(r#"{"of":"a later version"}"#.into());
        let saved = read(&texts);
        let unsent = saved.unsent.into_iter().map(Change::Unsent).collect::<Vec<_>>();
        assert_eq!((saved.epoch, unsent), (Some(epoch), vec![first, second]));
        assert!(saved.rows.is_empty());
    }

    #[test]
    fn rows_are_in_order_by_their_keys() {
        let room = RoomId(Uuid::nil());
        assert!(row_key(room, Seq(9)) < row_key(room, Seq(10)));
        assert!(row_key(room, Seq(1)).starts_with(&room.to_string()));
    }
}
