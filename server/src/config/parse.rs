//! From text to typed values, with errors that name the variable, its value and what is allowed.

use super::Policy;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// A variable that cannot be used as it is.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    variable: &'static str,
    /// None where there is none, or where it is a secret.
    value: Option<String>,
    problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value:?}: {}", self.variable, self.problem),
            None => write!(f, "{}: {}", self.variable, self.problem),
        }
    }
}

impl ConfigError {
    pub(super) fn new(variable: &'static str, value: Option<String>, problem: impl Into<String>) -> Self {
        Self { variable, value, problem: problem.into() }
    }

    pub(super) fn secret_missing() -> Self {
        Self::new(
            "JWT_SECRET",
            None,
            "must be set when PostgreSQL or Redis is used, to the same value on every node. Make one with: openssl rand -hex 32",
        )
    }
}

/// Reads variables and checks them.
pub(super) struct Reader<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

type Read<T> = Result<T, ConfigError>;

impl Reader<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A variable that may also be in a file, which `<name>_FILE` names: what a secret is mounted as.
    fn text_or_file(&self, name: &'static str, file_name: &'static str) -> Read<Option<String>> {
        match (self.text(name), self.text(file_name)) {
            (Some(_), Some(path)) => {
                Err(ConfigError::new(file_name, Some(path), format!("{name} is set as well; set one of the two")))
            }
            (text, None) => Ok(text),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) if text.trim().is_empty() => Err(ConfigError::new(file_name, Some(path), "the file is empty")),
                Ok(text) => Ok(Some(text.trim().to_owned())),
                Err(error) => Err(ConfigError::new(file_name, Some(path), format!("the file cannot be read: {error}"))),
            },
        }
    }

    pub(super) fn number(&self, name: &'static str, default: u32, allowed: RangeInclusive<u32>) -> Read<u32> {
        let Some(text) = self.text(name) else { return Ok(default) };
        match text.parse() {
            Ok(number) if allowed.contains(&number) => Ok(number),
            _ => {
                let problem = format!("must be a whole number from {} to {}", allowed.start(), allowed.end());
                Err(ConfigError::new(name, Some(text), problem))
            }
        }
    }

    /// Who may make accounts, where that is configured.
    pub(super) fn registration(&self) -> Read<Option<Policy>> {
        const NAME: &str = "JACKDAW_REGISTRATION";
        self.text(NAME)
            .map(|_| self.choice(NAME, &Policy::WORDS))
            .transpose()
            .map(|word| word.and_then(Policy::of_word))
    }

    /// One of `allowed`, the first of them by default.
    pub(super) fn choice(&self, name: &'static str, allowed: &[&'static str]) -> Read<&'static str> {
        let Some(text) = self.text(name) else { return Ok(allowed[0]) };
        match allowed.iter().find(|choice| **choice == text) {
            Some(choice) => Ok(choice),
            None => Err(ConfigError::new(name, Some(text), format!("must be {}", allowed.join(" or ")))),
        }
    }

    pub(super) fn listen(&self) -> Read<SocketAddr> {
        let (name, text) = match (self.text("LISTEN_ADDR"), self.text("LEPTOS_SITE_ADDR")) {
            (Some(text), _) => ("LISTEN_ADDR", text),
            (None, Some(text)) => ("LEPTOS_SITE_ADDR", text),
            (None, None) => ("LISTEN_ADDR", "127.0.0.1:3000".to_owned()),
        };
        address(name, text)
    }

    pub(super) fn address(&self, name: &'static str) -> Read<Option<SocketAddr>> {
        self.text(name).map(|text| address(name, text)).transpose()
    }

    pub(super) fn database_url(&self, data_dir: &Path) -> Read<String> {
        let Some(url) = self.text_or_file("DATABASE_URL", "DATABASE_URL_FILE")? else {
            return Ok(format!("sqlite://{}", data_dir.join("jackdaw.db").display()));
        };
        if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            return Ok(url);
        }
        Err(ConfigError::new("DATABASE_URL", Some(redact(&url)), "must start with sqlite:// or postgres://"))
    }

    pub(super) fn redis_url(&self) -> Read<Option<String>> {
        match self.text_or_file("REDIS_URL", "REDIS_URL_FILE")? {
            Some(url) if !url.starts_with("redis://") && !url.starts_with("rediss://") => {
                Err(ConfigError::new("REDIS_URL", Some(redact(&url)), "must start with redis:// or rediss://"))
            }
            url => Ok(url),
        }
    }

    pub(super) fn secret(&self, name: &'static str, file_name: &'static str) -> Read<Option<Vec<u8>>> {
        match self.text_or_file(name, file_name)? {
            Some(secret) if secret.len() < 32 => {
                let problem = format!("must have 32 characters at least, this has {}", secret.len());
                Err(ConfigError::new(name, None, problem))
            }
            secret => Ok(secret.map(String::into_bytes)),
        }
    }

    pub(super) fn public_url(&self) -> Read<Option<String>> {
        self.text("PUBLIC_URL").map(|url| origin("PUBLIC_URL", &url)).transpose()
    }

    pub(super) fn origins(&self, name: &'static str) -> Read<Vec<String>> {
        let list = self.text(name).unwrap_or_default();
        list.split(',').map(str::trim).filter(|url| !url.is_empty()).map(|url| origin(name, url)).collect()
    }

    pub(super) fn reload_port(&self) -> Read<Option<u32>> {
        let given = self.text("LEPTOS_RELOAD_PORT").is_some() && self.text("LEPTOS_WATCH").is_some();
        given.then(|| self.number("LEPTOS_RELOAD_PORT", 3001, 1..=65_535)).transpose()
    }

    /// The named folder, or the first that exists of those where a build and a release put it.
    pub(super) fn site_root(&self) -> Read<PathBuf> {
        if let Some(root) = self.text("LEPTOS_SITE_ROOT") {
            return Ok(PathBuf::from(root));
        }
        let program = std::env::current_exe().unwrap_or_default();
        let beside = program.parent().unwrap_or(Path::new("."));
        let candidates = [beside.join("site"), beside.join("../site")];
        Ok(candidates.iter().find(|path| path.is_dir()).unwrap_or(&candidates[0]).clone())
    }
}

fn address(name: &'static str, text: String) -> Read<SocketAddr> {
    text.parse().map_err(|_| ConfigError::new(name, Some(text), "must be an address and a port, as 127.0.0.1:3000"))
}

/// `scheme://host[:port]` in lower case, without a slash at the end.
fn origin(name: &'static str, url: &str) -> Read<String> {
    let origin = url.trim_end_matches('/').to_ascii_lowercase();
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']) => Ok(origin),
        _ => Err(ConfigError::new(
            name,
            Some(url.to_owned()),
            "must be a scheme and a host, as https://chat.example.org",
        )),
    }
}

/// A URL without its user and password.
fn redact(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}(hidden){}", &url[..scheme + 3], &url[at..]),
        (None, Some(_)) => "(hidden)".to_owned(),
        _ => url.to_owned(),
    }
}
