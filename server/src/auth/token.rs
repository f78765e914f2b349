//! The two tokens: JWTs under one pinned algorithm (HS256), told apart by their audience.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use protocol::{SessionId, UnixMillis, UserId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "jackdaw";
const ACCESS: &str = "jackdaw-access";
const REFRESH: &str = "jackdaw-refresh";
/// How far the clocks of two nodes may be apart, in seconds.
const LEEWAY: u64 = 5;

/// What an access token says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
}

/// What a refresh token says: which session, and the how-manieth token of it this is.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refresh {
    pub(super) sid: SessionId,
    pub(super) generation: i64,
}

#[derive(Serialize, Deserialize)]
struct Claims<T> {
    iss: String,
    aud: String,
    /// Seconds since the Unix epoch, as RFC 7519 wants them.
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    what: T,
}

/// Signs and checks tokens.
pub(super) struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Signer {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret) }
    }

    pub(super) fn access(&self, token: &Access, now: UnixMillis, ttl: Duration) -> Option<String> {
        self.sign(ACCESS, token, now, ttl)
    }

    pub(super) fn refresh(&self, token: &Refresh, now: UnixMillis, ttl: Duration) -> Option<String> {
        self.sign(REFRESH, token, now, ttl)
    }

    /// Nothing where the token is forged, expired, or meant for something else.
    pub(super) fn read_access(&self, token: &str) -> Option<Access> {
        self.read(ACCESS, token)
    }

    /// As [`Signer::read_access`].
    pub(super) fn read_refresh(&self, token: &str) -> Option<Refresh> {
        self.read(REFRESH, token)
    }

    fn sign<T: Serialize>(&self, audience: &str, what: T, now: UnixMillis, ttl: Duration) -> Option<String> {
        let iat = now.0 / 1000;
        let exp = iat.saturating_add(i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX));
        let claims = Claims { iss: ISSUER.to_owned(), aud: audience.to_owned(), iat, exp, what };
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.encoding).ok()
    }

    fn read<T: DeserializeOwned>(&self, audience: &str, token: &str) -> Option<T> {
        let mut validation = Validation::new(ALGORITHM);
        validation.leeway = LEEWAY;
        validation.validate_exp = true;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        jsonwebtoken::decode::<Claims<T>>(token, &self.decoding, &validation).ok().map(|data| data.claims.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use uuid::Uuid;

    const TTL: Duration = Duration::from_secs(900);

    fn access() -> Access {
        Access { sub: UserId(Uuid::from_u128(1)), sid: SessionId(Uuid::from_u128(2)) }
    }

    #[test]
    fn a_token_is_read_back_by_its_kind_only() {
        let signer = Signer::new(&[7; 32]);
        let token = signer.access(&access(), clock::now(), TTL).unwrap();
        assert_eq!(signer.read_access(&token), Some(access()));
        assert_eq!(signer.read_refresh(&token), None);
    }

    #[test]
    fn forged_expired_and_unsigned_tokens_are_refused() {
        let signer = Signer::new(&[7; 32]);
        let forged = Signer::new(&[8; 32]).access(&access(), clock::now(), TTL).unwrap();
        assert_eq!(signer.read_access(&forged), None);
        let an_hour_ago = UnixMillis(clock::now().0 - 3_600_000);
        let expired = signer.access(&access(), an_hour_ago, TTL).unwrap();
        assert_eq!(signer.read_access(&expired), None);
        // {"alg":"none","typ":"JWT"} before the claims of a good token
        let good = signer.access(&access(), clock::now(), TTL).unwrap();
        let claims = good.split('.').nth(1).unwrap();
        assert_eq!(signer.read_access(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")), None);
    }
}
