//! Where the programs are and how they are started, as the script that starts a run says.

use super::program::Program;
use crate::Error;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tokio::net::TcpListener;

/// See the module's documentation.
pub struct Place {
    /// Temporary; databases, logs and sockets go here.
    pub folder: PathBuf,
    /// The folder of PostgreSQL's programs.
    postgres: PathBuf,
    jackdaw: PathBuf,
    /// What a command begins with so that it ends with us.
    tied: Vec<String>,
    /// The same, leaving root.
    run_as: Vec<String>,
}

impl Place {
    /// Reads variables with this prefix: `FAULTS_FOLDER`, `FAULTS_POSTGRES`, …; and `JACKDAW_BIN`.
    ///
    /// # Errors
    /// Names the one that is not set.
    pub fn from_env(prefix: &str) -> Result<Self, Error> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| format!("{name} is not set: the script beside this program sets it"))
        };
        let own = |name: &str| variable(&format!("{prefix}_{name}"));
        let words = |text: String| text.split_whitespace().map(str::to_owned).collect();
        Ok(Self {
            folder: own("FOLDER")?.into(),
            postgres: own("POSTGRES")?.into(),
            jackdaw: variable("JACKDAW_BIN")?.into(),
            tied: words(own("TIED")?),
            run_as: words(own("RUN_AS")?),
        })
    }

    /// One of PostgreSQL's programs.
    #[must_use]
    pub fn postgres(&self, name: &str) -> Program {
        Program::new(&self.run_as, self.postgres.join(name), &self.folder, "postgres")
    }

    /// The program of Redis.
    #[must_use]
    pub fn redis(&self) -> Program {
        Program::new(&self.run_as, "redis-server", &self.folder, "redis")
    }

    /// The server; its log is under this name.
    #[must_use]
    pub fn jackdaw(&self, name: &str) -> Program {
        self.program(&self.jackdaw, name)
    }

    /// Any other program that ends with us; its log is under this name.
    #[must_use]
    pub fn program(&self, program: impl AsRef<OsStr>, log: &str) -> Program {
        Program::new(&self.tied, program, &self.folder, log)
    }
}

/// A free port below the range from which the system numbers outgoing connections: it is still free after a restart.
pub(super) async fn free_address() -> Result<SocketAddr, Error> {
    for _ in 0..100 {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(12_000..30_000)));
        if TcpListener::bind(address).await.is_ok() {
            return Ok(address);
        }
    }
    Err("no port is free".into())
}
