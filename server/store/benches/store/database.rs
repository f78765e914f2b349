//! The databases that are measured: one on a private server, one in a file.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
use tempfile::TempDir;
use uuid::Uuid;

/// An empty database with the schema of today, and its place.
pub(crate) struct Database {
    store: Arc<dyn Store>,
    place: Place,
}

enum Place {
    /// The URL of a database of its own.
    Postgres(String),
    /// A file in a folder that goes with this.
    Sqlite(TempDir),
}

impl Database {
    /// `postgres` is made on the server of `TEST_DATABASE_URL`, `sqlite` in a temporary folder.
    pub(crate) async fn create(name: &str) -> Result<Self, Box<dyn Error>> {
        let place = if name == "postgres" { postgres().await? } else { Place::Sqlite(tempfile::tempdir()?) };
        let url = match &place {
            Place::Postgres(url) => url.clone(),
            Place::Sqlite(folder) => format!("sqlite://{}", file(folder).display()),
        };
        let store = store::open(&url, 4)?;
        store.migrate().await?;
        Ok(Self { store, place })
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Bytes that messages take on disk, with all their indexes. Of a file: all that is in it.
    pub(crate) async fn bytes(&self) -> Result<u64, Box<dyn Error>> {
        match &self.place {
            Place::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let size = "select pg_total_relation_size('messages')";
                Ok(sqlx::query_scalar::<_, i64>(size).fetch_one(&mut connection).await?.try_into()?)
            }
            Place::Sqlite(folder) => {
                let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file(folder).display())).await?;
                sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await?;
                Ok(std::fs::metadata(file(folder))?.len())
            }
        }
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("jackdaw.db")
}

async fn postgres() -> Result<Place, Box<dyn Error>> {
    let server = std::env::var("TEST_DATABASE_URL").map_err(|_| "TEST_DATABASE_URL is not set: use `make bench`")?;
    let name = format!("jackdaw_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&server).await?;
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
    let (address, _) = server.rsplit_once('/').ok_or("TEST_DATABASE_URL names no database")?;
    Ok(Place::Postgres(format!("{address}/{name}")))
}
