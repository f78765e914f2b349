//! Banned people neither see nor enter a room.

use super::{Db, on_every_store, stamp};
use protocol::{RoomKind, Seq, SystemEvent, UserId};
use store::{Error, HistoryRange, Limit, Rows};
use uuid::Uuid;

on_every_store!(a_ban_ends_a_membership_and_hides_the_room, bans_come_in_pages_and_are_lifted);

async fn a_ban_ends_a_membership_and_hides_the_room(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Public, ada, &[]).await;
    db.store.create_member(room, bob, bob, stamp()).await.unwrap().unwrap();
    let forbidden = db.store.create_ban(room, bob, ada, stamp()).await;
    assert!(matches!(forbidden, Err(Error::Forbidden(_))), "{forbidden:?}");

    let message = db.store.create_ban(room, ada, bob, stamp()).await.unwrap().unwrap();
    assert_eq!(message.event, Some(SystemEvent::Banned { user_id: bob, display_name: "BOB".into() }));
    assert_eq!(message.seq, Seq(3));
    assert_eq!(db.store.create_ban(room, ada, bob, stamp()).await.unwrap(), None, "once is enough");
    assert_eq!(db.store.find_room(ada, room).await.unwrap().unwrap().members_count, 1);
    assert_eq!(db.store.find_room(bob, room).await.unwrap(), None);
    assert_eq!(db.store.find_access(bob, room).await.unwrap(), None);
    let rows = db.store.list_messages(bob, room, HistoryRange::Newest, Limit::rows(50)).await.unwrap();
    assert_eq!(rows, Rows::default());
    assert!(db.public_rooms(bob).await.is_empty());
    let join = db.store.create_member(room, bob, bob, stamp()).await;
    assert!(matches!(join, Err(Error::NotFound("room"))), "{join:?}");
    let add = db.store.create_member(room, ada, bob, stamp()).await;
    assert!(matches!(add, Err(Error::Conflict(_))), "{add:?}");

    db.store.delete_ban(room, ada, bob).await.unwrap();
    assert_eq!(db.public_rooms(bob).await.len(), 1);
    db.store.create_member(room, bob, bob, stamp()).await.unwrap().unwrap();
    assert!(
        !db.store.list_messages(bob, room, HistoryRange::Newest, Limit::rows(50)).await.unwrap().messages.is_empty()
    );
}

async fn bans_come_in_pages_and_are_lifted(db: Db) {
    let ada = db.user("ada").await;
    let room = db.room(RoomKind::Group, ada, &[]).await;
    let mut banned = vec![db.user("bob").await, db.user("cy").await, db.user("dan").await];
    banned.sort();
    for user in &banned {
        assert_eq!(db.store.create_ban(room, ada, *user, stamp()).await.unwrap(), None, "no membership ends");
    }
    let page = db.store.list_bans(room, None, 2).await.unwrap();
    assert_eq!(
        page.iter().map(|ban| (ban.user.id, ban.banned_by)).collect::<Vec<_>>(),
        [(banned[0], ada), (banned[1], ada)]
    );
    let rest = db.store.list_bans(room, Some(banned[1]), 2).await.unwrap();
    assert_eq!(rest.iter().map(|ban| ban.user.id).collect::<Vec<_>>(), banned[2..]);
    assert_eq!(rest[0].created_at, stamp().now);

    db.store.delete_ban(room, ada, banned[0]).await.unwrap();
    let again = db.store.delete_ban(room, ada, banned[0]).await;
    assert!(matches!(again, Err(Error::NotFound("ban"))), "{again:?}");
    assert_eq!(db.store.list_bans(room, None, 10).await.unwrap().len(), 2);
    let nobody = db.store.create_ban(room, ada, UserId(Uuid::now_v7()), stamp()).await;
    assert!(matches!(nobody, Err(Error::NotFound("user"))), "{nobody:?}");
    let oneself = db.store.create_ban(room, ada, ada, stamp()).await;
    assert!(matches!(oneself, Err(Error::Conflict(_))), "{oneself:?}");
    assert_eq!(
        db.store.find_room(ada, room).await.unwrap().unwrap().last_seq,
        Seq(1),
        "a stranger's ban is no fact of the room"
    );
}
