//! What administrators set: who may make accounts, and what the sign-in page says of the server. Cached until an account or a setting
//! changes anywhere, which a node learns within seconds.

use super::Auth;
use crate::Error;
use crate::config::Policy;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::rules::membership::{ADMINISTRATORS, EVERYBODY, PUBLIC_ROOMS};
use store::{Actor, Store};

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
const REGISTRATION: &str = "registration";
const NAME: &str = "server-name";
const IMPRINT: &str = "imprint";
const PRIVACY: &str = "privacy";

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

    /// Whether `JACKDAW_REGISTRATION` decides who may make accounts.
    pub(crate) const fn is_registration_configured(&self) -> bool {
        self.config.registration.is_some()
    }

    /// Stores settings. A choice that is missing stays as it is.
    pub(crate) async fn change_settings(&self, settings: ServerSettings, by: &Actor) -> Result<(), Error> {
        let ServerSettings { registration, public_rooms, name, imprint, privacy } = settings;
        let (name, imprint, privacy) = (name.trim(), imprint.trim(), privacy.trim());
        if name.chars().count() > SERVER_NAME_CHARS || name.chars().any(char::is_control) {
            return Err(chat::Error::Invalid(format!("name: at most {SERVER_NAME_CHARS} characters.")).into());
        }
        for (field, link) in [("imprint", imprint), ("privacy", privacy)] {
            let is_link = link.starts_with("https://") || link.starts_with("http://");
            let is_plain = !link.chars().any(|c| c.is_control() || c.is_whitespace());
            let is_good = is_link && is_plain && link.len() <= LINK_CHARS;
            if !link.is_empty() && !is_good {
                let problem =
                    format!("{field}: must be an address like https://example.org, of {LINK_CHARS} bytes at most.");
                return Err(chat::Error::Invalid(problem).into());
            }
        }
        let mut changed = vec![(NAME, name), (IMPRINT, imprint), (PRIVACY, privacy)];
        if !public_rooms.is_empty() && ![EVERYBODY, ADMINISTRATORS].contains(&public_rooms.as_str()) {
            let problem = format!("public_rooms: must be {EVERYBODY} or {ADMINISTRATORS}.");
            return Err(chat::Error::Invalid(problem).into());
        }
        changed.extend(Some((PUBLIC_ROOMS, public_rooms.as_str())).filter(|_| !public_rooms.is_empty()));
        changed.extend(registration.map(|policy| (REGISTRATION, policy.word())));
        self.store.set_settings(&changed, by, chat::clock::now()).await?;
        self.settings.evict();
        Ok(())
    }
}
