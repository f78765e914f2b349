//! Accounts and sessions: who somebody is, on which device, and for how long.
//!
//! A session lives in the database and may be ended there at any time. What travels are two signed tokens: a short-lived
//! access token and a refresh token that works once. No token is stored, so a stolen database signs nobody in.

pub(crate) mod live;
pub(crate) mod password;
pub(crate) mod session;
mod token;

pub(crate) use live::LiveSessions;
pub(crate) use session::{Caller, Tokens};

use crate::chat::Chat;
use crate::config::AuthConfig;
use crate::store::{NewUser, Store};
use crate::{Error, clock};
use password::Hasher;
use protocol::{Login, Register, UpdateMe, User, UserId};
use std::sync::Arc;
use token::Signer;
use uuid::Uuid;

/// The rules about accounts and sessions.
pub(crate) struct Auth {
    /// Where accounts and sessions are. Shared with `Chat`.
    store: Arc<dyn Store>,
    /// Told about new accounts (they join a room) and ended sessions (their sockets close).
    chat: Arc<Chat>,
    /// What is not asked of the store for each request. Shared with `run`, which hands on what changes.
    live: Arc<LiveSessions>,
    /// Signs and checks tokens; the same secret on every node.
    signer: Signer,
    /// Hashes passwords, a few at a time.
    hasher: Hasher,
    config: AuthConfig,
}

impl Auth {
    pub(crate) fn new(store: Arc<dyn Store>, chat: Arc<Chat>, live: Arc<LiveSessions>, config: AuthConfig) -> Self {
        Self { store, chat, live, signer: Signer::new(&config.secrets), hasher: Hasher::new(), config }
    }

    /// Seconds for which an access token is good.
    pub(crate) fn access_seconds(&self) -> u64 {
        self.config.access_ttl.as_secs()
    }

    /// Seconds for which a session lives without being used.
    pub(crate) fn session_seconds(&self) -> u64 {
        self.config.session_ttl.as_secs()
    }

    /// Whether a stranger may make an account now: always while there is none at all.
    pub(crate) async fn registration_open(&self) -> Result<bool, Error> {
        Ok(self.config.registration_open || self.store.list_users("", 1).await?.is_empty())
    }

    /// Makes an account and signs its first device in.
    pub(crate) async fn register(&self, form: Register, user_agent: &str) -> Result<(User, Tokens), Error> {
        let username = protocol::username(&form.username)?;
        protocol::password(&form.password)?;
        let display_name = match form.display_name.as_deref().map(str::trim) {
            None | Some("") => username.clone(),
            Some(name) => protocol::display_name(name)?,
        };
        if !self.registration_open().await? {
            return Err(Error::Forbidden(
                "Registration is closed on this server. Ask its administrator for an account.",
            ));
        }
        let password_hash = self.hasher.hash(form.password).await?;
        let user = NewUser { id: UserId(Uuid::now_v7()), username, display_name, password_hash };
        let user = self.chat.create_user(user).await?;
        let tokens = self.sign_in(&user, user_agent).await?;
        Ok((user, tokens))
    }

    /// Signs a device in. Takes equally long for a wrong password and for a name that nobody has.
    pub(crate) async fn login(&self, form: Login, user_agent: &str) -> Result<(User, Tokens), Error> {
        const WRONG: Error = Error::Unauthenticated("This user name and password do not belong together.");
        let username = form.username.trim().to_ascii_lowercase();
        let stored = self.store.find_credentials(&username).await?;
        let hash = stored.as_ref().map(|stored| stored.password_hash.clone());
        let matches = self.hasher.verify(form.password, hash).await?;
        let Some(stored) = stored.filter(|_| matches) else { return Err(WRONG) };
        let tokens = self.sign_in(&stored.user, user_agent).await?;
        Ok((stored.user, tokens))
    }

    /// Changes what a person may change about their account. What else stands there is read anew: the caller's may be
    /// some seconds old.
    pub(crate) async fn update(&self, caller: UserId, form: UpdateMe) -> Result<User, Error> {
        let mut user = self.store.find_user(caller).await?.ok_or(Error::NotFound("user"))?;
        if let Some(name) = form.display_name {
            user.display_name = protocol::display_name(&name)?;
        }
        user.receipts = form.receipts.unwrap_or(user.receipts);
        self.store.update_user(&user).await?;
        self.chat.user_changed(user.id);
        Ok(user)
    }

    fn now_and_expiry(&self) -> (protocol::UnixMillis, protocol::UnixMillis) {
        let now = clock::now();
        let ttl = i64::try_from(self.config.session_ttl.as_millis()).unwrap_or(i64::MAX);
        (now, protocol::UnixMillis(now.0.saturating_add(ttl)))
    }
}
