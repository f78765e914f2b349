//! Messages go in: numbered without gaps, once, by those who may.

use super::{Db, entry, on_every_store, stamp};
use protocol::{ClientId, RoomHead, RoomId, RoomKind, Seq, UnixMillis};
use store::{Append, Appended, HistoryRange, Limit, Refusal};
use uuid::Uuid;

on_every_store!(
    a_batch_is_numbered_in_its_order,
    a_repeat_gets_the_original,
    strangers_cannot_post,
    a_refusal_is_the_answer_to_the_same_message_for_a_day,
    an_answer_points_at_a_message,
    odd_texts_come_back_as_they_were,
    nodes_that_write_at_once_leave_no_gap,
    one_id_in_two_rooms_at_once_is_stored_once,
);

async fn a_batch_is_numbered_in_its_order(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let one = db.room(RoomKind::Direct, ada, &[bob]).await;
    let two = db.room(RoomKind::Group, bob, &[ada]).await;
    let batch = [entry(one, ada, "a"), entry(two, bob, "b"), entry(one, bob, "c"), entry(two, ada, "d")];
    let stored: Vec<_> = db.store.append(&batch).await.unwrap();
    let numbers: Vec<_> =
        stored.iter().map(|answer| answer.stored().map(|message| (message.room_id, message.seq.0))).collect();
    // The group begins with its own first message, the direct room with those by which the people know each other.
    assert_eq!(numbers, [Some((one, 3)), Some((two, 2)), Some((one, 4)), Some((two, 3))]);
    assert_eq!(stored[0].stored().unwrap().sender_name, "ADA");

    let mut heads = db.store.list_heads(&[one, two, RoomId(Uuid::nil())]).await.unwrap();
    heads.sort_by_key(|head| head.0);
    let mut expected = [RoomHead(one, Seq(4), protocol::Rev(0)), RoomHead(two, Seq(3), protocol::Rev(0))];
    expected.sort_by_key(|head| head.0);
    assert_eq!(heads, expected);
    assert!(db.store.append(&[]).await.unwrap().is_empty());
}

async fn a_repeat_gets_the_original(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let other = db.room(RoomKind::Group, ada, &[]).await;
    let first = entry(room, ada, "once");
    let Appended::Stored(original) = db.store.append(std::slice::from_ref(&first)).await.unwrap().remove(0) else {
        panic!("not stored")
    };
    let again = |change: fn(&mut Append)| {
        let mut entry = first.clone();
        change(&mut entry);
        entry
    };
    let later = again(|entry| entry.created_at.0 += 5_000);
    let other_body = again(|entry| entry.body = "twice".into());
    let other_room = Append { room_id: other, ..first.clone() };
    let by_bob = Append { sender_id: bob, ..first.clone() };
    let answers = db.store.append(&[later, other_body, other_room, by_bob]).await.unwrap();
    assert_eq!(answers[0], Appended::Repeated(original));
    assert_eq!(answers[1..3], [Appended::Conflict, Appended::Conflict]);
    assert!(answers[3].stored().is_some(), "ids are unique per sender: {answers:?}");
    assert_eq!(db.store.list_heads(&[room]).await.unwrap()[0].1, Seq(2));
}

async fn strangers_cannot_post(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let nowhere = RoomId(Uuid::now_v7());
    let batch = [entry(room, cy, "let me in"), entry(nowhere, ada, "hello?"), entry(room, ada, "hi")];
    let answers = db.store.append(&batch).await.unwrap();
    assert_eq!(answers[..2], [Appended::Refused(Refusal::NotMember), Appended::Refused(Refusal::NotMember)]);
    assert_eq!(answers[2].stored().unwrap().seq, Seq(1), "a refusal takes no number");
}

async fn a_refusal_is_the_answer_to_the_same_message_for_a_day(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Public, ada, &[]).await;
    let refused = entry(room, bob, "from before");
    let send = async |entry: &Append| db.store.append(std::slice::from_ref(entry)).await.unwrap().remove(0);
    assert_eq!(send(&refused).await, Appended::Refused(Refusal::NotMember));
    db.store.create_member(room, bob, bob, stamp()).await.unwrap().unwrap();
    assert_eq!(send(&refused).await, Appended::Refused(Refusal::NotMember), "a late copy is not stored");
    let batch = [entry(room, bob, "new"), refused.clone(), entry(room, ada, "hello")];
    let answers = db.store.append(&batch).await.unwrap();
    assert!(answers[0].stored().is_some() && answers[2].stored().is_some(), "{answers:?}");
    assert_eq!(answers[1], Appended::Refused(Refusal::NotMember));
    let by_ada = Append { sender_id: ada, ..refused.clone() };
    assert!(send(&by_ada).await.stored().is_some(), "ids are those of their senders");

    let at = refused.created_at;
    assert_eq!(db.store.delete_refusals(at, 100).await.unwrap(), 0);
    assert_eq!(db.store.delete_refusals(UnixMillis(at.0 + 1), 100).await.unwrap(), 1);
    assert!(send(&refused).await.stored().is_some(), "after a day it is forgotten");
}

async fn an_answer_points_at_a_message(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    db.send_message(room, ada, "question").await;
    let to = |seq| Append { reply_to: Some(Seq(seq)), ..entry(room, bob, "answer") };
    let answers = db.store.append(&[to(2), to(0), to(1)]).await.unwrap();
    assert_eq!(answers[..2], [Appended::BadReply, Appended::BadReply]);
    assert_eq!(answers[2].stored().unwrap().reply_to, Some(Seq(1)));
    let page = db.store.list_messages(ada, room, HistoryRange::Newest, Limit::rows(10)).await.unwrap().messages;
    assert_eq!(page[1].reply_to, Some(Seq(1)));
}

async fn odd_texts_come_back_as_they_were(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let texts = [
        "\"quoted\" \\ {braces} [\"a\",1]",
        "𝕁ä🐦‍⬛\u{202e}\u{1}",
        "line\n\tnext\r\n",
        "null",
        "42",
        "'; drop table users; --",
    ];
    let batch: Vec<_> = texts.iter().map(|text| entry(room, ada, text)).collect();
    db.store.append(&batch).await.unwrap();
    let page = db.store.list_messages(bob, room, HistoryRange::Newest, Limit::rows(10)).await.unwrap().messages;
    assert_eq!(page.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), texts);
}

async fn nodes_that_write_at_once_leave_no_gap(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let rooms = [db.room(RoomKind::Direct, ada, &[bob]).await, db.room(RoomKind::Group, bob, &[ada]).await];
    let mut writers = tokio::task::JoinSet::new();
    for (node, user) in [(db.again(), ada), (db.again(), bob)] {
        writers.spawn(async move {
            for round in 0..20 {
                let batch: Vec<_> = rooms.iter().map(|room| entry(*room, user, &format!("{round}"))).collect();
                assert!(node.append(&batch).await.unwrap().iter().all(|answer| answer.stored().is_some()));
            }
        });
    }
    writers.join_all().await;
    for (room, first) in rooms.into_iter().zip([2, 1]) {
        let page = db.store.list_messages(ada, room, HistoryRange::Newest, Limit::rows(100)).await.unwrap().messages;
        assert_eq!(page.len(), 40 + first);
        assert!(page.iter().zip(1..).all(|(message, seq)| message.seq == Seq(seq)));
        let page = &page[first..];
        for user in [ada, bob] {
            let said: Vec<_> =
                page.iter().filter(|m| m.sender_id == user && m.event.is_none()).map(|m| m.body.clone()).collect();
            assert_eq!(said, (0..20).map(|round| round.to_string()).collect::<Vec<_>>(), "in the order of each writer");
        }
    }
}

async fn one_id_in_two_rooms_at_once_is_stored_once(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let rooms = [db.room(RoomKind::Direct, ada, &[bob]).await, db.room(RoomKind::Group, ada, &[bob]).await];
    let nodes = [db.again(), db.again()];
    for _ in 0..10 {
        let client_id = ClientId(Uuid::now_v7());
        let send = async |place: usize| {
            let entry = Append { client_id, ..entry(rooms[place], ada, "x") };
            nodes[place].append(&[entry]).await.unwrap().remove(0)
        };
        let answers = tokio::join!(send(0), send(1));
        let stored = [&answers.0, &answers.1].iter().filter(|answer| answer.stored().is_some()).count();
        assert_eq!(stored, 1, "{answers:?}");
        assert!([answers.0, answers.1].contains(&Appended::Conflict));
    }
}
