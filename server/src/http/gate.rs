//! Who gets in: upgrades above a rate or above a number are refused before anything is done for them, the caller's name
//! included. A herd that comes back all at once costs next to nothing while it waits.

use crate::config::Limits;
use crate::metrics::{Metrics, Refusal};
use crate::run::Readiness;
use crate::{App, Error};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who is refused comes back after this long at least, so that seconds with a full bucket do not follow each other.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// What is added at random, so that those who are refused at once do not come back at once.
const SPREAD_MS: u64 = 5_000;

/// A connection's place, for as long as any copy of it lives.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    _place: Arc<OwnedSemaphorePermit>,
}

/// See the module's documentation.
pub(crate) struct Gate {
    /// `MAX_CONNECTIONS`
    places: Arc<Semaphore>,
    /// `CONNECTIONS_PER_SECOND`
    bucket: DefaultDirectRateLimiter,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(crate) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let rate = NonZeroU32::new(limits.connections_per_second).unwrap_or(NonZeroU32::MIN);
        let places = Arc::new(Semaphore::new(limits.max_connections as usize));
        Self { places, bucket: RateLimiter::direct(Quota::per_second(rate)), metrics }
    }

    /// A place for one more connection, or how long to stay away. `random` spreads those who are refused.
    fn admit(&self, random: u64) -> Result<Pass, Duration> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.metrics.refuse(Refusal::Full);
            return Err(stay_away(Duration::ZERO, random));
        };
        match self.bucket.check() {
            Ok(()) => Ok(Pass { _place: Arc::new(place) }),
            Err(full) => {
                self.metrics.refuse(Refusal::Herd);
                Err(stay_away(full.wait_time_from(Instant::now()), random))
            }
        }
    }
}

fn stay_away(until_free: Duration, random: u64) -> Duration {
    until_free + PAUSE + Duration::from_millis(random % SPREAD_MS)
}

/// Middleware of `/ws`.
pub(crate) async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let random = getrandom::u64().unwrap_or_default();
    if *app.readiness.borrow() == Readiness::Draining {
        return Error::Busy { retry_after: stay_away(Duration::ZERO, random) }.into_response();
    }
    match app.gate.admit(random) {
        Ok(pass) => {
            request.extensions_mut().insert(pass);
            next.run(request).await
        }
        Err(retry_after) => Error::Busy { retry_after }.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(connections_per_second: u32, max_connections: u32) -> Gate {
        let limits = Limits { connections_per_second, max_connections, ..Limits::default() };
        Gate::new(&limits, Arc::new(Metrics::default()))
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let gate = gate(1_000, 2);
        let first = gate.admit(0).unwrap();
        let (second, copy) = (gate.admit(0).unwrap(), first.clone());
        assert_eq!(gate.admit(1_234).unwrap_err(), PAUSE + Duration::from_millis(1_234));
        drop(first);
        assert!(gate.admit(0).is_err(), "a copy holds the place");
        drop(copy);
        assert!(gate.admit(0).is_ok());
        drop(second);
    }

    #[test]
    fn a_herd_is_let_in_at_the_rate_of_the_bucket() {
        let gate = gate(10, 1_000);
        let entered = (0..100).filter(|_| gate.admit(0).is_ok()).count();
        assert!((10..100).contains(&entered), "{entered} of 100 at once");
        let away = gate.admit(SPREAD_MS - 1).unwrap_err();
        assert!(away > PAUSE + Duration::from_millis(SPREAD_MS - 1) && away < Duration::from_secs(7), "{away:?}");
        assert_eq!(gate.places.available_permits(), 1_000, "who is refused takes no place");
    }
}
