//! Ended sessions and their connections.
//!
//! A node that ends a session closes its connections at once and publishes it on the bus. If that message is lost, the check here
//! finds it: every few seconds the sessions of all connections are queried, whatever else fails.

use super::Chat;
use crate::Error;
use std::collections::BTreeSet;

/// People per query of sessions.
pub const SESSIONS_BATCH: usize = 500;

impl Chat {
    /// Closes the connections on this node whose sessions have ended or expired.
    ///
    /// # Errors
    /// The last failed query. The others were made nevertheless.
    pub async fn check_sessions(&self) -> Result<(), Error> {
        let (mut after, mut done) = (None, Ok(()));
        loop {
            let people = self.hub.delivery.people(after, SESSIONS_BATCH);
            let Some((last, _)) = people.last() else { return done };
            after = Some(*last);
            let connections = people.iter().flat_map(|(_, person)| &person.connections);
            let sessions: BTreeSet<_> = connections.map(|connection| (connection.session, connection.user)).collect();
            let ids: Vec<_> = sessions.iter().map(|(session, _)| *session).collect();
            match self.store.list_live_sessions(&ids, self.clock.now()).await {
                Ok(live) => {
                    let live: BTreeSet<_> = live.into_iter().collect();
                    for (session, user) in sessions.into_iter().filter(|(session, _)| !live.contains(session)) {
                        self.hub.close_session_here(user, session);
                    }
                }
                Err(error) => done = Err(error.into()),
            }
        }
    }
}
