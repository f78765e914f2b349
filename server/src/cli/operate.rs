//! The commands of operators: `user`, `invite`, `sessions`, `audit`.

use clap::{Args, Subcommand};
use protocol::RoomId;
use server::{Config, operate};
use std::io::{IsTerminal, Read};
use store::ErasedMessages;
use uuid::Uuid;

/// Bytes of a password that are read.
const PASSWORD_BYTES: u64 = 4_096;

/// How a password is given.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[group(id = "given-password")]
pub(crate) struct Password {
    /// Read the password from standard input, to the end of its first line
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum User {
    /// List accounts
    List {
        /// What a word of their names starts with
        #[arg(default_value = "")]
        query: String,
    },
    /// Make an account; without a password a link to set one is printed
    Add {
        /// The user name
        name: String,
        /// The name to show; else the user name
        #[arg(long)]
        display_name: Option<String>,
        /// Make them an administrator
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: Password,
    },
    /// Print a link to set a new password, which works once within a day; or set it
    Password {
        /// The user name
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Disable an account: all its devices are signed out, and nobody can sign in with it
    Disable {
        /// The user name
        name: String,
    },
    /// Enable an account again
    Enable {
        /// The user name
        name: String,
    },
    /// Make somebody an administrator
    Admin {
        /// The user name
        name: String,
        /// Take it from them
        #[arg(long)]
        remove: bool,
    },
    /// Delete an account, which cannot be undone
    Delete {
        /// The user name
        name: String,
        /// Delete all their messages as well
        #[arg(long)]
        messages: bool,
        /// Confirm
        #[arg(long, required = true)]
        yes: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Invite {
    /// Make an invite link and print it
    Create {
        /// How many accounts can be made with it
        #[arg(long, default_value_t = 1)]
        uses: i64,
        /// After how many days it expires
        #[arg(long, default_value_t = 7)]
        days: i64,
        /// A group or public room that they join, by its id; may be repeated
        #[arg(long = "room")]
        rooms: Vec<Uuid>,
    },
    /// List the invites that work
    List,
    /// End an invite
    Revoke {
        /// Its id, as listed
        id: Uuid,
    },
}

/// Carries out `jackdaw user …`.
pub(crate) async fn user(config: &Config, command: User) -> Result<String, String> {
    use operate::User as Act;
    let act = match command {
        User::List { query } => Act::List { query },
        User::Add { name, display_name, admin, password } => {
            Act::Add { name, display_name, is_admin: admin, password: read(&password)? }
        }
        User::Password { name, password } => Act::Password { name, password: read(&password)? },
        User::Disable { name } => Act::Disable { name },
        User::Enable { name } => Act::Enable { name },
        User::Admin { name, remove } => Act::Admin { name, is_admin: !remove },
        User::Delete { name, messages, .. } => {
            Act::Delete { name, messages: if messages { ErasedMessages::Delete } else { ErasedMessages::Keep } }
        }
    };
    operate::user(config, act).await
}

/// Carries out `jackdaw invite …`.
pub(crate) async fn invite(config: &Config, command: Invite) -> Result<String, String> {
    match command {
        Invite::Create { uses, days, rooms } => {
            operate::invite(config, uses, days, rooms.into_iter().map(RoomId).collect()).await
        }
        Invite::List => operate::list_invites(config).await,
        Invite::Revoke { id } => operate::revoke_invite(config, id).await,
    }
}

fn read(password: &Password) -> Result<Option<String>, String> {
    if !password.password_stdin {
        return Ok(None);
    }
    if std::io::stdin().is_terminal() {
        eprintln!("The password, which is shown as you type it; end with Enter and Ctrl+D:");
    }
    let mut text = String::new();
    let read = std::io::stdin().take(PASSWORD_BYTES).read_to_string(&mut text);
    read.map_err(|error| format!("the password cannot be read: {error}"))?;
    Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
}
