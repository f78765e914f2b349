//! Applies a revision to a message, if the person has the right. Pure.

use super::writing::{Writing, may_react, may_write};
use crate::{Revise, Revised, Revision};
use protocol::limits::{EMOJI_KINDS, REACTIONS_MAX};
use protocol::{Message, MessageKind, Reaction, Rev, Role, UserId};

/// The row afterwards as `Stored`, with `rev`; or why not. `writing` is about the person in the message's room.
pub(crate) fn revise(message: Message, writing: Writing, revise: &Revise, rev: Rev) -> Revised {
    let may = match revise.revision {
        Revision::Edit { .. } => may_write(writing),
        Revision::React { .. } => may_react(writing),
        // What was written may always be taken back.
        Revision::Delete => Ok(()),
    };
    if let Err(refusal) = may {
        return Revised::Forbidden(refusal.sentence());
    }
    if message.kind != MessageKind::Text {
        return Revised::Impossible("What happened to the room cannot be changed.");
    }
    if message.deleted_at.is_some() {
        let again = revise.revision == Revision::Delete;
        return if again { Revised::Repeated(message.rev) } else { Revised::Impossible("This message was deleted.") };
    }
    let own = message.sender_id == revise.user_id;
    let mut row = Message { rev, ..message };
    match &revise.revision {
        Revision::Edit { .. } if !own => return Revised::Forbidden("Only who wrote a message may edit it."),
        Revision::Edit { body } => {
            row.body.clone_from(body);
            row.edited_at = Some(revise.now);
        }
        Revision::Delete if !own && writing.role < Role::Admin => {
            return Revised::Forbidden("Only who wrote a message, or an admin of the room, may delete it.");
        }
        Revision::Delete => {
            row.body.clear();
            row.reactions.clear();
            row.deleted_at = Some(revise.now);
        }
        Revision::React { emoji, on } => {
            let is_new = *on && row.reactions.iter().all(|reaction| reaction.emoji != *emoji);
            if is_new && row.reactions.len() >= EMOJI_KINDS {
                return Revised::Impossible("This message has too many different reactions.");
            }
            if *on && reactions(&row) >= REACTIONS_MAX && !has_reacted(&row, emoji, revise.user_id) {
                return Revised::Impossible("This message has as many reactions as a message can have.");
            }
            if !Reaction::set(&mut row.reactions, emoji, revise.user_id, *on) {
                return Revised::Repeated(message.rev);
            }
        }
    }
    Revised::Stored(row)
}

fn reactions(row: &Message) -> usize {
    row.reactions.iter().map(|reaction| reaction.users.len()).sum()
}

fn has_reacted(row: &Message, emoji: &str, user: UserId) -> bool {
    row.reactions.iter().any(|reaction| reaction.emoji == emoji && reaction.users.contains(&user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::writing::Writers;
    use protocol::{ClientId, RoomId, Seq, UnixMillis};
    use uuid::Uuid;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));

    fn message() -> Message {
        Message {
            room_id: RoomId(Uuid::from_u128(9)),
            seq: Seq(4),
            rev: Rev(2),
            sender_id: ADA,
            sender_name: "Ada".into(),
            client_id: ClientId(Uuid::from_u128(5)),
            kind: MessageKind::Text,
            body: "tea".into(),
            event: None,
            reply_to: None,
            created_at: UnixMillis(1),
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        }
    }

    fn ask(message: Message, user_id: UserId, role: Role, revision: Revision) -> Revised {
        let client_id = ClientId(Uuid::from_u128(7));
        let asked =
            Revise { room_id: message.room_id, seq: message.seq, user_id, client_id, revision, now: UnixMillis(8) };
        let writing = Writing { writers: Writers::Everybody, role, is_blocked: false };
        revise(message, writing, &asked, Rev(3))
    }

    fn edit() -> Revision {
        Revision::Edit { body: "cake".into() }
    }

    fn reaction(on: bool) -> Revision {
        Revision::React { emoji: "\u{1f44d}".into(), on }
    }

    #[test]
    fn who_wrote_it_edits_and_an_admin_deletes() {
        let Revised::Stored(row) = ask(message(), ADA, Role::Member, edit()) else { panic!() };
        assert_eq!((row.body.as_str(), row.edited_at, row.rev), ("cake", Some(UnixMillis(8)), Rev(3)));
        assert!(matches!(ask(message(), BOB, Role::Owner, edit()), Revised::Forbidden(_)));
        assert!(matches!(ask(message(), BOB, Role::Member, Revision::Delete), Revised::Forbidden(_)));
        let Revised::Stored(row) = ask(message(), BOB, Role::Admin, Revision::Delete) else { panic!() };
        assert_eq!((row.body.as_str(), row.deleted_at), ("", Some(UnixMillis(8))));
        assert!(matches!(ask(row.clone(), ADA, Role::Member, edit()), Revised::Impossible(_)));
        assert_eq!(ask(row, ADA, Role::Member, Revision::Delete), Revised::Repeated(Rev(3)));
        let fact = Message { kind: MessageKind::System, ..message() };
        assert!(matches!(ask(fact, ADA, Role::Owner, Revision::Delete), Revised::Impossible(_)));
    }

    #[test]
    fn an_archived_room_only_takes_deletions() {
        let client_id = ClientId(Uuid::from_u128(7));
        for (writers, revision, is_stored) in [
            (Writers::Nobody, edit(), false),
            (Writers::Nobody, reaction(true), false),
            (Writers::Nobody, Revision::Delete, true),
            (Writers::Admins, edit(), false),
            (Writers::Admins, reaction(true), true),
        ] {
            let writing = Writing { writers, role: Role::Member, is_blocked: false };
            let (room_id, seq, now) = (message().room_id, message().seq, UnixMillis(8));
            let asked = Revise { room_id, seq, user_id: ADA, client_id, revision, now };
            let revised = revise(message(), writing, &asked, Rev(3));
            assert_eq!(matches!(revised, Revised::Stored(_)), is_stored, "{revised:?}");
            assert!(is_stored || matches!(revised, Revised::Forbidden(_)), "{revised:?}");
        }
    }

    #[test]
    fn a_reaction_comes_and_goes_once() {
        let Revised::Stored(row) = ask(message(), BOB, Role::Member, reaction(true)) else { panic!() };
        assert_eq!(row.reactions, [Reaction { emoji: "\u{1f44d}".into(), users: vec![BOB] }]);
        assert_eq!(ask(row.clone(), BOB, Role::Member, reaction(true)), Revised::Repeated(Rev(3)));
        let Revised::Stored(row) = ask(row, BOB, Role::Member, reaction(false)) else { panic!() };
        assert!(row.reactions.is_empty());
        assert_eq!(ask(row, BOB, Role::Member, reaction(false)), Revised::Repeated(Rev(3)));
    }

    #[test]
    fn the_kinds_of_reactions_are_bounded() {
        let kinds = ('\u{1f400}'..).take(EMOJI_KINDS).map(|c| Reaction { emoji: c.into(), users: vec![ADA] });
        let full = Message { reactions: kinds.collect(), ..message() };
        assert!(matches!(ask(full, BOB, Role::Member, reaction(true)), Revised::Impossible(_)));
    }

    #[test]
    fn the_number_of_reactions_is_bounded() {
        let users: Vec<_> = (100..).take(REACTIONS_MAX).map(|user| UserId(Uuid::from_u128(user))).collect();
        let first = users[0];
        let full = Message { reactions: vec![Reaction { emoji: "\u{1f44d}".into(), users }], ..message() };
        assert!(matches!(ask(full.clone(), BOB, Role::Member, reaction(true)), Revised::Impossible(_)));
        assert_eq!(ask(full.clone(), first, Role::Member, reaction(true)), Revised::Repeated(Rev(2)), "it is there");
        assert!(matches!(ask(full, first, Role::Member, reaction(false)), Revised::Stored(_)), "one may always go");
    }
}
