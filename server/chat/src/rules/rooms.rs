//! Rooms: make, find, change, join, delete.

use super::{Chat, NO_ROOM};
use crate::{Error, names};
use protocol::limits::MEMBERS_ADDED;
use protocol::{CreateRoom, Posting, PublicRooms, RoomId, RoomKind, RoomSummary, UpdateRoom, UserId};
use std::sync::Arc;
use store::{Created, NewRoom, RoomChange, RoomCursor};

impl Chat {
    pub async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>, Error> {
        Ok(self.store.list_rooms(user).await?)
    }

    /// A page of the public rooms that the user is not in and whose name has a word that starts with `query`, by name.
    pub async fn list_public_rooms(
        &self,
        user: UserId,
        query: &str,
        cursor: Option<&str>,
        limit: i64,
    ) -> Result<PublicRooms, Error> {
        let parse =
            |cursor| RoomCursor::parse(cursor).ok_or(Error::Invalid("cursor: not one that a page named.".into()));
        let after = cursor.map(parse).transpose()?;
        Ok(self.store.list_public_rooms(user, query, after.as_ref(), limit).await?)
    }

    pub async fn find_room(&self, user: UserId, room: RoomId) -> Result<RoomSummary, Error> {
        self.store.find_room(user, room).await?.ok_or(NO_ROOM)
    }

    /// Creates a room. Returns true with it if it is new, false if the two people had their direct room already.
    pub async fn create_room(self: &Arc<Self>, user: UserId, form: CreateRoom) -> Result<(RoomSummary, bool), Error> {
        let room = new_room(RoomId(self.clock.id()), user, form)?;
        let id = room.id;
        self.complete(async move |chat| {
            let members = room.members.clone();
            match chat.store.create_room(room, chat.stamp()).await? {
                Created::Existing(id) => Ok((chat.find_room(user, id).await?, false)),
                Created::New => {
                    // Its first message is in the summary that the members are sent now.
                    chat.enter_room(user, id).await;
                    for member in members {
                        chat.enter_room(member, id).await;
                    }
                    Ok((chat.find_room(user, id).await?, true))
                }
            }
        })
        .await
    }

    /// Changes what the form names, all of it or nothing. Does nothing where the room is so already.
    pub async fn update_room(
        self: &Arc<Self>,
        user: UserId,
        room: RoomId,
        form: UpdateRoom,
    ) -> Result<RoomSummary, Error> {
        let changes = room_changes(form)?;
        self.complete(async move |chat| {
            let changes: Vec<_> = changes.into_iter().map(|change| (change, chat.stamp())).collect();
            for message in chat.store.update_room(room, user, &changes).await? {
                chat.announce(Some(message));
            }
            chat.find_room(user, room).await
        })
        .await
    }

    pub async fn delete_room(self: &Arc<Self>, user: UserId, room: RoomId) -> Result<(), Error> {
        self.complete(async move |chat| {
            let members = chat.store.delete_room(room, user, chat.now()).await?;
            chat.deleted.notify_one();
            for member in members {
                chat.hub.leave(member, room);
            }
            Ok(())
        })
        .await
    }

    /// Returns once a room was deleted through this node.
    pub(crate) async fn room_deleted(&self) {
        self.deleted.notified().await;
    }

    /// Joins a public room. Does nothing for a member.
    pub async fn join_room(self: &Arc<Self>, user: UserId, room: RoomId) -> Result<RoomSummary, Error> {
        self.complete(async move |chat| {
            if chat.access(user, room).await?.role.is_none() {
                let message = chat.store.create_member(room, user, user, chat.stamp()).await?;
                chat.enter_room(user, room).await;
                chat.announce(message);
            }
            chat.find_room(user, room).await
        })
        .await
    }
}

fn room_changes(form: UpdateRoom) -> Result<Vec<RoomChange>, Error> {
    let UpdateRoom { name, topic, archived, posting } = form;
    let mut changes = Vec::new();
    if let Some(name) = name {
        changes.push(RoomChange::Name(names::room_name(&name)?));
    }
    if let Some(topic) = topic {
        changes.push(RoomChange::Topic(names::topic(&topic)?));
    }
    changes.extend(archived.map(RoomChange::Archived));
    match posting {
        Some(Posting::Unknown) => return Err(Error::Invalid("posting: must be everybody or admins.".into())),
        posting => changes.extend(posting.map(RoomChange::Posting)),
    }
    if changes.is_empty() {
        return Err(Error::Invalid("name, topic, archived, posting: give at least one of them.".into()));
    }
    Ok(changes)
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
            let name = Some(names::room_name(&name)?);
            NewRoom { id, kind: RoomKind::Group, name, creator, members: member_ids }
        }
        CreateRoom::Public { name } => {
            let name = Some(names::room_name(&name)?);
            NewRoom { id, kind: RoomKind::Public, name, creator, members: Vec::new() }
        }
    })
}
