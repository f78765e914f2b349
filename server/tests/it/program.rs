//! The program itself: arguments, environment, signals, exit codes, and what it says.

use crate::harness::CONDITION_TIMEOUT;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder with the page's files, as a release has them.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("site/pkg")).unwrap();
    folder
}

/// The program in `folder` with nothing of this process's environment.
pub(crate) fn jackdaw(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jackdaw"));
    command.current_dir(folder).env_clear().env("LISTEN_ADDR", "127.0.0.1:0").env("LEPTOS_SITE_ROOT", "site");
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// It ends with exit code 1 and a sentence that names this.
pub(crate) fn fails(output: &Output, names: &[&str]) {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let last = told.lines().last().unwrap_or_default();
    assert!(last.starts_with("jackdaw: "), "{told}");
    for name in names {
        assert!(last.contains(name), "{name:?} is not in {last:?}");
    }
}

/// A running server, killed if a test fails before it has ended.
pub(crate) struct Running(Child, mpsc::Receiver<String>);

impl Running {
    /// Starts, and returns with the line that says it is ready.
    pub(crate) fn start(mut command: Command) -> (Self, String) {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (later, log) = mpsc::channel();
        let running = Self(child, log);
        let mut lines = lines.map(Result::unwrap);
        let ready = lines.find(|line| line.contains("ready")).expect("it says when it is ready");
        // Somebody must go on reading, or the program would stop at a full pipe.
        std::thread::spawn(move || lines.for_each(|line| drop(later.send(line))));
        (running, ready)
    }

    /// The next line of the log that has this in it.
    fn logs(&self, what: &str) -> String {
        let next = || self.1.recv_timeout(CONDITION_TIMEOUT).unwrap_or_else(|_| panic!("{what:?} is not logged"));
        std::iter::repeat_with(next).find(|line| line.contains(what)).unwrap()
    }

    /// Sends a signal and answers with the exit code.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn help_lists_every_variable() {
    let output = jackdaw(folder().path()).arg("--help").output().unwrap();
    assert!(output.status.success());
    let told = text(&output.stdout);
    for variable in server::config::variables::VARIABLES {
        assert!(told.contains(variable.name), "{} is missing", variable.name);
    }
    let version = jackdaw(folder().path()).arg("--version").output().unwrap();
    assert_eq!(text(&version.stdout).trim(), concat!("jackdaw ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_arguments_and_variables_are_named() {
    let folder = folder();
    let with = |name: &str, value: &str| jackdaw(folder.path()).env(name, value).output().unwrap();
    for (arguments, named) in [(vec!["dance"], "dance"), (vec!["serve", "--port"], "--port")] {
        let output = jackdaw(folder.path()).args(arguments).output().unwrap();
        let told = text(&output.stderr);
        // Mistakes on the command line end with 2, as usual; all other errors with 1.
        assert!(output.status.code() == Some(2) && told.contains(named) && told.contains("--help"), "{told}");
    }
    fails(&with("LISTEN_ADDR", "3000"), &["LISTEN_ADDR", "3000", "127.0.0.1:3000"]);
    fails(&with("DATABASE_URL", "mysql://u:secret@db/x"), &["DATABASE_URL", "postgres://"]);
    assert!(!text(&with("DATABASE_URL", "mysql://u:secret@db/x").stderr).contains("secret"));
    fails(&with("DATABASE_POOL", "0"), &["DATABASE_POOL", "1 to 50"]);
    fails(&with("MAX_CONNECTIONS", "0"), &["MAX_CONNECTIONS", "from 1 to"]);
    fails(&with("METRICS_ADDR", "9464"), &["METRICS_ADDR", "127.0.0.1:3000"]);
    fails(&with("JACKDAW_REGISTRATION", "maybe"), &["JACKDAW_REGISTRATION", "open or invite or closed"]);
    fails(&with("JWT_SECRET", "short"), &["JWT_SECRET", "32"]);
    fails(&with("DATABASE_URL", "postgres://127.0.0.1/x"), &["JWT_SECRET", "every node"]);
    fails(&with("REDIS_URL", "127.0.0.1"), &["REDIS_URL", "redis://"]);
    fails(&with("PUBLIC_URL", "chat.example.org"), &["PUBLIC_URL", "https://"]);
    fails(&with("LOG_FORMAT", "xml"), &["LOG_FORMAT", "text or json"]);
    fails(&with("RUST_LOG", "a=b=c"), &["RUST_LOG"]);
}

#[test]
fn what_cannot_be_used_is_said() {
    let folder = folder();
    fails(
        &jackdaw(folder.path()).env("LEPTOS_SITE_ROOT", "nowhere").output().unwrap(),
        &["nowhere", "LEPTOS_SITE_ROOT"],
    );
    std::fs::write(folder.path().join("file"), "").unwrap();
    fails(&jackdaw(folder.path()).env("DATA_DIR", "file/data").output().unwrap(), &["DATA_DIR", "file/data"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    fails(&jackdaw(folder.path()).env("METRICS_ADDR", &address).output().unwrap(), &["METRICS_ADDR", &address]);
    fails(
        &jackdaw(folder.path()).env("LISTEN_ADDR", &address).output().unwrap(),
        &["LISTEN_ADDR", &address, "another program"],
    );
}

#[test]
fn it_keeps_its_data_and_its_secret_beside_it_and_stops_when_asked() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    for signal in ["-TERM", "-INT"] {
        let (running, _) = Running::start(jackdaw(folder.path()));
        let secret = std::fs::metadata(folder.path().join("data/secret")).unwrap();
        assert_eq!(secret.permissions().mode() & 0o777, 0o600, "nobody else may read the secret");
        assert!(folder.path().join("data/jackdaw.db").is_file());
        fails(&jackdaw(folder.path()).output().unwrap(), &["DATA_DIR", "another Jackdaw"]);
        assert_eq!(running.end(signal), Some(0));
    }
    let output = jackdaw(folder.path()).arg("migrate").output().unwrap();
    assert!(output.status.success() && text(&output.stdout).contains("up to date"), "{output:?}");
}

/// A request with this body, of somebody who came through a proxy.
fn forwarded(address: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: chat.example.org\r\nx-forwarded-for: 203.0.113.9\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_first_account_of_an_exposed_server_is_made_by_the_link_in_the_log() {
    let folder = folder();
    let address = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    let mut command = jackdaw(folder.path());
    command.env("LISTEN_ADDR", &address);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let link = lines.find(|line| line.contains("/join/")).expect("the log has the link");
    let code = link.split("/join/").nth(1).unwrap()[..32].to_owned();
    let running = Running(child, mpsc::channel().1);
    let register = |name: &str, code: &str| {
        let body = format!(r#"{{"username":"{name}","password":"correct horse","code":{code}}}"#);
        // The link is in the log before the program serves: until then it answers 502.
        let began = Instant::now();
        loop {
            let answer = forwarded(&address, "/api/auth/register", &body);
            if !answer.starts_with("HTTP/1.1 502") || began.elapsed() > CONDITION_TIMEOUT {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let refused = register("eve", "null");
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("link in its log"), "{refused}");
    let made = register("ada", &format!("{code:?}"));
    assert!(made.starts_with("HTTP/1.1 201") && made.contains(r#""is_admin":true"#), "{made}");
    for code in ["null".to_owned(), format!("{code:?}")] {
        let refused = register("eve", &code);
        assert!(refused.starts_with("HTTP/1.1 403"), "registration is by invite from then on: {refused}");
    }
    assert_eq!(running.end("-TERM"), Some(0));
    // Read until now: a log that nobody takes ends the program.
    drop(lines);
}

#[test]
fn a_backup_that_is_put_back_is_another_life() {
    let folder = folder();
    let (running, _) = Running::start(jackdaw(folder.path()));
    fails(&jackdaw(folder.path()).arg("restored").output().unwrap(), &["DATA_DIR", "another Jackdaw"]);
    assert_eq!(running.end("-TERM"), Some(0));
    let database = folder.path().join("data/jackdaw.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let epoch = || {
        runtime.block_on(async {
            let store = store::open(&format!("sqlite://{}", database.display()), 1).unwrap();
            store.epoch().await.unwrap()
        })
    };
    let before = epoch();
    assert_eq!(epoch(), before);
    let output = jackdaw(folder.path()).arg("restored").output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_ne!(epoch(), before);
}

#[test]
fn logs_are_json_lines_where_asked() {
    let folder = folder();
    let mut command = jackdaw(folder.path());
    command.env("LOG_FORMAT", "json");
    let (running, ready) = Running::start(command);
    let line: serde_json::Value = serde_json::from_str(&ready).unwrap();
    assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &"ready".into()));
    assert_eq!(running.end("-TERM"), Some(0));
}

#[test]
fn a_database_of_a_later_version_is_not_touched() {
    let folder = folder();
    assert!(jackdaw(folder.path()).arg("migrate").output().unwrap().status.success());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let path = format!("sqlite://{}", folder.path().join("data/jackdaw.db").display());
        let mut connection = sqlx::SqliteConnection::connect(&path).await.unwrap();
        let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, x'00', 0)";
        sqlx::query(later).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    fails(&jackdaw(folder.path()).output().unwrap(), &["later version", "9999"]);
}

#[test]
fn a_container_can_ask_whether_it_is_alive() {
    let folder = folder();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ask = || jackdaw(folder.path()).arg("healthcheck").env("LISTEN_ADDR", &free).output().unwrap();
    fails(&ask(), &[&free]);
    let mut command = jackdaw(folder.path());
    command.env("LISTEN_ADDR", &free);
    let (running, _) = Running::start(command);
    assert!(ask().status.success());
    assert_eq!(running.end("-TERM"), Some(0));
}

#[test]
fn a_failed_sign_in_is_one_line_with_its_address_whatever_its_name() {
    let folder = folder();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = jackdaw(folder.path());
    command.env("LISTEN_ADDR", &free);
    let (running, _) = Running::start(command);
    let body = serde_json::json!({"username": "a\" address=192.0.2.9\n\u{1b}[2J", "password": "wrong"}).to_string();
    let mut stream = TcpStream::connect(&free).unwrap();
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\nx-request-id: a\"b\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let line = running.logs("sign-in failed");
    assert!(!line.contains("a\"b"), "a strange id is replaced: {line}");
    let told = line.split_once("}: ").unwrap().1;
    assert_eq!(told, r#"sign-in failed address=127.0.0.1 name="a\" address=192.0.2.9\n\u{1b}[2j""#);
    assert_eq!(running.end("-TERM"), Some(0));
}
