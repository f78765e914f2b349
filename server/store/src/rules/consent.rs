//! Whom a person may bring into a room, and who blocks whom. Pure.

use crate::bounds::BLOCKS;
use crate::{Error, Result};
use protocol::RoomKind;

/// Permission check: whether a person may make a room with others, one of whom may have blocked them. The answer for a group does not
/// say that somebody is blocked.
pub(crate) fn may_bring_in(kind: RoomKind, is_blocked: bool) -> Result<()> {
    match (is_blocked, kind) {
        (false, _) => Ok(()),
        (true, RoomKind::Direct) => Err(Error::Forbidden("You cannot write to this person.")),
        (true, _) => Err(Error::Forbidden("You cannot add one of these people.")),
    }
}

/// Refuses one more block of a person who blocks as many people as one can.
pub(crate) fn has_place_for_block(blocks: i64) -> Result<()> {
    if blocks < BLOCKS { Ok(()) } else { Err(Error::Conflict("You block too many people. Unblock one first.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_person_brings_nobody_in() {
        for kind in [RoomKind::Direct, RoomKind::Group, RoomKind::Public, RoomKind::Unknown] {
            assert!(may_bring_in(kind, false).is_ok());
            assert!(matches!(may_bring_in(kind, true), Err(Error::Forbidden(_))), "{kind:?}");
        }
    }

    #[test]
    fn blocks_are_bounded() {
        assert!(has_place_for_block(BLOCKS - 1).is_ok());
        assert!(matches!(has_place_for_block(BLOCKS), Err(Error::Conflict(_))));
    }
}
