//! What people do with their own accounts, for the API and for forms alike. What cannot be undone asks for the password, with the limits of
//! a sign-in.

use super::address;
use crate::auth::Caller;
use crate::limits::{Attempt, Block};
use crate::{App, Error};
use axum::http::request::Parts;
use store::{Actor, ErasedMessages};

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
    messages: ErasedMessages,
) -> Result<(), Error> {
    check_password(app, parts, caller, password).await?;
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
    app.limits.may_sign_in(&attempt, true)?;
    let stored = app.auth.find_credentials(&attempt.name).await?;
    let permit = app.auth.permit(Block::largest(attempt.address), true).await?;
    app.limits.may_sign_in(&attempt, true)?;
    let (matches, _permit) = app.auth.verify(password, stored.as_ref(), permit).await?;
    if matches {
        return Ok(());
    }
    app.limits.sign_in_failed(&attempt);
    tracing::warn!(address = %attempt.address, name = ?attempt.name, "password check failed");
    app.limits.share_failure(&app.hub, &attempt).await;
    Err(WRONG)
}
