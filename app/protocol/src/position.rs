//! How far devices, rooms and members are: values of which frames have many, written as arrays.

use crate::{Rev, RoomId, Seq, UserId};
use serde::{Deserialize, Serialize};

/// How far a device has a room: `[room_id, seq, rev]` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub RoomId, pub Seq, pub Rev);

/// The newest numbers of a room: `[room_id, last_seq, last_rev]` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomHead(pub RoomId, pub Seq, pub Rev);

/// How far a member is: `[user_id, delivered_seq, read_seq]` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark(pub UserId, pub Seq, pub Seq);
