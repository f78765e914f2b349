//! Nothing to bring up to date, and nothing that a deleted room leaves behind.

use super::Model;
use crate::{Maintenance, Purged, Result};
use protocol::UnixMillis;

#[async_trait::async_trait]
impl Maintenance for Model {
    async fn migrate(&self) -> Result<()> {
        Ok(())
    }

    async fn ping(&self) -> Result<()> {
        self.read(|_| ()).await
    }

    async fn purge(&self, _: i64) -> Result<Purged> {
        self.read(|_| Purged::Nothing).await
    }

    async fn delete_refusals(&self, before: UnixMillis, _: i64) -> Result<u64> {
        self.write(|tables| {
            let kept = tables.refusals.len();
            tables.refusals.retain(|_, (_, at)| *at >= before);
            Ok((kept - tables.refusals.len()) as u64)
        })
        .await
    }
}
