//! A database as the story's chapters use it, whichever engine it is on.

use protocol::{ClientId, Message, PublicRoom, Role, RoomId, RoomKind, UnixMillis, User, UserId};
use std::sync::Arc;
use store::{Append, Appended, Created, Error, NewRoom, NewUser, Registration, RoomChange, Stamp, Store};
use uuid::Uuid;

/// A database of its own, with nobody in it yet.
pub(crate) struct Db {
    pub(crate) store: Arc<dyn Store>,
    /// Opens it once more; holds what keeps it alive.
    open: Box<dyn Fn() -> Arc<dyn Store> + Send + Sync>,
}

impl Db {
    pub(crate) async fn new(open: impl Fn() -> Arc<dyn Store> + Send + Sync + 'static) -> Self {
        let store = open();
        store.migrate().await.unwrap();
        Self { store, open: Box::new(open) }
    }

    /// A second handle on the same database, as another node has.
    pub(crate) fn again(&self) -> Arc<dyn Store> {
        (self.open)()
    }

    pub(crate) async fn user(&self, name: &str) -> UserId {
        let user = NewUser {
            id: UserId(Uuid::now_v7()),
            username: name.to_owned(),
            display_name: name.to_uppercase(),
            password_hash: "hash".into(),
        };
        self.store.create_user(user, Registration::Open, &stamp).await.unwrap().0.id
    }

    pub(crate) async fn rename_user(&self, id: UserId, display_name: &str) {
        let user = self.store.find_user(id).await.unwrap().unwrap();
        self.store.update_user(&User { display_name: display_name.into(), ..user }).await.unwrap();
    }

    /// Both have written in the direct room of two people: either may bring the other one into rooms.
    pub(crate) async fn acquaint(&self, one: UserId, other: UserId) {
        let id = RoomId(Uuid::now_v7());
        let room = NewRoom { id, kind: RoomKind::Direct, name: None, creator: one, members: vec![other] };
        let room = match self.store.create_room(room, stamp()).await.unwrap() {
            Created::New => id,
            Created::Existing(room) => room,
        };
        for person in [one, other] {
            assert!(self.send_message(room, person, "hello").await.stored().is_some());
        }
    }

    pub(crate) async fn room(&self, kind: RoomKind, creator: UserId, members: &[UserId]) -> RoomId {
        if kind == RoomKind::Group {
            for member in members {
                self.acquaint(creator, *member).await;
            }
        }
        let id = RoomId(Uuid::now_v7());
        let name = (kind != RoomKind::Direct).then(|| "Room".to_owned());
        let room = NewRoom { id, kind, name, creator, members: members.to_vec() };
        assert_eq!(self.store.create_room(room, stamp()).await.unwrap(), Created::New);
        id
    }

    pub(crate) async fn send_message(&self, room: RoomId, sender: UserId, body: &str) -> Appended {
        self.store.append(&[entry(room, sender, body)]).await.unwrap().remove(0)
    }

    pub(crate) async fn rename(&self, room: RoomId, actor: UserId, name: &str) -> Result<Message, Error> {
        let change = (RoomChange::Name(name.to_owned()), stamp());
        Ok(self.store.update_room(room, actor, &[change]).await?.remove(0))
    }

    /// The public rooms that a person may join.
    pub(crate) async fn public_rooms(&self, user: UserId) -> Vec<PublicRoom> {
        self.store.list_public_rooms(user, "", None, 100).await.unwrap().rooms
    }

    pub(crate) async fn role(&self, user: UserId, room: RoomId) -> Option<Role> {
        self.store.find_access(user, room).await.unwrap().and_then(|access| access.role)
    }
}

pub(crate) fn stamp() -> Stamp {
    Stamp { client_id: ClientId(Uuid::now_v7()), now: UnixMillis(1_000) }
}

pub(crate) fn entry(room_id: RoomId, sender_id: UserId, body: &str) -> Append {
    let client_id = ClientId(Uuid::now_v7());
    Append { room_id, sender_id, client_id, body: body.into(), reply_to: None, created_at: UnixMillis(2_000) }
}
