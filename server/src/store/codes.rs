//! The numbers that stand for kinds and roles in both databases. They are stored: never renumber one.

use super::{Error, Result};
use protocol::{MessageKind, Role, RoomKind};

/// An enum with a number for each of its values.
pub(super) trait Code: Copy + PartialEq + 'static {
    /// What it is called in an error.
    const NAME: &'static str;
    /// Every value; its place is its number.
    const VALUES: &'static [Self];

    fn code(self) -> i16 {
        // Every value is in the list, and the lists are short.
        Self::VALUES.iter().position(|value| *value == self).and_then(|place| i16::try_from(place).ok()).unwrap_or(-1)
    }

    fn from_code(code: i16) -> Result<Self> {
        let known = usize::try_from(code).ok().and_then(|place| Self::VALUES.get(place)).copied();
        known.ok_or_else(|| Error::Internal(format!("{} {code} is not one that this version knows", Self::NAME)))
    }
}

impl Code for RoomKind {
    const NAME: &'static str = "room kind";
    const VALUES: &'static [Self] = &[Self::Direct, Self::Group, Self::Public];
}

impl Code for Role {
    const NAME: &'static str = "role";
    const VALUES: &'static [Self] = &[Self::Member, Self::Admin, Self::Owner];
}

impl Code for MessageKind {
    const NAME: &'static str = "message kind";
    const VALUES: &'static [Self] = &[Self::Text, Self::System];
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
        assert!(Role::from_code(3).is_err());
        assert!(Role::from_code(-1).is_err());
    }
}
