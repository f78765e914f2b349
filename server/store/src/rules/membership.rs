//! Who may change a room and who is in it: rules over what was read under the room's lock, in the transaction that
//! changes it. Where a person may not even see the room, it is not there.

use crate::{Error, Result};
use protocol::{Role, RoomKind};

const DIRECT: Error = Error::Forbidden("A direct room always has the same two people and no name.");
const LATER_KIND: Error =
    Error::Forbidden("This room is of a later version of Jackdaw and cannot be administered yet.");
/// A change would leave a room with members and without an owner.
pub(crate) const LAST_OWNER: Error =
    Error::Conflict("The room would have no owner. Make somebody else an owner first.");
const NO_ROOM: Error = Error::NotFound("room");

/// `actor` is the role of the person who asks, none where they are no member. The same below.
pub(crate) fn may_rename(kind: RoomKind, actor: Option<Role>) -> Result<()> {
    require(kind, actor, Role::Admin, "Only an admin or owner of the room may rename it.")
}

pub(crate) fn may_delete(kind: RoomKind, actor: Option<Role>) -> Result<()> {
    require(kind, actor, Role::Owner, "Only an owner of the room may delete it.")
}

/// Whether somebody may make others members.
pub fn may_add(kind: RoomKind, actor: Option<Role>) -> Result<()> {
    require(kind, actor, Role::Admin, "Only an admin or owner of the room may add people.")
}

/// Whether somebody who is no member may become one by themselves.
pub(crate) fn may_join(kind: RoomKind) -> Result<()> {
    if kind == RoomKind::Public { Ok(()) } else { Err(NO_ROOM) }
}

/// Permission check: whether somebody may end their own membership. Answers with their role.
pub(crate) fn may_leave(kind: RoomKind, actor: Option<Role>) -> Result<Role> {
    let role = actor.ok_or(NO_ROOM)?;
    if kind == RoomKind::Direct { Err(DIRECT) } else { Ok(role) }
}

/// Permission check: whether `actor` may remove a member with the role `other`. Returns that role.
pub(crate) fn may_remove(kind: RoomKind, actor: Option<Role>, other: Option<Role>) -> Result<Role> {
    const REFUSAL: &str = "Only an admin or owner of the room may remove people, and an admin only members.";
    require(kind, actor, Role::Admin, REFUSAL)?;
    let other = other.ok_or(Error::NotFound("member"))?;
    // A role of a later version may stand above an admin's.
    let may = actor == Some(Role::Owner) || other == Role::Member;
    if may { Ok(other) } else { Err(Error::Forbidden(REFUSAL)) }
}

/// Whether somebody may give a role to another with this one. Answers with it.
pub(crate) fn may_give_role(kind: RoomKind, actor: Option<Role>, other: Option<Role>) -> Result<Role> {
    require(kind, actor, Role::Owner, "Only an owner of the room may give roles.")?;
    other.ok_or(Error::NotFound("member"))
}

/// Members with at least this role; direct rooms have no roles and cannot be administered.
fn require(kind: RoomKind, actor: Option<Role>, least: Role, refusal: &'static str) -> Result<()> {
    match (kind, actor) {
        (RoomKind::Direct, Some(_)) => Err(DIRECT),
        (RoomKind::Direct | RoomKind::Group | RoomKind::Unknown, None) => Err(NO_ROOM),
        (RoomKind::Unknown, Some(_)) => Err(LATER_KIND),
        (_, Some(role)) if role >= least => Ok(()),
        _ => Err(Error::Forbidden(refusal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RoomKind::{Direct, Group, Public};

    const ROLES: [Option<Role>; 4] = [None, Some(Role::Member), Some(Role::Admin), Some(Role::Owner)];

    /// What each role gets, from none to owner: allowed (`+`), forbidden (`-`) or not even shown (`?`).
    fn told<T>(rule: impl Fn(Option<Role>) -> Result<T>) -> String {
        let tell = |answer| match answer {
            Ok(_) => '+',
            Err(Error::Forbidden(_)) => '-',
            Err(Error::NotFound("room")) => '?',
            Err(error) => panic!("{error}"),
        };
        ROLES.into_iter().map(|role| tell(rule(role))).collect()
    }

    #[test]
    fn roles_decide_and_strangers_see_only_public_rooms() {
        for (rule, group) in [(may_rename as fn(_, _) -> _, "?-++"), (may_add, "?-++"), (may_delete, "?--+")] {
            assert_eq!(told(|role| rule(Group, role)), group);
            assert_eq!(told(|role| rule(Public, role)), group.replace('?', "-"));
            assert_eq!(told(|role| rule(Direct, role)), "?---");
        }
        assert_eq!(told(|role| may_rename(RoomKind::Unknown, role)), "?---");
        assert_eq!(
            told(|_| may_rename(Group, Some(Role::Unknown))),
            "----",
            "a role of a later version grants nothing"
        );
        assert_eq!(told(|role| may_leave(Group, role)), "?+++");
        assert_eq!(told(|role| may_leave(Direct, role)), "?---");
        assert_eq!((may_join(Public).is_ok(), may_join(Group).is_ok(), may_join(Direct).is_ok()), (true, false, false));
    }

    #[test]
    fn an_admin_removes_members_only_and_owners_give_roles() {
        assert_eq!(told(|role| may_remove(Group, role, Some(Role::Member))), "?-++");
        assert_eq!(told(|role| may_remove(Group, role, Some(Role::Admin))), "?--+");
        assert_eq!(told(|role| may_remove(Group, role, Some(Role::Unknown))), "?--+");
        assert_eq!(told(|role| may_give_role(Group, role, Some(Role::Member))), "?--+");
        let owner = Some(Role::Owner);
        assert!(matches!(may_remove(Group, owner, None), Err(Error::NotFound("member"))));
        assert!(matches!(may_give_role(Group, owner, None), Err(Error::NotFound("member"))));
    }
}
