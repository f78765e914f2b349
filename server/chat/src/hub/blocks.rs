//! Blocks as far as this node needs them to hide presence and typing. Neither of two people sees those of the other if one of
//! them blocks the other.
//!
//! Bound: all blocks by people who are connected here, and of other watched people those of the connected ones.

use protocol::UserId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;

/// Counts changes of blocks: a read of the database from before a change may be stale.
pub(crate) type BlocksVersion = u64;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The people that a person blocks; without people who block nobody.
    lists: BTreeMap<UserId, BTreeSet<UserId>>,
    /// People whose lists are in use: they are read again after a change.
    known: BTreeSet<UserId>,
    version: BlocksVersion,
    /// A read was applied that may have been made before a change.
    is_stale: bool,
}

impl Blocks {
    /// Whether one of the two blocks the other.
    pub(super) fn between(&self, one: UserId, other: UserId) -> bool {
        self.has(one, other) || self.has(other, one)
    }

    /// Whether `user` blocks `other`.
    pub(super) fn has(&self, user: UserId, other: UserId) -> bool {
        self.lists.get(&user).is_some_and(|list| list.contains(&other))
    }

    /// The people that a person blocks.
    pub(super) fn of(&self, user: UserId) -> BTreeSet<UserId> {
        self.lists.get(&user).cloned().unwrap_or_default()
    }

    pub(super) const fn version(&self) -> BlocksVersion {
        self.version
    }

    /// Blocks have changed: reads that began before may be stale.
    pub(super) const fn begin_version(&mut self) -> BlocksVersion {
        self.version += 1;
        self.version
    }

    /// Records whether `user` blocks `other`. Returns true if that was unknown.
    pub(super) fn set(&mut self, user: UserId, other: UserId, is_blocked: bool) -> bool {
        self.known.insert(user);
        if is_blocked {
            return self.lists.entry(user).or_default().insert(other);
        }
        let Some(list) = self.lists.get_mut(&user) else { return false };
        let had = list.remove(&other);
        if list.is_empty() {
            self.lists.remove(&user);
        }
        had
    }

    /// Replaces the list of a person. Returns the people who are in one of the two lists only.
    pub(super) fn replace(&mut self, user: UserId, list: BTreeSet<UserId>) -> Vec<UserId> {
        self.known.insert(user);
        let before = if list.is_empty() { self.lists.remove(&user) } else { self.lists.insert(user, list) };
        let (before, list) = (before.unwrap_or_default(), self.lists.get(&user));
        match list {
            Some(list) => before.symmetric_difference(list).copied().collect(),
            None => before.into_iter().collect(),
        }
    }

    /// Notes a read that began at this version: if blocks have changed since, all are to be read again.
    pub(super) const fn record_read(&mut self, version: BlocksVersion) {
        self.is_stale |= version != self.version;
    }

    /// Whether all are to be read again. Returns true once.
    pub(super) const fn take_stale(&mut self) -> bool {
        std::mem::replace(&mut self.is_stale, false)
    }

    /// The list of a person is not in use any more.
    pub(super) fn forget(&mut self, user: UserId) {
        self.known.remove(&user);
        self.lists.remove(&user);
    }

    /// People whose lists are in use: those after `after`, `limit` at most.
    pub(super) fn known_after(&self, after: Option<UserId>, limit: usize) -> Vec<UserId> {
        let after = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        self.known.range(after).take(limit).copied().collect()
    }
}

/// A person who types, and the people that they block: only the typist's own node has all of these. On the bus: their ids, with
/// commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typist {
    pub(super) user: UserId,
    pub(super) blocked: BTreeSet<UserId>,
}

impl Typist {
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut ids = text.split(',').map(|id| id.parse().ok().map(UserId));
        Some(Self { user: ids.next()??, blocked: ids.collect::<Option<_>>()? })
    }
}

impl fmt::Display for Typist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.user.0.simple())?;
        self.blocked.iter().try_for_each(|id| write!(f, ",{}", id.0.simple()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));
    const CY: UserId = UserId(Uuid::from_u128(3));

    #[test]
    fn a_block_counts_in_both_directions_and_a_change_is_named_once() {
        let mut blocks = Blocks::default();
        assert!(!blocks.between(ADA, BOB));
        assert_eq!(blocks.replace(ADA, [BOB].into()), [BOB]);
        assert!(blocks.between(ADA, BOB) && blocks.between(BOB, ADA) && !blocks.has(BOB, ADA));
        assert_eq!(blocks.replace(ADA, [CY].into()), [BOB, CY]);
        assert_eq!(blocks.replace(ADA, [CY].into()), []);
        assert!(!blocks.set(ADA, CY, true) && blocks.set(ADA, BOB, true));
        assert!(blocks.set(ADA, CY, false) && !blocks.set(ADA, CY, false));
        assert_eq!(blocks.replace(ADA, BTreeSet::new()), [BOB]);
        blocks.set(ADA, BOB, true);
        assert_eq!(blocks.known_after(None, 9), [ADA]);
        blocks.forget(ADA);
        assert!(!blocks.has(ADA, BOB) && blocks.known_after(None, 9).is_empty());
    }

    #[test]
    fn a_read_from_before_a_change_leads_to_another_one() {
        let mut blocks = Blocks::default();
        let version = blocks.version();
        blocks.record_read(version);
        assert!(!blocks.take_stale());
        blocks.begin_version();
        blocks.record_read(version);
        assert!(blocks.take_stale() && !blocks.take_stale());
    }

    #[test]
    fn a_typist_is_read_back() {
        for blocked in [BTreeSet::new(), [BOB, CY].into()] {
            let typist = Typist { user: ADA, blocked };
            assert_eq!(Typist::read(&typist.to_string()), Some(typist));
        }
        for text in ["", ",", "ada", "00000000000000000000000000000001,"] {
            assert_eq!(Typist::read(text), None, "{text}");
        }
    }
}
