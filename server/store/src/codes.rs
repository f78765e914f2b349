//! The numbers that stand for kinds and roles in both databases. They are stored: never renumber one.

use crate::Refusal;
use protocol::{MessageKind, Posting, Role, RoomKind};

/// An enum with a number for each of its values.
pub(super) trait Code: Copy + PartialEq + 'static {
    /// Every value; its place is its number.
    const VALUES: &'static [Self];
    /// What a number of a later version is read as. A later node may have written it during an update, so it is data and
    /// no error. Never written.
    const UNKNOWN: Self;

    fn code(self) -> i16 {
        // Every value is in the list, and the lists are short.
        Self::VALUES.iter().position(|value| *value == self).and_then(|place| i16::try_from(place).ok()).unwrap_or(-1)
    }

    fn from_code(code: i16) -> Self {
        usize::try_from(code).ok().and_then(|place| Self::VALUES.get(place)).copied().unwrap_or(Self::UNKNOWN)
    }
}

impl Code for RoomKind {
    const VALUES: &'static [Self] = &[Self::Direct, Self::Group, Self::Public];
    const UNKNOWN: Self = Self::Unknown;
}

impl Code for Role {
    const VALUES: &'static [Self] = &[Self::Member, Self::Admin, Self::Owner];
    const UNKNOWN: Self = Self::Unknown;
}

impl Code for MessageKind {
    const VALUES: &'static [Self] = &[Self::Text, Self::System];
    const UNKNOWN: Self = Self::Unknown;
}

impl Code for Posting {
    const VALUES: &'static [Self] = &[Self::Everybody, Self::Admins];
    const UNKNOWN: Self = Self::Unknown;
}

impl Code for Refusal {
    const VALUES: &'static [Self] = &[Self::NotMember, Self::Blocked, Self::Archived, Self::AdminsOnly];
    // Refused all the same.
    const UNKNOWN: Self = Self::NotMember;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_schema() {
        // The schema's `kind = 2` finds public rooms, and an owner is above an admin.
        assert_eq!(RoomKind::Public.code(), 2);
        assert_eq!(Role::VALUES.iter().map(|role| role.code()).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(MessageKind::System.code(), 1);
        // A statement of PostgreSQL finds rooms in which everybody writes by `posting = 0`.
        assert_eq!((Posting::Everybody.code(), Posting::Admins.code()), (0, 1));
        assert_eq!(Refusal::VALUES.iter().map(|refusal| refusal.code()).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!((Role::from_code(3), Role::from_code(-1)), (Role::Unknown, Role::Unknown));
        assert!(Role::Unknown < Role::Member, "it grants nothing");
        assert_eq!(Role::Unknown.code(), -1, "the schema refuses nothing, so nobody may write it");
    }
}
