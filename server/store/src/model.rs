//! The store as plain tables in memory, for the simulation: small enough to be correct by inspection, and covered by the
//! same story test as the two engines. Every call passes a [`FaultHook`], which injects delays and faults.

mod members;
mod messages;
mod revisions;
mod rooms;
mod tables;

use super::{
    Access, Accounts, Append, Appended, Created, Credentials, Epochs, Error, HistoryRange, Limit, Maintenance, Marks,
    MemberMark, Members, Messages, NewRoom, NewSession, NewUser, People, Purged, RaisedMark, Result, Revise, Revised,
    Revisions, Rooms, Rows, SessionRecord, Sessions, Stamp,
};
use protocol::{
    Mark, Member, Message, Person, PublicRoom, Rev, Role, RoomHead, RoomId, RoomSummary, Seq, Session, SessionId,
    UnixMillis, User, UserId,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
pub use tables::{Room, Tables};

/// Injects delays and faults between a caller and the tables. By default it does nothing.
#[async_trait::async_trait]
pub trait FaultHook: Send + Sync + 'static {
    /// Before the call: an error means that nothing happened.
    async fn enter(&self, _call: Call) -> Result<()> {
        Ok(())
    }
    /// Whether somebody else holds this room's lock.
    fn is_locked(&self, _room: RoomId) -> bool {
        false
    }
    /// Whether a batch of messages cannot be stored, by a fault that stays.
    fn breaks(&self, _batch: &[Append]) -> bool {
        false
    }
    /// Rows of this room are read, which they may not allow.
    fn read_room(&self, _room: RoomId) -> Result<()> {
        Ok(())
    }
    /// After the commit: an error means that only the answer is lost.
    async fn leave(&self, _call: Call) -> Result<()> {
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
}

/// One handle on the tables. Nodes share the tables; each has its own hook.
pub struct Model {
    tables: Arc<Mutex<Tables>>,
    hook: Arc<dyn FaultHook>,
}

impl Model {
    pub fn new(tables: Arc<Mutex<Tables>>, hook: Arc<dyn FaultHook>) -> Self {
        Self { tables, hook }
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read<T: Send>(&self, look: impl FnOnce(&Tables) -> T + Send) -> Result<T> {
        self.hook.enter(Call::Read).await?;
        let answer = look(&self.lock());
        self.hook.leave(Call::Read).await?;
        Ok(answer)
    }

    /// One transaction: nobody sees the tables in the middle of it.
    async fn write<T: Send>(&self, work: impl FnOnce(&mut Tables) -> Result<T> + Send) -> Result<T> {
        self.hook.enter(Call::Write).await?;
        let answer = work(&mut self.lock());
        self.hook.leave(Call::Write).await?;
        answer
    }
}

/// The simulation signs nobody in and searches for nobody.
fn absent<T>() -> Result<T> {
    Err(Error::Internal("not part of the simulation".into()))
}

#[async_trait::async_trait]
impl Maintenance for Model {
    async fn migrate(&self) -> Result<()> {
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        self.read(|_| ()).await
    }

    async fn purge(&self, _: i64) -> Result<Purged> {
        // A deleted room leaves nothing behind here.
        self.read(|_| Purged::Nothing).await
    }

    async fn delete_refusals(&self, before: UnixMillis, _: i64) -> Result<u64> {
        self.write(|tables| Ok(tables.delete_refusals(before))).await
    }
}

#[async_trait::async_trait]
impl Epochs for Model {
    async fn epoch(&self) -> Result<uuid::Uuid> {
        self.read(|tables| tables.epoch).await
    }

    async fn check_epoch(&self, next: uuid::Uuid) -> Result<uuid::Uuid> {
        let (epoch, is_same) = self.read(|tables| (tables.epoch, tables.history == tables.timeline)).await?;
        if is_same {
            return Ok(epoch);
        }
        self.write(|tables| {
            if std::mem::replace(&mut tables.history, tables.timeline) != tables.timeline {
                tables.epoch = next;
            }
            Ok(tables.epoch)
        })
        .await
    }

    async fn begin_epoch(&self, old: uuid::Uuid, next: uuid::Uuid) -> Result<uuid::Uuid> {
        self.write(|tables| {
            if tables.epoch == old {
                tables.epoch = next;
            }
            Ok(tables.epoch)
        })
        .await
    }
}

#[async_trait::async_trait]
impl Accounts for Model {
    async fn create_user(&self, user: NewUser, stamp: Stamp) -> Result<(User, Option<Message>)> {
        self.write(|tables| tables.create_user(user, stamp)).await
    }

    async fn find_credentials(&self, _: &str) -> Result<Option<Credentials>> {
        absent()
    }

    async fn find_user(&self, id: UserId) -> Result<Option<User>> {
        self.read(|tables| tables.users.get(&id).cloned()).await
    }

    async fn update_user(&self, user: &User) -> Result<()> {
        self.write(|tables| tables.update_user(user)).await
    }

    async fn update_last_seen(&self, _: &[UserId], _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn list_last_seen(&self, _: UserId, _: &[UserId]) -> Result<Vec<(UserId, UnixMillis)>> {
        self.read(|_| Vec::new()).await
    }

    async fn has_users(&self) -> Result<bool> {
        self.read(|tables| !tables.users.is_empty()).await
    }

    async fn list_users(&self, _: &str, _: i64) -> Result<Vec<User>> {
        absent()
    }
}

#[async_trait::async_trait]
impl People for Model {
    async fn people_rev(&self) -> Result<i64> {
        self.read(|tables| tables.people_rev).await
    }

    async fn list_people(&self, ids: &[UserId], since: i64) -> Result<Vec<Person>> {
        self.read(|tables| tables.people().filter(|person| person.rev > since && ids.contains(&person.id)).collect())
            .await
    }

    async fn list_renamed(&self, since: i64, limit: i64) -> Result<Vec<Person>> {
        self.read(|tables| {
            let mut renamed: Vec<_> = tables.people().filter(|person| person.rev > since.max(0)).collect();
            renamed.sort_by_key(|person| person.rev);
            renamed.truncate(usize::try_from(limit).unwrap_or_default());
            renamed
        })
        .await
    }
}

#[async_trait::async_trait]
impl Sessions for Model {
    async fn create_session(&self, _: NewSession) -> Result<()> {
        absent()
    }

    async fn find_session(&self, _: SessionId) -> Result<Option<SessionRecord>> {
        absent()
    }

    async fn rotate_session(&self, _: SessionId, _: i64, _: UnixMillis, _: UnixMillis) -> Result<bool> {
        absent()
    }

    async fn see_generation(&self, _: SessionId, _: i64) -> Result<()> {
        unreachable!("the simulator has no sessions")
    }

    async fn list_sessions(&self, _: UserId, _: UnixMillis) -> Result<Vec<Session>> {
        absent()
    }

    async fn list_live_sessions(&self, ids: &[SessionId], _: UnixMillis) -> Result<Vec<SessionId>> {
        self.read(|tables| ids.iter().copied().filter(|id| !tables.ended.contains(id)).collect()).await
    }

    async fn revoke_session(&self, _: UserId, _: SessionId, _: UnixMillis) -> Result<bool> {
        absent()
    }
}

#[async_trait::async_trait]
impl Rooms for Model {
    async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>> {
        self.read(|tables| tables.list_rooms(user)).await
    }

    async fn find_room(&self, user: UserId, room: RoomId) -> Result<Option<RoomSummary>> {
        self.hook.read_room(room)?;
        self.read(|tables| tables.find_room(user, room)).await
    }

    async fn list_public_rooms(&self, user: UserId) -> Result<Vec<PublicRoom>> {
        self.read(|tables| tables.list_public_rooms(user)).await
    }

    async fn find_access(&self, user: UserId, room: RoomId) -> Result<Option<Access>> {
        self.read(|tables| tables.rooms.get(&room).map(|found| found.access(user))).await
    }

    async fn create_room(&self, room: NewRoom, stamp: Stamp) -> Result<Created> {
        self.write(|tables| tables.create_room(room, stamp)).await
    }

    async fn rename_room(&self, room: RoomId, actor: UserId, name: &str, stamp: Stamp) -> Result<Message> {
        self.write(|tables| tables.rename_room(room, actor, name, stamp)).await
    }

    async fn delete_room(&self, room: RoomId, actor: UserId, _: UnixMillis) -> Result<Vec<UserId>> {
        self.write(|tables| tables.delete_room(room, actor)).await
    }

    async fn list_heads(&self, rooms: &[RoomId]) -> Result<Vec<RoomHead>> {
        self.read(|tables| tables.list_heads(rooms)).await
    }
}

#[async_trait::async_trait]
impl Members for Model {
    async fn list_members(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Member>> {
        self.read(|tables| tables.list_members(room, cursor, limit)).await
    }

    async fn list_member_ids(&self, room: RoomId) -> Result<Vec<UserId>> {
        self.read(|tables| tables.list_member_ids(room)).await
    }

    async fn list_sharing(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        self.read(|tables| tables.list_sharing(user, others)).await
    }

    async fn list_memberships(&self, users: &[UserId]) -> Result<Vec<MemberMark>> {
        self.read(|tables| tables.list_memberships(users)).await
    }

    async fn list_members_versions(&self, users: &[UserId]) -> Result<Vec<(UserId, i64)>> {
        self.read(|tables| tables.list_members_versions(users)).await
    }

    async fn create_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>> {
        self.write(|tables| tables.create_member(room, actor, user, stamp)).await
    }

    async fn delete_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Message> {
        self.write(|tables| tables.delete_member(room, actor, user, stamp)).await
    }

    async fn update_member(
        &self,
        room: RoomId,
        actor: UserId,
        user: UserId,
        role: Role,
        stamp: Stamp,
    ) -> Result<Option<Message>> {
        self.write(|tables| tables.update_member(room, actor, user, role, stamp)).await
    }
}

#[async_trait::async_trait]
impl Marks for Model {
    async fn update_marks(&self, marks: &[(RoomId, Mark)]) -> Result<Vec<RaisedMark>> {
        self.write(|tables| Ok(tables.update_marks(marks))).await
    }

    async fn list_direct_marks(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Mark)>> {
        self.read(|tables| tables.list_direct_marks(rooms)).await
    }
}

#[async_trait::async_trait]
impl Messages for Model {
    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>> {
        if self.hook.breaks(batch) {
            return Err(Error::Internal("one of these cannot be stored".into()));
        }
        let locked = batch.iter().map(|entry| entry.room_id).filter(|room| self.hook.is_locked(*room)).collect();
        self.write(|tables| Ok(tables.append(batch, &locked))).await
    }

    async fn list_messages(&self, viewer: UserId, room: RoomId, range: HistoryRange, limit: Limit) -> Result<Rows> {
        self.read(|tables| tables.list_messages(viewer, room, range, limit)).await
    }
}

#[async_trait::async_trait]
impl Revisions for Model {
    async fn revise(&self, revise: &Revise) -> Result<Revised> {
        self.write(|tables| Ok(tables.revise(revise))).await
    }

    async fn list_changes(&self, room: RoomId, cursor: (Seq, Rev), limit: Limit) -> Result<Option<Rows>> {
        self.hook.read_room(room)?;
        self.read(|tables| tables.list_changes(room, cursor, limit)).await
    }
}
