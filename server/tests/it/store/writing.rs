//! Who writes in a room: the archive, rooms for announcements, and the topic.

use super::{Db, entry, on_every_store, stamp};
use protocol::{ClientId, Message, Posting, Role, RoomId, RoomKind, Seq, SystemEvent, UserId};
use store::rules::membership;
use store::{Actor, Append, Appended, Error, NewRoom, Refusal, Revise, Revised, Revision, RoomChange};
use uuid::Uuid;

on_every_store!(
    nobody_writes_in_an_archived_room,
    members_do_not_write_announcements,
    a_room_has_a_topic,
    changes_of_a_room_are_all_made_or_none,
    administrators_may_keep_public_rooms_to_themselves,
);

async fn change(db: &Db, room: RoomId, actor: UserId, change: RoomChange) -> Result<Vec<Message>, Error> {
    db.store.update_room(room, actor, &[(change, stamp())]).await
}

async fn revise(db: &Db, room: RoomId, seq: i64, user: UserId, revision: Revision) -> Revised {
    let (seq, client_id) = (Seq(seq), ClientId(Uuid::now_v7()));
    db.store.revise(&Revise { room_id: room, seq, user_id: user, client_id, revision, now: stamp().now }).await.unwrap()
}

fn react() -> Revision {
    Revision::React { emoji: "\u{1f44d}".into(), on: true }
}

async fn send(db: &Db, entry: &Append) -> Appended {
    db.store.append(std::slice::from_ref(entry)).await.unwrap().remove(0)
}

async fn nobody_writes_in_an_archived_room(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    db.send_message(room, bob, "one").await;
    let refused = change(&db, room, bob, RoomChange::Archived(true)).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let made = change(&db, room, ada, RoomChange::Archived(true)).await.unwrap();
    assert_eq!((made[0].seq, made[0].event.clone()), (Seq(3), Some(SystemEvent::Archived)));
    assert_eq!(db.store.find_room(bob, room).await.unwrap().unwrap().archived_at, Some(stamp().now));
    assert!(change(&db, room, ada, RoomChange::Archived(true)).await.unwrap().is_empty(), "it is already");

    let late = entry(room, bob, "two");
    let archived = Appended::Refused(Refusal::Archived);
    assert_eq!(send(&db, &late).await, archived);
    let batch = [entry(room, ada, "also for owners"), entry(room, bob, "x")];
    assert_eq!(db.store.append(&batch).await.unwrap(), [archived.clone(), archived.clone()]);
    let edit = Revision::Edit { body: "changed".into() };
    assert!(matches!(revise(&db, room, 2, bob, edit).await, Revised::Forbidden(_)));
    assert!(matches!(revise(&db, room, 2, ada, react()).await, Revised::Forbidden(_)));
    assert!(matches!(revise(&db, room, 2, bob, Revision::Delete).await, Revised::Stored(_)), "taken back all the same");

    let restored = change(&db, room, ada, RoomChange::Archived(false)).await.unwrap();
    assert_eq!(restored[0].event, Some(SystemEvent::Restored));
    assert_eq!(db.store.find_room(bob, room).await.unwrap().unwrap().archived_at, None);
    assert_eq!(send(&db, &late).await, archived, "a late copy is not stored");
    assert!(db.send_message(room, bob, "three").await.stored().is_some());
}

async fn members_do_not_write_announcements(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    db.send_message(room, bob, "one").await;
    let made = change(&db, room, ada, RoomChange::Posting(Posting::Admins)).await.unwrap();
    assert_eq!(made[0].event, Some(SystemEvent::PostingChanged { posting: Posting::Admins }));
    assert_eq!(db.store.find_room(bob, room).await.unwrap().unwrap().posting, Posting::Admins);
    let answers = db.store.append(&[entry(room, bob, "no"), entry(room, ada, "news")]).await.unwrap();
    assert_eq!(answers[0], Appended::Refused(Refusal::AdminsOnly));
    assert_eq!(answers[1].stored().unwrap().seq, Seq(4));
    assert!(db.send_message(room, ada, "more news").await.stored().is_some());
    assert_eq!(db.send_message(room, bob, "no").await, Appended::Refused(Refusal::AdminsOnly));
    let edit = || Revision::Edit { body: "news by Bob".into() };
    assert!(matches!(revise(&db, room, 2, bob, edit()).await, Revised::Forbidden(_)), "an edit would be one as well");
    assert!(matches!(revise(&db, room, 4, bob, react()).await, Revised::Stored(_)));
    db.store.update_member(room, ada, bob, Role::Admin, stamp()).await.unwrap().unwrap();
    assert!(db.send_message(room, bob, "news by Bob").await.stored().is_some());
}

async fn a_room_has_a_topic(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Public, ada, &[]).await;
    assert_eq!(db.store.find_room(bob, room).await.unwrap().unwrap().topic, None);
    let topic = |text: &str| RoomChange::Topic(text.to_owned());
    let made = change(&db, room, ada, topic("Leaves")).await.unwrap();
    assert_eq!(made[0].event, Some(SystemEvent::TopicChanged { topic: "Leaves".into() }));
    assert_eq!(db.store.find_room(bob, room).await.unwrap().unwrap().topic.as_deref(), Some("Leaves"));
    let listed = db.store.list_rooms(ada).await.unwrap();
    assert!(listed.iter().any(|room| room.topic.as_deref() == Some("Leaves")));
    assert!(change(&db, room, ada, topic("Leaves")).await.unwrap().is_empty());
    change(&db, room, ada, topic("")).await.unwrap();
    assert_eq!(db.store.find_room(bob, room).await.unwrap().unwrap().topic, None);
    change(&db, room, ada, RoomChange::Archived(true)).await.unwrap();
    assert!(db.public_rooms(bob).await.is_empty(), "an archived room is not listed");
    assert!(db.store.find_room(bob, room).await.unwrap().is_some(), "but it can be read");
}

async fn changes_of_a_room_are_all_made_or_none(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    db.store.update_member(room, ada, bob, Role::Admin, stamp()).await.unwrap().unwrap();
    let changes = [(RoomChange::Name("Tea".into()), stamp()), (RoomChange::Archived(true), stamp())];
    let refused = db.store.update_room(room, bob, &changes).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let seen = db.store.find_room(bob, room).await.unwrap().unwrap();
    assert_eq!((seen.name.as_str(), seen.last_seq), ("Room", Seq(2)), "nothing is half done");
    let made = db.store.update_room(room, ada, &changes).await.unwrap();
    assert_eq!(made.iter().map(|message| message.seq.0).collect::<Vec<_>>(), [3, 4]);
}

async fn administrators_may_keep_public_rooms_to_themselves(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let set = async |value| {
        db.store.set_settings(&[(membership::PUBLIC_ROOMS, value)], &Actor::command_line(), stamp().now).await.unwrap();
    };
    set(membership::ADMINISTRATORS).await;
    let create = async |creator, kind| {
        let (id, name) = (RoomId(Uuid::now_v7()), Some("Room".to_owned()));
        db.store.create_room(NewRoom { id, kind, name, creator, members: Vec::new() }, stamp()).await
    };
    let refused = create(bob, RoomKind::Public).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    create(bob, RoomKind::Group).await.expect("groups are everybody's");
    create(ada, RoomKind::Public).await.unwrap();
    set(membership::EVERYBODY).await;
    create(bob, RoomKind::Public).await.unwrap();
}
