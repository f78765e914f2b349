//! Bans. Each change takes the room's lock first, so that nobody enters while they are banned.

use super::rows::{Row as DbRow, user, user_columns};
use super::{Database, Result, Tx, members, system_messages};
use crate::bounds::BANS;
use crate::rules::membership;
use crate::{Bans, Error, Stamp};
use protocol::{Ban, Message, RoomId, SystemEvent, UnixMillis, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl Bans for Database {
    async fn create_ban(&self, room: RoomId, actor: UserId, user: UserId, stamp: Stamp) -> Result<Option<Message>> {
        self.transaction(async |mut tx| {
            let kind = system_messages::lock_room(&mut tx, room).await?;
            let own = members::role_of(&mut tx, room, actor).await?;
            let other = members::role_of(&mut tx, room, user).await?;
            membership::may_ban(kind, own, other, actor == user)?;
            let display_name = system_messages::display_name(&mut tx, user).await?;
            if members::is_banned(&mut tx, room, user).await? {
                return Ok(None);
            }
            membership::has_place_for_ban(count(&mut tx, room).await?)?;
            sqlx::query("insert into bans (room_id, user_id, banned_by, created_at) values ($1, $2, $3, $4)")
                .bind(room.0)
                .bind(user.0)
                .bind(actor.0)
                .bind(stamp.now.0)
                .execute(&mut *tx)
                .await?;
            let message = if other.is_some() {
                let event = SystemEvent::Banned { user_id: user, display_name };
                Some(members::leave(&mut tx, room, user, actor, event, stamp).await?)
            } else {
                None
            };
            tx.commit().await?;
            Ok(message)
        })
        .await
    }

    async fn delete_ban(&self, room: RoomId, actor: UserId, user: UserId) -> Result<()> {
        self.transaction(async |mut tx| {
            let kind = system_messages::lock_room(&mut tx, room).await?;
            membership::may_see_bans(kind, members::role_of(&mut tx, room, actor).await?)?;
            let deleted = sqlx::query("delete from bans where room_id = $1 and user_id = $2")
                .bind(room.0)
                .bind(user.0)
                .execute(&mut *tx)
                .await?;
            if deleted.rows_affected() == 0 {
                return Err(Error::NotFound("ban"));
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn list_bans(&self, room: RoomId, cursor: Option<UserId>, limit: i64) -> Result<Vec<Ban>> {
        let rows = sqlx::query(concat!(
            "select ",
            user_columns!("u"),
            ", b.banned_by, b.created_at from bans b join users u on u.id = b.user_id
              where b.room_id = $1 and b.user_id > $2 order by b.user_id limit $3"
        ))
        .bind(room.0)
        .bind(cursor.map_or(uuid::Uuid::nil(), |cursor| cursor.0))
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        let read = |row: &DbRow| {
            let created_at = UnixMillis(row.try_get("created_at")?);
            Ok(Ban { user: user(row)?, banned_by: UserId(row.try_get("banned_by")?), created_at })
        };
        rows.iter().map(read).collect()
    }
}

/// The bans of a room, counted up to the bound.
async fn count(tx: &mut Tx, room: RoomId) -> Result<i64> {
    let few = "select count(*) as bans from (select 1 from bans where room_id = $1 limit $2) as few";
    Ok(sqlx::query(few).bind(room.0).bind(BANS).fetch_one(&mut **tx).await?.try_get("bans")?)
}
