//! The ways in, for the API and for forms alike: limited before a password is looked at.

use super::{address, extract::user_agent};
use crate::auth::Tokens;
use crate::{App, Error};
use axum::http::request::Parts;
use protocol::{Login, Register, User};

/// Signs a device in.
pub(crate) async fn sign_in(app: &App, parts: &Parts, form: Login) -> Result<(User, Tokens), Error> {
    app.limits.sign_in(&app.hub, address::of(app, parts), &form.username).await?;
    app.auth.login(form, user_agent(parts)).await
}

/// Makes an account and signs its first device in.
pub(crate) async fn sign_up(app: &App, parts: &Parts, form: Register) -> Result<(User, Tokens), Error> {
    app.limits.registration(address::of(app, parts))?;
    app.auth.register(form, user_agent(parts)).await
}
