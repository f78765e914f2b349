//! What administrators set in the page: texts by name. Their meaning is given by the crates above.

use crate::{Actor, Result};
use protocol::UnixMillis;

/// Settings of the server.
#[async_trait::async_trait]
pub trait Settings {
    /// All settings, by name.
    async fn list_settings(&self) -> Result<Vec<(String, String)>>;
    /// Sets these, with one record in the audit log for each that differs from before.
    async fn set_settings(&self, settings: &[(&str, &str)], by: &Actor, now: UnixMillis) -> Result<()>;
}
