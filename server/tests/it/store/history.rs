//! Messages come out: pages, unread counts, marks.

use super::{Db, entry, on_every_store, stamp};
use protocol::{Mark, MessageKind, RoomKind, Seq, User};
use store::{HistoryRange, Limit};

on_every_store!(
    pages_run_in_every_direction,
    a_page_has_as_many_rows_as_fit_in_bytes,
    the_list_of_rooms_has_previews,
    nobody_is_in_more_rooms_than_one_can_be,
    only_those_who_may_see_a_room_read_it,
    unread_counts_what_others_said,
    marks_only_grow_and_stop_at_the_head,
    the_other_ones_marks_are_theirs_to_tell,
    the_list_of_rooms_is_by_activity,
);

async fn pages_run_in_every_direction(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let batch: Vec<_> = (1..=120).map(|n| entry(room, ada, &n.to_string())).collect();
    db.store.append(&batch).await.unwrap();
    let page = async |range, limit| {
        let page = db.store.list_messages(bob, room, range, Limit::rows(limit)).await.unwrap().messages;
        assert!(page.windows(2).all(|pair| pair[1].seq == pair[0].seq.next()), "oldest first, without gaps");
        page.first().zip(page.last()).map(|(first, last)| (first.seq.0, last.seq.0))
    };
    assert_eq!(page(HistoryRange::Newest, 50).await, Some((71, 120)));
    assert_eq!(page(HistoryRange::Before(Seq(71)), 50).await, Some((21, 70)));
    assert_eq!(page(HistoryRange::Before(Seq(21)), 50).await, Some((1, 20)));
    assert_eq!(page(HistoryRange::Before(Seq(1)), 50).await, None);
    assert_eq!(page(HistoryRange::After(Seq(0)), 50).await, Some((1, 50)));
    assert_eq!(page(HistoryRange::After(Seq(100)), 50).await, Some((101, 120)));
    assert_eq!(page(HistoryRange::After(Seq(120)), 50).await, None);
    assert_eq!(page(HistoryRange::Around(Seq(60)), 10).await, Some((55, 64)));
    assert_eq!(page(HistoryRange::Around(Seq(2)), 10).await, Some((1, 10)));
}

async fn a_page_has_as_many_rows_as_fit_in_bytes(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let batch: Vec<_> = (1..=60).map(|_| entry(room, ada, &"\u{4e2d}".repeat(1_000))).collect();
    db.store.append(&batch).await.unwrap();
    let page = async |range, rows| {
        // Each row is 3,000 bytes and a few hundred.
        let limit = Limit { rows, bytes: 17_000 };
        let page = db.store.list_messages(bob, room, range, limit).await.unwrap();
        let ends = page.messages.first().zip(page.messages.last());
        (ends.map_or((0, 0), |(first, last)| (first.seq.0, last.seq.0)), page.more)
    };
    assert_eq!(page(HistoryRange::Newest, 50).await, ((56, 60), true));
    assert_eq!(page(HistoryRange::Before(Seq(56)), 50).await, ((51, 55), true));
    assert_eq!(page(HistoryRange::Before(Seq(4)), 50).await, ((1, 3), false));
    assert_eq!(page(HistoryRange::After(Seq(0)), 50).await, ((1, 5), true));
    assert_eq!(page(HistoryRange::After(Seq(57)), 50).await, ((58, 60), false));
    assert_eq!(page(HistoryRange::After(Seq(57)), 2).await, ((58, 59), true), "rows are bounded too");
    assert_eq!(page(HistoryRange::Around(Seq(30)), 40).await, ((28, 32), true));
    let least = Limit { rows: 50, bytes: 1 };
    let one = db.store.list_messages(bob, room, HistoryRange::Newest, least).await.unwrap();
    assert_eq!((one.messages.len(), one.messages[0].seq, one.more), (1, Seq(60), true), "one row at least");
    for far in [i64::MIN, i64::MAX] {
        for range in [HistoryRange::Before(Seq(far)), HistoryRange::After(Seq(far)), HistoryRange::Around(Seq(far))] {
            db.store.list_messages(bob, room, range, least).await.unwrap();
        }
    }
}

async fn the_list_of_rooms_has_previews(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let body = "\u{1f426}\u{4e2d}x".repeat(2_000);
    db.send_message(room, ada, &body).await;
    let revise = store::Revise {
        room_id: room,
        seq: Seq(1),
        user_id: bob,
        client_id: protocol::ClientId(uuid::Uuid::now_v7()),
        revision: store::Revision::React { emoji: "\u{1f44d}".into(), on: true },
        now: protocol::UnixMillis(9_000),
    };
    db.store.revise(&revise).await.unwrap();
    let page = db.store.list_messages(bob, room, HistoryRange::Newest, Limit::rows(1)).await.unwrap();
    assert_eq!((&page.messages[0].body, page.messages[0].reactions.len()), (&body, 1));
    let listed = db.store.list_rooms(bob).await.unwrap().into_iter().find(|listed| listed.id == room).unwrap();
    let last = listed.last_message.unwrap();
    assert_eq!(last, page.messages[0].preview());
    assert_eq!((last.body.chars().count(), last.reactions.len()), (protocol::limits::PREVIEW_CHARS, 0));
    let name = "\"n".repeat(40);
    let group = db.room(RoomKind::Group, ada, &[bob]).await;
    db.rename(group, ada, &name).await.unwrap();
    let last = db.store.find_room(bob, group).await.unwrap().unwrap().last_message.unwrap();
    assert_eq!(last.event, Some(protocol::SystemEvent::Renamed { name }), "what happened is not cut");
}

async fn nobody_is_in_more_rooms_than_one_can_be(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let cy = db.user("cy").await;
    let spare = db.room(RoomKind::Public, bob, &[]).await;
    db.acquaint(ada, bob).await;
    for _ in 2..protocol::limits::ROOMS_MAX {
        db.room(RoomKind::Group, ada, &[]).await;
    }
    let refused = |answer: Result<(), store::Error>| {
        assert!(matches!(answer, Err(store::Error::Conflict(_))), "{answer:?}");
    };
    refused(db.store.create_member(spare, ada, ada, stamp()).await.map(drop));
    refused(db.store.create_member(spare, bob, ada, stamp()).await.map(drop));
    for (kind, creator, member) in
        [(RoomKind::Public, ada, None), (RoomKind::Group, bob, Some(ada)), (RoomKind::Direct, cy, Some(ada))]
    {
        let id = protocol::RoomId(uuid::Uuid::now_v7());
        let name = (kind != RoomKind::Direct).then(|| "Room".to_owned());
        let room = store::NewRoom { id, kind, name, creator, members: member.into_iter().collect() };
        refused(db.store.create_room(room, stamp()).await.map(drop));
    }
    assert_eq!(db.store.list_rooms(ada).await.unwrap().len() as i64, protocol::limits::ROOMS_MAX);
    assert_eq!(db.store.list_rooms(bob).await.unwrap().len(), 3);
}

async fn only_those_who_may_see_a_room_read_it(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    let closed = db.room(RoomKind::Group, ada, &[bob]).await;
    let open = db.room(RoomKind::Public, ada, &[]).await;
    let read = async |user, room| {
        db.store.list_messages(user, room, HistoryRange::Newest, Limit::rows(10)).await.unwrap().messages.len()
    };
    assert_eq!((read(bob, closed).await, read(cy, closed).await), (1, 0));
    assert_eq!((read(bob, open).await, read(cy, open).await), (1, 1));
    let seen = db.store.find_room(cy, open).await.unwrap().unwrap();
    assert_eq!((seen.role, seen.unread), (None, 0));
    assert_eq!(seen.last_message.unwrap().kind, MessageKind::System);
}

async fn unread_counts_what_others_said(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    db.send_message(room, ada, "one").await;
    db.send_message(room, bob, "two").await;
    db.rename(room, ada, "Tea").await.unwrap();
    db.send_message(room, ada, "three").await;
    let unread = async |user| db.store.find_room(user, room).await.unwrap().unwrap().unread;
    assert_eq!((unread(ada).await, unread(bob).await), (1, 2), "neither one's own nor what the room tells");
    db.store.update_marks(&[(room, Mark(bob, Seq(0), Seq(2)))]).await.unwrap();
    assert_eq!(unread(bob).await, 1);

    let many: Vec<_> = (0..1_100).map(|n| entry(room, ada, &n.to_string())).collect();
    db.store.append(&many).await.unwrap();
    assert_eq!(unread(bob).await, protocol::limits::UNREAD_MAX + 1, "counted no further than is shown");
}

async fn marks_only_grow_and_stop_at_the_head(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    for text in ["a", "b", "c"] {
        db.send_message(room, ada, text).await;
    }
    let mark_of = async |user, delivered, read| {
        let moved = db.store.update_marks(&[(room, Mark(user, Seq(delivered), Seq(read)))]).await.unwrap();
        moved.first().map(|moved| moved.mark)
    };
    let mark = async |delivered, read| mark_of(bob, delivered, read).await;
    assert_eq!(mark(2, 1).await, Some(Mark(bob, Seq(2), Seq(1))));
    assert_eq!(mark(1, 1).await, None, "never down");
    assert_eq!(mark(0, 3).await, Some(Mark(bob, Seq(3), Seq(3))), "what is read has arrived");
    assert_eq!(mark(99, 99).await, None, "never above the head");
    let cy = db.user("cy").await;
    assert_eq!(mark_of(cy, 1, 1).await, None, "only members have marks");
    let members = db.store.list_members(room, None, 10).await.unwrap();
    let of_bob = members.iter().find(|member| member.user.id == bob).unwrap();
    assert_eq!((of_bob.delivered_seq, of_bob.read_seq), (Seq(3), Seq(3)));
}

async fn the_other_ones_marks_are_theirs_to_tell(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    db.room(RoomKind::Group, ada, &[bob]).await;
    db.send_message(room, ada, "hi").await;
    db.store.update_marks(&[(room, Mark(bob, Seq(1), Seq(1)))]).await.unwrap();
    let marks = async || {
        let mut marks = db.store.list_direct_marks(&[room]).await.unwrap();
        marks.sort_by_key(|(_, mark)| mark.0);
        marks
    };
    assert_eq!(marks().await, [(room, Mark(ada, Seq(0), Seq(0))), (room, Mark(bob, Seq(1), Seq(1)))]);
    let quiet = db.store.find_user(ada).await.unwrap().unwrap();
    db.store.update_user(&User { receipts: false, ..quiet }).await.unwrap();
    assert_eq!(marks().await, [(room, Mark(bob, Seq(1), Seq(1)))]);
}

async fn the_list_of_rooms_is_by_activity(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let one = db.room(RoomKind::Group, ada, &[bob]).await;
    db.send_message(one, bob, "latest").await;
    let rooms = db.store.list_rooms(ada).await.unwrap();
    assert_eq!(rooms.len(), 3, "with General and the direct room in which they came to know each other");
    assert_eq!(rooms[0].id, one);
    let last = rooms[0].last_message.as_ref().unwrap();
    assert_eq!((last.body.as_str(), last.sender_name.as_str()), ("latest", "BOB"));
    assert_eq!((rooms[0].unread, rooms[0].last_seq), (1, Seq(2)));
    assert!(rooms.iter().any(|room| room.kind == RoomKind::Direct && room.name == "BOB"));
}
