//! Settings of the server: read by everybody, changed by its administrators.

use super::Chat;
use crate::Error;
use protocol::{RoomCreators, ServerSettings, UserId};

impl Chat {
    /// The settings as they are.
    pub async fn settings(&self) -> Result<ServerSettings, Error> {
        Ok(self.store.find_settings().await?)
    }

    /// Replaces the settings.
    pub async fn update_settings(&self, actor: UserId, settings: ServerSettings) -> Result<(), Error> {
        if settings.public_rooms == RoomCreators::Unknown {
            return Err(Error::Invalid("public_rooms: must be everybody or administrators.".into()));
        }
        Ok(self.store.update_settings(actor, settings).await?)
    }
}
