//! Reports of messages: people report, administrators read and close.

use super::Chat;
use crate::Error;
use protocol::{Report, ReportId, ReportPage, RoomId, Seq, User, UserId};
use store::NewReport;

const NOT_ADMIN: Error = Error::Forbidden("Only an administrator of the server may see reports.");

impl Chat {
    /// Reports a message that the user may see. Returns the report's id; the same one if they report it again while it is open.
    pub async fn report(&self, user: UserId, room_id: RoomId, seq: Seq, reason: &str) -> Result<ReportId, Error> {
        let (id, reason) = (ReportId(self.clock.id()), protocol::reason(reason)?);
        let report = NewReport { id, room_id, seq, reporter_id: user, reason, now: self.clock.now() };
        Ok(self.store.create_report(report).await?)
    }

    /// A page of open reports, the oldest first, for administrators.
    pub async fn list_reports(&self, user: &User, cursor: Option<ReportId>, limit: i64) -> Result<ReportPage, Error> {
        if !user.is_admin {
            return Err(NOT_ADMIN);
        }
        let reports: Vec<Report> = self.store.list_reports(cursor, limit).await?;
        let full = i64::try_from(reports.len()).is_ok_and(|count| count >= limit);
        let next_cursor = reports.last().filter(|_| full).map(|report| report.id);
        Ok(ReportPage { reports, next_cursor })
    }

    /// Closes a report.
    pub async fn close_report(&self, user: UserId, report: ReportId) -> Result<(), Error> {
        Ok(self.store.close_report(user, report, self.clock.now()).await?)
    }
}
