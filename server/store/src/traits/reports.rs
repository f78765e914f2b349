//! Reports of messages to the administrators of the server.

use crate::{NewReport, Result};
use protocol::{Report, ReportId, UnixMillis, UserId};

/// Reports, each with its message as it was when it was reported.
#[async_trait::async_trait]
pub trait Reports {
    /// Stores a report of a message. Returns its id; that of the open report where this person has reported the message already.
    /// `NotFound` where there is no such message or the reporter may not see it; `Forbidden` for what is no text of another person;
    /// `Conflict` where the person has reported as much as one can within a day.
    async fn create_report(&self, report: NewReport) -> Result<ReportId>;
    /// Open reports, the oldest first, those after `cursor`.
    async fn list_reports(&self, cursor: Option<ReportId>, limit: i64) -> Result<Vec<Report>>;
    /// Closes an open report, and records it in the audit log. `Forbidden` where `actor` does not administer the server; `NotFound` where there is none.
    async fn close_report(&self, actor: UserId, report: ReportId, now: UnixMillis) -> Result<()>;
}
