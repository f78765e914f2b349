//! A connection's place on the node, given back when its task ends in whichever way.

use crate::chat::Chat;
use crate::hub::Connection;
use std::sync::Arc;

/// While this lives, the connection may be in the registry. A task that panics does not get to its end, but drops this. It borrows
/// what the task has anyway: each byte of it is one for each connection.
pub(super) struct Attached<'a> {
    pub(super) chat: &'a Chat,
    pub(super) connection: &'a Arc<Connection>,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.chat.disconnect(self.connection);
        if std::thread::panicking() {
            self.chat.connection_panicked();
            tracing::error!(connection = %self.connection.id, user = %self.connection.user, "a connection's task panicked");
            // Others may hold the line for a moment longer, and the client would wait for what does not come.
            self.connection.outbound.end();
        }
    }
}
