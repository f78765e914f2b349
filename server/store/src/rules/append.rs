//! Decides what becomes of a batch of messages, given what the database holds. Pure. Idempotency is enforced here: a `client_id` that
//! its sender has used before is a repeat of the same message, or a conflict, and is never stored twice.

use super::writing::{Writers, Writing, may_write};
use crate::digest::{digest, has_first_text};
use crate::{Append, Appended, Refusal};
use protocol::{ClientId, Message, MessageKind, Rev, Role, RoomId, Seq, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the database holds that matters to a batch, read under the locks of its rooms.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Heads of the batch's rooms; a room that is neither here nor in `locked` does not exist.
    pub(crate) heads: BTreeMap<RoomId, Seq>,
    /// Who may write in these rooms; everybody in one that is not here.
    pub(crate) writers: BTreeMap<RoomId, Writers>,
    /// Rooms whose locks others hold.
    pub(crate) locked: BTreeSet<RoomId>,
    /// Those senders who are in the room.
    pub(crate) members: HashMap<(RoomId, UserId), Sender>,
    /// Ids of the batch with a remembered refusal, which is the answer again. Present refusals are added.
    pub(crate) refused: BTreeMap<(UserId, ClientId), Refusal>,
    /// Stored messages with ids of the batch.
    pub(crate) originals: HashMap<(UserId, ClientId), Original>,
}

/// A sender who is in the room.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// The display name.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Whether the other person of the direct room blocks the sender.
    pub(crate) is_blocked: bool,
}

/// What became of a batch that may need no decision.
pub(crate) enum Plain {
    Stored(Vec<Appended>),
    /// It needs a decision.
    Undecided,
    /// Others hold the lock of one of its rooms.
    Locked,
}

/// What is looked up for the entries of a batch.
#[derive(Default)]
pub(crate) struct Looked {
    /// Those senders who are in the room.
    pub(crate) members: Vec<(RoomId, UserId, Sender)>,
    /// Messages that bear an id already.
    pub(crate) originals: Vec<Original>,
    /// Ids that were refused, and why.
    pub(crate) refused: Vec<((UserId, ClientId), Refusal)>,
}

/// A stored message that may be sent again.
#[derive(Clone, Debug)]
pub(crate) struct Original {
    pub(crate) message: Message,
    /// See `digest::first_digest`; none where the text is the first one.
    pub(crate) first_digest: Option<Vec<u8>>,
}

impl Original {
    /// Returns true if the entry is a repeat of this message: same room, same first text.
    fn is_repeated_by(&self, append: &Append) -> bool {
        let same_text = || match &self.first_digest {
            _ if has_first_text(&self.message) => self.message.body == append.body,
            Some(first) => *first == digest(&append.body),
            // Revised by an earlier version, which kept no digest: a refusal could be wrong, the original cannot.
            None => true,
        };
        self.message.kind == MessageKind::Text && self.message.room_id == append.room_id && same_text()
    }
}

/// One answer per entry, in order. Heads in `known` are those afterwards.
pub(crate) fn decide(batch: &[Append], known: &mut Known) -> Vec<Appended> {
    batch.iter().map(|append| decide_one(append, known)).collect()
}

fn decide_one(append: &Append, known: &mut Known) -> Appended {
    let key = (append.sender_id, append.client_id);
    if let Some(original) = known.originals.get(&key) {
        let repeated = original.is_repeated_by(append);
        return if repeated { Appended::Repeated(original.message.clone()) } else { Appended::Conflict };
    }
    if let Some(refusal) = known.refused.get(&key) {
        return Appended::Refused(*refusal);
    }
    if known.locked.contains(&append.room_id) {
        return Appended::Locked;
    }
    let (head, name) = match allowed(append, &mut known.heads, &known.writers, &known.members) {
        Ok(allowed) => allowed,
        Err(refusal) => {
            known.refused.insert(key, refusal);
            return Appended::Refused(refusal);
        }
    };
    if append.reply_to.is_some_and(|seq| seq < Seq(1) || seq > *head) {
        return Appended::BadReply;
    }
    *head = head.next();
    let message = stored(append, *head, name);
    known.originals.insert(key, Original { message: message.clone(), first_digest: None });
    Appended::Stored(message)
}

/// Permission check: whether the sender may send to the room. Returns the room's head and the sender's name.
fn allowed<'a>(
    append: &Append,
    heads: &'a mut BTreeMap<RoomId, Seq>,
    writers: &BTreeMap<RoomId, Writers>,
    members: &HashMap<(RoomId, UserId), Sender>,
) -> Result<(&'a mut Seq, String), Refusal> {
    let head = heads.get_mut(&append.room_id).ok_or(Refusal::NotMember)?;
    let sender = members.get(&(append.room_id, append.sender_id)).ok_or(Refusal::NotMember)?;
    let writers = writers.get(&append.room_id).copied().unwrap_or_default();
    may_write(Writing { writers, role: sender.role, is_blocked: sender.is_blocked })?;
    Ok((head, sender.name.clone()))
}

/// The message that an entry becomes.
pub(crate) fn stored(append: &Append, seq: Seq, sender_name: String) -> Message {
    Message {
        room_id: append.room_id,
        seq,
        rev: Rev(0),
        sender_id: append.sender_id,
        sender_name,
        client_id: append.client_id,
        kind: MessageKind::Text,
        body: append.body.clone(),
        event: None,
        reply_to: append.reply_to,
        created_at: append.created_at,
        edited_at: None,
        deleted_at: None,
        reactions: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::UnixMillis;
    use uuid::Uuid;

    fn append(id: u128, body: &str) -> Append {
        Append {
            room_id: RoomId(Uuid::from_u128(1)),
            sender_id: UserId(Uuid::from_u128(2)),
            client_id: ClientId(Uuid::from_u128(id)),
            body: body.into(),
            reply_to: None,
            created_at: UnixMillis(5),
        }
    }

    fn known() -> Known {
        let (room, user) = (RoomId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        Known { heads: [(room, Seq(7))].into(), members: [((room, user), ada())].into(), ..Known::default() }
    }

    fn ada() -> Sender {
        Sender { name: "Ada".into(), role: Role::Member, is_blocked: false }
    }

    #[test]
    fn a_blocked_sender_is_refused_and_the_refusal_is_remembered() {
        let mut known = known();
        let key = (RoomId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        known.members.insert(key, Sender { is_blocked: true, ..ada() });
        let blocked = Appended::Refused(Refusal::Blocked);
        assert_eq!(decide(&[append(1, "a"), append(2, "b")], &mut known), [blocked.clone(), blocked.clone()]);
        known.members.insert(key, ada());
        let answers = decide(&[append(1, "a"), append(3, "c")], &mut known);
        assert_eq!(answers[0], blocked, "also once the block has ended");
        assert!(answers[1].stored().is_some());
    }

    #[test]
    fn nobody_writes_in_an_archived_room_and_members_do_not_announce() {
        for (writers, refusal) in [(Writers::Nobody, Refusal::Archived), (Writers::Admins, Refusal::AdminsOnly)] {
            let mut known = known();
            known.writers.insert(RoomId(Uuid::from_u128(1)), writers);
            assert_eq!(decide(&[append(1, "a")], &mut known), [Appended::Refused(refusal)]);
            known.writers.clear();
            assert_eq!(decide(&[append(1, "a")], &mut known), [Appended::Refused(refusal)], "a refusal is remembered");
        }
    }

    #[test]
    fn numbers_follow_the_head_and_a_repeat_within_a_batch_takes_none() {
        let answers = decide(&[append(1, "a"), append(1, "a"), append(1, "b"), append(2, "c")], &mut known());
        let Appended::Stored(first) = &answers[0] else { panic!("{answers:?}") };
        assert_eq!(first.seq, Seq(8));
        assert_eq!(answers[1], Appended::Repeated(first.clone()));
        assert_eq!(answers[2], Appended::Conflict);
        assert!(matches!(&answers[3], Appended::Stored(message) if message.seq == Seq(9)));
    }

    #[test]
    fn a_revised_original_is_known_by_the_digest_of_its_first_text() {
        let revised = |change: fn(&mut Message), first_digest: Option<Vec<u8>>| {
            let mut message = stored(&append(1, "first"), Seq(3), "Ada".into());
            message.rev = Rev(1);
            change(&mut message);
            Original { message, first_digest }
        };
        let edit: fn(&mut Message) = |message| {
            message.body = "second".into();
            message.edited_at = Some(UnixMillis(9));
        };
        let delete: fn(&mut Message) = |message| {
            message.body.clear();
            message.deleted_at = Some(UnixMillis(9));
        };
        for original in
            [revised(|_| {}, None), revised(edit, Some(digest("first"))), revised(delete, Some(digest("first")))]
        {
            let mut known = known();
            let row = original.message.clone();
            known.originals.insert((row.sender_id, row.client_id), original);
            let answers = decide(&[append(1, "first"), append(1, "second"), append(1, "")], &mut known);
            assert_eq!(answers, [Appended::Repeated(row), Appended::Conflict, Appended::Conflict]);
        }
        assert!(revised(edit, None).is_repeated_by(&append(1, "either")), "an earlier version kept no digest");
    }

    #[test]
    fn a_refusal_is_the_answer_from_then_on() {
        let mut known = known();
        let elsewhere = Append { room_id: RoomId(Uuid::from_u128(3)), ..append(1, "a") };
        let answers = decide(&[elsewhere, append(1, "a"), append(2, "b")], &mut known);
        assert_eq!(answers[..2], [Appended::Refused(Refusal::NotMember), Appended::Refused(Refusal::NotMember)]);
        assert!(answers[2].stored().is_some());
        assert_eq!(known.refused.len(), 1);
    }

    #[test]
    fn entries_of_a_locked_room_wait_and_repeats_do_not() {
        let mut known = Known { locked: [RoomId(Uuid::from_u128(1))].into(), ..Known::default() };
        let original = stored(&append(1, "a"), Seq(3), "Ada".into());
        let name = (original.sender_id, original.client_id);
        known.originals.insert(name, Original { message: original.clone(), first_digest: None });
        let answers = decide(&[append(1, "a"), append(2, "b"), append(3, "c")], &mut known);
        assert_eq!(answers, [Appended::Repeated(original), Appended::Locked, Appended::Locked]);
    }

    #[test]
    fn strangers_and_unknown_rooms_are_refused_alike() {
        let mut known = known();
        let stranger = Append { sender_id: UserId(Uuid::from_u128(3)), ..append(1, "a") };
        let nowhere = Append { room_id: RoomId(Uuid::from_u128(9)), ..append(2, "a") };
        assert_eq!(
            decide(&[stranger, nowhere], &mut known),
            [Appended::Refused(Refusal::NotMember), Appended::Refused(Refusal::NotMember)]
        );
        assert_eq!(known.heads.values().copied().collect::<Vec<_>>(), [Seq(7)]);
    }

    #[test]
    fn an_answer_must_answer_something() {
        let to = |seq| Append { reply_to: Some(Seq(seq)), ..append(1, "a") };
        assert_eq!(decide(&[to(8)], &mut known()), [Appended::BadReply]);
        assert_eq!(decide(&[to(0)], &mut known()), [Appended::BadReply]);
        assert!(matches!(decide(&[to(7)], &mut known())[0], Appended::Stored(_)));
    }
}
