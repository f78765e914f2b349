//! The numbers of control messages (memberships, frames for one person, ended sessions), per publishing node, so that a node
//! detects messages that the bus (Redis) has lost.

use std::collections::BTreeMap;
use uuid::Uuid;

/// This node's last number and those of other nodes. Nodes that have ended cost a few bytes each until this one ends.
#[derive(Debug, Default)]
pub(super) struct Controls {
    published: u64,
    received: BTreeMap<Uuid, u64>,
}

/// How a message fits to the previous ones of the same node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// It has the next number.
    Next,
    /// It is a repeat, or older than the last one.
    Known,
    /// At least one message before it is missing.
    AfterGap,
}

impl Controls {
    /// Takes the number for the next message.
    pub(super) fn next(&mut self) -> u64 {
        self.published += 1;
        self.published
    }

    /// The number of the last message.
    pub(super) const fn last(&self) -> u64 {
        self.published
    }

    /// Records a message of another node; `alive` only repeats its last number.
    pub(super) fn receive(&mut self, node: Uuid, number: u64, alive: bool) -> Received {
        let last = self.received.entry(node).or_default();
        let next = if alive { *last } else { *last + 1 };
        if number < next || (number == next && alive) {
            return Received::Known;
        }
        *last = number;
        if number == next { Received::Next } else { Received::AfterGap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_noticed_and_what_comes_late_is_dropped() {
        let (mut controls, node) = (Controls::default(), Uuid::from_u128(7));
        assert_eq!((controls.next(), controls.next(), controls.last()), (1, 2, 2));
        assert_eq!(controls.receive(node, 0, true), Received::Known);
        assert_eq!(controls.receive(node, 1, false), Received::Next);
        assert_eq!(controls.receive(node, 1, false), Received::Known);
        assert_eq!(controls.receive(node, 3, false), Received::AfterGap);
        assert_eq!(controls.receive(node, 2, false), Received::Known);
        assert_eq!(controls.receive(node, 3, true), Received::Known);
        assert_eq!(controls.receive(node, 4, true), Received::AfterGap, "the last one was lost");
        assert_eq!(controls.receive(Uuid::from_u128(8), 5, true), Received::AfterGap, "it spoke before we listened");
    }
}
