//! Edits, deletions and reactions; and what a device at a cursor did not have.

use super::{Db, entry, on_every_store};
use protocol::{ClientId, Reaction, Rev, RoomId, RoomKind, Seq, UnixMillis, UserId};
use store::{Append, Appended, Limit, Revise, Revised, Revision};
use uuid::Uuid;

on_every_store!(
    each_revision_takes_the_next_rev_of_its_room,
    a_revision_is_stored_once_for_ever,
    only_members_revise_and_only_what_is_there,
    changes_come_once_each_in_their_latest_state,
    revisions_at_once_take_one_number_each,
    a_message_that_was_revised_is_still_known_by_its_first_text,
    changes_stop_where_the_bytes_are_full,
);

fn asked(room_id: RoomId, seq: i64, user_id: UserId, revision: Revision) -> Revise {
    let client_id = ClientId(Uuid::now_v7());
    Revise { room_id, seq: Seq(seq), user_id, client_id, revision, now: UnixMillis(9_000) }
}

fn edit(body: &str) -> Revision {
    Revision::Edit { body: body.into() }
}

fn react(on: bool) -> Revision {
    Revision::React { emoji: "\u{1f44d}".into(), on }
}

impl Db {
    async fn revise(&self, asked: &Revise) -> Revised {
        self.store.revise(asked).await.unwrap()
    }

    /// Numbers and revisions after a cursor, and the room's head.
    async fn changes(&self, room: RoomId, seq: i64, rev: i64, limit: i64) -> (Vec<(i64, i64)>, (i64, i64)) {
        let rows = self.store.list_changes(room, (Seq(seq), Rev(rev)), Limit::rows(limit)).await.unwrap().unwrap();
        let each = rows.messages.iter().map(|row| (row.seq.0, row.rev.0)).collect();
        (each, (rows.last_seq.0, rows.last_rev.0))
    }
}

/// Ada's and Bob's direct room with this many messages of Ada's.
async fn room_of(db: &Db, messages: usize) -> (UserId, UserId, RoomId) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let batch: Vec<_> = (1..=messages).map(|n| entry(room, ada, &n.to_string())).collect();
    db.store.append(&batch).await.unwrap();
    (ada, bob, room)
}

async fn each_revision_takes_the_next_rev_of_its_room(db: Db) {
    let (ada, bob, room) = room_of(&db, 3).await;
    let Revised::Stored(row) = db.revise(&asked(room, 2, ada, edit("two"))).await else { panic!() };
    assert_eq!((row.rev, row.body.as_str(), row.edited_at), (Rev(1), "two", Some(UnixMillis(9_000))));
    let Revised::Stored(row) = db.revise(&asked(room, 3, bob, react(true))).await else { panic!() };
    assert_eq!((row.rev, row.reactions), (Rev(2), vec![Reaction { emoji: "\u{1f44d}".into(), users: vec![bob] }]));
    let Revised::Stored(row) = db.revise(&asked(room, 1, ada, Revision::Delete)).await else { panic!() };
    assert_eq!((row.rev, row.body.as_str(), row.deleted_at), (Rev(3), "", Some(UnixMillis(9_000))));
    assert!(matches!(db.revise(&asked(room, 1, ada, edit("again"))).await, Revised::Impossible(_)));
    assert!(matches!(db.revise(&asked(room, 2, bob, edit("not mine"))).await, Revised::Forbidden(_)));
    let summary = db.store.find_room(bob, room).await.unwrap().unwrap();
    assert_eq!((summary.last_rev, summary.unread), (Rev(3), 3), "a tombstone counts as what it was");
    let last = summary.last_message.unwrap();
    assert_eq!((last.rev, last.reactions.len()), (Rev(2), 0), "a preview has no reactions");
    let history = db.store.list_messages(bob, room, store::HistoryRange::Newest, Limit::rows(10)).await.unwrap();
    assert_eq!(history.messages.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), ["", "two", "3"]);
    assert_eq!(history.messages[2].reactions.len(), 1);
    assert_eq!((history.last_seq, history.last_rev), (Seq(3), Rev(3)));
}

async fn a_revision_is_stored_once_for_ever(db: Db) {
    let (ada, _, room) = room_of(&db, 2).await;
    let first = asked(room, 1, ada, edit("first"));
    assert!(matches!(db.revise(&first).await, Revised::Stored(_)));
    assert!(matches!(db.revise(&asked(room, 1, ada, edit("second"))).await, Revised::Stored(_)));
    assert_eq!(db.revise(&first).await, Revised::Repeated(Rev(1)), "and does not undo what came after it");
    assert_eq!(db.changes(room, 2, 0, 10).await, (vec![(1, 2)], (2, 2)));
    let other = Revise { seq: Seq(2), ..first };
    assert_eq!(db.revise(&other).await, Revised::Conflict);
    assert!(matches!(db.revise(&asked(room, 1, ada, react(true))).await, Revised::Stored(_)));
    assert_eq!(db.revise(&asked(room, 1, ada, react(true))).await, Revised::Repeated(Rev(3)), "nothing differs");
}

async fn only_members_revise_and_only_what_is_there(db: Db) {
    let (ada, _, room) = room_of(&db, 1).await;
    let cy = db.user("cy").await;
    assert_eq!(db.revise(&asked(room, 1, cy, react(true))).await, Revised::NotMember);
    assert_eq!(db.revise(&asked(RoomId(Uuid::now_v7()), 1, ada, edit("x"))).await, Revised::NotMember);
    assert_eq!(db.revise(&asked(room, 2, ada, edit("x"))).await, Revised::NotFound);
    let group = db.room(RoomKind::Group, ada, &[]).await;
    assert!(matches!(db.revise(&asked(group, 1, ada, Revision::Delete)).await, Revised::Impossible(_)));
    assert!(db.store.list_changes(RoomId(Uuid::now_v7()), (Seq(0), Rev(0)), Limit::rows(10)).await.unwrap().is_none());
}

async fn changes_come_once_each_in_their_latest_state(db: Db) {
    let (ada, _, room) = room_of(&db, 20).await;
    for seq in [5, 15, 3, 5, 20] {
        assert!(matches!(db.revise(&asked(room, seq, ada, edit("new"))).await, Revised::Stored(_)));
    }
    assert_eq!(db.changes(room, 20, 5, 10).await, (vec![], (20, 5)));
    assert_eq!(db.changes(room, 20, 2, 10).await, (vec![(3, 3), (5, 4), (20, 5)], (20, 5)));
    assert_eq!(db.changes(room, 18, 0, 10).await, (vec![(15, 2), (3, 3), (5, 4), (19, 0), (20, 5)], (20, 5)));
    assert_eq!(db.changes(room, 18, 0, 2).await.0, [(15, 2), (3, 3)], "revised rows first");
    assert_eq!(db.changes(room, 18, 0, 4).await.0, [(15, 2), (3, 3), (5, 4), (19, 0)]);
    assert_eq!(db.changes(room, 0, 0, 50).await.0.len(), 20);
}

async fn revisions_at_once_take_one_number_each(db: Db) {
    let (ada, bob, room) = room_of(&db, 10).await;
    let other_node = db.again();
    let some = async |store: &dyn store::Store, user, seqs: std::ops::RangeInclusive<i64>| {
        for seq in seqs {
            let revised = store.revise(&asked(room, seq, user, react(true))).await.unwrap();
            assert!(matches!(revised, Revised::Stored(_)), "{revised:?}");
        }
    };
    tokio::join!(some(&*db.store, ada, 1..=10), some(&*other_node, bob, 1..=10));
    let (rows, head) = db.changes(room, 10, 0, 50).await;
    assert_eq!((rows.len(), head), (10, (10, 20)));
    let latest = db.store.list_changes(room, (Seq(10), Rev(0)), Limit::rows(50)).await.unwrap().unwrap().messages;
    assert!(latest.iter().all(|row| row.reactions[0].users.len() == 2));
}

async fn a_message_that_was_revised_is_still_known_by_its_first_text(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let sent = entry(room, ada, "first");
    assert!(db.store.append(std::slice::from_ref(&sent)).await.unwrap()[0].stored().is_some());
    for revision in [react(true), edit("second"), edit("third"), Revision::Delete] {
        let Revised::Stored(row) = db.revise(&asked(room, 1, ada, revision)).await else { panic!() };
        let with = |body: &str| Append { body: body.into(), ..sent.clone() };
        let answers = db.store.append(&[sent.clone(), with("second"), with("third"), with("")]).await.unwrap();
        assert_eq!(answers[0], Appended::Repeated(row), "the same text is the same message");
        assert_eq!(answers[1..], [Appended::Conflict, Appended::Conflict, Appended::Conflict]);
    }
}

async fn changes_stop_where_the_bytes_are_full(db: Db) {
    let (ada, _, room) = room_of(&db, 3).await;
    let batch: Vec<_> = (4..=9).map(|_| entry(room, ada, &"\"".repeat(1_000))).collect();
    db.store.append(&batch).await.unwrap();
    for seq in [2, 1] {
        assert!(matches!(db.revise(&asked(room, seq, ada, edit(&"x".repeat(3_000)))).await, Revised::Stored(_)));
    }
    let changes = async |seq, rev, rows, bytes| {
        let limit = Limit { rows, bytes };
        let found = db.store.list_changes(room, (Seq(seq), Rev(rev)), limit).await.unwrap().unwrap();
        (found.messages.iter().map(|row| row.seq.0).collect::<Vec<_>>(), found.more)
    };
    assert_eq!(changes(3, 0, 50, 1).await, (vec![2], true), "one row at least");
    assert_eq!(changes(3, 0, 50, 4_000).await, (vec![2], true));
    // Quotation marks take two bytes each on the wire.
    assert_eq!(changes(3, 0, 50, 9_800).await, (vec![2, 1, 4], true));
    assert_eq!(changes(3, 0, 2, 9_800).await, (vec![2, 1], true));
    assert_eq!(changes(3, 2, 50, 6_000).await, (vec![4, 5], true));
    assert_eq!(changes(7, 2, 2, 6_000).await, (vec![8, 9], false), "all of it, to the row");
    assert_eq!(changes(9, 2, 50, 1).await, (vec![], false));
}
