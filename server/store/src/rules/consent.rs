//! Consent: permission to write to a person and to add them to a room, and how many people one can block. Pure.

use crate::bounds::BLOCKS;
use crate::{Error, Result};
use protocol::RoomKind;

/// Permission check: whether a person may make a direct room with another, who may block them.
pub(crate) fn may_open_direct(is_blocked: bool) -> Result<()> {
    if is_blocked { Err(Error::Forbidden("You cannot write to this person.")) } else { Ok(()) }
}

/// Permission check: whether a person may bring others into a room of this kind. `is_given` says that each of them agrees: they share a
/// group with the person, or both have written in their direct room, and nobody blocks the person. The answer does not say who is
/// missing, since that would show who blocks whom.
pub(crate) fn may_bring_in(kind: RoomKind, is_given: bool) -> Result<()> {
    const REFUSAL: &str = "You can only add people with whom you share a group, or who have written with you in a direct \
                           room. Invite the others, or write to them first.";
    if is_given || kind == RoomKind::Direct { Ok(()) } else { Err(Error::Forbidden(REFUSAL)) }
}

/// Refuses one more block of a person who blocks as many people as one can.
pub(crate) fn has_place_for_block(blocks: i64) -> Result<()> {
    if blocks < BLOCKS { Ok(()) } else { Err(Error::Conflict("You block too many people. Unblock one first.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_brought_into_rooms_with_their_consent_only() {
        for kind in [RoomKind::Group, RoomKind::Public, RoomKind::Unknown] {
            assert!(may_bring_in(kind, true).is_ok());
            assert!(matches!(may_bring_in(kind, false), Err(Error::Forbidden(_))), "{kind:?}");
        }
        assert!(may_bring_in(RoomKind::Direct, false).is_ok(), "anybody may write first");
        assert!(may_open_direct(false).is_ok());
        assert!(matches!(may_open_direct(true), Err(Error::Forbidden(_))), "unless they are blocked");
    }

    #[test]
    fn blocks_are_bounded() {
        assert!(has_place_for_block(BLOCKS - 1).is_ok());
        assert!(matches!(has_place_for_block(BLOCKS), Err(Error::Conflict(_))));
    }
}
