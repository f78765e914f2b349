//! The commands themselves: files and their modes, exit codes, signals, full disks.

use super::database::{Database, Kind};
use crate::harness::until;
use crate::program::{Running, fails, folder, jackdaw, text};
use sqlx::{Connection, PgConnection, SqliteConnection};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use store::backup::{self, Progress};

fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn a_backup_is_written_beside_the_server_and_restored_without_it() {
    let folder = folder();
    let run = |words: &[&str]| jackdaw(folder.path()).args(words).output().unwrap();
    fails(&run(&["backup"]), &["no database of Jackdaw", "DATA_DIR"]);
    let (running, _) = Running::start(jackdaw(folder.path()));
    let told = ok(&run(&["backup"]));
    let file = only_file(&folder.path().join("data/backups"));
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("jackdaw-20") && name.ends_with(".db"), "{name}");
    assert!(told.contains(name) && told.contains(" rows in ") && told.contains(" s."), "{told}");
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700), "nobody else may read it");
    let file = file.to_str().unwrap();
    let told = ok(&run(&["verify", file]));
    assert!(told.contains("epoch ") && told.contains(" messages\n") && told.contains("OK"), "{told}");
    fails(&run(&["restore", file, "--replace"]), &["DATA_DIR", "another Jackdaw"]);
    // By another name than that of its own database.
    let data = folder.path().join("data/jackdaw.db");
    let database = format!("sqlite://{}", data.display());
    fails(&run(&["restore", file, "--replace", "--database", &database]), &["jackdaw.db", "Stop Jackdaw"]);
    assert_eq!(running.end("-TERM"), Some(0));
    // Nobody has used it yet.
    let told = ok(&run(&["restore", file]));
    assert!(told.contains("new epoch"), "{told}");
    assert_eq!(mode(&data), 0o600);
    let (running, _) = Running::start(jackdaw(folder.path()));
    assert_eq!(running.end("-TERM"), Some(0));
    fails(&run(&["restore", file, "--database", "mysql://x"]), &["--database", "postgres://"]);
    fails(&run(&["verify", "nowhere"]), &["nowhere"]);
    fails(&run(&["verify", "data/secret"]), &["data/secret", "not a backup"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_output_gets_the_backup_alone() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (database, folder) = (Database::filled(kind).await, folder());
        let mut command = jackdaw(folder.path());
        let output = command.env("DATABASE_URL", &database.url).args(["backup", "--to", "-"]).output().unwrap();
        ok(&output);
        assert!(text(&output.stderr).contains(" rows in "), "{}", text(&output.stderr));
        let file = folder.path().join("piped");
        std::fs::write(&file, output.stdout).unwrap();
        let manifest = backup::verify(&file, &Progress::default()).await.unwrap();
        assert_eq!(manifest.tables, database.summary().await.tables);
        assert!(!folder.path().join("data").exists(), "nothing else is written");
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = jackdaw(folder.path());
        command.env("DATABASE_URL", &database.url).args(["backup", "--to", "-"]).stdout(full);
        fails(&command.output().unwrap(), &["standard output", "Free space"]);
    }
}

/// A folder with the backup of before, and what must be left there by a backup that fails.
struct Kept {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let folder = folder();
        let file = folder.path().join("kept");
        std::fs::write(&file, "the backup of before").unwrap();
        Self { folder, file }
    }

    fn backup(&self, url: &str) -> Command {
        let mut command = jackdaw(self.folder.path());
        command.env("DATABASE_URL", url).args(["backup", "--to", "kept"]);
        command
    }

    fn partial(&self) -> PathBuf {
        self.folder.path().join("kept.partial")
    }

    fn is_as_before(&self) {
        assert_eq!(std::fs::read_to_string(&self.file).unwrap(), "the backup of before");
        let names = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let names: Vec<_> = names.filter(|name| name != "kept" && name != "site").collect();
        assert!(names.is_empty(), "{names:?}");
    }

    /// Interrupts a backup once it has written something; what it says is on standard error.
    async fn interrupt(&self, url: &str, signal: &str) {
        let child = self.backup(url).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        until("the backup to begin", async || self.partial().exists().then_some(())).await;
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        fails(&child.wait_with_output().unwrap(), &["interrupted"]);
        self.is_as_before();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_backup_leaves_the_one_before() {
    let database = Database::filled(Kind::Postgres).await;
    // The backup waits for this lock, so that it is interrupted in its middle.
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let mut lock = connection.begin().await.unwrap();
    sqlx::query("lock table messages").execute(&mut *lock).await.unwrap();
    let kept = Kept::new();
    for signal in ["-TERM", "-INT"] {
        kept.interrupt(&database.url, signal).await;
    }
    lock.commit().await.unwrap();
    ok(&kept.backup(&database.url).output().unwrap());
    assert_eq!(mode(&kept.file), 0o600, "also where the file before had another mode");
    backup::verify(&kept.file, &Progress::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_copy_of_sqlite_leaves_the_one_before() {
    let database = large().await;
    Kept::new().interrupt(&database.url, "-INT").await;
}

/// So many rows that copying and hashing take much longer than a signal.
async fn large() -> Database {
    let database = Database::filled(Kind::Sqlite).await;
    let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::query(
        "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
         with recursive n (seq) as (select 1000 union all select seq + 1 from n where seq < 150000)
         select $1, seq, $2, randomblob(16), 0, 'message ' || seq, seq from n",
    )
    .bind(database.room().0.0)
    .bind(database.room().1.0)
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    database
}

/// A file that cannot grow stands for a disk that is full.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_the_backup_before() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let database = Database::filled(kind).await;
        let kept = Kept::new();
        let backup = kept.backup(&database.url);
        let mut command = Command::new("bash");
        command.current_dir(kept.folder.path()).env_clear();
        for (name, value) in backup.get_envs() {
            command.env(name, value.unwrap());
        }
        // In blocks of 1,024 bytes.
        command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]).arg(backup.get_program());
        let output = command.args(backup.get_args()).output().unwrap();
        fails(&output, &[if kind == Kind::Sqlite { "cannot be copied" } else { "Free space" }]);
        kept.is_as_before();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_backups_into_one_file_are_not_written_at_once() {
    let database = Database::filled(Kind::Postgres).await;
    let kept = Kept::new();
    let held = backup::PartialFile::create(&kept.file).unwrap();
    fails(&kept.backup(&database.url).output().unwrap(), &["kept", "at this moment"]);
    drop(held);
    kept.is_as_before();
    ok(&kept.backup(&database.url).output().unwrap());
}
