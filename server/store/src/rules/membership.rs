//! Who may change a room and who is in it: rules over what was read under the room's lock, in the transaction that
//! changes it. Where a person may not even see the room, it is not there.

use crate::bounds::BANS;
use crate::{Error, Result, RoomChange};
use protocol::{Role, RoomKind};

const DIRECT: Error = Error::Forbidden("A direct room always has the same two people and no name.");
const LATER_KIND: Error =
    Error::Forbidden("This room is of a later version of Jackdaw and cannot be administered yet.");
/// A change would leave a room with members and without an owner.
pub(crate) const LAST_OWNER: Error =
    Error::Conflict("The room would have no owner. Make somebody else an owner first.");
const BANNED: Error = Error::Conflict("This person is banned from the room. Lift the ban first.");
const NO_ROOM: Error = Error::NotFound("room");

/// `actor` is the role of the person who asks, none where they are no member. The same below.
pub(crate) fn may_change(kind: RoomKind, actor: Option<Role>, change: &RoomChange) -> Result<()> {
    let (least, refusal) = match change {
        RoomChange::Name(_) => (Role::Admin, "Only an admin or owner of the room may rename it."),
        RoomChange::Topic(_) => (Role::Admin, "Only an admin or owner of the room may say what it is about."),
        RoomChange::Archived(_) => (Role::Owner, "Only an owner of the room may archive and restore it."),
        RoomChange::Posting(_) => (Role::Owner, "Only an owner of the room may say who writes in it."),
    };
    require(kind, actor, least, refusal)
}

/// The setting that says who may make public rooms: [`EVERYBODY`], also where it is missing, or administrators of the server.
pub const PUBLIC_ROOMS: &str = "public-rooms";
/// See [`PUBLIC_ROOMS`].
pub const EVERYBODY: &str = "everybody";
/// See [`PUBLIC_ROOMS`].
pub const ADMINISTRATORS: &str = "administrators";

/// Permission check: whether a person may make public rooms. A rule of a later version restricts as far as this version can.
pub(crate) fn may_create_public(setting: Option<&str>, is_admin: bool) -> Result<()> {
    const REFUSAL: Error = Error::Forbidden("Only administrators of this server may make public rooms.");
    if is_admin || setting.is_none_or(|creators| creators == EVERYBODY) { Ok(()) } else { Err(REFUSAL) }
}

pub(crate) fn may_delete(kind: RoomKind, actor: Option<Role>) -> Result<()> {
    require(kind, actor, Role::Owner, "Only an owner of the room may delete it.")
}

/// Whether somebody may make others members.
pub fn may_add(kind: RoomKind, actor: Option<Role>) -> Result<()> {
    require(kind, actor, Role::Admin, "Only an admin or owner of the room may add people.")
}

/// Permission check: whether a person who is no member may become one, by themselves or because another adds them. A banned
/// person does not see the room.
pub(crate) fn may_enter(kind: RoomKind, is_by_themselves: bool, is_banned: bool) -> Result<()> {
    match (is_by_themselves, is_banned) {
        (true, false) if kind == RoomKind::Public => Ok(()),
        (true, _) => Err(NO_ROOM),
        (false, true) => Err(BANNED),
        (false, false) => Ok(()),
    }
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

/// Permission check: whether `actor` may ban a person with the role `other`, none for a person who is no member.
pub(crate) fn may_ban(kind: RoomKind, actor: Option<Role>, other: Option<Role>, is_self: bool) -> Result<()> {
    const REFUSAL: &str = "Only an admin or owner of the room may ban people, and an admin only members.";
    require(kind, actor, Role::Admin, REFUSAL)?;
    if is_self {
        return Err(Error::Conflict("You cannot ban yourself. Leave the room instead."));
    }
    // A role of a later version may stand above an admin's.
    let may = actor == Some(Role::Owner) || other.is_none_or(|other| other == Role::Member);
    if may { Ok(()) } else { Err(Error::Forbidden(REFUSAL)) }
}

/// Permission check: whether a person may see the bans of a room and lift them.
pub fn may_see_bans(kind: RoomKind, actor: Option<Role>) -> Result<()> {
    require(kind, actor, Role::Admin, "Only an admin or owner of the room may see and lift bans.")
}

/// Refuses one more ban of a room that has as many as it can have.
pub(crate) fn has_place_for_ban(bans: i64) -> Result<()> {
    if bans < BANS { Ok(()) } else { Err(Error::Conflict("This room has too many bans. Lift one first.")) }
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
    use protocol::Posting;

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

    fn rename(kind: RoomKind, role: Option<Role>) -> Result<()> {
        may_change(kind, role, &RoomChange::Name("Tea".into()))
    }

    #[test]
    fn admins_say_what_a_room_is_and_owners_who_writes_in_it() {
        for (change, group) in [
            (RoomChange::Topic("x".into()), "?-++"),
            (RoomChange::Archived(true), "?--+"),
            (RoomChange::Archived(false), "?--+"),
            (RoomChange::Posting(Posting::Admins), "?--+"),
        ] {
            assert_eq!(told(|role| may_change(Group, role, &change)), group, "{change:?}");
            assert_eq!(told(|role| may_change(Public, role, &change)), group.replace('?', "-"), "{change:?}");
            assert_eq!(told(|role| may_change(Direct, role, &change)), "?---", "{change:?}");
        }
    }

    #[test]
    fn administrators_always_make_public_rooms() {
        for (setting, others) in
            [(None, true), (Some(EVERYBODY), true), (Some(ADMINISTRATORS), false), (Some("of a later version"), false)]
        {
            assert!(may_create_public(setting, true).is_ok());
            assert_eq!(may_create_public(setting, false).is_ok(), others, "{setting:?}");
        }
    }

    #[test]
    fn roles_decide_and_strangers_see_only_public_rooms() {
        for (rule, group) in [(rename as fn(_, _) -> _, "?-++"), (may_add, "?-++"), (may_delete, "?--+")] {
            assert_eq!(told(|role| rule(Group, role)), group);
            assert_eq!(told(|role| rule(Public, role)), group.replace('?', "-"));
            assert_eq!(told(|role| rule(Direct, role)), "?---");
        }
        assert_eq!(told(|role| rename(RoomKind::Unknown, role)), "?---");
        assert_eq!(told(|_| rename(Group, Some(Role::Unknown))), "----", "a role of a later version grants nothing");
        assert_eq!(told(|role| may_leave(Group, role)), "?+++");
        assert_eq!(told(|role| may_leave(Direct, role)), "?---");
    }

    #[test]
    fn people_enter_public_rooms_by_themselves_unless_they_are_banned() {
        assert_eq!([Public, Group, Direct].map(|kind| may_enter(kind, true, false).is_ok()), [true, false, false]);
        assert!(matches!(may_enter(Public, true, true), Err(Error::NotFound("room"))), "a banned person sees no room");
        assert!(matches!(may_enter(Group, false, true), Err(Error::Conflict(_))));
        assert!(may_enter(Group, false, false).is_ok());
    }

    #[test]
    fn an_admin_bans_members_and_strangers_and_an_owner_anybody_else() {
        for (other, told_so) in
            [(None, "?-++"), (Some(Role::Member), "?-++"), (Some(Role::Admin), "?--+"), (Some(Role::Owner), "?--+")]
        {
            assert_eq!(told(|role| may_ban(Group, role, other, false)), told_so, "{other:?}");
            assert_eq!(told(|role| may_ban(Public, role, other, false)), told_so.replace('?', "-"), "{other:?}");
            assert_eq!(told(|role| may_ban(Direct, role, other, false)), "?---");
        }
        assert_eq!(told(|role| may_ban(Group, role, Some(Role::Unknown), false)), "?--+");
        assert_eq!(told(|role| may_see_bans(Group, role)), "?-++");
        assert!(matches!(may_ban(Group, Some(Role::Owner), Some(Role::Owner), true), Err(Error::Conflict(_))));
        assert!(has_place_for_ban(BANS - 1).is_ok() && has_place_for_ban(BANS).is_err());
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
