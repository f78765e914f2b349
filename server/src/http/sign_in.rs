//! The ways in, for the API and for forms alike. Failures are limited before a password is checked; each leaves a line in the
//! log, with the address first and everything that came from outside escaped, for programs that block addresses
//! (docs/operations.md has its form).

use super::{address, cookies, extract::user_agent};
use crate::auth::{NewDevice, Tokens};
use crate::limits::{Attempt, Block};
use crate::{App, Error};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use protocol::limits::{PASSWORD_CHARS, USERNAME_CHARS};
use protocol::{Login, Register, User};
use store::Credentials;

/// Somebody whose device has just been signed in.
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) tokens: Tokens,
    /// By what the device is known the next time.
    device: String,
}

impl SignedIn {
    fn new(app: &App, parts: &Parts, user: User, tokens: Tokens) -> Result<Self, Error> {
        let device = app.auth.known_device(cookies::device(&parts.headers), user.id)?;
        Ok(Self { user, tokens, device })
    }

    /// The cookies of the device.
    pub(crate) fn cookies(&self, app: &App, parts: &Parts) -> HeaderMap {
        cookies::set_known(app, parts, &self.tokens, &self.device)
    }
}

/// Signs a device in; `shared`: it is not the person's own.
pub(crate) async fn sign_in(app: &App, parts: &Parts, form: Login, shared: bool) -> Result<SignedIn, Error> {
    const WRONG: Error = Error::Unauthenticated("This user name and password do not belong together.");
    let address = address::of(app, parts);
    let name = form.username.trim().to_ascii_lowercase();
    at_most("username", &name, USERNAME_CHARS.1)?;
    at_most("password", &form.password, PASSWORD_CHARS.1)?;
    app.limits.stranger(address)?;
    let device = cookies::device(&parts.headers);
    let is_known =
        |stored: Option<&Credentials>| stored.is_some_and(|stored| app.auth.knows_device(device, stored.user.id));
    let stored = check_password(app, Attempt { address, name }, form.password, is_known, "sign-in failed").await?;
    let stored = stored.ok_or(WRONG)?;
    let device = NewDevice { user_agent: user_agent(parts), shared };
    let tokens = app.auth.sign_in(&stored.user, Some(stored.password_hash), device).await?;
    SignedIn::new(app, parts, stored.user, tokens)
}

/// The account of this attempt, if the password is right. `is_known` tells from the account whether its person signed in before on the
/// device. A failure is counted, and logged with these words.
pub(super) async fn check_password(
    app: &App,
    attempt: Attempt,
    password: String,
    is_known: impl FnOnce(Option<&Credentials>) -> bool,
    failure: &str,
) -> Result<Option<Credentials>, Error> {
    // Before the database is asked, and again when it is this attempt's permit.
    app.limits.may_sign_in(&attempt, true)?;
    let stored = app.auth.find_credentials(&attempt.name).await?;
    let is_known = is_known(stored.as_ref());
    let permit = app.auth.permit(Block::largest(attempt.address), is_known).await?;
    app.limits.may_sign_in(&attempt, is_known)?;
    let (matches, permit) = app.auth.verify(password, stored.as_ref(), permit).await?;
    if !matches {
        app.limits.sign_in_failed(&attempt);
    }
    drop(permit);
    if !matches {
        tracing::warn!(address = %attempt.address, name = ?attempt.name, "{failure}");
        app.limits.share_failure(&app.hub, &attempt).await;
    }
    Ok(stored.filter(|_| matches))
}

/// Makes an account and signs its first device in.
pub(crate) async fn sign_up(app: &App, parts: &Parts, form: Register, shared: bool) -> Result<SignedIn, Error> {
    let address = address::of(app, parts);
    protocol::username(&form.username)?;
    protocol::password(&form.password)?;
    app.limits.stranger(address)?;
    app.limits.registration(address)?;
    let device = NewDevice { user_agent: user_agent(parts), shared };
    let (user, tokens) =
        app.auth.register(form, device, Block::largest(address), address::is_local(app, parts)).await?;
    SignedIn::new(app, parts, user, tokens)
}

/// A name or a password that is longer than any can be is refused before it is looked at, kept or counted.
fn at_most(field: &'static str, text: &str, chars: usize) -> Result<(), Error> {
    if text.chars().nth(chars).is_none() {
        return Ok(());
    }
    Err(chat::Error::Invalid(format!("{field}: must have {chars} characters at most.")).into())
}
