//! The epoch: one history of the database, in which committed rows never disappear. Devices and nodes of another epoch start over.

use super::{Database, Error, Result};
use crate::Epochs;
use crate::driver::tells_no_history;
use sqlx::Row;
use uuid::Uuid;

#[async_trait::async_trait]
impl Epochs for Database {
    async fn epoch(&self) -> Result<Uuid> {
        Ok(sqlx::query("select epoch from meta").fetch_one(&self.read).await?.try_get("epoch")?)
    }

    async fn check_epoch(&self, next: Uuid) -> Result<Uuid> {
        let told =
            sqlx::query(concat!("select epoch, history, ", history!(), " as told from meta")).fetch_one(&self.read);
        let row = match told.await {
            Ok(row) => row,
            // Some hosted servers do not report it: there only the heads of rooms show that commits are lost.
            Err(error) if tells_no_history(&error) => return self.epoch().await,
            Err(error) => return Err(error.into()),
        };
        let epoch: Uuid = row.try_get("epoch")?;
        let (stored, told): (Option<String>, Option<String>) = (row.try_get("history")?, row.try_get("told")?);
        match (stored, told) {
            (None, Some(told)) => {
                let first = sqlx::query("update meta set history = $1 where history is null").bind(told);
                first.execute(&self.write).await?;
                Ok(epoch)
            }
            (Some(stored), Some(told)) if stored != told => {
                tracing::warn!(stored, told, "the database server has another history than before");
                begin(self, epoch, next, Some(told)).await
            }
            _ => Ok(epoch),
        }
    }

    async fn begin_epoch(&self, old: Uuid, next: Uuid) -> Result<Uuid> {
        begin(self, old, next, None).await
    }
}

/// One statement, so that of several nodes that notice the same only one begins an epoch.
async fn begin(database: &Database, old: Uuid, next: Uuid, history: Option<String>) -> Result<Uuid> {
    let begun = sqlx::query("update meta set epoch = $2, history = coalesce($3, history) where epoch = $1");
    begun.bind(old).bind(next).bind(history).execute(&database.write).await?;
    let found = sqlx::query("select epoch from meta").fetch_optional(&database.write).await?;
    Ok(found.ok_or(Error::NotFound("epoch"))?.try_get("epoch")?)
}
