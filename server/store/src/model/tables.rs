//! The tables, and what several methods of the model do with them. What one trait alone does stands in the module of its name.

use crate::rules::writing::Writers;
use crate::{Access, Error, Refusal, Result, Stamp};
use protocol::{
    ClientId, Message, MessageKind, Posting, Rev, Role, RoomId, RoomKind, Seq, SessionId, SystemEvent, UnixMillis,
    User, UserId,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Everything that is stored. A clone is a backup.
#[derive(Clone)]
pub struct Tables {
    pub epoch: Uuid,
    /// What the database server says of its own history, and what it said when the epoch began.
    pub timeline: u64,
    pub history: u64,
    pub users: BTreeMap<UserId, User>,
    /// How often somebody's name was changed, and which change was each person's last.
    pub(super) people_rev: i64,
    pub(super) revs: BTreeMap<UserId, i64>,
    /// The names that others see, where they are not the display names.
    pub(super) shown_names: BTreeMap<UserId, String>,
    pub rooms: BTreeMap<RoomId, Room>,
    /// How often something about a person's memberships has moved.
    pub(super) members_versions: BTreeMap<UserId, i64>,
    /// Sessions that do not live any more.
    pub ended: BTreeSet<SessionId>,
    /// Where each message is, by its sender's name for it: what the constraint keeps unique.
    pub(super) ids: HashMap<(UserId, ClientId), (RoomId, Seq)>,
    /// Whether that constraint is there. Without it repeats are stored again, which the simulation must notice.
    pub dedupes: bool,
    /// Messages that were refused, why and when.
    pub(super) refusals: BTreeMap<(UserId, ClientId), (Refusal, UnixMillis)>,
    /// Whether these are kept. Without them a late copy of a refused message may be stored.
    pub keeps_refusals: bool,
    /// Blocks: the blocker, the blocked person and the time.
    pub(super) blocks: BTreeMap<(UserId, UserId), UnixMillis>,
    /// Digests of the first texts of messages that were revised.
    pub(super) digests: HashMap<(UserId, ClientId), Vec<u8>>,
    /// Whether these are kept. Without them a message that is sent again is compared with its present text.
    pub keeps_digests: bool,
    /// Which revisions were asked for, under whose names, and what became of them.
    pub(super) revisions: HashMap<(UserId, ClientId), (RoomId, Seq, Rev)>,
    /// By name.
    pub(super) settings: BTreeMap<String, String>,
    /// The room that new accounts enter.
    pub(super) general: Option<RoomId>,
}

/// A room with its messages (number `n` is at `n - 1`) and its members.
#[derive(Clone)]
pub struct Room {
    pub kind: RoomKind,
    /// Empty for a direct room.
    pub(super) name: String,
    pub(super) created_at: UnixMillis,
    pub messages: Vec<Message>,
    pub(super) last_rev: Rev,
    pub members: BTreeMap<UserId, Membership>,
    /// What it is about; empty for nothing.
    pub(super) topic: String,
    pub(super) archived_at: Option<UnixMillis>,
    pub(super) posting: Posting,
    /// Bans: the banned person, the moderator and the time.
    pub(super) bans: BTreeMap<UserId, (UserId, UnixMillis)>,
}

#[derive(Clone, Copy)]
pub struct Membership {
    pub(super) role: Role,
    pub(super) delivered: Seq,
    pub(super) read: Seq,
}

impl Room {
    pub(super) fn new(kind: RoomKind, name: String, created_at: UnixMillis) -> Self {
        Self {
            kind,
            name,
            created_at,
            messages: Vec::new(),
            last_rev: Rev(0),
            members: BTreeMap::new(),
            topic: String::new(),
            archived_at: None,
            posting: Posting::Everybody,
            bans: BTreeMap::new(),
        }
    }

    pub(super) fn head(&self) -> Seq {
        Seq(i64::try_from(self.messages.len()).unwrap_or(i64::MAX))
    }

    pub(super) fn role(&self, user: UserId) -> Option<Role> {
        self.members.get(&user).map(|member| member.role)
    }

    pub(super) fn access(&self, user: UserId) -> Access {
        Access { kind: self.kind, role: self.role(user), last_seq: self.head() }
    }

    pub(super) const fn writers(&self) -> Writers {
        Writers::of(self.posting, self.archived_at.is_some())
    }

    pub(super) fn may_see(&self, user: UserId) -> bool {
        self.members.contains_key(&user) || self.kind == RoomKind::Public && !self.bans.contains_key(&user)
    }
}

impl Tables {
    /// With nobody in the first room yet.
    pub fn new(epoch: Uuid, general: RoomId) -> Self {
        let room = Room::new(RoomKind::Public, "General".into(), UnixMillis(0));
        Self {
            epoch,
            timeline: 1,
            history: 1,
            users: BTreeMap::new(),
            members_versions: BTreeMap::new(),
            ended: BTreeSet::new(),
            people_rev: 0,
            revs: BTreeMap::new(),
            shown_names: BTreeMap::new(),
            rooms: [(general, room)].into(),
            ids: HashMap::new(),
            dedupes: true,
            refusals: BTreeMap::new(),
            keeps_refusals: true,
            blocks: BTreeMap::new(),
            digests: HashMap::new(),
            keeps_digests: true,
            revisions: HashMap::new(),
            settings: BTreeMap::new(),
            general: Some(general),
        }
    }

    /// As a later version stores a message of a kind that this one does not know.
    pub fn append_of_later_version(&mut self, room: RoomId, sender: UserId, stamp: Stamp) {
        self.insert_event_of_later_version(room, sender, stamp);
        let last = self.rooms.get_mut(&room).and_then(|room| room.messages.last_mut());
        if let Some(last) = last {
            (last.kind, last.event) = (MessageKind::Unknown, None);
        }
    }

    /// The same with an event.
    pub fn insert_event_of_later_version(&mut self, room: RoomId, sender: UserId, stamp: Stamp) {
        self.insert_system_message(room, sender, SystemEvent::Unknown, stamp).expect("the sender is in the room");
    }

    /// The same with a role, where the room keeps an owner.
    pub fn give_later_role(&mut self, room: RoomId, user: UserId, stamp: Stamp) {
        let members = self.rooms.get(&room).into_iter().flat_map(|room| &room.members);
        let owner = members.into_iter().find(|(_, member)| member.role == Role::Owner).map(|(owner, _)| *owner);
        if let Some(owner) = owner {
            drop(self.update_member(room, owner, user, Role::Unknown, stamp));
        }
    }

    /// The name that others see.
    pub fn name(&self, user: UserId) -> Result<String> {
        let shown = self.shown_names.get(&user);
        let name = shown.or_else(|| self.users.get(&user).map(|user| &user.display_name));
        name.cloned().ok_or(Error::NotFound("user"))
    }

    pub(super) fn room(&mut self, room: RoomId) -> Result<&mut Room> {
        self.rooms.get_mut(&room).ok_or(Error::NotFound("room"))
    }

    /// Something about these people's memberships has moved.
    pub(super) fn move_versions(&mut self, users: impl IntoIterator<Item = UserId>) {
        users.into_iter().for_each(|user| *self.members_versions.entry(user).or_default() += 1);
    }

    /// Stores what `actor` did as the room's next message.
    pub(super) fn insert_system_message(
        &mut self,
        id: RoomId,
        actor: UserId,
        event: SystemEvent,
        stamp: Stamp,
    ) -> Result<Message> {
        let sender_name = self.name(actor)?;
        let room = self.room(id)?;
        let message = stamp.system_message(id, room.head().next(), actor, sender_name, event);
        room.messages.push(message.clone());
        self.ids.insert((actor, stamp.client_id), (id, message.seq));
        Ok(message)
    }
}
