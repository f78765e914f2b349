//! Who may write in a room: sending and editing messages, and reacting to them. Pure.

use crate::Refusal;
use protocol::{Posting, Role};

/// Who of its members may write in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writers {
    #[default]
    Everybody,
    /// Admins and owners.
    Admins,
    /// Nobody: the room is archived.
    Nobody,
}

impl Writers {
    /// What the two columns of a room say. A word of a later version for `posting` restricts as far as this version can.
    pub(crate) const fn of(posting: Posting, is_archived: bool) -> Self {
        match (is_archived, posting) {
            (true, _) => Self::Nobody,
            (false, Posting::Everybody) => Self::Everybody,
            (false, Posting::Admins | Posting::Unknown) => Self::Admins,
        }
    }
}

/// What is read of a member and their room to decide whether they may write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing {
    pub(crate) writers: Writers,
    pub(crate) role: Role,
    /// Whether the other person of the direct room blocks them.
    pub(crate) is_blocked: bool,
}

/// Permission check: whether a member may send a message, or edit one of their own.
pub(crate) fn may_write(writing: Writing) -> Result<(), Refusal> {
    may_react(writing)?;
    if writing.writers == Writers::Admins && writing.role < Role::Admin { Err(Refusal::AdminsOnly) } else { Ok(()) }
}

/// Permission check: whether a member may react to a message, also where only admins post.
pub(crate) fn may_react(writing: Writing) -> Result<(), Refusal> {
    match writing {
        Writing { writers: Writers::Nobody, .. } => Err(Refusal::Archived),
        Writing { is_blocked: true, .. } => Err(Refusal::Blocked),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 4] = [Role::Unknown, Role::Member, Role::Admin, Role::Owner];

    #[test]
    fn roles_and_the_room_decide_who_writes() {
        let (archived, admins) = (Err(Refusal::Archived), Err(Refusal::AdminsOnly));
        for (posting, is_archived, expected) in [
            (Posting::Everybody, false, [Ok(()); 4]),
            (Posting::Admins, false, [admins, admins, Ok(()), Ok(())]),
            (Posting::Unknown, false, [admins, admins, Ok(()), Ok(())]),
            (Posting::Everybody, true, [archived; 4]),
            (Posting::Admins, true, [archived; 4]),
        ] {
            let writers = Writers::of(posting, is_archived);
            assert_eq!(ROLES.map(|role| may_write(Writing { writers, role, is_blocked: false })), expected);
            let may = ROLES.map(|role| may_react(Writing { writers, role, is_blocked: false }));
            assert_eq!(may, [if is_archived { archived } else { Ok(()) }; 4], "who may not post may react");
        }
        let blocked = Writing { writers: Writers::Everybody, role: Role::Member, is_blocked: true };
        assert_eq!((may_write(blocked), may_react(blocked)), (Err(Refusal::Blocked), Err(Refusal::Blocked)));
    }
}
