//! Rooms: make, find, rename, join, delete.

use super::{Chat, NO_ROOM};
use crate::Error;
use crate::store::{Created, NewRoom};
use protocol::limits::MEMBERS_ADDED;
use protocol::{CreateRoom, PublicRoom, Role, RoomId, RoomKind, RoomSummary, UserId};

impl Chat {
    pub(crate) async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>, Error> {
        Ok(self.store.list_rooms(user).await?)
    }

    pub(crate) async fn list_public_rooms(&self, user: UserId) -> Result<Vec<PublicRoom>, Error> {
        Ok(self.store.list_public_rooms(user).await?)
    }

    pub(crate) async fn find_room(&self, user: UserId, room: RoomId) -> Result<RoomSummary, Error> {
        self.store.find_room(user, room).await?.ok_or(NO_ROOM)
    }

    /// Makes a room; true beside it where it is new, false where the two people had their direct room already.
    pub(crate) async fn create_room(&self, user: UserId, form: CreateRoom) -> Result<(RoomSummary, bool), Error> {
        let room = new_room(RoomId(self.clock.id()), user, form)?;
        let id = room.id;
        let members = room.members.clone();
        match self.store.create_room(room, self.stamp()).await? {
            Created::Existing(id) => Ok((self.find_room(user, id).await?, false)),
            Created::New => {
                // Its first message is in the summary that everybody gets now.
                self.welcome_to(user, id).await;
                for member in members {
                    self.welcome_to(member, id).await;
                }
                Ok((self.find_room(user, id).await?, true))
            }
        }
    }

    pub(crate) async fn rename_room(&self, user: UserId, room: RoomId, name: &str) -> Result<RoomSummary, Error> {
        let name = protocol::room_name(name)?;
        self.require(user, room, Role::Admin, "Only an admin or owner of the room may rename it.").await?;
        let message = self.store.rename_room(room, user, &name, self.stamp()).await?;
        self.announce(Some(message));
        self.find_room(user, room).await
    }

    pub(crate) async fn delete_room(&self, user: UserId, room: RoomId) -> Result<(), Error> {
        self.require(user, room, Role::Owner, "Only an owner of the room may delete it.").await?;
        for member in self.store.delete_room(room).await? {
            self.hub.leave(member, room);
        }
        Ok(())
    }

    /// Enters a public room; nothing happens where one is in it already.
    pub(crate) async fn join_room(&self, user: UserId, room: RoomId) -> Result<RoomSummary, Error> {
        let access = self.access(user, room).await?;
        if access.role.is_none() {
            let message = self.store.create_member(room, user, user, self.stamp()).await?;
            self.welcome_to(user, room).await;
            self.announce(message);
        }
        self.find_room(user, room).await
    }
}

fn new_room(id: RoomId, creator: UserId, form: CreateRoom) -> Result<NewRoom, Error> {
    Ok(match form {
        CreateRoom::Direct { user_id } if user_id == creator => {
            return Err(Error::Invalid("user_id: a direct room is for two, choose somebody else.".into()));
        }
        CreateRoom::Direct { user_id } => {
            NewRoom { id, kind: RoomKind::Direct, name: None, creator, members: vec![user_id] }
        }
        CreateRoom::Group { name, mut member_ids } => {
            if member_ids.len() > MEMBERS_ADDED {
                let problem = format!("member_ids: at most {MEMBERS_ADDED} at once, these are {}.", member_ids.len());
                return Err(Error::Invalid(problem));
            }
            member_ids.retain(|member| *member != creator);
            member_ids.sort_unstable();
            member_ids.dedup();
            let name = Some(protocol::room_name(&name)?);
            NewRoom { id, kind: RoomKind::Group, name, creator, members: member_ids }
        }
        CreateRoom::Public { name } => {
            let name = Some(protocol::room_name(&name)?);
            NewRoom { id, kind: RoomKind::Public, name, creator, members: Vec::new() }
        }
    })
}
