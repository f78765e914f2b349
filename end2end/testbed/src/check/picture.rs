//! One device at rest: what it shows, what its person typed, what it was promised.

use crate::{Device, Sent};
use client::{ConnectionState, Row, RowState};
use protocol::{ClientId, Rev, RoomId, Seq, UserId};
use std::collections::HashMap;

/// A row of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRow {
    /// Its number.
    pub seq: Seq,
    /// Its key.
    pub client_id: ClientId,
    /// Its last revision.
    pub rev: Rev,
    /// Its text; empty for a system message.
    pub body: String,
}

/// What a device shows of one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Which.
    pub room: RoomId,
    /// From the top of the screen to its end.
    pub rows: Vec<ShownRow>,
    /// The number beside the room's name.
    pub unread: i64,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Whose device it is.
    pub user: UserId,
    /// What a report calls it.
    pub name: String,
    /// Everything typed on it, in order.
    pub sent: Vec<Sent>,
    /// Every change of text made on it, by its id.
    pub edited: Vec<ClientId>,
    /// What the server said it has, and where.
    pub acknowledged: HashMap<ClientId, (RoomId, Seq)>,
    /// Each of the person's rooms.
    pub rooms: Vec<Shown>,
}

impl Picture {
    /// Takes a picture, unless the device is still busy: then it says with what.
    ///
    /// # Errors
    /// What it is busy with.
    pub fn take(name: &str, device: &Device) -> Result<Self, String> {
        if !device.is_alive() {
            return Err(format!("the task of {name} has ended"));
        }
        device.look(|engine, journal| {
            if engine.connection() != ConnectionState::Online {
                return Err(format!("{name} is {:?}", engine.connection()));
            }
            let mut rooms = Vec::new();
            for room in engine.rooms() {
                let rows = engine.rows(room.id);
                if let Some(row) = rows.iter().find(|row| is_under_way(row)) {
                    return Err(format!("{name} has {:?} in {}: {:?}", row.message.body, room.id, row.state));
                }
                let rows = rows.into_iter().map(|row| row.message).map(|message| ShownRow {
                    seq: message.seq,
                    client_id: message.client_id,
                    rev: message.rev,
                    body: message.body,
                });
                rooms.push(Shown { room: room.id, rows: rows.collect(), unread: room.unread });
            }
            let (sent, edited, acknowledged) =
                (journal.sent.clone(), journal.edited.clone(), journal.acknowledged.clone());
            Ok(Self { user: engine.me().id, name: name.to_owned(), sent, edited, acknowledged, rooms })
        })
    }
}

/// Whether the server has yet to say something about it.
const fn is_under_way(row: &Row) -> bool {
    row.revising || matches!(row.state, RowState::Sending | RowState::Failed { .. })
}
