//! Settings of the server.

use super::rows::Row as DbRow;
use super::{Database, Result, Tx, audit};
use crate::rules::membership::{self, PUBLIC_ROOMS};
use crate::{Actor, Error, Settings};
use protocol::{UnixMillis, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl Settings for Database {
    async fn list_settings(&self) -> Result<Vec<(String, String)>> {
        let rows = sqlx::query("select name, value from settings order by name").fetch_all(&self.read).await?;
        rows.iter().map(|row: &DbRow| Ok((row.try_get("name")?, row.try_get("value")?))).collect()
    }

    async fn set_settings(&self, settings: &[(&str, &str)], by: &Actor, now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            audit::move_accounts_rev(&mut tx).await?;
            audit::require_administrator(&mut tx, by).await?;
            for (name, value) in settings {
                let changed = sqlx::query(
                    "insert into settings (name, value) values ($1, $2)
                     on conflict (name) do update set value = excluded.value where settings.value <> excluded.value",
                )
                .bind(name)
                .bind(value)
                .execute(&mut *tx)
                .await?;
                if changed.rows_affected() > 0 {
                    audit::record(&mut tx, by, "settings.change", (None, name), value, now).await?;
                }
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }
}

/// Refuses a new public room where only administrators make them. Read without a lock: a room that is made in the moment of the change
/// may still be made.
pub(super) async fn may_create_public(tx: &mut Tx, creator: UserId) -> Result<()> {
    let row =
        sqlx::query("select u.is_admin, s.value from users u left join settings s on s.name = $2 where u.id = $1")
            .bind(creator.0)
            .bind(PUBLIC_ROOMS)
            .fetch_optional(&mut **tx)
            .await?;
    let row = row.ok_or(Error::NotFound("user"))?;
    let setting: Option<String> = row.try_get("value")?;
    membership::may_create_public(setting.as_deref(), row.try_get("is_admin")?)
}
