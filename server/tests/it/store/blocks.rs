//! A block keeps messages and invitations away, and its refusals are final.

use super::{Db, entry, on_every_store, stamp};
use protocol::{RoomId, RoomKind, Seq, UnixMillis, UserId};
use store::{Append, Appended, Error, NewRoom, Refusal};
use uuid::Uuid;

on_every_store!(
    people_are_blocked_and_unblocked,
    a_blocked_sender_is_refused_for_good,
    a_blocked_person_brings_nobody_in
);

async fn people_are_blocked_and_unblocked(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    db.store.create_block(ada, bob, UnixMillis(1)).await.unwrap();
    db.store.create_block(ada, cy, UnixMillis(2)).await.unwrap();
    db.store.create_block(ada, bob, UnixMillis(3)).await.expect("once more changes nothing");
    assert_eq!(db.store.list_blocks(ada).await.unwrap(), [cy, bob]);
    assert!(db.store.list_blocks(bob).await.unwrap().is_empty());
    let nobody = db.store.create_block(ada, UserId(Uuid::now_v7()), UnixMillis(4)).await;
    assert!(matches!(nobody, Err(Error::NotFound("user"))), "{nobody:?}");
    db.store.delete_block(ada, bob).await.unwrap();
    db.store.delete_block(ada, bob).await.expect("there is none any more");
    assert_eq!(db.store.list_blocks(ada).await.unwrap(), [cy]);
    db.store.create_block(bob, cy, UnixMillis(5)).await.unwrap();
    let mut blocks = db.store.list_blocks_by(&[ada, bob, cy]).await.unwrap();
    blocks.sort_unstable();
    assert_eq!(blocks, [(ada, cy), (bob, cy)]);
    assert_eq!(db.store.list_blocks_by(&[cy, bob]).await.unwrap(), [(bob, cy)]);
    assert_eq!(db.store.list_blockers(cy, &[cy, ada]).await.unwrap(), [ada]);
    assert!(db.store.list_blockers(ada, &[cy, bob]).await.unwrap().is_empty());
}

async fn a_blocked_sender_is_refused_for_good(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let (direct, general) = (db.room(RoomKind::Direct, ada, &[bob]).await, db.store.list_rooms(bob).await.unwrap());
    let general = general.iter().find(|room| room.kind == RoomKind::Public).unwrap().id;
    let before = db.send_message(direct, bob, "before").await;
    db.store.create_block(ada, bob, UnixMillis(1)).await.unwrap();
    let blocked = Appended::Refused(Refusal::Blocked);
    let refused = entry(direct, bob, "let me explain");
    let send = async |entry: &Append| db.store.append(std::slice::from_ref(entry)).await.unwrap().remove(0);
    assert_eq!(send(&refused).await, blocked);
    let batch = [entry(direct, bob, "please"), entry(direct, ada, "no"), entry(general, bob, "hello all")];
    let answers = db.store.append(&batch).await.unwrap();
    assert_eq!(answers[0], blocked);
    assert_eq!(answers[1].stored().unwrap().seq, Seq(2), "a refusal takes no number, and who blocks may write");
    assert!(answers[2].stored().is_some(), "rooms of more people are not concerned");
    let original = before.stored().unwrap().clone();
    let (client_id, body) = (original.client_id, original.body.clone());
    let again = Append { client_id, body, ..entry(direct, bob, "") };
    assert_eq!(send(&again).await, Appended::Repeated(original), "what was stored before stays acknowledged");

    db.store.delete_block(ada, bob).await.unwrap();
    assert_eq!(send(&refused).await, blocked, "a late copy is not stored");
    assert!(db.send_message(direct, bob, "thanks").await.stored().is_some());
}

async fn a_blocked_person_brings_nobody_in(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    db.store.create_block(ada, bob, UnixMillis(1)).await.unwrap();
    let create = async |kind: RoomKind, creator, member| {
        let name = (kind != RoomKind::Direct).then(|| "Room".to_owned());
        let room = NewRoom { id: RoomId(Uuid::now_v7()), kind, name, creator, members: vec![member] };
        db.store.create_room(room, stamp()).await
    };
    for kind in [RoomKind::Direct, RoomKind::Group] {
        let refused = create(kind, bob, ada).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
    let room = db.room(RoomKind::Group, bob, &[]).await;
    let refused = db.store.create_member(room, bob, ada, stamp()).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    create(RoomKind::Direct, ada, bob).await.expect("who blocks may open it");
    create(RoomKind::Direct, bob, ada).await.expect("it is there already");
}
