//! Passwords: Argon2id with the parameters that OWASP's Password Storage Cheat Sheet gives first
//! (19 MiB, 2 passes, 1 lane), a few at a time and away from the threads that serve.

use crate::Error;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

pub(crate) const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How long a sign-in waits for its turn before it is told to come back.
pub(crate) const QUEUE: Duration = Duration::from_secs(10);

pub(super) struct Hasher {
    /// One turn for each two cores: a rush of sign-ins leaves the rest of the node its processors.
    turns: Arc<Semaphore>,
    /// Verified where there is no such account, so that both answers take equally long.
    decoy: Arc<str>,
}

impl Hasher {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // A well-formed hash that no password has; never compared successfully.
        let decoy =
            format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$AAAAAAAAAAAAAAAAAAAAAA${}", "A".repeat(43));
        Self { turns: Arc::new(Semaphore::new((cores / 2).max(1))), decoy: decoy.into() }
    }

    pub(super) async fn hash(&self, password: String) -> Result<String, Error> {
        self.in_turn(move || {
            let salt = SaltString::generate(&mut OsRng);
            let hash = argon2().hash_password(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(format!("argon2: {error}")))
        })
        .await?
    }

    /// Whether the password has this hash; false, after the same work, where there is none.
    pub(super) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        self.in_turn(move || {
            let parsed = PasswordHash::new(&hash).map_err(|error| Error::Internal(format!("stored hash: {error}")))?;
            Ok(argon2().verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let turn = tokio::time::timeout(QUEUE, Arc::clone(&self.turns).acquire_owned());
        let busy = || Error::Unavailable("too many sign-ins are waiting".into());
        let turn = turn.await.map_err(|_| busy())?.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|error| Error::Internal(format!("hashing: {error}")))
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants above are within argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let hasher = Hasher::new();
        let hash = hasher.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hasher.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify("wrong horse".into(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_account_is_refused_by_the_decoy() {
        let hasher = Hasher::new();
        assert!(PasswordHash::new(&hasher.decoy).is_ok(), "the decoy must cost a real verification");
        assert!(!hasher.verify("anything".into(), None).await.unwrap());
    }
}
