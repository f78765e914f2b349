//! The two tokens: JWTs under one pinned algorithm (HS256), told apart by their audience.

use crate::config::Secrets;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use protocol::{SessionId, UnixMillis, UserId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "jackdaw";
const ACCESS: &str = "jackdaw-access";
const REFRESH: &str = "jackdaw-refresh";
const DEVICE: &str = "jackdaw-device";
/// How far the clocks of two nodes may be apart, in seconds.
const LEEWAY: u64 = 5;

/// What an access token says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
    /// Of the refresh token that was handed out with it; 0 where an earlier version signed it.
    #[serde(default)]
    pub(super) generation: i64,
    /// See [`Refresh`].
    #[serde(default)]
    pub(super) shared: bool,
}

/// What a refresh token says: which session, and the how-manieth token of it this is.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refresh {
    pub(super) sid: SessionId,
    pub(super) generation: i64,
    /// The device is not the person's own: nothing is kept on it beyond the browser's session.
    #[serde(default)]
    pub(super) shared: bool,
}

/// What a device says on which these people signed in before, the last one first.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Device {
    pub(super) users: Vec<UserId>,
}

/// What was signed here, and whether it is still good.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read<T> {
    Good(T),
    Expired,
    /// Forged, damaged, or meant for something else.
    Unknown,
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

impl<T> Read<T> {
    fn good(self) -> Option<T> {
        match self {
            Self::Good(what) => Some(what),
            Self::Expired | Self::Unknown => None,
        }
    }
}

/// Signs with the current secret, and checks with that and the previous one.
pub(super) struct Signer {
    encoding: EncodingKey,
    decoding: Vec<DecodingKey>,
}

impl Signer {
    pub(super) fn new(secrets: &Secrets) -> Self {
        let decoding = secrets.verifying().map(DecodingKey::from_secret).collect();
        Self { encoding: EncodingKey::from_secret(secrets.current()), decoding }
    }

    pub(super) fn access(&self, token: &Access, now: UnixMillis, ttl: Duration) -> Option<String> {
        self.sign(ACCESS, token, now, ttl)
    }

    pub(super) fn refresh(&self, token: &Refresh, now: UnixMillis, ttl: Duration) -> Option<String> {
        self.sign(REFRESH, token, now, ttl)
    }

    pub(super) fn device(&self, token: &Device, now: UnixMillis, ttl: Duration) -> Option<String> {
        self.sign(DEVICE, token, now, ttl)
    }

    /// Nothing where the token is forged, expired, or meant for something else.
    pub(super) fn read_access(&self, token: &str) -> Option<Access> {
        self.check_access(token).good()
    }

    /// As [`Signer::read_access`].
    pub(super) fn read_refresh(&self, token: &str) -> Option<Refresh> {
        self.read(REFRESH, token).good()
    }

    /// As [`Signer::read_access`].
    pub(super) fn read_device(&self, token: &str) -> Option<Device> {
        self.read(DEVICE, token).good()
    }

    /// The same, telling a token that has expired from one that was not signed here.
    pub(super) fn check_access(&self, token: &str) -> Read<Access> {
        self.read(ACCESS, token)
    }

    fn sign<T: Serialize>(&self, audience: &str, what: T, now: UnixMillis, ttl: Duration) -> Option<String> {
        let iat = now.0 / 1000;
        let exp = iat.saturating_add(i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX));
        let claims = Claims { iss: ISSUER.to_owned(), aud: audience.to_owned(), iat, exp, what };
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.encoding).ok()
    }

    fn read<T: DeserializeOwned>(&self, audience: &str, token: &str) -> Read<T> {
        let mut validation = Validation::new(ALGORITHM);
        validation.leeway = LEEWAY;
        // Looked at below: an expired token is told from a forged one.
        validation.validate_exp = false;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let read = |key| jsonwebtoken::decode::<Claims<T>>(token, key, &validation);
        let now = chat::clock::now().0 / 1000;
        match self.decoding.iter().find_map(|key| read(key).ok()) {
            Some(data) if data.claims.exp.saturating_add(LEEWAY.cast_signed()) < now => Read::Expired,
            Some(data) => Read::Good(data.claims.what),
            None => Read::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat::clock;
    use uuid::Uuid;

    const TTL: Duration = Duration::from_secs(900);

    fn access() -> Access {
        Access { sub: UserId(Uuid::from_u128(1)), sid: SessionId(Uuid::from_u128(2)), generation: 3, shared: false }
    }

    fn signer(current: u8, previous: Option<u8>) -> Signer {
        Signer::new(&Secrets::new(vec![current; 32], previous.map(|byte| vec![byte; 32])))
    }

    #[test]
    fn a_token_is_read_back_by_its_kind_only() {
        let signer = signer(7, None);
        let token = signer.access(&access(), clock::now(), TTL).unwrap();
        assert_eq!(signer.read_access(&token), Some(access()));
        assert_eq!(signer.read_refresh(&token), None);
    }

    #[test]
    fn forged_expired_and_unsigned_tokens_are_refused() {
        let signer = signer(7, None);
        let forged = self::signer(8, None).access(&access(), clock::now(), TTL).unwrap();
        assert_eq!(signer.read_access(&forged), None);
        let an_hour_ago = UnixMillis(clock::now().0 - 3_600_000);
        let expired = signer.access(&access(), an_hour_ago, TTL).unwrap();
        assert_eq!(signer.read_access(&expired), None);
        assert_eq!((signer.check_access(&expired), signer.check_access(&forged)), (Read::Expired, Read::Unknown));
        // {"alg":"none","typ":"JWT"} before the claims of a good token
        let good = signer.access(&access(), clock::now(), TTL).unwrap();
        let claims = good.split('.').nth(1).unwrap();
        assert_eq!(signer.read_access(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")), None);
    }

    #[test]
    fn the_previous_secret_verifies_and_the_current_one_signs() {
        let (old, new) = (signer(7, None), signer(8, Some(7)));
        let token = old.access(&access(), clock::now(), TTL).unwrap();
        assert_eq!(new.read_access(&token), Some(access()));
        let token = new.access(&access(), clock::now(), TTL).unwrap();
        assert_eq!(signer(8, None).read_access(&token), Some(access()));
        assert_eq!(old.read_access(&token), None);
        // A node that is to sign with the other secret soon accepts it already.
        assert_eq!(signer(7, Some(8)).read_access(&token), Some(access()));
    }
}
