//! Who keeps a copy of something stored hears when it is out of date, because it was changed here or on another node.

use super::Hub;
use super::envelope::Control;
use protocol::{SessionId, UserId};

/// What is out of date.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Changed {
    Session(SessionId),
    User(UserId),
}

/// Called from where the bus is read: it must not block.
pub(super) type OnChange = Box<dyn Fn(Changed) + Send + Sync>;

impl Hub {
    /// Whom to tell, from now on. The first one stays.
    pub(crate) fn on_change(&self, told: impl Fn(Changed) + Send + Sync + 'static) {
        drop(self.on_change.set(Box::new(told)));
    }

    /// What is stored about a person has changed, for all nodes.
    pub(crate) fn user_changed(&self, user: UserId) {
        self.publish_control(&Control::UserChanged { user });
        self.changed(Changed::User(user));
    }

    /// The same for this node alone.
    pub(super) fn changed(&self, what: Changed) {
        if let Some(tell) = self.on_change.get() {
            tell(what);
        }
    }
}
