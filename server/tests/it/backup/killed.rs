//! A restore that is killed midway: the database is as before, what is left beside it is no backup, and the next restore works.

use super::database::{Database, Kind};
use super::without_meta;
use crate::harness::until;
use crate::program::{fails, folder, jackdaw, text};
use sqlx::{Connection, PgConnection};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Bytes that a process has read, as Linux counts them.
fn bytes_read(process: u32) -> u64 {
    let counters = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
    let read = counters.lines().find_map(|line| line.strip_prefix("rchar: "));
    read.map_or(0, |bytes| bytes.parse().unwrap())
}

/// So many rows that reading them takes much longer than a signal. The backup is lines of JSON: a restore reads the file once to
/// verify it and once to insert its rows, so the bytes that it has read tell where it is.
async fn large() -> Database {
    let database = Database::filled(Kind::Postgres).await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    sqlx::query(
        "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
         select $1, seq, $2, gen_random_uuid(), 0, 'message ' || seq, seq from generate_series(1000, 20000) as seq",
    )
    .bind(database.room().0.0)
    .bind(database.room().1.0)
    .execute(&mut connection)
    .await
    .unwrap();
    database
}

fn restore(folder: &Path, file: &Path, url: &str) -> Command {
    let mut command = jackdaw(folder);
    command.env("DATABASE_URL", url).arg("restore").arg(file).arg("--replace");
    command
}

/// The server of PostgreSQL notices a moment later that its client is gone.
async fn session_ends(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    until("the session of the killed restore to end", async || {
        let sessions = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'jackdaw restore'",
        );
        let sessions: i64 = sessions.fetch_one(&mut connection).await.unwrap();
        (sessions == 0).then_some(())
    })
    .await;
}

fn partial(target: &Database) -> PathBuf {
    target.folder.path().join("jackdaw.db.partial")
}

async fn killed(kind: Kind) {
    let (source, target, folder) = (large().await, Database::filled(kind).await, folder());
    let (file, before) = (source.backup().await, target.summary().await);
    let size = file.metadata().unwrap().len();
    // While it verifies the backup, and while it inserts the rows.
    for bytes in [size / 2, size + size / 2] {
        let mut command = restore(folder.path(), &file, &target.url);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the restore to be midway", async || (bytes_read(child.id()) > bytes).then_some(())).await;
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9), "it had not ended by itself");
        match kind {
            Kind::Postgres => session_ends(&target.url).await,
            Kind::Sqlite => {
                assert!(partial(&target).exists(), "nobody was there to remove it");
                let verified = jackdaw(folder.path()).arg("verify").arg(partial(&target)).output().unwrap();
                fails(&verified, &["jackdaw.db.partial"]);
            }
        }
        assert_eq!(target.summary().await, before, "nothing was changed");
        target.open().migrate().await.expect("a server can be started on it");
    }
    let output = restore(folder.path(), &file, &target.url).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(without_meta(&target.summary().await), without_meta(&source.summary().await));
    let left = std::fs::read_dir(target.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("partial")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_changes_nothing_on_sqlite() {
    killed(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_is_killed_changes_nothing_on_postgres() {
    killed(Kind::Postgres).await;
}
