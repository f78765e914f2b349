//! Management of accounts. Each change locks the row of `meta` first, by moving `accounts_rev`: so that two changes cannot both leave
//! another administrator to each other.

use super::rows::{Row as DbRow, user, user_columns};
use super::{Database, Result, Tx, audit, erasure, invites, names, search, sessions};
use crate::rules::names::FORMER_MEMBER;
use crate::{Account, Actor, Administration, ErasedMessages, Error, Purged, Stamp};
use protocol::limits::USERNAME_CHARS;
use protocol::{SessionId, UnixMillis, UserId};
use sqlx::Row;

const NO_USER: Error = Error::NotFound("user");
const LAST_ADMINISTRATOR: Error =
    Error::Conflict("This is the last administrator. Make somebody else an administrator first.");

/// The user name of a deleted account: unique, and of nobody who could be recognized by it.
fn former_username(user: UserId) -> String {
    // With a character that no user name has, so that nobody can take the name before.
    let mut name = format!("former~{}", user.0.simple());
    name.truncate(USERNAME_CHARS.1);
    name
}

macro_rules! account_columns {
    () => {
        concat!(user_columns!("u"), ", u.disabled_at, u.last_seen_at")
    };
}

fn account(row: &DbRow) -> Result<Account> {
    Ok(Account {
        user: user(row)?,
        disabled_at: row.try_get::<Option<i64>, _>("disabled_at")?.map(UnixMillis),
        last_seen_at: row.try_get::<Option<i64>, _>("last_seen_at")?.map(UnixMillis),
    })
}

#[async_trait::async_trait]
impl Administration for Database {
    async fn accounts_rev(&self) -> Result<i64> {
        Ok(sqlx::query("select accounts_rev from meta").fetch_one(&self.read).await?.try_get("accounts_rev")?)
    }

    async fn find_account(&self, username: &str) -> Result<Option<Account>> {
        let statement =
            concat!("select ", account_columns!(), " from users u where u.username = $1 and u.deleted_at is null");
        let found = sqlx::query(statement).bind(username).fetch_optional(&self.read).await?;
        found.as_ref().map(account).transpose()
    }

    async fn list_accounts(&self, query: &str, after: &str, limit: i64) -> Result<Vec<Account>> {
        let rows = sqlx::query(concat!(
            "select ",
            account_columns!(),
            r" from users u where u.search like $1 escape '\' and u.username > $2 and u.deleted_at is null
               order by u.username limit $3"
        ))
        .bind(search::starts_a_word(query))
        .bind(after)
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(account).collect()
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: &str,
        keep: Option<SessionId>,
        by: &Actor,
        now: UnixMillis,
    ) -> Result<()> {
        self.transaction(async |mut tx| {
            let before = lock_for(&mut tx, user, by).await?;
            replace_password(&mut tx, user, hash, keep, now).await?;
            audit::record(&mut tx, by, "user.password", subject(&before), "", now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn has_reset_link(&self, code_hash: &[u8], now: UnixMillis) -> Result<bool> {
        let found = sqlx::query(
            "select 1 from one_time_links where code_hash = $1 and user_id is not null and expires_at > $2",
        );
        Ok(found.bind(code_hash).bind(now.0).fetch_optional(&self.read).await?.is_some())
    }

    async fn reset_password(&self, code_hash: &[u8], hash: &str, now: UnixMillis) -> Result<UserId> {
        self.transaction(async |mut tx| {
            audit::move_accounts_rev(&mut tx).await?;
            let used = sqlx::query(
                "delete from one_time_links where code_hash = $1 and user_id is not null and expires_at > $2 returning user_id",
            )
            .bind(code_hash)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?;
            let user = UserId(used.ok_or(invites::NOT_VALID)?.try_get("user_id")?);
            let before = lock(&mut tx, user).await?;
            replace_password(&mut tx, user, hash, None, now).await?;
            let by = Actor::from(&before.user);
            audit::record(&mut tx, &by, "user.password", subject(&before), "by a one-time link", now).await?;
            tx.commit().await?;
            Ok(user)
        })
        .await
    }

    async fn create_reset_link(
        &self,
        user: UserId,
        code_hash: &[u8],
        expires: UnixMillis,
        by: &Actor,
        now: UnixMillis,
    ) -> Result<()> {
        self.transaction(async |mut tx| {
            let before = lock(&mut tx, user).await?;
            audit::require_administrator(&mut tx, by).await?;
            sqlx::query("delete from one_time_links where user_id = $1").bind(user.0).execute(&mut *tx).await?;
            sqlx::query(
                "insert into one_time_links (code_hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)",
            )
            .bind(code_hash)
            .bind(user.0)
            .bind(now.0)
            .bind(expires.0)
            .execute(&mut *tx)
            .await?;
            audit::record(&mut tx, by, "user.reset-link", subject(&before), "", now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn set_disabled(&self, user: UserId, disabled: bool, by: &Actor, now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            let before = lock(&mut tx, user).await?;
            audit::require_administrator(&mut tx, by).await?;
            if before.disabled_at.is_some() == disabled {
                return Ok(());
            }
            if disabled {
                require_other_administrator(&mut tx, &before).await?;
                sessions::end(&mut tx, user, None, now).await?;
            }
            sqlx::query("update users set disabled_at = $2 where id = $1")
                .bind(user.0)
                .bind(disabled.then_some(now.0))
                .execute(&mut *tx)
                .await?;
            let action = if disabled { "user.disable" } else { "user.enable" };
            audit::record(&mut tx, by, action, subject(&before), "", now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn set_admin(&self, user: UserId, is_admin: bool, by: &Actor, now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            let before = lock(&mut tx, user).await?;
            audit::require_administrator(&mut tx, by).await?;
            if before.user.is_admin == is_admin {
                return Ok(());
            }
            if !is_admin {
                require_other_administrator(&mut tx, &before).await?;
            }
            sqlx::query("update users set is_admin = $2 where id = $1")
                .bind(user.0)
                .bind(is_admin)
                .execute(&mut *tx)
                .await?;
            let action = if is_admin { "user.make-admin" } else { "user.remove-admin" };
            audit::record(&mut tx, by, action, subject(&before), "", now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn end_sessions(&self, user: UserId, keep: Option<SessionId>, by: &Actor, now: UnixMillis) -> Result<u64> {
        self.transaction(async |mut tx| {
            let before = lock_for(&mut tx, user, by).await?;
            let ended = sessions::end(&mut tx, user, keep, now).await?;
            if ended > 0 {
                audit::record(&mut tx, by, "user.end-sessions", subject(&before), &format!("sessions: {ended}"), now)
                    .await?;
                tx.commit().await?;
            }
            Ok(ended)
        })
        .await
    }

    async fn delete_user(&self, user: UserId, messages: ErasedMessages, by: &Actor, now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            let before = lock_for(&mut tx, user, by).await?;
            require_other_administrator(&mut tx, &before).await?;
            sessions::end(&mut tx, user, None, now).await?;
            sqlx::query("delete from one_time_links where user_id = $1").bind(user.0).execute(&mut *tx).await?;
            let skeleton = names::skeleton_of(&mut tx, user).await?;
            sqlx::query("update meta set people_rev = people_rev + 1").execute(&mut *tx).await?;
            let (erasure, detail) = match messages {
                ErasedMessages::Keep => (1_i16, "messages stay"),
                ErasedMessages::Delete => (2, "messages are deleted"),
            };
            sqlx::query(
                "update users set username = $6, display_name = $2, search = '', password_hash = '', is_admin = $3,
                   deleted_at = $4, last_seen_at = null, erasure = $5, rev = (select people_rev from meta) where id = $1",
            )
            .bind(user.0)
            .bind(FORMER_MEMBER)
            .bind(false)
            .bind(now.0)
            .bind(erasure)
            .bind(former_username(user))
            .execute(&mut *tx)
            .await?;
            names::settle(&mut tx, user, skeleton, true).await?;
            audit::record(&mut tx, by, "user.delete", subject(&before), detail, now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn erase(&self, most: i64, stamp: &(dyn Fn() -> Stamp + Sync)) -> Result<Purged> {
        erasure::erase(self, most, stamp).await
    }
}

/// As [`lock`], for what people do to their own accounts, and administrators to those of others.
async fn lock_for(tx: &mut Tx, user: UserId, by: &Actor) -> Result<Account> {
    let account = lock(tx, user).await?;
    if by.id != Some(user) {
        audit::require_administrator(tx, by).await?;
    }
    Ok(account)
}

/// The account as it is, under the lock of `meta`.
async fn lock(tx: &mut Tx, user: UserId) -> Result<Account> {
    audit::move_accounts_rev(tx).await?;
    let statement = concat!(
        "select ",
        account_columns!(),
        " from users u where u.id = $1 and u.deleted_at is null",
        for_no_key_update!()
    );
    let found = sqlx::query(statement).bind(user.0).fetch_optional(&mut **tx).await?;
    account(&found.ok_or(NO_USER)?)
}

fn subject(account: &Account) -> audit::Subject<'_> {
    (Some(account.user.id.0), &account.user.username)
}

/// Refuses where this account is an administrator, and no other one can sign in.
async fn require_other_administrator(tx: &mut Tx, account: &Account) -> Result<()> {
    if !account.user.is_admin || account.disabled_at.is_some() {
        return Ok(());
    }
    let other = sqlx::query(
        "select 1 from users where is_admin and id <> $1 and disabled_at is null and deleted_at is null limit 1",
    )
    .bind(account.user.id.0)
    .fetch_optional(&mut **tx)
    .await?;
    if other.is_some() { Ok(()) } else { Err(LAST_ADMINISTRATOR) }
}

async fn replace_password(
    tx: &mut Tx,
    user: UserId,
    hash: &str,
    keep: Option<SessionId>,
    now: UnixMillis,
) -> Result<()> {
    sqlx::query("update users set password_hash = $2 where id = $1").bind(user.0).bind(hash).execute(&mut **tx).await?;
    sqlx::query("delete from one_time_links where user_id = $1").bind(user.0).execute(&mut **tx).await?;
    sessions::end(tx, user, keep, now).await.map(drop)
}
