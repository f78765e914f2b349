//! The story of a store: the same chapters on SQLite and on PostgreSQL, and those that the simulator relies on also on the
//! in-memory model.

mod accounts;
mod administration;
mod alike;
mod appending;
mod bans;
mod blocks;
mod consent;
mod database;
mod erasing;
mod finding;
mod history;
mod joining;
mod naming;
mod reporting;
mod revising;
mod versions;
mod waiting;
mod writing;

use crate::harness::fresh_postgres;
pub(crate) use database::{Db, entry, stamp};
use protocol::RoomId;
use std::sync::{Arc, Mutex};
use store::model::{FaultHook, Model, Tables};
use uuid::Uuid;

/// Injects nothing.
struct NoFaults;

impl FaultHook for NoFaults {}

impl Db {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::new(move || store::open(&format!("sqlite://{}/jackdaw.db", folder.path().display()), 4).unwrap()).await
    }

    async fn postgres() -> Self {
        let url = fresh_postgres().await;
        Self::new(move || store::open(&url, 4).unwrap()).await
    }

    async fn model() -> Self {
        let tables = Arc::new(Mutex::new(Tables::new(Uuid::now_v7(), RoomId(Uuid::now_v7()))));
        Self::new(move || Arc::new(Model::new(Arc::clone(&tables), Arc::new(NoFaults)))).await
    }
}

/// Makes two tests of each chapter.
macro_rules! on_both_engines {
    ($($chapter:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $chapter() {
                super::$chapter(crate::store::Db::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $chapter() {
                super::$chapter(crate::store::Db::postgres().await).await;
            })*
        }
    };
}
use on_both_engines;

/// As [`on_both_engines`], and a third test on the model.
macro_rules! on_every_store {
    ($($chapter:ident),* $(,)?) => {
        super::on_both_engines!($($chapter),*);
        mod model {
            $(#[tokio::test]
            async fn $chapter() {
                super::$chapter(crate::store::Db::model().await).await;
            })*
        }
    };
}
use on_every_store;
