//! Reports: the simulation has no administrators.

use super::{Model, absent};
use crate::{NewReport, Reports, Result};
use protocol::{Report, ReportId, UnixMillis, UserId};

#[async_trait::async_trait]
impl Reports for Model {
    async fn create_report(&self, _: NewReport) -> Result<ReportId> {
        absent()
    }

    async fn list_reports(&self, _: Option<ReportId>, _: i64) -> Result<Vec<Report>> {
        absent()
    }

    async fn close_report(&self, _: UserId, _: ReportId, _: UnixMillis) -> Result<()> {
        absent()
    }
}
