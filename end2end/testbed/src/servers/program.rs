//! A program that is started, killed and started again, with its output in a log.

use crate::Error;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How long anything may take to start or to answer.
pub const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// See the module's documentation. Dropping it kills what runs.
pub struct Program {
    /// The first is the program.
    words: Vec<std::ffi::OsString>,
    environment: Vec<(&'static str, String)>,
    folder: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Program {
    /// A program after a prefix that starts it; its log is in the folder.
    #[must_use]
    pub fn new(prefix: &[String], program: impl AsRef<OsStr>, folder: &Path, log: &str) -> Self {
        let mut words: Vec<_> = prefix.iter().map(Into::into).collect();
        words.push(program.as_ref().to_owned());
        let (folder, log) = (folder.to_owned(), folder.join(format!("{log}.log")));
        Self { words, environment: Vec::new(), folder, log, child: None }
    }

    /// With these arguments too.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.words.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// With this variable, which wins over an earlier one of its name.
    #[must_use]
    pub fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    fn command(&self) -> Result<Command, Error> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        Ok(command)
    }

    /// Runs it to its end, which must be a good one.
    ///
    /// # Errors
    /// With the end of its log where it is not.
    pub async fn finish(&self) -> Result<(), Error> {
        let status = self.command()?.status().await?;
        if status.success() { Ok(()) } else { Err(format!("{:?} failed:\n{}", self.words, self.tail()).into()) }
    }

    /// Starts it, and returns at once.
    ///
    /// # Errors
    /// Where the system cannot.
    pub fn start(&mut self) -> Result<(), Error> {
        self.child = Some(self.command()?.spawn()?);
        Ok(())
    }

    /// Asks until `look` says yes.
    ///
    /// # Errors
    /// With the end of the log where the program has ended, or takes too long.
    pub async fn wait(&mut self, mut look: impl AsyncFnMut() -> bool) -> Result<(), Error> {
        let deadline = Instant::now() + READY_TIMEOUT;
        while !look().await {
            let has_ended = self.has_ended()?;
            if has_ended || Instant::now() > deadline {
                return Err(format!("{:?} did not start:\n{}", self.words, self.tail()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Whether it does not run, for whatever reason.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn has_ended(&mut self) -> Result<bool, Error> {
        Ok(match &mut self.child {
            Some(child) => child.try_wait()?.is_some(),
            None => true,
        })
    }

    /// SIGKILL: no instruction of it runs after this.
    ///
    /// # Errors
    /// Where the system refuses.
    pub async fn kill(&mut self) -> Result<(), Error> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Returns once it has ended, which somebody else asked it to.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub async fn ended(&mut self) -> Result<(), Error> {
        if let Some(mut child) = self.child.take() {
            child.wait().await?;
        }
        Ok(())
    }

    /// SIGTERM. Returns once it has ended.
    ///
    /// # Errors
    /// Where the system refuses, or it takes too long.
    pub async fn stop(&mut self) -> Result<(), Error> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let status = Command::new("kill").args(["-s", "TERM", &pid.to_string()]).status().await?;
        if !status.success() {
            return Err(format!("{:?} could not be stopped", self.words).into());
        }
        tokio::time::timeout(READY_TIMEOUT, self.ended()).await?
    }

    /// The number of its process while it runs: its own, because what starts it becomes it.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}
