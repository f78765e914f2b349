//! Admission control of `/ws`, in the order of cost and before the database is asked: whether it is an upgrade, the token's
//! signature, the person's rate, the node's rate and number. A request that is not an upgrade, or whose token this deployment did
//! not sign, is refused without using any of the node's permits.

use super::{address, extract, origin};
use crate::accept;
use crate::auth::Signed;
use crate::config::Limits;
use crate::health::Readiness;
use crate::metrics::Metrics;
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chat::metrics::Refusal;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The shortest `Retry-After`, so that a full bucket is not followed by another full one in the next second.
pub(crate) const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
/// Random jitter that is added, so that clients refused together do not retry together.
const SPREAD_MS: u64 = 5_000;

/// The permit of one WebSocket and of its TCP connection, held as long as any copy of it lives.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionPermit {
    _place: Arc<OwnedSemaphorePermit>,
    /// None for a request that did not come through the listener.
    _connection: Option<accept::ConnectionSlot>,
}

/// See the module's documentation.
pub(crate) struct Admission {
    /// `MAX_CONNECTIONS`
    places: Arc<Semaphore>,
    /// `CONNECTIONS_PER_SECOND`
    bucket: DefaultDirectRateLimiter,
    metrics: Arc<Metrics>,
}

impl Admission {
    pub(crate) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        metrics.max_connections.set(limits.max_connections.into());
        let rate = NonZeroU32::new(limits.connections_per_second).unwrap_or(NonZeroU32::MIN);
        let places = Arc::new(Semaphore::new(limits.max_connections as usize));
        Self { places, bucket: RateLimiter::direct(Quota::per_second(rate)), metrics }
    }

    /// A permit for one more connection, or the time until a retry. `random` is the source of the jitter.
    fn admit(&self, random: u64) -> Result<ConnectionPermit, Duration> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.metrics.refuse(Refusal::Full);
            return Err(stay_away(Duration::ZERO, random));
        };
        match self.bucket.check() {
            Ok(()) => Ok(ConnectionPermit { _place: Arc::new(place), _connection: None }),
            Err(full) => {
                self.metrics.refuse(Refusal::Herd);
                Err(stay_away(full.wait_time_from(Instant::now()), random))
            }
        }
    }
}

fn stay_away(until_free: Duration, random: u64) -> Duration {
    until_free + RETRY_AFTER_MIN + Duration::from_millis(random % SPREAD_MS)
}

/// Middleware of `/ws`.
pub(crate) async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match check(&app, &parts) {
        Ok(permit) => {
            parts.extensions.insert(permit);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) => error.into_response(),
    }
}

fn check(app: &App, parts: &Parts) -> Result<ConnectionPermit, Error> {
    const NO_SESSION: Error = Error::Unauthenticated("Sign in first.");
    if !origin::is_upgrade(parts) {
        return Err(chat::Error::Invalid(
            "This address is for WebSockets: the request must ask for an upgrade.".into(),
        )
        .into());
    }
    let random = getrandom::u64().unwrap_or_default();
    if *app.readiness.borrow() == Readiness::Draining {
        return Err(Error::NotServing { retry_after: stay_away(Duration::ZERO, random) });
    }
    let person = match extract::token(parts).map_or(Signed::Unknown, |token| app.auth.signed(token)) {
        Signed::Valid(person) => person,
        // Of a device that was away for a while; it renews its session first.
        Signed::Expired => return Err(NO_SESSION),
        Signed::Unknown => {
            app.limits.stranger(address::of(app, parts))?;
            return Err(NO_SESSION);
        }
    };
    app.limits.connection(person)?;
    let permit = app.admission.admit(random).map_err(|retry_after| Error::Busy { retry_after })?;
    Ok(ConnectionPermit { _connection: parts.extensions.get().cloned(), ..permit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connections_per_second: u32, max_connections: u32) -> Admission {
        let limits = Limits { connections_per_second, max_connections, ..Limits::default() };
        Admission::new(&limits, Arc::new(Metrics::default()))
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let admission = admission(1_000, 2);
        let first = admission.admit(0).unwrap();
        let (second, copy) = (admission.admit(0).unwrap(), first.clone());
        assert_eq!(admission.admit(1_234).unwrap_err(), RETRY_AFTER_MIN + Duration::from_millis(1_234));
        drop(first);
        assert!(admission.admit(0).is_err(), "a copy holds the place");
        drop(copy);
        assert!(admission.admit(0).is_ok());
        drop(second);
    }

    #[test]
    fn a_herd_is_let_in_at_the_rate_of_the_bucket() {
        let admission = admission(10, 1_000);
        let entered = (0..100).filter(|_| admission.admit(0).is_ok()).count();
        assert!((10..100).contains(&entered), "{entered} of 100 at once");
        let away = admission.admit(SPREAD_MS - 1).unwrap_err();
        assert!(
            away > RETRY_AFTER_MIN + Duration::from_millis(SPREAD_MS - 1) && away < Duration::from_secs(7),
            "{away:?}"
        );
        assert_eq!(admission.places.available_permits(), 1_000, "who is refused takes no place");
    }
}
