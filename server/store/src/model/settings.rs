//! Settings of the server.

use super::Model;
use crate::rules::membership;
use crate::{Error, Result, Settings};
use protocol::{ServerSettings, UserId};

#[async_trait::async_trait]
impl Settings for Model {
    async fn find_settings(&self) -> Result<ServerSettings> {
        self.read(|tables| tables.settings).await
    }

    async fn update_settings(&self, actor: UserId, settings: ServerSettings) -> Result<()> {
        self.write(|tables| {
            let actor = tables.users.get(&actor).ok_or(Error::NotFound("user"))?;
            membership::may_change_settings(actor.is_admin)?;
            tables.settings = settings;
            Ok(())
        })
        .await
    }
}
