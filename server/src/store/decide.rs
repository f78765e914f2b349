//! What becomes of a batch of messages, given what the database holds: decided without touching it.

use super::{Append, Appended};
use protocol::{ClientId, Message, MessageKind, Rev, RoomId, Seq, UserId};
use std::collections::{BTreeMap, HashMap};

/// What the database holds that matters to a batch, read under the locks of its rooms.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Heads of the batch's rooms; a room that is not here does not exist.
    pub(super) heads: BTreeMap<RoomId, Seq>,
    /// Those senders who are in the room, with their display names.
    pub(super) members: HashMap<(RoomId, UserId), String>,
    /// Messages that bear the ids of the batch's already.
    pub(super) originals: HashMap<(UserId, ClientId), Message>,
}

/// One answer per entry, in order. Heads in `known` are those afterwards.
pub(super) fn decide(batch: &[Append], known: &mut Known) -> Vec<Appended> {
    batch.iter().map(|append| decide_one(append, known)).collect()
}

fn decide_one(append: &Append, known: &mut Known) -> Appended {
    let key = (append.sender_id, append.client_id);
    if let Some(original) = known.originals.get(&key) {
        return if is_repeat(append, original) { Appended::Repeated(original.clone()) } else { Appended::Conflict };
    }
    let (Some(head), Some(name)) =
        (known.heads.get_mut(&append.room_id), known.members.get(&(append.room_id, append.sender_id)))
    else {
        return Appended::NotMember;
    };
    if append.reply_to.is_some_and(|seq| seq < Seq(1) || seq > *head) {
        return Appended::BadReply;
    }
    *head = head.next();
    let message = stored(append, *head, name.clone());
    known.originals.insert(key, message.clone());
    Appended::Stored(message)
}

/// The message that an entry becomes.
pub(super) fn stored(append: &Append, seq: Seq, sender_name: String) -> Message {
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

fn is_repeat(append: &Append, original: &Message) -> bool {
    original.kind == MessageKind::Text && original.room_id == append.room_id && original.body == append.body
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
        Known {
            heads: [(room, Seq(7))].into(),
            members: [((room, user), "Ada".into())].into(),
            originals: HashMap::new(),
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
    fn strangers_and_unknown_rooms_are_refused_alike() {
        let mut known = known();
        let stranger = Append { sender_id: UserId(Uuid::from_u128(3)), ..append(1, "a") };
        let nowhere = Append { room_id: RoomId(Uuid::from_u128(9)), ..append(2, "a") };
        assert_eq!(decide(&[stranger, nowhere], &mut known), [Appended::NotMember, Appended::NotMember]);
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
