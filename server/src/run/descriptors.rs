//! The process's limit of open files: each connection needs one.

use crate::accept::OTHER_CONNECTIONS;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the node needs beside connections: the database, Redis, files, the log.
pub(crate) const RESERVED_DESCRIPTORS: u64 = 256;

/// Raises the limit as far as this process may, and warns where it is lower than what is to be served.
pub(super) fn provide(max_connections: u32) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
    if let Some(problem) = problem(getrlimit(Resource::Nofile).current, max_connections) {
        tracing::warn!("{problem}");
    }
}

/// Descriptors beside those of WebSockets: of the node itself, and of other connections. A WebSocket keeps the place that its
/// connection took when it was accepted, so that there are never more.
const fn beside() -> u64 {
    RESERVED_DESCRIPTORS + OTHER_CONNECTIONS as u64
}

fn problem(limit: Option<u64>, max_connections: u32) -> Option<String> {
    let (limit, needed) = (limit?, u64::from(max_connections) + beside());
    (limit < needed).then(|| {
        format!(
            "MAX_CONNECTIONS={max_connections} needs {needed} open files and this process may have {limit}: \
             raise the limit (ulimit -n, LimitNOFILE), or set MAX_CONNECTIONS to {} at most",
            limit.saturating_sub(beside())
        )
    })
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn a_limit_that_is_too_low_is_told_with_the_numbers() {
        assert_eq!(problem(None, 1_000_000), None);
        assert_eq!(problem(Some(20_000), 19_000), None);
        let told = problem(Some(1_024), 10_000).unwrap();
        assert!(told.starts_with("MAX_CONNECTIONS=10000 needs 10768 open files and this process may have 1024: "));
        assert!(told.ends_with("set MAX_CONNECTIONS to 256 at most"), "{told}");
    }
}
