//! The story of a store: the same chapters on SQLite and on PostgreSQL.

mod accounts;
mod appending;
mod history;
mod joining;
mod revising;

use crate::harness::fresh_postgres;
use protocol::{ClientId, Role, RoomId, RoomKind, UnixMillis, UserId};
use server::store::{self, Append, Appended, Created, NewRoom, NewUser, Stamp, Store};
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

/// An opened database of its own, and what keeps it alive.
pub(crate) struct Db {
    pub(crate) store: Arc<dyn Store>,
    url: String,
    _folder: Option<TempDir>,
}

impl Db {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open(format!("sqlite://{}/jackdaw.db", folder.path().display()), Some(folder)).await
    }

    async fn postgres() -> Self {
        Self::open(fresh_postgres().await, None).await
    }

    async fn open(url: String, folder: Option<TempDir>) -> Self {
        let store = store::open(&url, 4).unwrap();
        store.migrate().await.unwrap();
        Self { store, url, _folder: folder }
    }

    /// A second handle on the same database, as another node has.
    fn again(&self) -> Arc<dyn Store> {
        store::open(&self.url, 4).unwrap()
    }

    async fn user(&self, name: &str) -> UserId {
        let user = NewUser {
            id: UserId(Uuid::now_v7()),
            username: name.to_owned(),
            display_name: name.to_uppercase(),
            password_hash: "hash".into(),
        };
        self.store.create_user(user, stamp()).await.unwrap().0.id
    }

    async fn room(&self, kind: RoomKind, creator: UserId, members: &[UserId]) -> RoomId {
        let id = RoomId(Uuid::now_v7());
        let name = (kind != RoomKind::Direct).then(|| "Room".to_owned());
        let room = NewRoom { id, kind, name, creator, members: members.to_vec() };
        assert_eq!(self.store.create_room(room, stamp()).await.unwrap(), Created::New);
        id
    }

    async fn say(&self, room: RoomId, sender: UserId, body: &str) -> Appended {
        self.store.append(&[entry(room, sender, body)]).await.unwrap().remove(0)
    }

    async fn role(&self, user: UserId, room: RoomId) -> Option<Role> {
        self.store.find_access(user, room).await.unwrap().and_then(|access| access.role)
    }
}

fn stamp() -> Stamp {
    Stamp { client_id: ClientId(Uuid::now_v7()), now: UnixMillis(1_000) }
}

fn entry(room_id: RoomId, sender_id: UserId, body: &str) -> Append {
    let client_id = ClientId(Uuid::now_v7());
    Append { room_id, sender_id, client_id, body: body.into(), reply_to: None, created_at: UnixMillis(2_000) }
}

/// Makes two tests of each chapter.
macro_rules! on_both_engines {
    ($($chapter:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $chapter() {
                super::$chapter(crate::store::Db::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $chapter() {
                super::$chapter(crate::store::Db::postgres().await).await;
            })*
        }
    };
}
use on_both_engines;
