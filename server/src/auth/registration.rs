//! Who may make an account: anybody, the holders of invites, or nobody but administrators. The first account is a case of its own.

use super::{Auth, code::Code};
use crate::Error;
use crate::config::Policy;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::{Registration, Store};

impl Auth {
    /// Who may make an account: as configured, or else as administrators set it, or else anybody.
    pub(crate) async fn policy(&self) -> Result<Policy, Error> {
        if let Some(policy) = self.config.registration {
            return Ok(policy);
        }
        Ok(self.settings().await?.registration.unwrap_or(Policy::Open))
    }

    /// Whether somebody without a code may make an account now. `is_local`: the request comes from the machine itself.
    pub(crate) async fn registration_open(&self, is_local: bool) -> Result<bool, Error> {
        Ok(if self.has_users().await? { self.policy().await? == Policy::Open } else { is_local })
    }

    /// The permission to make an account with this code, or without one.
    pub(super) async fn right(&self, code: Option<&str>, is_local: bool) -> Result<Registration, Error> {
        const CLOSED: &str = "Registration is closed on this server. Ask its administrator for an account.";
        const INVITE: &str = "You need an invite to make an account on this server. Ask its administrator for one.";
        const FIRST: &str = "The first account of this server is made through the link in its log.";
        // In this order: the policy is that of after the first account.
        let (has_users, policy) = (self.has_users().await?, self.policy().await?);
        let first_policy = Policy::Invite.word();
        let refused = match (has_users, code) {
            (false, None) if is_local => return Ok(Registration::First { policy: Policy::Open.word() }),
            (false, None) => FIRST,
            (true, None) if policy == Policy::Open => return Ok(Registration::Open),
            (true, None) if policy == Policy::Invite => INVITE,
            (true, Some(_)) if policy == Policy::Closed => CLOSED,
            (_, Some(code)) => {
                let hash = Code::parse(code).map(|code| code.hash()).unwrap_or_default();
                return Ok(Registration::Code { hash, first_policy });
            }
            (true, None) => CLOSED,
        };
        Err(chat::Error::Forbidden(refused).into())
    }

    /// Whether somebody can make an account with this code now.
    pub(crate) async fn is_valid_code(&self, code: &str) -> Result<bool, Error> {
        let Some(code) = Code::parse(code) else { return Ok(false) };
        if self.has_users().await? && self.policy().await? == Policy::Closed {
            return Ok(false);
        }
        Ok(self.store.find_invite(&code.hash(), chat::clock::now()).await?.is_some())
    }

    /// Whether there is any account. Once there is one, there always is.
    async fn has_users(&self) -> Result<bool, Error> {
        if !self.has_users.load(Ordering::Relaxed) && self.store.has_users().await? {
            self.has_users.store(true, Ordering::Relaxed);
        }
        Ok(self.has_users.load(Ordering::Relaxed))
    }
}

/// While there is no account: a fresh one-time link for the first one.
///
/// # Errors
/// Where the database does not answer.
pub(crate) async fn setup_code(store: &Arc<dyn Store>) -> Result<Option<Code>, chat::Error> {
    if store.has_users().await? {
        return Ok(None);
    }
    let code = Code::generate()?;
    store.create_setup_link(&code.hash(), chat::clock::now()).await?;
    Ok(Some(code))
}
