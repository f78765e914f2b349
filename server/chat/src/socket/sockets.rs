//! Bounds the sockets per session and per person on this node, from the upgrade on, with or without `hello`. Above the bound the
//! oldest is closed: the newest is most likely the one in use.

use crate::hub::Connection;
use parking_lot::Mutex;
use protocol::{CloseCode, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sockets of one session, on each node; the oldest is closed with 4004.
pub const SESSION_SOCKETS: usize = 20;
/// Sockets of one person, on each node; the oldest is closed with 4004.
pub const PERSON_SOCKETS: usize = 50;

/// Each person's sockets, the oldest first.
#[derive(Default)]
pub struct Sockets(Mutex<BTreeMap<UserId, Vec<Arc<Connection>>>>);

/// The entry of one socket, removed on drop.
pub struct Entry {
    sockets: Arc<Sockets>,
    connection: Arc<Connection>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.sockets.remove(&self.connection);
    }
}

impl Sockets {
    /// Adds a socket, and closes the oldest if there are too many.
    pub fn enter(self: &Arc<Self>, connection: &Arc<Connection>) -> Entry {
        let mut sockets = self.0.lock();
        let own = sockets.entry(connection.user).or_default();
        own.push(Arc::clone(connection));
        let of_session = own.iter().filter(|other| other.session == connection.session).count();
        let oldest = if of_session > SESSION_SOCKETS {
            own.iter().position(|other| other.session == connection.session)
        } else {
            (own.len() > PERSON_SOCKETS).then_some(0)
        };
        if let Some(oldest) = oldest {
            own.remove(oldest).close(CloseCode::TooManySockets);
        }
        Entry { sockets: Arc::clone(self), connection: Arc::clone(connection) }
    }

    fn remove(&self, connection: &Connection) {
        let mut sockets = self.0.lock();
        if let Some(own) = sockets.get_mut(&connection.user) {
            own.retain(|other| other.id != connection.id);
            if own.is_empty() {
                sockets.remove(&connection.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use futures_util::FutureExt;
    use protocol::SessionId;
    use uuid::Uuid;

    const ADA: UserId = UserId(Uuid::from_u128(1));

    fn connection(session: u128) -> Arc<Connection> {
        testing::connection(ADA, SessionId(Uuid::from_u128(session))).0
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.outbound.run_until_closed().now_or_never() == Some(Some(CloseCode::TooManySockets))
    }

    #[test]
    fn the_oldest_of_a_session_goes() {
        let sockets = Arc::<Sockets>::default();
        let other = connection(7);
        let _other = sockets.enter(&other);
        let all: Vec<_> = (0..=SESSION_SOCKETS).map(|_| connection(8)).collect();
        let entries: Vec<_> = all.iter().map(|one| sockets.enter(one)).collect();
        assert_eq!(all.iter().map(|one| is_closed(one)).filter(|closed| *closed).count(), 1);
        assert!(is_closed(&all[0]) && !is_closed(&other));
        drop(entries);
        assert_eq!(sockets.0.lock()[&ADA].len(), 1, "those that have ended do not count");
    }

    #[test]
    fn the_oldest_of_a_person_goes_however_many_sessions_they_have() {
        let sockets = Arc::<Sockets>::default();
        let all: Vec<_> = (0..=PERSON_SOCKETS as u128).map(connection).collect();
        let entries: Vec<_> = all.iter().map(|one| sockets.enter(one)).collect();
        assert!(is_closed(&all[0]) && !all[1..].iter().any(|one| is_closed(one)));
        drop(entries);
        assert!(sockets.0.lock().is_empty());
    }
}
