//! Public rooms are found by the words of their names, in pages.

use super::{Db, on_every_store, stamp};
use protocol::{PublicRooms, RoomId, RoomKind, UserId};
use store::{Created, NewRoom, RoomCursor};
use uuid::Uuid;

on_every_store!(public_rooms_are_found_by_words, public_rooms_come_in_pages_by_name);

async fn create(db: &Db, creator: UserId, name: &str) -> RoomId {
    let id = RoomId(Uuid::now_v7());
    let room = NewRoom { id, kind: RoomKind::Public, name: Some(name.to_owned()), creator, members: Vec::new() };
    assert_eq!(db.store.create_room(room, stamp()).await.unwrap(), Created::New);
    id
}

fn names(page: &PublicRooms) -> Vec<&str> {
    page.rooms.iter().map(|room| room.name.as_str()).collect()
}

async fn public_rooms_are_found_by_words(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let tea = create(&db, ada, "\u{c9}toile du th\u{e9}").await;
    for name in ["Green Tea", "Teapots", "Steam", "100% tea_leaves"] {
        create(&db, ada, name).await;
    }
    let find = async |query: &str| {
        let page = db.store.list_public_rooms(bob, query, None, 10).await.unwrap();
        names(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(find("tea").await, ["100% tea_leaves", "Green Tea", "Teapots"]);
    assert_eq!(find(" GREEN  t").await, ["Green Tea"]);
    assert_eq!(find("\u{e9}TOILE").await, ["\u{c9}toile du th\u{e9}"]);
    assert_eq!(find("100%").await, ["100% tea_leaves"]);
    assert!(find("%").await.is_empty() && find("team").await.is_empty());
    db.rename(tea, ada, "Coffee").await.unwrap();
    assert!(find("\u{e9}toile").await.is_empty());
    assert_eq!(find("coffee").await, ["Coffee"]);
    assert_eq!(find("").await.len(), 5);
}

async fn public_rooms_come_in_pages_by_name(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    for name in ["b", "A", "same", "same", "C"] {
        create(&db, ada, name).await;
    }
    let (mut after, mut seen, mut ids) = (None, Vec::new(), Vec::new());
    for _ in 0..4 {
        let page = db.store.list_public_rooms(bob, "", after.as_ref(), 2).await.unwrap();
        seen.extend(names(&page).into_iter().map(str::to_owned));
        ids.extend(page.rooms.iter().map(|room| room.id));
        match page.next_cursor {
            Some(next) => after = Some(RoomCursor::parse(&next).unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, ["A", "b", "C", "same", "same"]);
    ids.dedup();
    assert_eq!(ids.len(), 5, "each once");
    assert_eq!(RoomCursor::parse("nonsense"), None);
}
