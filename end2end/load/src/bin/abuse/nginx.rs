//! The shipped nginx configuration in a real nginx, in front of the nodes of an environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testbed::Error;

/// How long it may take to listen.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// A running nginx. Ends with this.
pub(crate) struct Nginx {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Nginx {
    /// `ABUSE_NGINX` names the folder of the shipped configuration.
    pub(crate) async fn start(folder: &Path, nodes: &[SocketAddr]) -> Result<Self, Error> {
        let shipped: PathBuf =
            std::env::var("ABUSE_NGINX").map_err(|_| "ABUSE_NGINX is not set: run this by end2end/abuse")?.into();
        let own = folder.join("nginx");
        std::fs::create_dir_all(&own)?;
        for file in std::fs::read_dir(&shipped)? {
            let file = file?;
            std::fs::copy(file.path(), own.join(file.file_name()))?;
        }
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        std::fs::write(own.join("listen.conf"), format!("listen {address};\n"))?;
        std::fs::write(own.join("upstream.conf"), upstream(&shipped, nodes, &own)?)?;
        // The user who runs this may not raise the limit, and the attack needs few connections.
        let main = std::fs::read_to_string(own.join("nginx.conf"))?;
        std::fs::write(own.join("nginx.conf"), main.replace("worker_rlimit_nofile 65536;", ""))?;
        let log = own.join("error.log");
        let globals = format!("daemon off; pid {}; error_log {};", own.join("pid").display(), log.display());
        let child = Command::new("nginx")
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .arg("-e")
            .arg(&log)
            .arg("-p")
            .arg(&own)
            .args(["-c", "nginx.conf", "-g", &globals])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let nginx = Self { address, child };
        let deadline = tokio::time::Instant::now() + LISTEN_TIMEOUT;
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if tokio::time::Instant::now() > deadline {
                return Err(format!("nginx does not listen: {}", std::fs::read_to_string(&log)?).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // TERM, and time to obey it: a master that is killed leaves its workers behind.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The shipped upstream with these nodes in the place of its own, and temporary files in our folder.
fn upstream(shipped: &Path, nodes: &[SocketAddr], folder: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(shipped.join("upstream.conf"))?;
    let mut conf = String::new();
    for line in text.lines() {
        match line.trim_start() {
            line if line.starts_with("resolver ") => {}
            line if line.starts_with("server ") => {
                // What else the line says holds for these too.
                let options: Vec<_> =
                    line.trim_end_matches(';').split_whitespace().skip(2).filter(|word| *word != "resolve").collect();
                for node in nodes {
                    conf += &format!("server {node} {};\n", options.join(" "));
                }
            }
            line => conf += &format!("{line}\n"),
        }
    }
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        conf += &format!("{kind}_temp_path {};\n", folder.join(kind).display());
    }
    Ok(conf)
}
