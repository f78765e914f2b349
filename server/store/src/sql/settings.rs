//! Settings of the server: columns of the one row of `meta`.

use super::{Database, Result, Tx};
use crate::codes::Code;
use crate::rules::membership;
use crate::{Error, Settings};
use protocol::{RoomCreators, ServerSettings, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl Settings for Database {
    async fn find_settings(&self) -> Result<ServerSettings> {
        let row = sqlx::query("select public_rooms from meta").fetch_one(&self.read).await?;
        Ok(ServerSettings { public_rooms: RoomCreators::from_code(row.try_get("public_rooms")?) })
    }

    async fn update_settings(&self, actor: UserId, settings: ServerSettings) -> Result<()> {
        self.transaction(async |mut tx| {
            membership::may_change_settings(is_admin(&mut tx, actor).await?)?;
            let update = sqlx::query("update meta set public_rooms = $1").bind(settings.public_rooms.code());
            update.execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }
}

/// Refuses a new public room where only administrators make them. Read without a lock: a room that is made in the moment of the change
/// may still be made.
pub(super) async fn may_create_public(tx: &mut Tx, creator: UserId) -> Result<()> {
    let row = sqlx::query("select public_rooms from meta").fetch_one(&mut **tx).await?;
    let creators = RoomCreators::from_code(row.try_get("public_rooms")?);
    membership::may_create_public(creators, is_admin(tx, creator).await?)
}

async fn is_admin(tx: &mut Tx, user: UserId) -> Result<bool> {
    let found = sqlx::query("select is_admin from users where id = $1").bind(user.0).fetch_optional(&mut **tx).await?;
    Ok(found.ok_or(Error::NotFound("user"))?.try_get("is_admin")?)
}
