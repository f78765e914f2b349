//! Extractors whose refusals are `ApiError`s: who asks, JSON bodies, ids in paths, queries.

use super::cookies;
use crate::accept::SlowBody;
use crate::auth::Caller;
use crate::{App, Error};
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use std::sync::Arc;

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Error> {
        let caller = app.auth.authenticate(token(parts).ok_or(Error::Unauthenticated("Sign in first."))?).await?;
        app.budget.request(caller.user.id)?;
        Ok(caller)
    }
}

/// The access token of a request: a program's, or a browser's.
pub(crate) fn token(parts: &Parts) -> Option<&str> {
    bearer(parts).or_else(|| cookies::access(&parts.headers))
}

/// The bearer token of a program.
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// How the caller's program describes itself, as it says.
pub(crate) fn user_agent(parts: &Parts) -> &str {
    parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Error::TooLarge),
            Err(rejection) if is_slow(&rejection) => Err(Error::Slow),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(chat::Error::Invalid(
                "The body must be JSON, with the header content-type: application/json.".into(),
            )
            .into()),
            Err(rejection) => Err(chat::Error::Invalid(rejection.body_text()).into()),
        }
    }
}

/// Whether a body could not be read because it did not come in time.
pub(crate) fn is_slow(rejection: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(rejection), |error| error.source()).any(<dyn std::error::Error>::is::<SlowBody>)
}

/// Ids in a path. One that is not even an id is of something that is not there.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_| chat::Error::NotFound("address").into())
    }
}

/// What stands behind the question mark.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(params)| Self(params)).map_err(|rejection| chat::Error::Invalid(rejection.body_text()).into())
    }
}

/// A page size: 1 to 100.
pub(crate) fn limit(asked: Option<i64>, default: i64) -> Result<i64, Error> {
    let limit = asked.unwrap_or(default);
    if (1..=protocol::limits::PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(chat::Error::Invalid(format!("limit: must be from 1 to {}.", protocol::limits::PAGE_MAX)).into())
}
