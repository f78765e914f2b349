//! What the database says, read once when all is quiet.

use crate::Error;
use protocol::{ClientId, Rev, RoomId, Seq, UserId};
use sqlx::{Connection, PgConnection, Row as _};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// A stored message.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where.
    pub room_id: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// By whom.
    pub sender_id: UserId,
    /// The sender's name for it.
    pub client_id: ClientId,
    /// Its last revision.
    pub rev: Rev,
    /// Its text; empty for a system message.
    pub body: String,
    /// Whether it can be unread: system messages cannot.
    pub is_text: bool,
}

/// See the module's documentation.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Messages by room, in the order of their numbers.
    pub rooms: BTreeMap<RoomId, Vec<Row>>,
    /// What each room's row says is its last number.
    pub heads: HashMap<RoomId, Seq>,
    /// Every change of a message that was asked for and made, by who asked and its id.
    pub edits: HashSet<(UserId, ClientId)>,
    /// How far each member has read.
    pub read: HashMap<(RoomId, UserId), Seq>,
}

impl Truth {
    /// Reads everything about the rooms that somebody is in.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn read(url: &str) -> Result<Self, Error> {
        let mut connection = PgConnection::connect(url).await?;
        let mut truth = Self::default();
        let rows = sqlx::query("select room_id, user_id, read_seq from members").fetch_all(&mut connection).await?;
        for row in rows {
            truth.read.insert((RoomId(row.try_get(0)?), UserId(row.try_get(1)?)), Seq(row.try_get(2)?));
        }
        for row in sqlx::query("select id, last_seq from rooms").fetch_all(&mut connection).await? {
            truth.heads.insert(RoomId(row.try_get(0)?), Seq(row.try_get(1)?));
        }
        for row in sqlx::query("select user_id, client_id from revisions").fetch_all(&mut connection).await? {
            truth.edits.insert((UserId(row.try_get(0)?), ClientId(row.try_get(1)?)));
        }
        let statement =
            "select room_id, seq, sender_id, client_id, body, kind, rev from messages order by room_id, seq";
        for row in sqlx::query(statement).fetch_all(&mut connection).await? {
            let room_id = RoomId(row.try_get::<Uuid, _>(0)?);
            let is_text = row.try_get::<i16, _>(5)? == 0;
            truth.rooms.entry(room_id).or_default().push(Row {
                room_id,
                seq: Seq(row.try_get(1)?),
                sender_id: UserId(row.try_get(2)?),
                client_id: ClientId(row.try_get(3)?),
                rev: Rev(row.try_get(6)?),
                body: if is_text { row.try_get(4)? } else { String::new() },
                is_text,
            });
        }
        Ok(truth)
    }

    /// Every stored message.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rooms.values().flatten()
    }

    /// The last number of a room by its own account.
    #[must_use]
    pub fn head(&self, room: RoomId) -> Seq {
        self.heads.get(&room).copied().unwrap_or_default()
    }
}
