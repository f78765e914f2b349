//! Arguments and results about accounts, the audit log and invites.

use protocol::{RoomId, UnixMillis, User, UserId};
use uuid::Uuid;

/// An account to store. Names are checked and folded already.
#[derive(Clone)]
pub struct NewUser {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    /// A PHC string.
    pub password_hash: String,
}

/// By what right an account is made. It is checked, and used up, in the transaction that stores the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Registration is open.
    Open,
    /// An operator makes the account, which the audit log records; with the right of an administrator where that is asked for.
    Operator { by: Actor, is_admin: bool },
    /// There is no account yet. Registration has this policy from then on, unless one is set.
    First { policy: &'static str },
    /// The holder of a code: an invite, or while there is no account the one-time link of the first one, which sets this policy.
    Code { hash: Vec<u8>, first_policy: &'static str },
}

/// What a sign-in is checked against.
pub struct Credentials {
    pub user: User,
    /// A PHC string.
    pub password_hash: String,
}

/// An account as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub user: User,
    pub disabled_at: Option<UnixMillis>,
    /// None while the person is connected, and where they never were.
    pub last_seen_at: Option<UnixMillis>,
}

/// Who did something that the audit log records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// None for the command line.
    pub id: Option<UserId>,
    /// The user name, or what else to call them.
    pub name: String,
}

impl Actor {
    /// Somebody at the command line of the server.
    #[must_use]
    pub fn command_line() -> Self {
        Self { id: None, name: "command line".to_owned() }
    }
}

impl From<&User> for Actor {
    fn from(user: &User) -> Self {
        Self { id: Some(user.id), name: user.username.clone() }
    }
}

/// One record of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Grows with time.
    pub id: i64,
    pub at: UnixMillis,
    /// Who did it, by the name of then.
    pub actor: String,
    /// What, in words like `user.disable`.
    pub action: String,
    /// The person or invite that it changed, by the name at that time.
    pub subject: String,
    /// More about it; may be empty.
    pub detail: String,
}

/// What becomes of the messages of a deleted account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasedMessages {
    /// They stay, under the name of a former member.
    Keep,
    /// They are deleted, in small transactions.
    Delete,
}

/// An invite to store.
#[derive(Clone, Debug)]
pub struct NewInvite {
    pub id: Uuid,
    /// SHA-256 of the code.
    pub code_hash: Vec<u8>,
    /// Rooms that who comes by it joins, beside the first one.
    pub rooms: Vec<RoomId>,
    /// How many accounts may be made with it.
    pub uses: i64,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

/// An invite that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    pub id: Uuid,
    /// The user name of its creator; none for the command line.
    pub created_by: Option<String>,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
    pub uses_left: i64,
}
