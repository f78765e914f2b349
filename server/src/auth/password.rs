//! Passwords: Argon2id with the parameters that OWASP's Password Storage Cheat Sheet gives first
//! (19 MiB, 2 passes, 1 lane), a few at a time and away from the threads that serve.

use super::queue::{HashPermit, Queue};
use crate::limits::Block;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use chat::Error;
use std::sync::Arc;
use tokio::sync::oneshot;

pub(crate) const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The hash of a password, as a PHC string. Takes some 20 ms of a processor and [`MEMORY_KIB`].
pub(crate) fn hash(password: &str) -> Result<String, Error> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = argon2().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(format!("argon2: {error}")))
}

pub(super) struct Hasher {
    /// One permit for each two cores: a rush of sign-ins leaves the rest of the node its processors.
    queue: Queue,
    /// Verified where there is no such account, so that both answers take equally long.
    decoy: Arc<str>,
}

impl Hasher {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // A well-formed hash that no password has; never compared successfully.
        let decoy =
            format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$AAAAAAAAAAAAAAAAAAAAAA${}", "A".repeat(43));
        Self { queue: Queue::new((cores / 2).max(1)), decoy: decoy.into() }
    }

    /// The right to check or hash one password of somebody in this block.
    ///
    /// # Errors
    /// Where too many wait, or this one waited for too long.
    pub(super) async fn permit(&self, block: Block, is_known_device: bool) -> Result<HashPermit, Error> {
        self.queue.permit(block, is_known_device).await
    }

    pub(super) async fn hash(&self, password: String, permit: HashPermit) -> Result<String, Error> {
        with_permit(permit, move || hash(&password)).await?.0
    }

    /// Whether the password has this hash; false, after the same work, where there is none. The permit is handed back, so that
    /// the next one of the same block begins when a failure has been counted.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
        permit: HashPermit,
    ) -> Result<(bool, HashPermit), Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let verified = with_permit(permit, move || {
            let parsed = PasswordHash::new(&hash).map_err(|error| Error::Internal(format!("stored hash: {error}")))?;
            Ok::<_, Error>(argon2().verify_password(password.as_bytes(), &parsed).is_ok() && known)
        });
        let (matches, permit) = verified.await?;
        Ok((matches?, permit))
    }
}

/// Works away from the threads that serve. The work goes on, and keeps the permit, where the caller is gone.
///
/// On a thread of its own for each, which costs a thousandth of the hashing: its priority is low and ends with it, while a
/// thread of the runtime's pool would keep it.
async fn with_permit<T: Send + 'static>(
    permit: HashPermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<(T, HashPermit), Error> {
    let (done, result) = oneshot::channel();
    let run = move || {
        give_way();
        // The request may have been given up.
        let _ = done.send((work(), permit));
    };
    let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("hashing: {error}"));
    std::thread::Builder::new().name("password".into()).spawn(run).map_err(|error| failed(&error))?;
    result.await.map_err(|_| failed(&"the thread panicked"))
}

/// The rest of the machine goes before this thread. Linux has a priority for each thread, other systems one for the process.
#[cfg(target_os = "linux")]
fn give_way() {
    const NICE: i32 = 10;
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "passwords are checked at the usual priority");
    }
}

#[cfg(not(target_os = "linux"))]
const fn give_way() {}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants above are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    async fn verify(hasher: &Hasher, password: &str, hash: Option<&str>) -> bool {
        let permit = hasher.permit(Block::largest(Ipv4Addr::LOCALHOST.into()), false).await.unwrap();
        hasher.verify(password.into(), hash.map(str::to_owned), permit).await.unwrap().0
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let hasher = Hasher::new();
        let permit = hasher.permit(Block::largest(Ipv4Addr::LOCALHOST.into()), false).await.unwrap();
        let hash = hasher.hash("correct horse".into(), permit).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify(&hasher, "correct horse", Some(&hash)).await);
        assert!(!verify(&hasher, "wrong horse", Some(&hash)).await);
    }

    #[tokio::test]
    async fn an_unknown_account_is_refused_by_the_decoy() {
        let hasher = Hasher::new();
        assert!(PasswordHash::new(&hasher.decoy).is_ok(), "the decoy must cost a real verification");
        assert!(!verify(&hasher, "anything", None).await);
    }
}
