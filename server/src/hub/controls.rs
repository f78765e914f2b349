//! The numbers of what nodes say about connections (who joined, whom to tell what, which session ended), so that a node
//! notices what the bus has lost.

use std::collections::BTreeMap;
use uuid::Uuid;

/// One's own last number and those of others. Nodes that have gone cost a few bytes each until this one ends.
#[derive(Debug, Default)]
pub(super) struct Controls {
    said: u64,
    heard: BTreeMap<Uuid, u64>,
}

/// How something fits to what was heard from the same node before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is what was to come.
    Next,
    /// It was heard before, or what came after it was.
    Known,
    /// Something before it is missing.
    AfterGap,
}

impl Controls {
    /// The number of what is said now.
    pub(super) fn next(&mut self) -> u64 {
        self.said += 1;
        self.said
    }

    /// The number of what was said last.
    pub(super) const fn last(&self) -> u64 {
        self.said
    }

    /// Something came from another node; `alive` only repeats its last number.
    pub(super) fn hear(&mut self, node: Uuid, number: u64, alive: bool) -> Heard {
        let last = self.heard.entry(node).or_default();
        let next = if alive { *last } else { *last + 1 };
        if number < next || (number == next && alive) {
            return Heard::Known;
        }
        *last = number;
        if number == next { Heard::Next } else { Heard::AfterGap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_noticed_and_what_comes_late_is_dropped() {
        let (mut controls, node) = (Controls::default(), Uuid::from_u128(7));
        assert_eq!((controls.next(), controls.next(), controls.last()), (1, 2, 2));
        assert_eq!(controls.hear(node, 0, true), Heard::Known);
        assert_eq!(controls.hear(node, 1, false), Heard::Next);
        assert_eq!(controls.hear(node, 1, false), Heard::Known);
        assert_eq!(controls.hear(node, 3, false), Heard::AfterGap);
        assert_eq!(controls.hear(node, 2, false), Heard::Known);
        assert_eq!(controls.hear(node, 3, true), Heard::Known);
        assert_eq!(controls.hear(node, 4, true), Heard::AfterGap, "the last one was lost");
        assert_eq!(controls.hear(Uuid::from_u128(8), 5, true), Heard::AfterGap, "it spoke before we listened");
    }
}
