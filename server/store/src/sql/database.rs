//! The store's methods, written once and compiled for each engine with that engine's driver types and the few
//! words in which its SQL differs (see the macros above the `mod sql` of `sqlite.rs` and `postgres.rs`).

mod epoch;
mod marks;
mod members;
mod messages;
mod pool;
mod purge;
mod refusals;
mod revisions;
mod rooms;
mod rows;
mod sessions;
mod system_messages;
mod users;

pub(super) use pool::{Options, Pool, Tx};
pub(super) use rows::{message, message_columns, raised_mark, raised_mark_columns};

use super::{BEGIN, Db, MIGRATIONS};
use crate::bounds::{APPEND_TIMEOUT, PING_TIMEOUT, WRITE_TIMEOUT};
use crate::{
    Access, Accounts, Append, Appended, Created, Credentials, Epochs, Error, HistoryRange, Limit, Maintenance, Marks,
    MemberMark, Members, Messages, NewRoom, NewSession, NewUser, People, Purged, RaisedMark, Result, Revise, Revised,
    Revisions, Rooms, Rows, SessionRecord, Sessions, Stamp,
};
use protocol::{
    Mark, Member, Message, Person, PublicRoom, Rev, Role, RoomHead, RoomId, RoomSummary, Seq, Session, SessionId,
    UnixMillis, User, UserId,
};
use std::time::Duration;
use tokio::time::timeout;

/// An opened database.
pub(crate) struct Database {
    /// Connections for statements that only read.
    pub(super) read: Pool,
    /// Connections for those that write.
    pub(super) write: Pool,
    /// Connections for those that store messages; with SQLite the same.
    pub(super) append: Pool,
    /// How migrations connect: nothing ends a statement of theirs for the time that it takes.
    pub(super) migrations: Options,
}

impl Database {
    async fn begin(&self) -> Result<Tx> {
        Ok(self.write.begin_with(BEGIN).await?)
    }
}

/// Runs `work` with a timeout: a network may drop the database's answers, and with them its own timeouts. A dropped transaction is
/// rolled back.
async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    match timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Unavailable(format!("no answer within {} s", limit.as_secs()))),
    }
}

#[async_trait::async_trait]
impl Maintenance for Database {
    async fn migrate(&self) -> Result<()> {
        self.ping().await?;
        // Takes as long as it takes, on a connection of its own.
        let one = pool::alone(&self.migrations);
        MIGRATIONS.run(&one).await?;
        one.close().await;
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        within(PING_TIMEOUT, async { Ok(sqlx::query("select 1").execute(&self.read).await.map(drop)?) }).await
    }

    fn pool(&self) -> (u32, u32) {
        let append = Some(&self.append).filter(|append| !append.is(&self.write));
        let sizes = [&self.read, &self.write].into_iter().chain(append).map(Pool::size);
        sizes.fold((0, 0), |(open, busy), (more_open, more_busy)| (open + more_open, busy + more_busy))
    }

    fn readers(&self) -> u32 {
        self.read.most()
    }

    async fn purge(&self, most: i64) -> Result<Purged> {
        within(WRITE_TIMEOUT, purge::purge(self, most)).await
    }

    async fn delete_refusals(&self, before: UnixMillis, most: i64) -> Result<u64> {
        refusals::delete(&self.write, before, most).await
    }
}

#[async_trait::async_trait]
impl Epochs for Database {
    async fn epoch(&self) -> Result<uuid::Uuid> {
        epoch::find(self).await
    }

    async fn check_epoch(&self, next: uuid::Uuid) -> Result<uuid::Uuid> {
        epoch::check(self, next).await
    }

    async fn begin_epoch(&self, old: uuid::Uuid, next: uuid::Uuid) -> Result<uuid::Uuid> {
        epoch::begin(self, old, next, None).await
    }
}

#[async_trait::async_trait]
impl Accounts for Database {
    async fn create_user(&self, user: NewUser, stamp: Stamp) -> Result<(User, Option<Message>)> {
        within(WRITE_TIMEOUT, async { users::create(self.begin().await?, user, stamp).await }).await
    }

    async fn find_credentials(&self, username: &str) -> Result<Option<Credentials>> {
        users::find_credentials(&self.read, username).await
    }

    async fn find_user(&self, id: UserId) -> Result<Option<User>> {
        users::find(&self.read, id).await
    }

    async fn update_user(&self, user: &User) -> Result<()> {
        within(WRITE_TIMEOUT, async { users::update(self.begin().await?, user).await }).await
    }

    async fn update_last_seen(&self, users: &[UserId], at: UnixMillis) -> Result<()> {
        users::update_last_seen(&self.write, users, at).await
    }

    async fn list_last_seen(&self, viewer: UserId, users: &[UserId]) -> Result<Vec<(UserId, UnixMillis)>> {
        users::list_last_seen(&self.read, viewer, users).await
    }

    async fn has_users(&self) -> Result<bool> {
        users::exist(&self.read).await
    }

    async fn list_users(&self, query: &str, limit: i64) -> Result<Vec<User>> {
        users::list(&self.read, query, limit).await
    }
}

#[async_trait::async_trait]
impl People for Database {
    async fn people_rev(&self) -> Result<i64> {
        users::people_rev(&self.read).await
    }

    async fn list_people(&self, ids: &[UserId], since: i64) -> Result<Vec<Person>> {
        users::list_people(&self.read, ids, since).await
    }

    async fn list_renamed(&self, since: i64, limit: i64) -> Result<Vec<Person>> {
        users::list_renamed(&self.read, since, limit).await
    }
}

#[async_trait::async_trait]
impl Sessions for Database {
    async fn create_session(&self, session: NewSession) -> Result<()> {
        sessions::create(&self.write, session).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<SessionRecord>> {
        sessions::find(&self.read, id).await
    }

    async fn rotate_session(
        &self,
        id: SessionId,
        generation: i64,
        now: UnixMillis,
        expires: UnixMillis,
    ) -> Result<bool> {
        sessions::rotate(&self.write, id, generation, now, expires).await
    }

    async fn see_generation(&self, id: SessionId, generation: i64) -> Result<()> {
        sessions::see(&self.write, id, generation).await
    }

    async fn list_sessions(&self, user: UserId, now: UnixMillis) -> Result<Vec<Session>> {
        sessions::list(&self.read, user, now).await
    }

    async fn list_live_sessions(&self, ids: &[SessionId], now: UnixMillis) -> Result<Vec<SessionId>> {
        sessions::list_live(&self.read, ids, now).await
    }

    async fn revoke_session(&self, user: UserId, id: SessionId, now: UnixMillis) -> Result<bool> {
        sessions::revoke(&self.write, user, id, now).await
    }
}

#[async_trait::async_trait]
impl Rooms for Database {
    async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>> {
        rooms::list(&self.read, user).await
    }

    async fn find_room(&self, user: UserId, room: RoomId) -> Result<Option<RoomSummary>> {
        rooms::find(&self.read, user, room).await
    }

    async fn list_public_rooms(&self, user: UserId) -> Result<Vec<PublicRoom>> {
        rooms::list_public(&self.read, user).await
    }

    async fn find_access(&self, user: UserId, room: RoomId) -> Result<Option<Access>> {
        rooms::find_access(&self.read, user, room).await
    }

    async fn create_room(&self, room: NewRoom, stamp: Stamp) -> Result<Created> {
        within(WRITE_TIMEOUT, async { rooms::create(self.begin().await?, room, stamp).await }).await
    }

    async fn rename_room(&self, room: RoomId, actor: UserId, name: &str, stamp: Stamp) -> Result<Message> {
        within(WRITE_TIMEOUT, async { rooms::rename(self.begin().await?, room, actor, name, stamp).await }).await
    }

    async fn delete_room(&self, room: RoomId, actor: UserId, now: UnixMillis) -> Result<Vec<UserId>> {
        within(WRITE_TIMEOUT, async { rooms::delete(self.begin().await?, room, actor, now).await }).await
    }

    async fn list_heads(&self, rooms: &[RoomId]) -> Result<Vec<RoomHead>> {
        rooms::list_heads(&self.read, rooms).await
    }
}

#[async_trait::async_trait]
impl Members for Database {
    async fn list_members(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Member>> {
        members::list(&self.read, room, cursor, limit).await
    }

    async fn list_member_ids(&self, room: RoomId) -> Result<Vec<UserId>> {
        members::list_ids(&self.read, room).await
    }

    async fn list_sharing(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        members::list_sharing(&self.read, user, others).await
    }

    async fn list_memberships(&self, users: &[UserId]) -> Result<Vec<MemberMark>> {
        members::list_memberships(&self.read, users).await
    }

    async fn list_members_versions(&self, users: &[UserId]) -> Result<Vec<(UserId, i64)>> {
        members::list_versions(&self.read, users).await
    }

    async fn create_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>> {
        within(WRITE_TIMEOUT, async { members::create(self.begin().await?, room, actor, user, stamp).await }).await
    }

    async fn delete_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Message> {
        within(WRITE_TIMEOUT, async { members::delete(self.begin().await?, room, actor, user, stamp).await }).await
    }

    async fn update_member(
        &self,
        room: RoomId,
        actor: UserId,
        user: UserId,
        role: Role,
        stamp: Stamp,
    ) -> Result<Option<Message>> {
        within(WRITE_TIMEOUT, async { members::update(self.begin().await?, room, actor, user, role, stamp).await })
            .await
    }
}

#[async_trait::async_trait]
impl Marks for Database {
    async fn update_marks(&self, marks: &[(RoomId, Mark)]) -> Result<Vec<RaisedMark>> {
        within(WRITE_TIMEOUT, async { marks::update(self.begin().await?, marks).await }).await
    }

    async fn list_direct_marks(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Mark)>> {
        marks::list_direct(&self.read, rooms).await
    }
}

#[async_trait::async_trait]
impl Messages for Database {
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>> {
        within(APPEND_TIMEOUT, messages::append(self, batch)).await
    }

    async fn list_messages(&self, viewer: UserId, room: RoomId, range: HistoryRange, limit: Limit) -> Result<Rows> {
        messages::list(&self.read, viewer, room, range, limit).await
    }
}

#[async_trait::async_trait]
impl Revisions for Database {
    async fn revise(&self, revise: &Revise) -> Result<Revised> {
        within(WRITE_TIMEOUT, async { revisions::revise(self.begin().await?, revise).await }).await
    }

    async fn list_changes(&self, room: RoomId, cursor: (Seq, Rev), limit: Limit) -> Result<Option<Rows>> {
        revisions::list_changes(&self.read, room, cursor, limit).await
    }
}
