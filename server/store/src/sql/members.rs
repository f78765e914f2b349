//! Memberships. Every change takes the room's lock first, so that rights, counts and messages agree.

use super::super::id_list;
use super::rows::{Row as DbRow, mark, user, user_columns};
use super::{Database, Result, Tx, consent, system_messages};
use crate::codes::Code;
use crate::rules::{self, membership};
use crate::{Error, MemberMark, Members, Stamp, TOO_MANY_ROOMS};
use protocol::limits::ROOMS_MAX;
use protocol::{Member, Message, Role, RoomId, RoomKind, Seq, SystemEvent, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl Members for Database {
    async fn list_members(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Member>> {
        let rows = sqlx::query(concat!(
            "select ",
            user_columns!("u"),
            ", m.role, m.delivered_seq, m.read_seq from members m join users u on u.id = m.user_id
              where m.room_id = $1 and m.user_id > $2 order by m.user_id limit $3"
        ))
        .bind(room.0)
        .bind(cursor.map_or(uuid::Uuid::nil(), |cursor| cursor.0))
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        let read = |row: &DbRow| {
            Ok(Member {
                user: user(row)?,
                role: Role::from_code(row.try_get("role")?),
                delivered_seq: Seq(row.try_get("delivered_seq")?),
                read_seq: Seq(row.try_get("read_seq")?),
            })
        };
        rows.iter().map(read).collect()
    }

    async fn list_member_ids(&self, room: RoomId) -> Result<Vec<UserId>> {
        let rows =
            sqlx::query("select user_id from members where room_id = $1").bind(room.0).fetch_all(&self.read).await?;
        rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
    }

    async fn list_sharing(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        let rows = sqlx::query(concat!(
            "select distinct other.user_id from members other
             where exists (select 1 from members own where own.room_id = other.room_id and own.user_id = $1)
               and other.user_id in ",
            ids!("$2")
        ))
        .bind(user.0)
        .bind(id_list(others.iter().map(|other| other.0)))
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
    }

    async fn list_memberships(&self, users: &[UserId]) -> Result<Vec<MemberMark>> {
        let rows = sqlx::query(concat!(
            "select m.room_id, r.kind, m.user_id, m.delivered_seq, m.read_seq
             from members m join rooms r on r.id = m.room_id where m.user_id in ",
            ids!("$1")
        ))
        .bind(id_list(users.iter().map(|user| user.0)))
        .fetch_all(&self.read)
        .await?;
        let read = |row: &DbRow| {
            let (room_id, kind) = (RoomId(row.try_get("room_id")?), RoomKind::from_code(row.try_get("kind")?));
            Ok(MemberMark { room_id, kind, mark: mark(row)? })
        };
        rows.iter().map(read).collect()
    }

    async fn list_members_versions(&self, users: &[UserId]) -> Result<Vec<(UserId, i64)>> {
        let rows = sqlx::query(concat!("select id, members_version from users where id in ", ids!("$1")))
            .bind(id_list(users.iter().map(|user| user.0)))
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| Ok((UserId(row.try_get("id")?), row.try_get("members_version")?))).collect()
    }

    async fn create_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>> {
        self.transaction(async |mut tx| {
            let kind = system_messages::lock_room(&mut tx, room).await?;
            if actor != user {
                membership::may_add(kind, role_of(&mut tx, room, actor).await?)?;
            }
            if role_of(&mut tx, room, user).await?.is_some() {
                return Ok(None);
            }
            membership::may_enter(kind, actor == user, is_banned(&mut tx, room, user).await?)?;
            if actor != user {
                rules::consent::may_bring_in(kind, consent::is_given(&mut tx, actor, &[user]).await?)?;
            }
            // A request of theirs may have begun before the account was deleted.
            let present = sqlx::query("select 1 from users where id = $1 and deleted_at is null").bind(user.0);
            if present.fetch_optional(&mut *tx).await?.is_none() {
                return Err(Error::NotFound("user"));
            }
            require_place(&mut tx, &[user]).await?;
            let event = if actor == user {
                SystemEvent::Joined
            } else {
                SystemEvent::Added { user_id: user, display_name: system_messages::display_name(&mut tx, user).await? }
            };
            // The first person to join a public room without members becomes its owner.
            let empty = !has_others(&mut tx, room, user, Role::Member).await?;
            let role = if empty { Role::Owner } else { Role::Member };
            let message = enter(&mut tx, room, user, role, actor, event, stamp).await?;
            tx.commit().await?;
            Ok(Some(message))
        })
        .await
    }

    async fn delete_member(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Message> {
        self.transaction(async |mut tx| {
            let kind = system_messages::lock_room(&mut tx, room).await?;
            let (own, other) = (role_of(&mut tx, room, actor).await?, role_of(&mut tx, room, user).await?);
            let role = if actor == user {
                membership::may_leave(kind, own)?
            } else {
                membership::may_remove(kind, own, other)?
            };
            let stays_unowned = role == Role::Owner
                && !has_others(&mut tx, room, user, Role::Owner).await?
                && has_others(&mut tx, room, user, Role::Member).await?;
            if stays_unowned {
                return Err(membership::LAST_OWNER);
            }
            let event = if actor == user {
                SystemEvent::Left
            } else {
                SystemEvent::Removed {
                    user_id: user,
                    display_name: system_messages::display_name(&mut tx, user).await?,
                }
            };
            let message = leave(&mut tx, room, user, actor, event, stamp).await?;
            tx.commit().await?;
            Ok(message)
        })
        .await
    }

    async fn update_member(
        &self,
        room: RoomId,
        actor: UserId,
        user: UserId,
        role: Role,
        stamp: Stamp,
    ) -> Result<Option<Message>> {
        self.transaction(async |mut tx| {
            let kind = system_messages::lock_room(&mut tx, room).await?;
            let (own, other) = (role_of(&mut tx, room, actor).await?, role_of(&mut tx, room, user).await?);
            let before = membership::may_give_role(kind, own, other)?;
            if before == role {
                return Ok(None);
            }
            if before == Role::Owner && !has_others(&mut tx, room, user, Role::Owner).await? {
                return Err(membership::LAST_OWNER);
            }
            sqlx::query("update members set role = $3 where room_id = $1 and user_id = $2")
                .bind(room.0)
                .bind(user.0)
                .bind(role.code())
                .execute(&mut *tx)
                .await?;
            let display_name = system_messages::display_name(&mut tx, user).await?;
            let event = SystemEvent::RoleChanged { user_id: user, display_name, role };
            let message = system_messages::insert(&mut tx, room, actor, event, 0, stamp).await?;
            tx.commit().await?;
            Ok(Some(message))
        })
        .await
    }
}

/// The role of a member, none for others.
pub(super) async fn role_of(tx: &mut Tx, room: RoomId, user: UserId) -> Result<Option<Role>> {
    let found = sqlx::query("select role from members where room_id = $1 and user_id = $2")
        .bind(room.0)
        .bind(user.0)
        .fetch_optional(&mut **tx)
        .await?;
    found.map(|row| Ok(Role::from_code(row.try_get("role")?))).transpose()
}

/// Makes somebody who is no member one. What was said before they came counts as read.
pub(super) async fn enter(
    tx: &mut Tx,
    room: RoomId,
    user: UserId,
    role: Role,
    actor: UserId,
    event: SystemEvent,
    stamp: Stamp,
) -> Result<Message> {
    let message = system_messages::insert(tx, room, actor, event, 1, stamp).await?;
    sqlx::query(
        "insert into members (room_id, user_id, role, joined_seq, delivered_seq, read_seq) values ($1, $2, $3, $4, $4, $4)",
    )
    .bind(room.0)
    .bind(user.0)
    .bind(role.code())
    .bind(message.seq.0)
    .execute(&mut **tx)
    .await?;
    Ok(message)
}

/// Whether a person is banned from a room.
pub(super) async fn is_banned(tx: &mut Tx, room: RoomId, user: UserId) -> Result<bool> {
    let found = sqlx::query("select 1 from bans where room_id = $1 and user_id = $2").bind(room.0).bind(user.0);
    Ok(found.fetch_optional(&mut **tx).await?.is_some())
}

/// Ends a membership, under the room's lock.
pub(super) async fn leave(
    tx: &mut Tx,
    room: RoomId,
    user: UserId,
    actor: UserId,
    event: SystemEvent,
    stamp: Stamp,
) -> Result<Message> {
    let message = system_messages::insert(tx, room, actor, event, -1, stamp).await?;
    let deleted = sqlx::query("delete from members where room_id = $1 and user_id = $2").bind(room.0).bind(user.0);
    deleted.execute(&mut **tx).await?;
    Ok(message)
}

/// Refuses where one of these people is in as many rooms as one can be. Two nodes that add somebody at the same moment may
/// bring them one room above that.
pub(super) async fn require_place(tx: &mut Tx, users: &[UserId]) -> Result<()> {
    let statement = concat!(
        "select 1 from members where user_id in ",
        ids!("$1"),
        " group by user_id having count(*) >= $2 limit 1"
    );
    let found = sqlx::query(statement)
        .bind(id_list(users.iter().map(|user| user.0)))
        .bind(ROOMS_MAX)
        .fetch_optional(&mut **tx)
        .await?;
    if found.is_some() { Err(TOO_MANY_ROOMS) } else { Ok(()) }
}

/// Whether the room has members besides `user` with at least this role.
pub(super) async fn has_others(tx: &mut Tx, room: RoomId, user: UserId, least: Role) -> Result<bool> {
    let found = sqlx::query("select 1 from members where room_id = $1 and user_id <> $2 and role >= $3 limit 1")
        .bind(room.0)
        .bind(user.0)
        .bind(least.code())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.is_some())
}
