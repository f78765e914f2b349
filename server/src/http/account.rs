//! What people do with their own accounts, for the API and for forms alike. What cannot be undone asks for the password, with the limits of
//! a sign-in.

use super::{address, sign_in};
use crate::auth::Caller;
use crate::limits::{Attempt, Block};
use crate::{App, Error};
use axum::http::request::Parts;
use chat::names;
use protocol::{UpdateMe, User};
use store::{Actor, ErasedMessages};

/// Changes what a person may change about their account. A name is stored as [`names`] says, and only another one counts as a change; one
/// that an earlier version took stays as long as it is not changed.
pub(crate) async fn update(app: &App, caller: &Caller, mut form: UpdateMe) -> Result<User, Error> {
    form.display_name = form.display_name.filter(|name| *name != caller.user.display_name);
    if let Some(name) = &mut form.display_name {
        *name = names::display_name(name)?;
        app.limits.rename(caller.user.id)?;
    }
    app.auth.update(caller.user.id, form).await
}

/// Replaces the caller's password, which ends all their other sessions.
pub(crate) async fn change_password(
    app: &App,
    parts: &Parts,
    caller: &Caller,
    current: String,
    new: String,
) -> Result<(), Error> {
    protocol::password(&new).map_err(|invalid| protocol::Invalid { field: "new_password", ..invalid })?;
    check_password(app, parts, caller, current).await?;
    let hash = app.auth.hash(new, Block::largest(address::of(app, parts)), true).await?;
    Ok(app.chat.set_password(caller.user.id, hash, Some(caller.session), Actor::from(&caller.user)).await?)
}

/// Deletes the caller's account.
pub(crate) async fn delete_account(
    app: &App,
    parts: &Parts,
    caller: &Caller,
    password: String,
    deletes_messages: bool,
) -> Result<(), Error> {
    check_password(app, parts, caller, password).await?;
    let messages = if deletes_messages { ErasedMessages::Delete } else { ErasedMessages::Keep };
    Ok(app.chat.delete_user(caller.user.id, messages, Actor::from(&caller.user)).await?)
}

/// Ends all sessions of the caller but the one that asks. Returns how many.
pub(crate) async fn sign_out_others(app: &App, caller: &Caller) -> Result<u64, Error> {
    Ok(app.chat.end_sessions(caller.user.id, Some(caller.session), Actor::from(&caller.user)).await?)
}

/// Whether this is the caller's password. A wrong one counts as a failed sign-in: a session that was left open is no way to guess it.
async fn check_password(app: &App, parts: &Parts, caller: &Caller, password: String) -> Result<(), Error> {
    const WRONG: Error = Error::Chat(chat::Error::Forbidden("password: this is not your password."));
    protocol::password(&password).map_err(|_| WRONG)?;
    let attempt = Attempt { address: address::of(app, parts), name: caller.user.username.clone() };
    let right = sign_in::check_password(app, attempt, password, |_| true, "password check failed").await?;
    right.map(drop).ok_or(WRONG)
}
