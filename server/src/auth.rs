//! Accounts and sessions: who somebody is, on which device, and for how long.
//!
//! A session lives in the database and may be ended there at any time. What travels are two signed tokens: a short-lived
//! access token and a refresh token that works once. No token is stored, so a stolen database signs nobody in.

pub(crate) mod code;
pub(crate) mod invites;
pub(crate) mod password;
pub(crate) mod queue;
pub(crate) mod registration;
pub(crate) mod session;
pub(crate) mod session_cache;
pub(crate) mod settings;
mod token;

pub(crate) use queue::HashPermit;
pub(crate) use session::{Caller, NewDevice, Reuse, Tokens};
pub(crate) use session_cache::SessionCache;
pub(crate) use settings::SettingsCache;

use crate::Error;
use crate::config::AuthConfig;
use crate::limits::Block;
use chat::{Chat, clock};
use password::Hasher;
use protocol::{Register, SessionId, UpdateMe, User, UserId};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use store::{Credentials, NewUser, Store};
use token::{Device, Read, Signer};
use uuid::Uuid;

/// How long a device on which somebody signed in is known.
pub(crate) const KNOWN_DEVICE: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// People who are known on one device: those who signed in on it last.
pub(crate) const DEVICE_USERS: usize = 4;

/// What is cached, shared with the tasks of the node that evict it.
pub(crate) type Caches = (Arc<SessionCache>, Arc<SettingsCache>);

/// What an access token is worth by its signature alone: the session behind it may have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    Valid(UserId),
    Expired,
    Unknown,
}

/// The rules about accounts and sessions.
pub(crate) struct Auth {
    /// Where accounts and sessions are. Shared with `Chat`.
    store: Arc<dyn Store>,
    /// Told about new accounts (they join a room) and ended sessions (their sockets close).
    chat: Arc<Chat>,
    /// Caches sessions between requests. Shared with `run`, which invalidates it.
    session_cache: Arc<SessionCache>,
    /// What administrators set. Shared with `run`, which evicts it.
    settings: Arc<SettingsCache>,
    /// Signs and checks tokens; the same secret on every node.
    signer: Signer,
    /// Hashes passwords, a few at a time.
    hasher: Hasher,
    /// There is an account: from then on there always is one.
    has_users: AtomicBool,
    config: AuthConfig,
}

impl Auth {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        chat: Arc<Chat>,
        (session_cache, settings): Caches,
        config: AuthConfig,
    ) -> Self {
        let (signer, hasher) = (Signer::new(&config.secrets), Hasher::new());
        Self { store, chat, session_cache, settings, signer, hasher, has_users: AtomicBool::new(false), config }
    }

    /// Seconds for which an access token is good.
    pub(crate) fn access_seconds(&self) -> u64 {
        self.config.access_ttl.as_secs()
    }

    /// Seconds for which a session lives without being used.
    pub(crate) fn session_seconds(&self) -> u64 {
        self.config.session_ttl.as_secs()
    }

    /// What an access token is worth, without asking the database.
    pub(crate) fn signed(&self, access: &str) -> Signed {
        match self.signer.check_access(access) {
            Read::Good(token) => Signed::Valid(token.sub),
            Read::Expired => Signed::Expired,
            Read::Unknown => Signed::Unknown,
        }
    }

    /// Which session a refresh token is of, without asking the database. None where it is not one of ours.
    pub(crate) fn renewed_session(&self, refresh: &str) -> Option<SessionId> {
        self.signer.read_refresh(refresh).map(|token| token.sid)
    }

    /// The right to check or hash one password of somebody in this block.
    pub(crate) async fn permit(&self, block: Block, is_known_device: bool) -> Result<HashPermit, Error> {
        Ok(self.hasher.permit(block, is_known_device).await?)
    }

    /// Whether this person signed in before on the device that has this token.
    pub(crate) fn knows_device(&self, device: Option<&str>, user: UserId) -> bool {
        device.and_then(|device| self.signer.read_device(device)).is_some_and(|device| device.users.contains(&user))
    }

    /// The token of a device on which this person has just signed in, and perhaps others before.
    pub(crate) fn known_device(&self, device: Option<&str>, user: UserId) -> Result<String, Error> {
        let others =
            device.and_then(|device| self.signer.read_device(device)).map_or(Vec::new(), |device| device.users);
        let users = std::iter::once(user).chain(others.into_iter().filter(|other| *other != user)).take(DEVICE_USERS);
        let device = self.signer.device(&Device { users: users.collect() }, clock::now(), KNOWN_DEVICE);
        device.ok_or_else(|| chat::Error::Internal("a token could not be signed".into()).into())
    }

    /// Makes an account and signs its first device in. `is_local`: the request comes from the machine itself.
    pub(crate) async fn register(
        &self,
        form: Register,
        device: NewDevice<'_>,
        block: Block,
        is_local: bool,
    ) -> Result<(User, Tokens), Error> {
        let username = protocol::username(&form.username)?;
        protocol::password(&form.password)?;
        let display_name = match form.display_name.as_deref().map(str::trim) {
            None | Some("") => username.clone(),
            Some(name) => protocol::display_name(name)?,
        };
        let right = self.right(form.code.as_deref(), is_local).await?;
        let permit = self.hasher.permit(block, false).await?;
        let password_hash = self.hasher.hash(form.password, permit).await?;
        let user = NewUser { id: UserId(Uuid::now_v7()), username, display_name, password_hash };
        let user = self.chat.create_user(user, right).await?;
        let tokens = self.sign_in(&user, None, device).await?;
        Ok((user, tokens))
    }

    /// The account of this name, which is in lower case.
    pub(crate) async fn find_credentials(&self, name: &str) -> Result<Option<Credentials>, Error> {
        Ok(self.store.find_credentials(name).await?)
    }

    /// Whether the password is this account's. Takes equally long for a wrong password and for a name that nobody has.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<&Credentials>,
        permit: HashPermit,
    ) -> Result<(bool, HashPermit), Error> {
        Ok(self.hasher.verify(password, stored.map(|stored| stored.password_hash.clone()), permit).await?)
    }

    /// Hashes a new password of somebody in this block.
    pub(crate) async fn hash(&self, password: String, block: Block, is_known_device: bool) -> Result<String, Error> {
        let permit = self.hasher.permit(block, is_known_device).await?;
        Ok(self.hasher.hash(password, permit).await?)
    }

    /// Changes what a person may change about their account. What else stands there is read anew: the caller's may be
    /// some seconds old.
    pub(crate) async fn update(&self, caller: UserId, form: UpdateMe) -> Result<User, Error> {
        let mut user = self.store.find_user(caller).await?.ok_or(chat::Error::NotFound("user"))?;
        if let Some(name) = form.display_name {
            user.display_name = protocol::display_name(&name)?;
        }
        user.receipts = form.receipts.unwrap_or(user.receipts);
        self.chat.update_user(user.clone()).await?;
        Ok(user)
    }

    fn now_and_expiry(&self) -> (protocol::UnixMillis, protocol::UnixMillis) {
        let now = clock::now();
        let ttl = i64::try_from(self.config.session_ttl.as_millis()).unwrap_or(i64::MAX);
        (now, protocol::UnixMillis(now.0.saturating_add(ttl)))
    }
}
