//! What administrators set: who may make accounts, and what the sign-in page says of the server. Cached until an account or a setting
//! changes anywhere, which a node learns within seconds.

use super::Auth;
use crate::Error;
use crate::config::Policy;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::Store;
use store::rules::membership::PUBLIC_ROOMS;

/// Characters of the server's name.
pub(crate) const SERVER_NAME_CHARS: usize = 60;
/// Characters of a link on the sign-in page.
pub(crate) const LINK_CHARS: usize = 300;

/// The settings as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerSettings {
    pub(crate) registration: Option<Policy>,
    /// Who may make public rooms, see [`PUBLIC_ROOMS`]; empty for everybody.
    pub(crate) public_rooms: String,
    /// What the sign-in page calls the server; empty for "Jackdaw".
    pub(crate) name: String,
    /// Links to the operator's imprint and privacy statement; empty where there are none.
    pub(crate) imprint: String,
    pub(crate) privacy: String,
}

/// Names of the settings in the database.
pub(crate) const REGISTRATION: &str = "registration";
pub(crate) const NAME: &str = "server-name";
pub(crate) const IMPRINT: &str = "imprint";
pub(crate) const PRIVACY: &str = "privacy";

impl ServerSettings {
    /// What the sign-in pages say.
    pub(crate) fn about(&self) -> app::About {
        app::About { name: self.name.clone(), imprint: self.imprint.clone(), privacy: self.privacy.clone() }
    }

    async fn read(store: &Arc<dyn Store>) -> Result<Self, store::Error> {
        let mut settings = Self::default();
        for (name, value) in store.list_settings().await? {
            match name.as_str() {
                REGISTRATION => settings.registration = Policy::of_word(&value),
                PUBLIC_ROOMS => settings.public_rooms = value,
                NAME => settings.name = value,
                IMPRINT => settings.imprint = value,
                PRIVACY => settings.privacy = value,
                // Of a later version.
                _ => {}
            }
        }
        Ok(settings)
    }
}

#[derive(Default)]
struct Cached {
    settings: Option<Arc<ServerSettings>>,
    /// Counts evictions: an answer of the database from before the last one is not cached.
    evictions: u64,
}

/// The settings that were read last.
#[derive(Default)]
pub(crate) struct SettingsCache(Mutex<Cached>);

impl SettingsCache {
    /// What is cached may be out of date.
    pub(crate) fn evict(&self) {
        let mut cached = self.0.lock();
        cached.settings = None;
        cached.evictions += 1;
    }
}

impl Auth {
    /// The settings, from the cache or the database.
    pub(crate) async fn settings(&self) -> Result<Arc<ServerSettings>, Error> {
        let before = {
            let cached = self.settings.0.lock();
            if let Some(settings) = &cached.settings {
                return Ok(Arc::clone(settings));
            }
            cached.evictions
        };
        // Before the first account nothing is cached: the policy of registration is set with it, maybe by another node.
        let has_users = self.has_users.load(Ordering::Relaxed);
        let settings = Arc::new(ServerSettings::read(&self.store).await?);
        let mut cached = self.settings.0.lock();
        if has_users && cached.evictions == before {
            cached.settings = Some(Arc::clone(&settings));
        }
        Ok(settings)
    }
}
