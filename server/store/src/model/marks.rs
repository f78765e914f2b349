//! Marks of members.

use super::Model;
use super::tables::Tables;
use crate::{Marks, RaisedMark, Result};
use protocol::{Mark, RoomId, RoomKind};

#[async_trait::async_trait]
impl Marks for Model {
    async fn update_marks(&self, marks: &[(RoomId, Mark)]) -> Result<Vec<RaisedMark>> {
        self.write(|tables| Ok(marks.iter().filter_map(|(room, mark)| tables.update_mark(*room, *mark)).collect()))
            .await
    }

    async fn list_direct_marks(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Mark)>> {
        self.read(|tables| {
            let known = rooms.iter().filter_map(|id| Some((id, tables.rooms.get(id)?)));
            let members =
                known.flat_map(|(id, room)| room.members.iter().map(move |(user, member)| (id, user, member)));
            let told = members.filter(|(_, user, _)| tables.users.get(user).is_some_and(|user| user.receipts));
            told.map(|(id, user, member)| (*id, Mark(*user, member.delivered, member.read))).collect()
        })
        .await
    }
}

impl Tables {
    fn update_mark(&mut self, room_id: RoomId, Mark(user, delivered, read): Mark) -> Option<RaisedMark> {
        let room = self.rooms.get_mut(&room_id)?;
        let head = room.head();
        let members_count = i64::try_from(room.members.len()).unwrap_or(i64::MAX);
        let member = room.members.get_mut(&user)?;
        // What is read has arrived.
        let marks = (member.delivered.max(delivered.max(read).min(head)), member.read.max(read.min(head)));
        let moved = marks != (member.delivered, member.read);
        (member.delivered, member.read) = marks;
        let mark = Mark(user, marks.0, marks.1);
        if moved && room.kind == RoomKind::Direct {
            let both: Vec<_> = room.members.keys().copied().collect();
            self.move_versions(both);
        }
        moved.then_some(RaisedMark { room_id, mark, members_count, receipts: true })
    }
}
