//! Sessions of devices.

use super::super::id_list;
use super::rows::{Row as DbRow, user, user_columns};
use super::{Database, Result, Tx};
use crate::bounds::SESSIONS_MAX;
use crate::{Error, NewSession, SessionRecord, Sessions};
use protocol::{Session, SessionId, UnixMillis, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl Sessions for Database {
    async fn create_session(&self, new: NewSession) -> Result<()> {
        self.transaction(async |mut tx| {
            // Under the lock of the person's row: an account that is being disabled gets no session afterwards.
            const DISABLED: Error = Error::Forbidden("This account is disabled. Ask the administrator of this server.");
            const CHANGED: Error =
                Error::Conflict("The password was changed at this moment. Sign in with the new one.");
            let usable = concat!(
                "select password_hash from users where id = $1 and disabled_at is null and deleted_at is null",
                for_no_key_update!()
            );
            let found = sqlx::query(usable).bind(new.user_id.0).fetch_optional(&mut *tx).await?;
            let hash: String = found.ok_or(DISABLED)?.try_get("password_hash")?;
            if new.password_hash.is_some_and(|checked| checked != hash) {
                return Err(CHANGED);
            }
            sqlx::query(
                "insert into sessions (id, user_id, generation, user_agent, created_at, rotated_at, expires_at)
                 values ($1, $2, 1, $3, $4, $4, $5)",
            )
            .bind(new.id.0)
            .bind(new.user_id.0)
            .bind(&new.user_agent)
            .bind(new.created_at.0)
            .bind(new.expires_at.0)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "update sessions set revoked_at = $2 where id in (select id from sessions
                   where user_id = $1 and revoked_at is null and expires_at > $2
                   order by rotated_at desc, id desc limit 1000 offset $3)",
            )
            .bind(new.user_id.0)
            .bind(new.created_at.0)
            .bind(SESSIONS_MAX)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn delete_sessions(&self, ended_before: UnixMillis, most: i64) -> Result<u64> {
        let deleted = sqlx::query(
            "delete from sessions where id in
               (select id from sessions where coalesce(revoked_at, expires_at) < $1 limit $2)",
        )
        .bind(ended_before.0)
        .bind(most)
        .execute(&self.write)
        .await?;
        Ok(deleted.rows_affected())
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<SessionRecord>> {
        let found = sqlx::query(concat!(
            "select ",
            user_columns!("u"),
            ", s.generation, s.rotated_at, s.expires_at, s.revoked_at, s.seen_generation
              from sessions s join users u on u.id = s.user_id where s.id = $1"
        ))
        .bind(id.0)
        .fetch_optional(&self.read)
        .await?;
        let read = |row| {
            Ok(SessionRecord {
                id,
                user: user(&row)?,
                generation: row.try_get("generation")?,
                rotated_at: UnixMillis(row.try_get("rotated_at")?),
                expires_at: UnixMillis(row.try_get("expires_at")?),
                revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(UnixMillis),
                seen_generation: row.try_get("seen_generation")?,
            })
        };
        found.map(read).transpose()
    }

    async fn rotate_session(
        &self,
        id: SessionId,
        generation: i64,
        now: UnixMillis,
        expires: UnixMillis,
    ) -> Result<bool> {
        let updated = sqlx::query(
            "update sessions set generation = generation + 1, seen_generation = generation, rotated_at = $3, expires_at = $4
             where id = $1 and generation = $2 and revoked_at is null and expires_at > $3",
        )
        .bind(id.0)
        .bind(generation)
        .bind(now.0)
        .bind(expires.0)
        .execute(&self.write)
        .await?;
        Ok(updated.rows_affected() > 0)
    }

    async fn see_generation(&self, id: SessionId, generation: i64) -> Result<()> {
        sqlx::query(
            "update sessions set seen_generation = $2 where id = $1 and seen_generation < $2 and generation >= $2",
        )
        .bind(id.0)
        .bind(generation)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn list_sessions(&self, user: UserId, now: UnixMillis) -> Result<Vec<Session>> {
        let rows = sqlx::query(
            "select id, user_agent, created_at, rotated_at from sessions
             where user_id = $1 and revoked_at is null and expires_at > $2 order by rotated_at desc, id desc",
        )
        .bind(user.0)
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        let read = |row: &DbRow| {
            Ok(Session {
                id: SessionId(row.try_get("id")?),
                user_agent: row.try_get("user_agent")?,
                created_at: UnixMillis(row.try_get("created_at")?),
                last_seen_at: UnixMillis(row.try_get("rotated_at")?),
                current: false,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn list_live_sessions(&self, ids: &[SessionId], now: UnixMillis) -> Result<Vec<SessionId>> {
        let rows = sqlx::query(concat!(
            "select id from sessions where id in ",
            ids!("$1"),
            " and revoked_at is null and expires_at > $2"
        ))
        .bind(id_list(ids.iter().map(|id| id.0)))
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Ok(SessionId(row.try_get("id")?))).collect()
    }

    async fn revoke_session(&self, user: UserId, id: SessionId, now: UnixMillis) -> Result<bool> {
        let updated =
            sqlx::query("update sessions set revoked_at = $3 where id = $1 and user_id = $2 and revoked_at is null")
                .bind(id.0)
                .bind(user.0)
                .bind(now.0)
                .execute(&self.write)
                .await?;
        Ok(updated.rows_affected() > 0)
    }
}

/// Ends all live sessions of this person but `keep`. Returns how many.
pub(super) async fn end(tx: &mut Tx, user: UserId, keep: Option<SessionId>, now: UnixMillis) -> Result<u64> {
    let ended = sqlx::query(
        "update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null and expires_at > $2 and id <> $3",
    )
    .bind(user.0)
    .bind(now.0)
    .bind(keep.map_or(uuid::Uuid::nil(), |keep| keep.0))
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected())
}
