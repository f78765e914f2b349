//! Access tokens, signed as a node does with its secret.

use crate::Error;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use protocol::{SessionId, UserId};
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longer than any run: devices here never renew.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// What the server's `auth::token` reads.
#[derive(Serialize)]
struct Claims {
    iss: &'static str,
    aud: &'static str,
    iat: u64,
    exp: u64,
    sub: UserId,
    sid: SessionId,
}

pub(super) fn access(secret: &str, sub: UserId, sid: SessionId) -> Result<String, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let claims = Claims { iss: "jackdaw", aud: "jackdaw-access", iat: now, exp: now + LIFE.as_secs(), sub, sid };
    let key = EncodingKey::from_secret(secret.as_bytes());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}
