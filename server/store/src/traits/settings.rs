//! Settings of the whole server, which its administrators change.

use crate::Result;
use protocol::{ServerSettings, UserId};

/// Settings of the server. They are read in the transactions that depend on them.
#[async_trait::async_trait]
pub trait Settings {
    /// The settings as they are.
    async fn find_settings(&self) -> Result<ServerSettings>;
    /// Replaces the settings. `Forbidden` where `actor` does not administer the server.
    async fn update_settings(&self, actor: UserId, settings: ServerSettings) -> Result<()>;
}
