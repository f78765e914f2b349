//! The story of a store: the same chapters on SQLite and on PostgreSQL. The simulation's model passes them too.

mod accounts;
mod appending;
mod database;
mod history;
mod joining;
mod naming;
mod revising;
mod versions;
mod waiting;

use crate::harness::fresh_postgres;
pub(crate) use database::{Db, entry, stamp};
use server::store;

impl Db {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::new(move || store::open(&format!("sqlite://{}/jackdaw.db", folder.path().display()), 4).unwrap()).await
    }

    async fn postgres() -> Self {
        let url = fresh_postgres().await;
        Self::new(move || store::open(&url, 4).unwrap()).await
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
