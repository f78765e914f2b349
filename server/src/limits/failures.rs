//! Failed sign-ins of the last minute, by what they have in common. Successful ones are not counted, so that an office
//! behind one address never meets these limits.
//!
//! Bounded by the time that checking a password takes: without one that was checked there is no failure.

use super::block::{self, Block};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// For how long failures count, from the first one.
pub(crate) const FAILURE_WINDOW: Duration = Duration::from_secs(60);
/// Times `LOGINS_PER_MINUTE` that may fail from one address with any names: a class may mistype as much in its first minute.
pub(crate) const ADDRESS_TIMES: u32 = 5;
/// Times `LOGINS_PER_MINUTE` that may fail with one name from everywhere. Devices on which this person signed in before are exempt.
pub(crate) const NAME_TIMES: u32 = 10;
/// Keys that are counted at the same moment, per node: some 10 minutes of checking passwords without a pause. Above it new
/// keys are not counted.
pub(crate) const FAILURE_KEYS: usize = 100_000;

/// Somebody who wants to sign in: from where, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) address: IpAddr,
    /// In lower case and no longer than a name may be.
    pub(crate) name: String,
}

/// What failures have in common, and how many may fail.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) most: u32,
}

impl Attempt {
    /// By name and smallest block, and by the blocks alone.
    pub(super) fn by_address(&self, limit: u32) -> Vec<Key> {
        let pair = Key { text: format!("pair:{}:{}", Block::smallest(self.address), self.name), most: limit };
        let blocks = block::steps(self.address).map(|(block, times)| Key {
            text: format!("address:{block}"),
            most: limit.saturating_mul(ADDRESS_TIMES).saturating_mul(times),
        });
        std::iter::once(pair).chain(blocks).collect()
    }

    /// By name alone.
    pub(super) fn by_name(&self, limit: u32) -> Key {
        Key { text: format!("name:{}", self.name), most: limit.saturating_mul(NAME_TIMES) }
    }
}

struct Window {
    since: Instant,
    failures: u32,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Failures(Mutex<HashMap<String, Window>>);

impl Failures {
    /// How long to wait where this key is used up.
    pub(super) fn wait(&self, key: &Key) -> Option<Duration> {
        let windows = self.0.lock();
        let window = windows.get(&key.text).filter(|window| window.failures >= key.most)?;
        FAILURE_WINDOW.checked_sub(window.since.elapsed()).filter(|wait| !wait.is_zero())
    }

    /// One more failure.
    pub(super) fn add(&self, key: &Key) {
        let mut windows = self.0.lock();
        if windows.len() >= FAILURE_KEYS && !windows.contains_key(&key.text) {
            return;
        }
        let now = Instant::now();
        let window = windows.entry(key.text.clone()).or_insert(Window { since: now, failures: 0 });
        if now.duration_since(window.since) >= FAILURE_WINDOW {
            *window = Window { since: now, failures: 0 };
        }
        window.failures = window.failures.saturating_add(1);
    }

    /// All nodes together have counted this many.
    pub(super) fn learn(&self, key: &Key, failures: u64) {
        if let Some(window) = self.0.lock().get_mut(&key.text) {
            window.failures = window.failures.max(u32::try_from(failures).unwrap_or(u32::MAX));
        }
    }

    /// Forgets windows that are over.
    pub(super) fn forget(&self) {
        let mut windows = self.0.lock();
        windows.retain(|_, window| window.since.elapsed() < FAILURE_WINDOW);
        windows.shrink_to_fit();
    }
}
