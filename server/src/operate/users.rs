//! `jackdaw user …` and `jackdaw sessions`.

use super::{Operator, table};
use crate::Config;
use crate::auth::code::Code;
use crate::auth::invites::{create_reset_link, find_typed};
use crate::auth::password;
use chat::clock;
use chat::clock::{Clock, SystemClock};
use protocol::{ClientId, UserId};
use store::{Account, ErasedMessages, NewUser, Registration, Stamp};
use uuid::Uuid;

/// Accounts that one query returns.
const PAGE: i64 = 500;

/// What to do with accounts. `name` is a user name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// Those whose names have a word that starts with `query`.
    List {
        query: String,
    },
    /// Without a password a one-time link to set one is printed.
    Add {
        name: String,
        display_name: Option<String>,
        is_admin: bool,
        password: Option<String>,
    },
    /// Sets the password, or prints a one-time link to set one.
    Password {
        name: String,
        password: Option<String>,
    },
    Disable {
        name: String,
    },
    Enable {
        name: String,
    },
    Admin {
        name: String,
        is_admin: bool,
    },
    Delete {
        name: String,
        messages: ErasedMessages,
    },
}

/// Does it, and says what was done.
///
/// # Errors
/// A sentence.
pub async fn user(config: &Config, act: User) -> Result<String, String> {
    let operator = Operator::open(config).await?;
    operator.user(act).await.map_err(|error| error.to_string())
}

/// Lists the sessions of a person; with `end` it ends all of them.
///
/// # Errors
/// A sentence.
pub async fn sessions(config: &Config, name: &str, end: bool) -> Result<String, String> {
    let operator = Operator::open(config).await?;
    operator.sessions(name, end).await.map_err(|error| error.to_string())
}

impl Operator {
    async fn user(&self, act: User) -> Result<String, chat::Error> {
        let (store, by, now) = (&self.store, &self.by, clock::now());
        match act {
            User::List { query } => self.list(&query).await,
            User::Add { name, display_name, is_admin, password } => {
                self.add(&name, display_name, is_admin, password).await
            }
            User::Password { name, password } => {
                let user = self.find(&name).await?.user;
                match password {
                    Some(password) => {
                        store.set_password(user.id, &hash(password)?, None, by, now).await?;
                        Ok(format!(
                            "The password of {} was changed, and all their devices are signed out.\n",
                            user.username
                        ))
                    }
                    None => self.reset_link(user.id, &user.username).await,
                }
            }
            User::Disable { name } => {
                let user = self.find(&name).await?.user;
                store.set_disabled(user.id, true, by, now).await?;
                Ok(format!("{} is disabled: all their devices are signed out.\n", user.username))
            }
            User::Enable { name } => {
                let user = self.find(&name).await?.user;
                store.set_disabled(user.id, false, by, now).await?;
                Ok(format!("{} is enabled.\n", user.username))
            }
            User::Admin { name, is_admin } => {
                let user = self.find(&name).await?.user;
                store.set_admin(user.id, is_admin, by, now).await?;
                let is = if is_admin { "is an administrator" } else { "is no administrator" };
                Ok(format!("{} {is}.\n", user.username))
            }
            User::Delete { name, messages } => {
                let user = self.find(&name).await?.user;
                store.delete_user(user.id, messages, by, now).await?;
                let rest = match messages {
                    ErasedMessages::Keep => "Their messages stay, under the name of a former member",
                    ErasedMessages::Delete => "The running server deletes their messages",
                };
                Ok(format!("{} is deleted. {rest}.\n", user.username))
            }
        }
    }

    async fn list(&self, query: &str) -> Result<String, chat::Error> {
        let header = ["user name", "name", "state", "since (UTC)", "last seen (UTC)"];
        let (mut rows, mut after) = (vec![header.map(str::to_owned).to_vec()], String::new());
        loop {
            let accounts = self.store.list_accounts(query, &after, PAGE).await?;
            rows.extend(accounts.iter().map(row));
            match accounts.last() {
                Some(last) if accounts.len() as i64 == PAGE => after.clone_from(&last.user.username),
                _ => return Ok(table(&rows)),
            }
        }
    }

    async fn add(
        &self,
        name: &str,
        display_name: Option<String>,
        is_admin: bool,
        password: Option<String>,
    ) -> Result<String, chat::Error> {
        let username = protocol::username(name)?;
        let display_name =
            display_name.map_or_else(|| Ok(username.clone()), |name| chat::names::display_name(&name))?;
        let has_password = password.is_some();
        // A random one that is not printed: the link sets another.
        let password_hash = hash(password.map_or_else(|| Code::generate().map(|code| code.to_string()), Ok)?)?;
        let new = NewUser { id: UserId(Uuid::now_v7()), username, display_name, password_hash };
        let stamp = || Stamp { client_id: ClientId(SystemClock.id()), now: SystemClock.now() };
        let right = Registration::Operator { by: self.by.clone(), is_admin };
        let (user, _) = self.store.create_user(new, right, &stamp).await?;
        let made = format!("{} has an account.\n", user.username);
        if has_password { Ok(made) } else { Ok(made + &self.reset_link(user.id, &user.username).await?) }
    }

    async fn reset_link(&self, user: UserId, name: &str) -> Result<String, chat::Error> {
        let code = create_reset_link(&*self.store, user, &self.by).await?;
        Ok(format!("{name} sets a password with this link, once within a day:\n{}/reset/{code}\n", self.base_url))
    }

    async fn sessions(&self, name: &str, end: bool) -> Result<String, chat::Error> {
        let user = self.find(name).await?.user;
        if end {
            let ended = self.store.end_sessions(user.id, None, &self.by, clock::now()).await?;
            return Ok(format!("{ended} sessions of {} were ended.\n", user.username));
        }
        let mut rows = vec![["signed in (UTC)", "last active (UTC)", "device"].map(str::to_owned).to_vec()];
        for session in self.store.list_sessions(user.id, clock::now()).await? {
            let device = session.user_agent.chars().filter(|c| !c.is_control()).collect();
            rows.push(vec![app::full_time(session.created_at.0), app::full_time(session.last_seen_at.0), device]);
        }
        Ok(table(&rows))
    }

    async fn find(&self, name: &str) -> Result<Account, chat::Error> {
        find_typed(&*self.store, name)
            .await?
            .ok_or_else(|| chat::Error::Invalid(format!("there is no account {name:?}; see: jackdaw user list")))
    }
}

fn row(account: &Account) -> Vec<String> {
    let user = &account.user;
    let state = match (account.disabled_at.is_some(), user.is_admin) {
        (true, _) => "disabled",
        (false, true) => "administrator",
        (false, false) => "",
    };
    let seen = account.last_seen_at.map(|at| app::full_time(at.0)).unwrap_or_default();
    let name = user.display_name.chars().filter(|c| !c.is_control()).collect();
    vec![user.username.clone(), name, state.to_owned(), app::full_time(user.created_at.0), seen]
}

fn hash(password: String) -> Result<String, chat::Error> {
    protocol::password(&password)?;
    password::hash(&password)
}
