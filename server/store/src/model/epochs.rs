//! The epoch. `timeline` is what a database server says of its history.

use super::Model;
use crate::{Epochs, Result};
use uuid::Uuid;

#[async_trait::async_trait]
impl Epochs for Model {
    async fn epoch(&self) -> Result<Uuid> {
        self.read(|tables| tables.epoch).await
    }

    async fn check_epoch(&self, next: Uuid) -> Result<Uuid> {
        let (epoch, is_same) = self.read(|tables| (tables.epoch, tables.history == tables.timeline)).await?;
        if is_same {
            return Ok(epoch);
        }
        self.write(|tables| {
            if std::mem::replace(&mut tables.history, tables.timeline) != tables.timeline {
                tables.epoch = next;
            }
            Ok(tables.epoch)
        })
        .await
    }

    async fn begin_epoch(&self, old: Uuid, next: Uuid) -> Result<Uuid> {
        self.write(|tables| {
            if tables.epoch == old {
                tables.epoch = next;
            }
            Ok(tables.epoch)
        })
        .await
    }
}
