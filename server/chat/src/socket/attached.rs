//! The registration of a connection on the node, removed when its task ends in any way.

use crate::hub::Connection;
use crate::rules::Chat;
use std::sync::Arc;

/// While this lives, the connection may be in the registry. A panicking task drops it as well. It borrows from the task, because each
/// byte counts once per connection.
pub struct Attached<'a> {
    pub chat: &'a Chat,
    pub connection: &'a Arc<Connection>,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.chat.disconnect(self.connection);
        if std::thread::panicking() {
            self.chat.connection_panicked();
            tracing::error!(connection = %self.connection.id, user = %self.connection.user, "a connection's task panicked");
            // Other tasks may hold the socket for a moment longer, and the client would wait for frames in vain.
            self.connection.outbound.end();
        }
    }
}
