//! The audit log: what was done to accounts and to the server, and by whom. Rows are written in the transactions of the changes
//! that they record; the database refuses to change or delete one.

use crate::{AuditEntry, Result};

/// Reads the audit log.
#[async_trait::async_trait]
pub trait AuditLog {
    /// Entries before this id, the newest first; all without one.
    async fn list_audit(&self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>>;
}
