//! A PostgreSQL of its own and a copy of it that can take its place, made with the programs of the one beside the tests.

use sqlx::{Connection, PgConnection};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// See the module.
pub(super) struct Pair {
    /// Of whichever of both is there.
    pub(super) url: String,
    port: u16,
    programs: PathBuf,
    /// Whom the server runs as, where the tests run as root.
    owner: Option<(u32, u32)>,
    folder: TempDir,
    running: &'static str,
}

impl Pair {
    /// Starts the first one.
    pub(super) async fn start() -> Self {
        let server = std::env::var("TEST_DATABASE_URL").expect("run the tests with end2end/services");
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let query = "select setting from pg_config where name = 'BINDIR'";
        let programs: String = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
        let data: String = sqlx::query_scalar("show data_directory").fetch_one(&mut connection).await.unwrap();
        let data = std::fs::metadata(data).unwrap();
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let owner = is_root.then_some((data.uid(), data.gid()));
        let folder = tempfile::tempdir().unwrap();
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("postgres://jackdaw@127.0.0.1:{port}/postgres");
        let pair = Self { url, port, programs: programs.into(), owner, folder, running: "first" };
        let first = pair.path("first");
        pair.run("initdb", &["--pgdata", &first, "--username", "jackdaw", "--auth", "trust", "--encoding", "UTF8"]);
        pair.launch("first");
        pair
    }

    /// Makes the copy, as a replica has it that hears nothing any more.
    pub(super) fn copy(&self) {
        let (port, second) = (self.port.to_string(), self.path("second"));
        let to = ["--pgdata", &second, "--write-recovery-conf", "--checkpoint", "fast"];
        let from = ["--host", "127.0.0.1", "--port", &port, "--username", "jackdaw"];
        self.run("pg_basebackup", &[&to[..], &from[..]].concat());
    }

    /// The first one dies, and the copy takes its place.
    pub(super) fn fail_over(&mut self) {
        self.stop();
        self.running = "second";
        self.launch("second");
        self.run("pg_ctl", &["promote", "--wait", "--pgdata", &self.path("second")]);
    }

    fn launch(&self, name: &str) {
        let log = self.path(&format!("{name}.log"));
        let folder = self.folder.path().display();
        let options = format!("-p {} -k {folder} -c listen_addresses=127.0.0.1", self.port);
        self.run("pg_ctl", &["start", "--wait", "--pgdata", &self.path(name), "--log", &log, "--options", &options]);
    }

    fn stop(&self) {
        self.run("pg_ctl", &["stop", "--wait", "--mode", "immediate", "--pgdata", &self.path(self.running)]);
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).current_dir(self.folder.path()).stdout(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        assert!(command.status().unwrap().success(), "{program} {arguments:?}");
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.stop();
    }
}
