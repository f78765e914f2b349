//! Files that are no backups any more, or never were: each is refused with a sentence, and the database stays as it was.

use super::database::{Database, Kind};
use std::path::{Path, PathBuf};
use store::backup::{self, Error, Progress};

/// Writes these bytes as a file and returns what `verify` and `restore` say of it.
async fn refused(target: &Database, bytes: &[u8]) -> Error {
    let file: PathBuf = target.folder.path().join("damaged");
    std::fs::write(&file, bytes).unwrap();
    let before = target.summary().await;
    let error = target.restore(&file, true).await.expect_err("the restore is refused");
    assert_eq!(target.summary().await, before, "nothing was changed");
    assert_eq!(leftovers(target.folder.path()), [""; 0]);
    let verified = backup::verify(&file, &Progress::default()).await.expect_err("it is not verified");
    assert_eq!(verified.to_string(), error.to_string());
    error
}

fn leftovers(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".partial")).collect()
}

/// Where these bytes begin.
fn find(bytes: &[u8], what: &str) -> usize {
    bytes.windows(what.len()).position(|window| window == what.as_bytes()).unwrap()
}

/// With one bit of one byte changed.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

async fn damaged(kind: Kind) {
    let (source, target) = (Database::filled(kind).await, Database::filled(Kind::Sqlite).await);
    let bytes = std::fs::read(source.backup().await).unwrap();
    // In a text, in the manifest's epoch, and in a hash.
    let epoch = source.summary().await.epoch.to_string();
    for what in ["edited a", &epoch, "\"sha256\":\""] {
        let at = find(&bytes, what) + what.len() - 1;
        let at = if what.ends_with('"') { at + 1 } else { at };
        let error = refused(&target, &flipped(&bytes, at)).await;
        assert!(matches!(error, Error::Damaged { .. }), "{what}: {error}");
    }
    for length in [bytes.len() - 1, bytes.len() - 5_000, bytes.len() / 2, 5_000, 70] {
        let error = refused(&target, &bytes[..length]).await;
        assert!(matches!(error, Error::Truncated(_) | Error::Foreign(_)), "{length}: {error}");
        assert!(length < 1_000 || matches!(error, Error::Truncated(_)), "{length}: {error}");
    }
    let longer = [&bytes[..], b"{}\n"].concat();
    let error = refused(&target, &longer).await;
    assert!(matches!(error, Error::Damaged { .. } | Error::Truncated(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_copy_of_sqlite_is_refused() {
    damaged(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_copy_of_postgres_is_refused() {
    damaged(Kind::Postgres).await;
}

/// Any byte: what it is part of is hashed.
#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_the_lines_can_change() {
    let source = Database::new(Kind::Postgres).await;
    source.open().migrate().await.unwrap();
    let bytes = std::fs::read(source.backup().await).unwrap();
    let file = source.folder.path().join("damaged");
    for at in (0..bytes.len()).step_by(3) {
        std::fs::write(&file, flipped(&bytes, at)).unwrap();
        assert!(backup::verify(&file, &Progress::default()).await.is_err(), "byte {at} of {}", bytes.len());
    }
    std::fs::write(&file, &bytes).unwrap();
    backup::verify(&file, &Progress::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_a_backup_is_refused() {
    let target = Database::filled(Kind::Sqlite).await;
    for foreign in [&b""[..], b"hello\n", b"{\"format\":\"another\"}\n", &[0; 10_000]] {
        let error = refused(&target, foreign).await;
        assert!(matches!(error, Error::Foreign(_)), "{error}");
    }
    let error = refused(&target, b"{\"format\":\"jackdaw-backup/2\",\"more\":1}\n").await;
    assert!(matches!(error, Error::OtherForm(_)), "{error}");
    let raw = Database::filled(Kind::Sqlite).await;
    raw.backup().await;
    let raw = std::fs::read(raw.folder.path().join("jackdaw.db")).unwrap();
    let error = refused(&target, &raw).await;
    assert!(matches!(error, Error::NoManifest(_)) && error.to_string().contains("jackdaw restored"), "{error}");
    let error = target.restore(&target.folder.path().join("nowhere"), true).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
}

/// A later program's backup says so in its manifest.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_later_schema_is_refused() {
    let (source, target) = (Database::filled(Kind::Postgres).await, Database::filled(Kind::Sqlite).await);
    let text = std::fs::read_to_string(source.backup().await).unwrap();
    let schema = source.summary().await.schema;
    let later = text.replace(&format!("\"schema\":{schema}"), "\"schema\":9999");
    let error = refused(&target, later.as_bytes()).await;
    assert!(
        matches!(error, Error::Newer { schema: 9999, .. }) && error.to_string().contains("later version"),
        "{error}"
    );
}

/// What cannot be read at all is replaced where that is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_database_can_be_replaced() {
    let (source, target) = (Database::filled(Kind::Sqlite).await, Database::new(Kind::Sqlite).await);
    let file = source.backup().await;
    std::fs::write(target.folder.path().join("jackdaw.db"), "not a database ".repeat(1_000)).unwrap();
    let error = target.restore(&file, false).await.unwrap_err();
    assert!(error.to_string().contains("--replace"), "{error}");
    target.restore(&file, true).await.unwrap();
    assert_eq!(target.summary().await.rows(), source.summary().await.rows());
}
