//! Invite links and one-time links, and what administrators read: accounts and the audit log.

use super::Auth;
use super::code::Code;
use crate::Error;
use crate::limits::Block;
use chat::clock;
use protocol::{RoomId, UnixMillis, User, UserId};
use store::bounds::INVITE_ROOMS;
use store::{Account, Actor, AuditEntry, Invite, NewInvite, Store};
use uuid::Uuid;

/// Accounts that can be made with one invite.
pub(crate) const USES: (i64, i64) = (1, 1_000);
/// Days after which an invite expires.
pub(crate) const DAYS: (i64, i64) = (1, 90);
/// How long a link for a new password works, in milliseconds.
pub(crate) const RESET_LINK_MS: i64 = DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Checks a number of a form.
pub(crate) fn within(field: &str, number: i64, (least, most): (i64, i64)) -> Result<i64, chat::Error> {
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(chat::Error::Invalid(format!("{field}: must be from {least} to {most}.")))
}

/// Stores an invite. Returns its code, which nobody can read again.
///
/// # Errors
/// Where a number is out of its bounds, and as the store.
pub(crate) async fn create_invite(
    store: &dyn Store,
    (uses, days): (i64, i64),
    rooms: Vec<RoomId>,
    by: &Actor,
) -> Result<Code, chat::Error> {
    let (uses, days) = (within("uses", uses, USES)?, within("days", days, DAYS)?);
    if rooms.len() > INVITE_ROOMS {
        return Err(chat::Error::Invalid(format!("rooms: at most {INVITE_ROOMS}, these are {}.", rooms.len())));
    }
    let (code, created_at) = (Code::generate()?, clock::now());
    let expires_at = UnixMillis(created_at.0 + days * DAY_MS);
    let invite = NewInvite { id: Uuid::now_v7(), code_hash: code.hash(), rooms, uses, created_at, expires_at };
    store.create_invite(invite, by).await?;
    Ok(code)
}

/// Stores a one-time link for a new password of this person, in place of an earlier one. Returns its code.
///
/// # Errors
/// As the store.
pub(crate) async fn create_reset_link(store: &dyn Store, user: UserId, by: &Actor) -> Result<Code, chat::Error> {
    let (code, now) = (Code::generate()?, clock::now());
    store.create_reset_link(user, &code.hash(), UnixMillis(now.0 + RESET_LINK_MS), by, now).await?;
    Ok(code)
}

/// The account with this user name, as a person types it: with an `@` or not, in any case.
///
/// # Errors
/// As the store.
pub(crate) async fn find_typed(store: &dyn Store, name: &str) -> Result<Option<Account>, chat::Error> {
    let name = name.trim().trim_start_matches('@').to_ascii_lowercase();
    Ok(store.find_account(&name).await?)
}

impl Auth {
    /// See [`create_invite`].
    pub(crate) async fn create_invite(
        &self,
        bounds: (i64, i64),
        rooms: Vec<RoomId>,
        by: &Actor,
    ) -> Result<Code, Error> {
        Ok(create_invite(&*self.store, bounds, rooms, by).await?)
    }

    pub(crate) async fn list_invites(&self) -> Result<Vec<Invite>, Error> {
        Ok(self.store.list_invites(clock::now()).await?)
    }

    pub(crate) async fn revoke_invite(&self, id: Uuid, by: &Actor) -> Result<(), Error> {
        Ok(self.store.revoke_invite(id, by, clock::now()).await?)
    }

    /// See [`create_reset_link`].
    pub(crate) async fn reset_link(&self, user: UserId, by: &Actor) -> Result<Code, Error> {
        Ok(create_reset_link(&*self.store, user, by).await?)
    }

    /// Sets a new password by the right of a one-time link. The link is looked up first: hashing is work that only its holder may cause.
    pub(crate) async fn reset_password(&self, code: &Code, password: String, block: Block) -> Result<(), Error> {
        const NOT_VALID: chat::Error =
            chat::Error::Forbidden("This link is not valid, or not any more. Ask the administrator for a new one.");
        if !self.store.has_reset_link(&code.hash(), clock::now()).await? {
            return Err(NOT_VALID.into());
        }
        let hash = self.hash(password, block, false).await?;
        Ok(self.chat.reset_password(code.hash(), hash).await?)
    }

    pub(crate) async fn find_user(&self, user: UserId) -> Result<User, Error> {
        Ok(self.store.find_user(user).await?.ok_or(chat::Error::NotFound("user"))?)
    }

    /// See [`find_typed`].
    pub(crate) async fn find_by_name(&self, name: &str) -> Result<User, Error> {
        Ok(find_typed(&*self.store, name).await?.ok_or(chat::Error::NotFound("user"))?.user)
    }

    pub(crate) async fn list_accounts(&self, query: &str, after: &str, limit: i64) -> Result<Vec<Account>, Error> {
        Ok(self.store.list_accounts(query, after, limit).await?)
    }

    pub(crate) async fn list_audit(&self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>, Error> {
        Ok(self.store.list_audit(before, limit).await?)
    }
}
