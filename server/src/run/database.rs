//! The database in a node's lifecycle: the file lock, and the migration at start.

use super::RunError;
use crate::auth::registration::setup_code;
use crate::config::StoreConfig;
use crate::health::Readiness;
use chat::Hub;
use chat::background::{CONNECT_RETRY_INTERVAL, HEADS_INTERVAL};
use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{self, Store};
use tokio::sync::watch;

/// Locks an embedded database for this process. The lock lasts as long as the returned file, or the process.
///
/// # Errors
/// Says that the folder cannot be written, or that another process has it.
pub fn lock(config: &StoreConfig) -> Result<Option<File>, RunError> {
    if !config.is_embedded() {
        return Ok(None);
    }
    let folder = config.data_dir.display();
    let fail =
        |error: std::io::Error| RunError::Store(format!("DATA_DIR={folder}: the folder cannot be written: {error}"));
    std::fs::create_dir_all(&config.data_dir).map_err(fail)?;
    let file = File::create(config.data_dir.join("lock")).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(RunError::Store(format!(
            "DATA_DIR={folder}: another Jackdaw runs on this folder. Stop it, choose another folder, or use PostgreSQL and Redis for several nodes"
        ))),
        Err(TryLockError::Error(error)) => Err(fail(error)),
    }
}

/// Brings the schema up to date once the database answers, then waits for ever. Returns only errors that a retry cannot fix.
pub(super) async fn prepare(
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    file: Option<PathBuf>,
    ready: watch::Sender<Readiness>,
    base_url: String,
) -> RunError {
    loop {
        let prepared = async {
            store.migrate().await?;
            // From now on this node uses the channels of this epoch.
            hub.enter_epoch(store.epoch().await?);
            setup_code(&store).await
        };
        match prepared.await {
            Ok(None) => break,
            Ok(Some(code)) => {
                tracing::info!(
                    "there is no account yet: the first one, which administers this server, is made at {base_url}/join/{code}"
                );
                break;
            }
            Err(error @ chat::Error::Unavailable(_)) => {
                tracing::warn!(%error, "waiting for the database, next try in {} s", CONNECT_RETRY_INTERVAL.as_secs());
                ready.send_replace(Readiness::NotYet(error.to_string()));
                tokio::time::sleep(CONNECT_RETRY_INTERVAL).await;
            }
            Err(error) => return RunError::Store(error.to_string()),
        }
    }
    ready.send_replace(Readiness::Ready);
    tracing::info!("ready");
    match file {
        Some(file) => file_replaced(&file).await,
        None => std::future::pending().await,
    }
}

/// Returns once the file of an embedded database was replaced: this node would go on writing to the old one.
async fn file_replaced(file: &Path) -> RunError {
    let opened = identity(file);
    loop {
        tokio::time::sleep(HEADS_INTERVAL).await;
        if identity(file) != opened {
            return RunError::Store(format!(
                "{}: the database file was replaced or removed while Jackdaw was running. Stop Jackdaw before you put a \
                 backup in its place, run `jackdaw restored`, and start it again",
                file.display()
            ));
        }
    }
}

/// The identity of a file, apart from its name; none without a file.
fn identity(file: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(file).ok().map(|file| (file.dev(), file.ino()))
}
