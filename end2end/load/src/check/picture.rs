//! One device at rest: what it shows, what its person typed, what it was promised.

use crate::{Device, Sent};
use client::{ConnectionState, Row, RowState};
use protocol::{ClientId, RoomId, Seq, UserId};
use std::collections::HashMap;

/// What a device shows of one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Which.
    pub room: RoomId,
    /// Numbers and keys of the rows, from the top of the screen to its end.
    pub rows: Vec<(Seq, ClientId)>,
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
                if let Some(row) = rows.iter().find(|row| row.state != RowState::Sent) {
                    return Err(format!("{name} has {:?} in {}: {:?}", row.message.body, room.id, row.state));
                }
                let rows = rows.iter().map(|row: &Row| (row.message.seq, row.key())).collect();
                rooms.push(Shown { room: room.id, rows, unread: room.unread });
            }
            let (sent, acknowledged) = (journal.sent.clone(), journal.acknowledged.clone());
            Ok(Self { user: engine.me().id, name: name.to_owned(), sent, acknowledged, rooms })
        })
    }
}
