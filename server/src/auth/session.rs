//! A session's life: signed in, renewed again and again, ended.

use super::Auth;
use super::session_cache::CachedSession;
use super::token::{Access, Refresh};
use crate::Error;
use chat::clock;
use protocol::{Session, SessionId, UnixMillis, User, UserId};
use std::sync::Arc;
use store::{NewSession, SessionRecord};
use uuid::Uuid;

/// Characters of a browser's description of itself that are kept.
pub(crate) const USER_AGENT_CHARS: usize = 200;
const ENDED: Error = Error::Unauthenticated("This session has ended. Sign in again.");

/// Who asks, and through which session.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) session: SessionId,
    /// The device is not the person's own, see [`Tokens`].
    pub(crate) shared: bool,
}

/// What a device says about itself when it signs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewDevice<'a> {
    pub(crate) user_agent: &'a str,
    /// See [`Tokens`].
    pub(crate) shared: bool,
}

/// What a device gets when it signs in or renews.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// The person said at the sign-in that the device is not their own: nothing outlives the browser's session there.
    pub(crate) shared: bool,
}

/// Whether an older refresh token than the accepted ones ends its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// It does: two parties hold tokens of the session.
    Ends,
    /// It is only refused. For requests that other sites can make a browser send.
    IsRefused,
}

impl Auth {
    /// Begins a session of this person, who has shown who they are: by the password of this hash, or by making the account.
    pub(crate) async fn sign_in(
        &self,
        user: &User,
        password_hash: Option<String>,
        device: NewDevice<'_>,
    ) -> Result<Tokens, Error> {
        let (created_at, expires_at) = self.now_and_expiry();
        let id = SessionId(Uuid::now_v7());
        let NewDevice { user_agent, shared } = device;
        let user_agent = user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS).collect();
        self.store
            .create_session(NewSession { id, user_id: user.id, user_agent, created_at, expires_at, password_hash })
            .await?;
        self.tokens(user.id, Refresh { sid: id, generation: 1, shared })
    }

    /// Who an access token stands for. The database is asked, or was within the last seconds ([`super::live`]): an ended
    /// session is refused at once on every node that the bus reaches, and within these seconds on the others. A socket may
    /// still come in by it meanwhile; the next check of sessions, at most 5 seconds later, closes it.
    pub(crate) async fn authenticate(&self, access: &str) -> Result<Caller, Error> {
        let token = self.signer.read_access(access).ok_or(Error::Unauthenticated("Sign in first."))?;
        let now = clock::now();
        let live = match self.session_cache.find(token.sid) {
            Some(live) => live,
            None => self.look_up(token.sid, now).await?,
        };
        if live.expires_at <= now || live.user.id != token.sub {
            return Err(ENDED);
        }
        if live.seen_generation < token.generation {
            self.see(token.sid, token.generation);
        }
        Ok(Caller { user: live.user, session: token.sid, shared: token.shared })
    }

    /// The device has received this generation: the refresh token before it is of no use to it any more. One write per
    /// renewal and node, beside the request. Where it fails, the next renewal says the same.
    fn see(&self, session: SessionId, generation: i64) {
        if self.session_cache.see(session, generation) {
            let store = Arc::clone(&self.store);
            tokio::spawn(async move {
                if let Err(error) = store.see_generation(session, generation).await {
                    tracing::debug!(%session, %error, "a received token was not noted");
                }
            });
        }
    }

    async fn look_up(&self, id: SessionId, now: UnixMillis) -> Result<CachedSession, Error> {
        let before = self.session_cache.version();
        let record = self.store.find_session(id).await?.filter(|record| is_live(record, now)).ok_or(ENDED)?;
        let seen_generation = record.seen_generation;
        let live = CachedSession { user: record.user, expires_at: record.expires_at, seen_generation };
        self.session_cache.insert(before, id, live.clone());
        Ok(live)
    }

    /// Renews a session. A refresh token works once. The one before the current one is answered with the current one until
    /// the device is known to have received that, as a refresh token or as the generation of an access token: the answer
    /// to the renewal may have been lost. It is also answered within a short grace: tabs renew at the same moment. Any
    /// older one is held by a second party, see [`Reuse`].
    pub(crate) async fn refresh(&self, token: &str, reuse: Reuse) -> Result<(User, Tokens), Error> {
        let token = self.signer.read_refresh(token).ok_or(ENDED)?;
        let (now, expires) = self.now_and_expiry();
        let rotated = self.store.rotate_session(token.sid, token.generation, now, expires).await?;
        let record = self.store.find_session(token.sid).await?.ok_or(ENDED)?;
        if !is_live(&record, now) {
            return Err(ENDED);
        }
        let age = now.0.saturating_sub(record.rotated_at.0);
        let may_be_lost = record.seen_generation < record.generation || age < millis(self.config.refresh_grace);
        let is_accepted = rotated || (record.generation == token.generation + 1 && may_be_lost);
        if !is_accepted && reuse == Reuse::IsRefused {
            return Err(ENDED);
        }
        if !is_accepted {
            tracing::warn!(session = %token.sid, user = %record.user.id, "a refresh token was used twice, the session ends");
            self.end_session(record.user.id, token.sid).await?;
            return Err(ENDED);
        }
        let tokens = self.tokens(record.user.id, Refresh { generation: record.generation, ..token })?;
        Ok((record.user, tokens))
    }

    /// The session that a refresh token belongs to, to sign out where the access token has expired already.
    pub(crate) async fn session_of(&self, refresh: &str) -> Result<Option<(UserId, SessionId)>, Error> {
        let Some(token) = self.signer.read_refresh(refresh) else { return Ok(None) };
        Ok(self.store.find_session(token.sid).await?.map(|record| (record.user.id, token.sid)))
    }

    pub(crate) async fn list_sessions(&self, caller: &Caller) -> Result<Vec<Session>, Error> {
        let mut sessions = self.store.list_sessions(caller.user.id, clock::now()).await?;
        for session in &mut sessions {
            session.current = session.id == caller.session;
        }
        Ok(sessions)
    }

    /// Ends a session of this user. Its sockets close at once on every node that the bus reaches, and within 15 seconds on the others:
    /// those that are open at their next check of sessions (5 seconds), and one that comes in meanwhile by what such a node remembers of
    /// the session (10 seconds) at the check after that.
    pub(crate) async fn end_session(&self, user: UserId, session: SessionId) -> Result<(), Error> {
        if !self.store.revoke_session(user, session, clock::now()).await? {
            return Err(chat::Error::NotFound("session").into());
        }
        self.chat.session_ended(user, session);
        Ok(())
    }

    fn tokens(&self, user: UserId, token: Refresh) -> Result<Tokens, Error> {
        let now = clock::now();
        let Refresh { sid, generation, shared } = token;
        let access = self.signer.access(&Access { sub: user, sid, generation, shared }, now, self.config.access_ttl);
        let refresh = self.signer.refresh(&token, now, self.config.session_ttl);
        access
            .zip(refresh)
            .map(|(access, refresh)| Tokens { access, refresh, shared })
            .ok_or_else(|| chat::Error::Internal("a token could not be signed".into()).into())
    }
}

fn is_live(record: &SessionRecord, now: UnixMillis) -> bool {
    record.revoked_at.is_none() && record.expires_at > now
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
