//! Rooms: as their members see them, made, changed, deleted.

use super::super::id_list;
use super::rows::{Row as DbRow, message, message_columns, user, user_columns};
use super::search::{searchable, starts_a_word};
use super::{Database, Result, Tx, blocks, consent, members, room_changes, settings, system_messages};
use crate::codes::Code;
use crate::rules::{self, membership};
use crate::{Access, Created, Error, NewRoom, RoomChange, RoomCursor, Rooms, Stamp};
use protocol::{
    Mark, Message, Posting, PublicRoom, PublicRooms, Rev, Role, RoomHead, RoomId, RoomKind, RoomSummary, Seq,
    SystemEvent, UnixMillis, User, UserId,
};
use sqlx::Row;
use std::collections::BTreeSet;

/// A room `r` as user `$1` sees it, whose membership is `me` (if any): everything that [`summary`] reads. Unread messages
/// are counted to one above `protocol::limits::UNREAD_MAX`, so that the cost is bounded however long somebody was away.
macro_rules! summary_query {
    ($from:literal, $rest:literal) => {
        concat!(
            "select r.id, r.kind as room_kind, coalesce(ou.shown_name, ou.display_name, r.name, '') as name, r.last_seq, r.last_rev,
               coalesce(me.read_seq, r.last_seq) as read_seq,
               case when me.user_id is null then 0 else (select count(*) from (
                 select 1 from messages x where x.room_id = r.id and x.seq > me.read_seq and x.kind = 0
                   and x.sender_id <> me.user_id limit 100) as few) end as unread,
               r.members_count, r.topic, r.archived_at, r.posting, me.role, om.read_seq as other_read_seq,
               case when ou.receipts and self.receipts then om.delivered_seq end as other_delivered_seq, ",
            user_columns!("ou"),
            ", ",
            message_columns!(preview "lm", "lu"),
            " from ",
            $from,
            " left join members om on r.kind = 0 and om.room_id = r.id and om.user_id <> $1
              left join users ou on ou.id = om.user_id left join users self on self.id = $1
              left join messages lm on lm.room_id = r.id and lm.seq = r.last_seq
              left join users lu on lu.id = lm.sender_id ",
            $rest
        )
    };
}

fn summary(row: &DbRow) -> Result<RoomSummary> {
    let other: Option<uuid::Uuid> = row.try_get("user_id")?;
    let last: Option<uuid::Uuid> = row.try_get("room_id")?;
    let other_delivered: Option<i64> = row.try_get("other_delivered_seq")?;
    let name: String = row.try_get("name")?;
    // A direct room is called like its other person, as others see them.
    let as_others_see = |user: User| User { display_name: name.clone(), ..user.seen_by_others() };
    Ok(RoomSummary {
        id: RoomId(row.try_get("id")?),
        kind: RoomKind::from_code(row.try_get("room_kind")?),
        name: name.clone(),
        last_seq: Seq(row.try_get("last_seq")?),
        last_rev: Rev(row.try_get("last_rev")?),
        read_seq: Seq(row.try_get("read_seq")?),
        unread: row.try_get("unread")?,
        members_count: row.try_get("members_count")?,
        role: row.try_get::<Option<i16>, _>("role")?.map(Role::from_code),
        other: other.map(|_| user(row).map(as_others_see)).transpose()?,
        other_mark: match (other, other_delivered) {
            (Some(other), Some(delivered)) => {
                Some(Mark(UserId(other), Seq(delivered), Seq(row.try_get("other_read_seq")?)))
            }
            _ => None,
        },
        last_message: last.map(|_| message(row)).transpose()?,
        topic: row.try_get("topic")?,
        archived_at: row.try_get::<Option<i64>, _>("archived_at")?.map(UnixMillis),
        posting: Posting::from_code(row.try_get("posting")?),
    })
}

#[async_trait::async_trait]
impl Rooms for Database {
    async fn list_rooms(&self, user: UserId) -> Result<Vec<RoomSummary>> {
        let statement = summary_query!(
            "members me join rooms r on r.id = me.room_id",
            "where me.user_id = $1 order by coalesce(lm.created_at, r.created_at) desc, r.id desc"
        );
        sqlx::query(statement).bind(user.0).fetch_all(&self.read).await?.iter().map(summary).collect()
    }

    async fn find_room(&self, user: UserId, room: RoomId) -> Result<Option<RoomSummary>> {
        let statement = summary_query!(
            "rooms r left join members me on me.room_id = r.id and me.user_id = $1",
            "where r.id = $2 and (me.user_id is not null
               or r.kind = 2 and not exists (select 1 from bans b where b.room_id = r.id and b.user_id = $1))"
        );
        sqlx::query(statement)
            .bind(user.0)
            .bind(room.0)
            .fetch_optional(&self.read)
            .await?
            .as_ref()
            .map(summary)
            .transpose()
    }

    async fn list_public_rooms(
        &self,
        user: UserId,
        query: &str,
        after: Option<&RoomCursor>,
        limit: i64,
    ) -> Result<PublicRooms> {
        let rows = sqlx::query(
            r"select r.id, r.name, r.members_count, lower(r.name) as sort_name from rooms r
             where r.kind = 2 and r.archived_at is null
               and not exists (select 1 from members m where m.room_id = r.id and m.user_id = $1)
               and not exists (select 1 from bans b where b.room_id = r.id and b.user_id = $1)
               and coalesce(r.search, ' ' || lower(r.name)) like $2 escape '\'
               and (lower(r.name), r.id) > ($3, $4) order by lower(r.name), r.id limit $5",
        )
        .bind(user.0)
        .bind(starts_a_word(query))
        .bind(after.map_or("", |after| after.name.as_str()))
        .bind(after.map_or(uuid::Uuid::nil(), |after| after.id.0))
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        let last = rows.last().filter(|_| i64::try_from(rows.len()).is_ok_and(|count| count >= limit));
        let cursor = |row: &DbRow| {
            let (name, id) = (row.try_get("sort_name")?, RoomId(row.try_get("id")?));
            Ok::<_, Error>(RoomCursor { name, id }.to_string())
        };
        let read = |row: &DbRow| {
            let (name, members_count) = (row.try_get("name")?, row.try_get("members_count")?);
            Ok(PublicRoom { id: RoomId(row.try_get("id")?), name, members_count })
        };
        Ok(PublicRooms {
            next_cursor: last.map(cursor).transpose()?,
            rooms: rows.iter().map(read).collect::<Result<_>>()?,
        })
    }

    async fn find_access(&self, user: UserId, room: RoomId) -> Result<Option<Access>> {
        let found = sqlx::query(
            "select r.kind, m.role, r.last_seq from rooms r
             left join members m on m.room_id = r.id and m.user_id = $1
             where r.id = $2 and r.deleted_at is null
               and not exists (select 1 from bans b where b.room_id = r.id and b.user_id = $1)",
        )
        .bind(user.0)
        .bind(room.0)
        .fetch_optional(&self.read)
        .await?;
        let read = |row: DbRow| {
            Ok(Access {
                kind: RoomKind::from_code(row.try_get("kind")?),
                role: row.try_get::<Option<i16>, _>("role")?.map(Role::from_code),
                last_seq: Seq(row.try_get("last_seq")?),
            })
        };
        found.map(read).transpose()
    }

    async fn create_room(&self, new: NewRoom, stamp: Stamp) -> Result<Created> {
        self.transaction(async |mut tx| {
            let key = direct_key(&new);
            if let Some(id) = find_direct(&mut tx, key.as_deref()).await? {
                return Ok(Created::Existing(id));
            }
            let everybody: Vec<UserId> = new.members.iter().copied().chain([new.creator]).collect();
            match new.kind {
                RoomKind::Direct => {
                    let is_blocked = blocks::is_blocked_by(&mut tx, new.creator, &new.members).await?;
                    rules::consent::may_open_direct(is_blocked)?;
                }
                kind => {
                    if kind == RoomKind::Public {
                        settings::may_create_public(&mut tx, new.creator).await?;
                    }
                    let is_given = consent::is_given(&mut tx, new.creator, &new.members).await?;
                    rules::consent::may_bring_in(kind, is_given)?;
                }
            }
            members::require_place(&mut tx, &everybody).await?;
            let inserted = sqlx::query(
                "insert into rooms (id, kind, name, search, direct_key, created_at) values ($1, $2, $3, $4, $5, $6)
                 on conflict (direct_key) do nothing",
            )
            .bind(new.id.0)
            .bind(new.kind.code())
            .bind(&new.name)
            .bind(new.name.as_deref().map(|name| searchable(&[name])))
            .bind(&key)
            .bind(stamp.now.0)
            .execute(&mut *tx)
            .await?;
            if inserted.rows_affected() == 0 {
                let id = find_direct(&mut tx, key.as_deref()).await?.ok_or(Error::NotFound("room"))?;
                return Ok(Created::Existing(id));
            }
            let everybody: BTreeSet<UserId> = new.members.iter().copied().chain([new.creator]).collect();
            let owner = (new.kind != RoomKind::Direct).then_some(new.creator);
            let added = add(&mut tx, new.id, &everybody, owner).await?;
            if added != everybody.len() as u64 {
                return Err(Error::NotFound("user"));
            }
            let count = i64::try_from(added).unwrap_or(i64::MAX);
            if new.kind == RoomKind::Direct {
                let counted =
                    sqlx::query("update rooms set members_count = $2 where id = $1").bind(new.id.0).bind(count);
                counted.execute(&mut *tx).await?;
            } else {
                system_messages::insert(&mut tx, new.id, new.creator, SystemEvent::Created, count, stamp).await?;
            }
            tx.commit().await?;
            Ok(Created::New)
        })
        .await
    }

    async fn update_room(&self, room: RoomId, actor: UserId, changes: &[(RoomChange, Stamp)]) -> Result<Vec<Message>> {
        self.transaction(async |mut tx| {
            let kind = system_messages::lock_room(&mut tx, room).await?;
            let role = members::role_of(&mut tx, room, actor).await?;
            let mut messages = Vec::new();
            for (change, stamp) in changes {
                membership::may_change(kind, role, change)?;
                messages.extend(room_changes::apply(&mut tx, room, actor, change, *stamp).await?);
            }
            tx.commit().await?;
            Ok(messages)
        })
        .await
    }

    async fn delete_room(&self, room: RoomId, actor: UserId, now: UnixMillis) -> Result<Vec<UserId>> {
        self.transaction(async |mut tx| {
            let kind = system_messages::lock_room(&mut tx, room).await?;
            membership::may_delete(kind, members::role_of(&mut tx, room, actor).await?)?;
            let members = remove(&mut tx, room, now).await?;
            tx.commit().await?;
            Ok(members)
        })
        .await
    }

    async fn list_heads(&self, rooms: &[RoomId]) -> Result<Vec<RoomHead>> {
        let rows = sqlx::query(concat!(
            "select id, last_seq, last_rev from rooms where deleted_at is null and id in ",
            ids!("$1")
        ))
        .bind(id_list(rooms.iter().map(|room| room.0)))
        .fetch_all(&self.read)
        .await?;
        let read = |row: &DbRow| {
            Ok(RoomHead(RoomId(row.try_get("id")?), Seq(row.try_get("last_seq")?), Rev(row.try_get("last_rev")?)))
        };
        rows.iter().map(read).collect()
    }
}

/// Deletes a room that is locked. From here on it is without members, name and the kind that strangers see, for earlier versions of
/// this program too; its rows are removed afterwards. Returns its members.
pub(super) async fn remove(tx: &mut Tx, room: RoomId, now: UnixMillis) -> Result<Vec<UserId>> {
    let rows = sqlx::query("delete from members where room_id = $1 returning user_id").bind(room.0);
    let rows = rows.fetch_all(&mut **tx).await?;
    sqlx::query("update meta set general_room_id = null where general_room_id = $1")
        .bind(room.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "update rooms set deleted_at = $2, kind = $3, name = null, topic = null, search = null, direct_key = null,
           members_count = 0 where id = $1",
    )
    .bind(room.0)
    .bind(now.0)
    .bind(RoomKind::Group.code())
    .execute(&mut **tx)
    .await?;
    rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
}

/// What is unique about a direct room: its two people, in order of their ids.
fn direct_key(new: &NewRoom) -> Option<Vec<u8>> {
    let other = new.members.first().filter(|_| new.kind == RoomKind::Direct)?;
    Some([new.creator.min(*other), new.creator.max(*other)].iter().flat_map(|user| *user.0.as_bytes()).collect())
}

async fn find_direct(tx: &mut Tx, key: Option<&[u8]>) -> Result<Option<RoomId>> {
    let Some(key) = key else { return Ok(None) };
    let found = sqlx::query("select id from rooms where direct_key = $1").bind(key).fetch_optional(&mut **tx).await?;
    found.map(|row| Ok(RoomId(row.try_get("id")?))).transpose()
}

/// Adds those of `users` that exist as members of a new room, and answers how many did. In one statement: it locks people in the
/// order of their ids, and two in turn would not.
async fn add(tx: &mut Tx, room: RoomId, users: &BTreeSet<UserId>, owner: Option<UserId>) -> Result<u64> {
    let added = sqlx::query(concat!(
        "insert into members (room_id, user_id, role, joined_seq, delivered_seq, read_seq)
         select $1, id, case when id = $2 then $3 else $4 end, 0, 0, 0 from users where id in ",
        ids!("$5")
    ))
    .bind(room.0)
    .bind(owner.map(|owner| owner.0))
    .bind(Role::Owner.code())
    .bind(Role::Member.code())
    .bind(id_list(users.iter().map(|user| user.0)))
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected())
}
