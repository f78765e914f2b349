//! What blocks hide of presence: which of them this node holds, and what people are sent when they change.

use super::{Here, People, Watch};
use protocol::{Presence, PresenceState, ServerFrame, UnixMillis, UserId};
use std::collections::BTreeSet;

impl People {
    /// The state of `user` that `viewer` is shown.
    pub(super) fn state_for(&self, viewer: UserId, user: UserId) -> PresenceState {
        if self.blocks.between(viewer, user) { PresenceState::Offline } else { self.state(user) }
    }

    fn is_here(&self, user: UserId) -> bool {
        self.here.get(&user).is_some_and(Here::is_connected)
    }

    /// Whether this person is connected here and their blocks have not been read.
    pub(in crate::hub) fn needs_blocks(&self, user: UserId) -> bool {
        self.here.get(&user).is_some_and(|here| here.is_connected() && !here.has_blocks)
    }

    /// Applies a read of all blocks by a person, if these are in use here.
    pub(in crate::hub) fn set_blocks(&mut self, user: UserId, mut blocked: BTreeSet<UserId>) {
        match self.here.get_mut(&user).filter(|here| here.is_connected()) {
            Some(here) => here.has_blocks = true,
            None if self.watchers.contains_key(&user) => blocked.retain(|other| self.is_here(*other)),
            None => return,
        }
        for other in self.blocks.replace(user, blocked) {
            self.send_between(user, other);
        }
    }

    /// Applies that `user` blocks `other` or not, if that is in use here.
    pub(in crate::hub) fn set_block(&mut self, user: UserId, other: UserId, is_blocked: bool) {
        let is_used = self.is_here(user) || (self.watchers.contains_key(&user) && self.is_here(other));
        if is_used && self.blocks.set(user, other, is_blocked) {
            self.send_between(user, other);
        }
    }

    /// Applies a read: of `users`, exactly `blockers` block `viewer`. Called before `viewer` watches `users`.
    pub(in crate::hub) fn set_blockers(&mut self, viewer: UserId, users: &[UserId], blockers: &[UserId]) {
        for user in users {
            if self.blocks.set(*user, viewer, blockers.contains(user)) {
                self.send_between(*user, viewer);
            }
        }
    }

    /// Evicts the blocks of a person without connections and watchers here: no presence depends on them.
    pub(super) fn forget_blocks(&mut self, user: UserId) {
        if !self.is_here(user) && !self.watchers.contains_key(&user) {
            self.blocks.forget(user);
        }
    }

    /// Sends those of two people who watch the other one what they see now. A lost frame would stay unnoticed, so these are not
    /// dropped under backpressure.
    fn send_between(&self, one: UserId, other: UserId) {
        for (viewer, user) in [(one, other), (other, one)] {
            let watches = self.watchers.get(&user).into_iter().flatten().filter_map(|id| self.watches.get(id));
            for Watch { connection, .. } in watches.filter(|watch| watch.connection.user == viewer) {
                let users = vec![Presence(user, self.state_for(viewer, user), UnixMillis(0))];
                connection.send(&ServerFrame::Presence { users });
            }
        }
    }
}
