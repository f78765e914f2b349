//! A connection's place on the node, given back when its task ends in whichever way.

use crate::chat::Chat;
use crate::hub::Connection;
use crate::metrics::Metrics;
use std::sync::Arc;

/// While this lives, the connection may be in the registry. A task that panics does not get to its end, but drops this.
pub(super) struct Attached {
    pub(super) chat: Arc<Chat>,
    pub(super) connection: Arc<Connection>,
    pub(super) metrics: Arc<Metrics>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.chat.disconnect(&self.connection);
        if std::thread::panicking() {
            self.metrics.panics.inc();
            tracing::error!(connection = %self.connection.id, user = %self.connection.user, "a connection's task panicked");
            // Others may hold the line for a moment longer, and the client would wait for what does not come.
            self.connection.line.end();
        }
    }
}
