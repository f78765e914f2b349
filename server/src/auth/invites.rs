//! Invite links and one-time links, and what administrators read: accounts and the audit log.

use super::Auth;
use super::code::Code;
use super::settings::{self, LINK_CHARS, SERVER_NAME_CHARS, ServerSettings};
use crate::Error;
use crate::limits::Block;
use chat::clock;
use protocol::{RoomId, UnixMillis, User, UserId};
use store::bounds::INVITE_ROOMS;
use store::rules::membership::{ADMINISTRATORS, EVERYBODY, PUBLIC_ROOMS};
use store::{Account, Actor, AuditEntry, Invite, NewInvite};
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

/// A fresh invite and its code.
///
/// # Errors
/// Where a number is out of its bounds.
pub(crate) fn new_invite(uses: i64, days: i64, rooms: Vec<RoomId>) -> Result<(NewInvite, Code), chat::Error> {
    let (uses, days) = (within("uses", uses, USES)?, within("days", days, DAYS)?);
    if rooms.len() > INVITE_ROOMS {
        return Err(chat::Error::Invalid(format!("rooms: at most {INVITE_ROOMS}, these are {}.", rooms.len())));
    }
    let (code, created_at) = (Code::generate()?, clock::now());
    let expires_at = UnixMillis(created_at.0 + days * DAY_MS);
    let invite = NewInvite { id: Uuid::now_v7(), code_hash: code.hash(), rooms, uses, created_at, expires_at };
    Ok((invite, code))
}

impl Auth {
    /// Stores an invite. Returns its code, which nobody can read again.
    pub(crate) async fn create_invite(
        &self,
        uses: i64,
        days: i64,
        rooms: Vec<RoomId>,
        by: &Actor,
    ) -> Result<Code, Error> {
        let (invite, code) = new_invite(uses, days, rooms)?;
        self.store.create_invite(invite, by).await?;
        Ok(code)
    }

    pub(crate) async fn list_invites(&self) -> Result<Vec<Invite>, Error> {
        Ok(self.store.list_invites(clock::now()).await?)
    }

    pub(crate) async fn revoke_invite(&self, id: Uuid, by: &Actor) -> Result<(), Error> {
        Ok(self.store.revoke_invite(id, by, clock::now()).await?)
    }

    /// A one-time link for a new password of this person, in place of an earlier one.
    pub(crate) async fn reset_link(&self, user: UserId, by: &Actor) -> Result<Code, Error> {
        let (code, now) = (Code::generate()?, clock::now());
        self.store.create_reset_link(user, &code.hash(), UnixMillis(now.0 + RESET_LINK_MS), by, now).await?;
        Ok(code)
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

    /// The account with this user name, as a person types it.
    pub(crate) async fn find_by_name(&self, name: &str) -> Result<User, Error> {
        let name = name.trim().trim_start_matches('@').to_ascii_lowercase();
        Ok(self.store.find_account(&name).await?.ok_or(chat::Error::NotFound("user"))?.user)
    }

    pub(crate) async fn list_accounts(&self, query: &str, after: &str, limit: i64) -> Result<Vec<Account>, Error> {
        Ok(self.store.list_accounts(query, after, limit).await?)
    }

    pub(crate) async fn list_audit(&self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>, Error> {
        Ok(self.store.list_audit(before, limit).await?)
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
        let mut changed = vec![(settings::NAME, name), (settings::IMPRINT, imprint), (settings::PRIVACY, privacy)];
        if !public_rooms.is_empty() && ![EVERYBODY, ADMINISTRATORS].contains(&public_rooms.as_str()) {
            let problem = format!("public_rooms: must be {EVERYBODY} or {ADMINISTRATORS}.");
            return Err(chat::Error::Invalid(problem).into());
        }
        changed.extend(Some((PUBLIC_ROOMS, public_rooms.as_str())).filter(|_| !public_rooms.is_empty()));
        changed.extend(registration.map(|policy| (settings::REGISTRATION, policy.word())));
        self.store.set_settings(&changed, by, clock::now()).await?;
        self.settings.evict();
        Ok(())
    }
}
