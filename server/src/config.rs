//! Configuration: environment variables only, read once, checked at start, a struct per concern.
//!
//! Every variable has a row in [`variables::VARIABLES`], which `--help` and the README print.

mod parse;
mod policy;
mod secret;
pub mod variables;

pub use parse::ConfigError;
pub use policy::Policy;
pub use secret::Secrets;

use parse::Reader;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that a node is told from outside.
#[derive(Clone, Debug)]
pub struct Config {
    pub http: Http,
    pub site: Site,
    pub store: StoreConfig,
    /// `REDIS_URL`: where the bus is; in process without it.
    pub redis_url: Option<String>,
    pub auth: AuthConfig,
    pub limits: Limits,
    /// `WORKER_THREADS`: of the runtime.
    pub threads: u32,
    pub log: Log,
}

/// The listener and what it believes about the outside.
#[derive(Clone, Debug)]
pub struct Http {
    /// `LISTEN_ADDR`
    pub listen: SocketAddr,
    /// `PUBLIC_URL`: scheme and host under which browsers reach this server, without a path.
    pub public_url: Option<String>,
    /// `CORS_ORIGINS`: other sites whose pages may call the API with a bearer token.
    pub cors_origins: Vec<String>,
    /// `DRAIN_SECONDS`: over how long a stopping node spreads the ends of its connections.
    pub drain: Duration,
    /// `PROXY_HOPS`: proxies of one's own between browsers and this node.
    pub proxy_hops: usize,
    /// `METRICS_ADDR`: the private listener, if there is one.
    pub metrics: Option<SocketAddr>,
}

impl Http {
    /// Whether browsers reach this server by https, as `PUBLIC_URL` says.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The base of links that are printed: as browsers reach a server that listens here, as far as it knows.
    #[must_use]
    pub fn base_url(&self, listen: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.clone(),
            None if listen.ip().is_unspecified() => format!("http://localhost:{}", listen.port()),
            None => format!("http://{listen}"),
        }
    }
}

/// How much the node takes on, and from one person, address or connection. 0 is no limit, except for the first two.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `MAX_CONNECTIONS`: WebSockets at once.
    pub max_connections: u32,
    /// `CONNECTIONS_PER_SECOND`: new WebSockets.
    pub connections_per_second: u32,
    /// `MESSAGES_PER_SECOND`: messages and changes of one person; twelve times as many may come at once.
    pub messages_per_second: u32,
    /// `FRAMES_PER_SECOND`: of one connection; five times as many may come at once.
    pub frames_per_second: u32,
    /// `REQUESTS_PER_SECOND`: what one person reads; sixty times as many may come at once.
    pub requests_per_second: u32,
    /// `LOGINS_PER_MINUTE`: failed sign-ins with one name from one address.
    pub logins_per_minute: u32,
    /// `REGISTRATIONS_PER_HOUR`: new accounts from one address.
    pub registrations_per_hour: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 19_000,
            connections_per_second: 100,
            messages_per_second: 50,
            frames_per_second: 200,
            requests_per_second: 50,
            logins_per_minute: 20,
            registrations_per_hour: 60,
        }
    }
}

impl Limits {
    fn read(read: &Reader<'_>) -> Result<Self, ConfigError> {
        const MOST: u32 = 1_000_000;
        let usual = Self::default();
        Ok(Self {
            max_connections: read.number("MAX_CONNECTIONS", usual.max_connections, 1..=MOST)?,
            connections_per_second: read.number("CONNECTIONS_PER_SECOND", usual.connections_per_second, 1..=MOST)?,
            messages_per_second: read.number("MESSAGES_PER_SECOND", usual.messages_per_second, 0..=MOST)?,
            frames_per_second: read.number("FRAMES_PER_SECOND", usual.frames_per_second, 0..=MOST)?,
            requests_per_second: read.number("REQUESTS_PER_SECOND", usual.requests_per_second, 0..=MOST)?,
            logins_per_minute: read.number("LOGINS_PER_MINUTE", usual.logins_per_minute, 0..=MOST)?,
            registrations_per_hour: read.number("REGISTRATIONS_PER_HOUR", usual.registrations_per_hour, 0..=MOST)?,
        })
    }
}

/// Where the page's files are.
#[derive(Clone, Debug)]
pub struct Site {
    /// `LEPTOS_SITE_ROOT`: else `site` beside the program, else `../site`.
    pub root: PathBuf,
    /// The port of `cargo leptos watch`, where it started this program.
    pub reload_port: Option<u32>,
}

/// The database.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// `DATABASE_URL`
    pub url: String,
    /// `DATABASE_POOL`: connections at most.
    pub pool: u32,
    /// `DATA_DIR`: the SQLite file and the secret, where they are not given otherwise.
    pub data_dir: PathBuf,
}

impl StoreConfig {
    /// Reads the variables of the database alone, for commands that need no others.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(&Reader(&|name| std::env::var(name).ok()))
    }

    fn read(read: &Reader<'_>) -> Result<Self, ConfigError> {
        let data_dir = PathBuf::from(read.text("DATA_DIR").unwrap_or_else(|| "./data".into()));
        Ok(Self { url: read.database_url(&data_dir)?, pool: read.number("DATABASE_POOL", 10, 1..=50)?, data_dir })
    }

    /// Whether this node owns its database alone.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.url.starts_with("sqlite:")
    }
}

/// Accounts and tokens.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// `JWT_SECRET`, or what the data folder holds, and `JWT_SECRET_PREVIOUS`.
    pub secrets: Secrets,
    /// `JACKDAW_REGISTRATION`: who may make an account; none where administrators decide it in the page.
    pub registration: Option<Policy>,
    /// How long an access token is good for.
    pub access_ttl: Duration,
    /// How long a session lives without being used.
    pub session_ttl: Duration,
    /// How long the last refresh token is still answered (with the current one), for tabs that refresh at the same moment.
    pub refresh_grace: Duration,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// `RUST_LOG`
    pub filter: String,
    /// `LOG_FORMAT`: JSON lines instead of text.
    pub json: bool,
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the variable, its value (secrets are hidden) and what is allowed.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads variables from `lookup`. A variable that is set but empty counts as not set.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let read = Reader(&lookup);
        let store = StoreConfig::read(&read)?;
        let redis_url = read.redis_url()?;
        let in_cluster = !store.is_embedded() || redis_url.is_some();
        let secret = match read.secret("JWT_SECRET", "JWT_SECRET_FILE")? {
            Some(secret) => secret,
            None if in_cluster => return Err(ConfigError::secret_missing()),
            None => secret::load_or_create(&store.data_dir)?,
        };
        Ok(Self {
            http: Http {
                listen: read.listen()?,
                public_url: read.public_url()?,
                cors_origins: read.origins("CORS_ORIGINS")?,
                drain: Duration::from_secs(read.number("DRAIN_SECONDS", 10, 0..=3600)?.into()),
                proxy_hops: read.number("PROXY_HOPS", 0, 0..=10)? as usize,
                metrics: read.address("METRICS_ADDR")?,
            },
            site: Site { root: read.site_root()?, reload_port: read.reload_port()? },
            store,
            redis_url,
            auth: AuthConfig {
                secrets: Secrets::new(secret, read.secret("JWT_SECRET_PREVIOUS", "JWT_SECRET_PREVIOUS_FILE")?),
                registration: read.registration()?,
                access_ttl: Duration::from_secs(15 * 60),
                session_ttl: Duration::from_secs(30 * 24 * 60 * 60),
                refresh_grace: Duration::from_secs(30),
            },
            limits: Limits::read(&read)?,
            threads: read.number("WORKER_THREADS", half_of_processors(), 1..=256)?,
            log: Log {
                filter: read.text("RUST_LOG").unwrap_or_else(|| "info".into()),
                json: read.choice("LOG_FORMAT", &["text", "json"])? == "json",
            },
        })
    }
}

/// A thread for each processor wakes the others for every small thing, which costs more than it brings forward; and half of a
/// connection's work is the system's, done wherever there is room.
fn half_of_processors() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(processors / 2).unwrap_or(1).clamp(1, 256)
}

#[cfg(test)]
mod tests;
