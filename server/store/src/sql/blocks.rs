//! Blocks of people by people.

use super::super::id_list;
use super::{Database, Result, Tx, audit, system_messages};
use crate::bounds::BLOCKS;
use crate::rules::consent;
use crate::{Blocks, Error};
use protocol::{UnixMillis, UserId};
use sqlx::Row;

/// Whether the sender `$sender` is blocked by the other person of the room `$room`, if it is a direct one: a condition.
macro_rules! is_blocked {
    ($room:literal, $sender:literal) => {
        concat!(
            "exists (select 1 from rooms direct join members other on other.room_id = direct.id
               join blocks on blocks.user_id = other.user_id and blocks.blocked_id = ",
            $sender,
            " where direct.id = ",
            $room,
            " and direct.kind = 0)"
        )
    };
}
pub(in super::super) use is_blocked;

#[async_trait::async_trait]
impl Blocks for Database {
    async fn create_block(&self, user: UserId, blocked: UserId, now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            audit::move_accounts_rev(&mut tx).await?;
            // The person's row: two requests at once would both see one place left.
            let own = concat!("select 1 from users where id = $1", for_no_key_update!());
            let own = sqlx::query(own).bind(user.0).fetch_optional(&mut *tx).await?;
            own.ok_or(Error::NotFound("user"))?;
            system_messages::display_name(&mut tx, blocked).await?;
            let row = sqlx::query(
                "select count(*) as blocks, coalesce(sum(case when blocked_id = $2 then 1 else 0 end), 0) as same
                 from (select blocked_id from blocks where user_id = $1 limit $3) as few",
            );
            let row = row.bind(user.0).bind(blocked.0).bind(BLOCKS).fetch_one(&mut *tx).await?;
            if row.try_get::<i64, _>("same")? > 0 {
                return Ok(());
            }
            consent::has_place_for_block(row.try_get("blocks")?)?;
            sqlx::query("insert into blocks (user_id, blocked_id, created_at) values ($1, $2, $3)")
                .bind(user.0)
                .bind(blocked.0)
                .bind(now.0)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn delete_block(&self, user: UserId, blocked: UserId) -> Result<()> {
        self.transaction(async |mut tx| {
            audit::move_accounts_rev(&mut tx).await?;
            let delete = sqlx::query("delete from blocks where user_id = $1 and blocked_id = $2");
            let deleted = delete.bind(user.0).bind(blocked.0).execute(&mut *tx).await?.rows_affected();
            if deleted > 0 {
                tx.commit().await?;
            }
            Ok(())
        })
        .await
    }

    async fn list_blocks(&self, user: UserId) -> Result<Vec<UserId>> {
        let rows = sqlx::query(
            "select blocked_id from blocks where user_id = $1 order by created_at desc, blocked_id desc limit $2",
        )
        .bind(user.0)
        .bind(BLOCKS)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Ok(UserId(row.try_get("blocked_id")?))).collect()
    }

    async fn list_blocks_by(&self, users: &[UserId]) -> Result<Vec<(UserId, UserId)>> {
        let rows = sqlx::query(concat!("select user_id, blocked_id from blocks where user_id in ", ids!("$1")))
            .bind(id_list(users.iter().map(|user| user.0)))
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| Ok((UserId(row.try_get("user_id")?), UserId(row.try_get("blocked_id")?)))).collect()
    }

    async fn list_blockers(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>> {
        let rows = sqlx::query(concat!("select user_id from blocks where blocked_id = $1 and user_id in ", ids!("$2")))
            .bind(user.0)
            .bind(id_list(others.iter().map(|other| other.0)))
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| Ok(UserId(row.try_get("user_id")?))).collect()
    }
}

/// Whether one of `users` blocks `actor`.
pub(super) async fn is_blocked_by(tx: &mut Tx, actor: UserId, users: &[UserId]) -> Result<bool> {
    let statement = concat!("select 1 from blocks where blocked_id = $1 and user_id in ", ids!("$2"), " limit 1");
    let found = sqlx::query(statement).bind(actor.0).bind(id_list(users.iter().map(|user| user.0)));
    Ok(found.fetch_optional(&mut **tx).await?.is_some())
}
