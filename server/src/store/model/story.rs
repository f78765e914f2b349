//! The story that SQLite and PostgreSQL pass, told on the model.

use super::{FaultHook, Model, Tables};
use protocol::RoomId;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[path = "../../../tests/it/store/appending.rs"]
mod appending;
#[path = "../../../tests/it/store/database.rs"]
mod database;
#[path = "../../../tests/it/store/history.rs"]
mod history;
#[path = "../../../tests/it/store/joining.rs"]
mod joining;
#[path = "../../../tests/it/store/naming.rs"]
mod naming;
#[path = "../../../tests/it/store/revising.rs"]
mod revising;
#[path = "../../../tests/it/store/versions.rs"]
mod versions;

use database::{Db, entry, stamp};

/// Injects nothing.
struct NoFaults;

impl FaultHook for NoFaults {}

async fn model() -> Db {
    let tables = Tables::new(Uuid::now_v7(), RoomId(Uuid::now_v7()));
    let tables = Arc::new(Mutex::new(tables));
    Db::new(move || Arc::new(Model::new(Arc::clone(&tables), Arc::new(NoFaults)))).await
}

/// Makes one test of each chapter.
macro_rules! on_both_engines {
    ($($chapter:ident),* $(,)?) => {
        mod model {
            $(#[tokio::test]
            async fn $chapter() {
                super::$chapter(super::super::model().await).await;
            })*
        }
    };
}
use on_both_engines;
