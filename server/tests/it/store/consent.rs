//! People are brought into rooms with their consent only.

use super::{Db, on_every_store, stamp};
use protocol::{RoomId, RoomKind, UnixMillis, UserId};
use store::{Created, Error, NewRoom};
use uuid::Uuid;

on_every_store!(strangers_bring_each_other_into_no_room, everybody_agrees_or_nothing_is_made);

/// Makes a group, and says whether that was allowed.
async fn may_create(db: &Db, creator: UserId, members: &[UserId]) -> bool {
    let (id, name) = (RoomId(Uuid::now_v7()), Some("Room".to_owned()));
    let room = NewRoom { id, kind: RoomKind::Group, name, creator, members: members.to_vec() };
    match db.store.create_room(room, stamp()).await {
        Ok(created) => created == Created::New,
        Err(Error::Forbidden(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

async fn strangers_bring_each_other_into_no_room(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let shared = db.room(RoomKind::Public, ada, &[]).await;
    db.store.create_member(shared, bob, bob, stamp()).await.unwrap().unwrap();
    db.send_message(shared, bob, "hello").await;
    assert!(!may_create(&db, ada, &[bob]).await, "public rooms are no acquaintance");
    let direct = db.room(RoomKind::Direct, ada, &[bob]).await;
    for number in 0..3 {
        db.send_message(direct, ada, &number.to_string()).await;
    }
    assert!(!may_create(&db, ada, &[bob]).await, "the other one has not answered");
    let (room, public) = (db.room(RoomKind::Group, ada, &[]).await, db.room(RoomKind::Public, ada, &[]).await);
    for room in [room, public] {
        let refused = db.store.create_member(room, ada, bob, stamp()).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    }
    db.send_message(direct, bob, "who are you?").await;
    assert!(may_create(&db, ada, &[bob]).await && may_create(&db, bob, &[ada]).await);
    db.store.create_member(public, ada, bob, stamp()).await.unwrap().unwrap();

    db.store.create_block(bob, ada, UnixMillis(1)).await.unwrap();
    assert!(!may_create(&db, ada, &[bob]).await, "a block counts more than what was before");
    assert!(may_create(&db, bob, &[ada]).await);
}

async fn everybody_agrees_or_nothing_is_made(db: Db) {
    let (ada, bob, cy, dan) = (db.user("ada").await, db.user("bob").await, db.user("cy").await, db.user("dan").await);
    db.acquaint(ada, bob).await;
    let rooms = db.store.list_rooms(bob).await.unwrap().len();
    assert!(!may_create(&db, ada, &[bob, cy]).await);
    assert_eq!(db.store.list_rooms(bob).await.unwrap().len(), rooms);
    assert!(may_create(&db, ada, &[]).await && may_create(&db, ada, &[bob]).await);

    // Bob knows Cy; in a group of all three Ada comes to know Cy as well.
    db.acquaint(bob, cy).await;
    let group = db.room(RoomKind::Group, bob, &[ada, cy]).await;
    assert!(may_create(&db, ada, &[cy]).await && !may_create(&db, ada, &[cy, dan]).await);
    db.store.delete_member(group, cy, cy, stamp()).await.unwrap();
    let other = db.store.list_rooms(ada).await.unwrap();
    assert!(other.iter().any(|room| room.kind == RoomKind::Group && room.members_count == 2), "Ada's group with Cy");
    assert!(may_create(&db, cy, &[ada]).await, "the group that Ada made still has both");
}
