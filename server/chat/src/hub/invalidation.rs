//! Cache invalidation: caches of stored values are notified when a value changes on this node or another one.

use super::Hub;
use super::envelope::Control;
use protocol::{SessionId, UserId};

/// Which cached values are out of date.
#[derive(Clone, Copy, Debug)]
pub enum Invalidation {
    Session(SessionId),
    User(UserId),
    /// Any account, session or setting.
    Accounts,
}

/// Called by the task that reads the bus: it must not block.
pub(super) type OnInvalidation = Box<dyn Fn(Invalidation) + Send + Sync>;

impl Hub {
    /// Registers the callback. Only the first registration counts.
    pub fn on_invalidation(&self, callback: impl Fn(Invalidation) + Send + Sync + 'static) {
        drop(self.on_invalidation.set(Box::new(callback)));
    }

    /// Invalidates what is cached about a person, on all nodes.
    pub(crate) fn invalidate_user(&self, user: UserId) {
        self.publisher.publish_control(&Control::UserChanged { user });
        self.invalidate(Invalidation::User(user));
    }

    /// Invalidates on this node only.
    pub(crate) fn invalidate(&self, what: Invalidation) {
        if let Some(notify) = self.on_invalidation.get() {
            notify(what);
        }
    }
}
