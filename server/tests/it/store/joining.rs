//! Rooms and those who are in them.

use super::{Db, entry, on_every_store, stamp};
use protocol::{ClientId, Message, Rev, Role, RoomId, RoomKind, Seq, SystemEvent, UserId};
use std::time::Duration;
use store::{Append, Appended, Created, Error, Limit, MemberMark, NewRoom, Purged, Refusal, Revise, Revised, Revision};
use uuid::Uuid;

on_every_store!(
    two_people_have_one_direct_room,
    members_come_and_go,
    a_room_keeps_an_owner,
    a_room_is_renamed_and_deleted,
    an_empty_public_room_belongs_to_who_comes,
    unknown_people_are_not_brought_in,
    rights_are_those_of_the_moment_of_the_change,
    what_a_deleted_room_leaves_behind_is_removed_in_parts,
);

async fn two_people_have_one_direct_room(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Direct, ada, &[bob]).await;
    let again =
        NewRoom { id: RoomId(Uuid::now_v7()), kind: RoomKind::Direct, name: None, creator: bob, members: vec![ada] };
    let Created::Existing(found) = db.store.create_room(again, stamp()).await.unwrap() else { panic!("a second room") };
    assert_eq!(found, room);

    let seen = db.store.find_room(bob, room).await.unwrap().unwrap();
    assert_eq!((seen.name.as_str(), seen.members_count, seen.last_seq), ("ADA", 2, Seq(0)));
    assert_eq!(seen.other.unwrap().id, ada);
    assert_eq!(seen.last_message, None);
    let cy = db.user("cy").await;
    assert_eq!(db.store.find_room(cy, room).await.unwrap(), None);
}

async fn members_come_and_go(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    db.acquaint(ada, cy).await;
    let added = db.store.create_member(room, ada, cy, stamp()).await.unwrap().unwrap();
    assert_eq!(added.seq, Seq(2));
    assert_eq!(added.event, Some(SystemEvent::Added { user_id: cy, display_name: "CY".into() }));
    assert_eq!(db.store.create_member(room, ada, cy, stamp()).await.unwrap(), None, "once is enough");

    let seen = db.store.find_room(cy, room).await.unwrap().unwrap();
    assert_eq!((seen.unread, seen.read_seq, seen.members_count), (0, Seq(2), 3), "what was before is not news");
    let mut all = vec![ada, bob, cy];
    all.sort();
    let page = db.store.list_members(room, None, 2).await.unwrap();
    assert_eq!(page.iter().map(|member| member.user.id).collect::<Vec<_>>(), all[..2]);
    let rest = db.store.list_members(room, Some(all[1]), 2).await.unwrap();
    assert_eq!(rest.iter().map(|member| member.user.id).collect::<Vec<_>>(), all[2..]);
    let mut ids = db.store.list_member_ids(room).await.unwrap();
    ids.sort();
    assert_eq!(ids, all);
    let of_cy = db.store.list_memberships(&[cy]).await.unwrap();
    let (kind, mark) = (RoomKind::Group, protocol::Mark(cy, Seq(2), Seq(2)));
    let of_the_group = MemberMark { room_id: room, kind, mark };
    assert!(
        of_cy.contains(&of_the_group) && of_cy.len() == 3,
        "the group, General and the direct room with Ada: {of_cy:?}"
    );

    let left = db.store.delete_member(room, bob, bob, stamp()).await.unwrap();
    assert_eq!((left.seq, left.event), (Seq(3), Some(SystemEvent::Left)));
    let again = db.store.delete_member(room, bob, bob, stamp()).await;
    assert!(matches!(again, Err(Error::NotFound("room"))), "{again:?}");
    let removed = db.store.delete_member(room, ada, cy, stamp()).await.unwrap();
    assert_eq!(removed.event, Some(SystemEvent::Removed { user_id: cy, display_name: "CY".into() }));
    assert_eq!(db.store.find_room(ada, room).await.unwrap().unwrap().members_count, 1);
    assert_eq!(db.store.find_room(cy, room).await.unwrap(), None);
}

async fn a_room_keeps_an_owner(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    let refused = db.store.delete_member(room, ada, ada, stamp()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let refused = db.store.update_member(room, ada, ada, Role::Member, stamp()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    let raised = db.store.update_member(room, ada, bob, Role::Owner, stamp()).await.unwrap().unwrap();
    let event = SystemEvent::RoleChanged { user_id: bob, display_name: "BOB".into(), role: Role::Owner };
    assert_eq!(raised.event, Some(event));
    assert_eq!(db.store.update_member(room, ada, bob, Role::Owner, stamp()).await.unwrap(), None, "already");
    db.store.update_member(room, ada, ada, Role::Member, stamp()).await.unwrap().unwrap();
    assert_eq!((db.role(ada, room).await, db.role(bob, room).await), (Some(Role::Member), Some(Role::Owner)));
    db.store.delete_member(room, ada, ada, stamp()).await.unwrap();
    db.store.delete_member(room, bob, bob, stamp()).await.expect("the last one may go");
}

async fn rights_are_those_of_the_moment_of_the_change(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    db.acquaint(bob, cy).await;
    let room = db.room(RoomKind::Group, ada, &[bob]).await;
    let forbidden = |answer: Result<Option<Message>, Error>| assert!(matches!(answer, Err(Error::Forbidden(_))));
    forbidden(db.rename(room, bob, "Mine").await.map(Some));
    forbidden(db.store.create_member(room, bob, cy, stamp()).await);
    forbidden(db.store.delete_member(room, bob, ada, stamp()).await.map(Some));
    forbidden(db.store.update_member(room, bob, bob, Role::Owner, stamp()).await);
    let unseen = |answer: Result<Option<Message>, Error>| assert!(matches!(answer, Err(Error::NotFound("room"))));
    unseen(db.rename(room, cy, "Mine").await.map(Some));
    unseen(db.store.create_member(room, cy, cy, stamp()).await);
    unseen(db.store.delete_member(room, cy, bob, stamp()).await.map(Some));
    unseen(db.store.update_member(room, cy, bob, Role::Owner, stamp()).await);
    assert!(matches!(db.store.delete_room(room, cy, stamp().now).await, Err(Error::NotFound("room"))));

    db.store.update_member(room, ada, bob, Role::Admin, stamp()).await.unwrap().unwrap();
    db.store.create_member(room, bob, cy, stamp()).await.unwrap().unwrap();
    forbidden(db.store.delete_member(room, bob, ada, stamp()).await.map(Some));
    db.store.delete_member(room, bob, cy, stamp()).await.unwrap();
    let gone = db.store.update_member(room, ada, cy, Role::Admin, stamp()).await;
    assert!(matches!(gone, Err(Error::NotFound("member"))), "{gone:?}");
}

async fn what_a_deleted_room_leaves_behind_is_removed_in_parts(db: Db) {
    let ada = db.user("ada").await;
    let (room, kept) = (db.room(RoomKind::Group, ada, &[]).await, db.room(RoomKind::Group, ada, &[]).await);
    let batch: Vec<_> = (0..20).map(|n| entry(room, ada, &n.to_string())).chain([entry(kept, ada, "stays")]).collect();
    db.store.append(&batch).await.unwrap();
    let client_id = ClientId(Uuid::now_v7());
    let (revision, now) = (Revision::Delete, stamp().now);
    let revise = Revise { room_id: room, seq: Seq(3), user_id: ada, client_id, revision, now };
    assert!(matches!(db.store.revise(&revise).await.unwrap(), Revised::Stored(_)));
    assert_eq!(db.store.purge(100).await.unwrap(), Purged::Nothing);
    db.store.delete_room(room, ada, now).await.unwrap();
    assert!(db.store.list_heads(&[room]).await.unwrap().is_empty());
    assert_eq!(db.store.list_changes(room, (Seq(0), Rev(0)), Limit::rows(50)).await.unwrap(), None);
    assert_eq!(db.store.append(&[entry(room, ada, "late")]).await.unwrap(), [Appended::Refused(Refusal::NotMember)]);
    let mut parts = Vec::new();
    loop {
        match db.store.purge(8).await.unwrap() {
            Purged::Nothing => break,
            Purged::NotYet => tokio::time::sleep(Duration::from_millis(1)).await,
            Purged::Rows { count, .. } => parts.push(count),
        }
    }
    // 21 messages and a revision; the model has nothing to remove.
    assert!(parts == [8, 8, 6] || parts.is_empty(), "{parts:?}");
    assert_eq!(db.store.list_heads(&[room, kept]).await.unwrap()[0].1, Seq(2));
    let again = Append { room_id: kept, ..batch[3].clone() };
    assert!(db.store.append(&[again]).await.unwrap()[0].stored().is_some(), "its messages' ids are free again");
}

async fn a_room_is_renamed_and_deleted(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Public, ada, &[]).await;
    let listed = db.public_rooms(bob).await;
    assert_eq!(listed.iter().map(|room| (room.id, room.members_count)).collect::<Vec<_>>(), [(room, 1)]);
    db.store.create_member(room, bob, bob, stamp()).await.unwrap().unwrap();
    assert!(db.public_rooms(bob).await.is_empty());

    let renamed = db.rename(room, ada, "Tea").await.unwrap();
    assert_eq!(renamed.event, Some(SystemEvent::Renamed { name: "Tea".into() }));
    assert_eq!(db.store.find_room(bob, room).await.unwrap().unwrap().name, "Tea");

    let refused = db.store.delete_room(room, bob, stamp().now).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let mut gone = db.store.delete_room(room, ada, stamp().now).await.unwrap();
    gone.sort();
    let mut both = vec![ada, bob];
    both.sort();
    assert_eq!(gone, both);
    assert_eq!(db.store.find_access(ada, room).await.unwrap(), None);
    let refused = db.store.delete_room(room, ada, stamp().now).await;
    assert!(matches!(refused, Err(Error::NotFound("room"))), "{refused:?}");
    let refused = db.store.create_member(room, bob, bob, stamp()).await;
    assert!(matches!(refused, Err(Error::NotFound("room"))), "{refused:?}");
    // The first room too may go; accounts made afterwards join none.
    let general = db.store.list_rooms(ada).await.unwrap()[0].id;
    db.store.delete_room(general, ada, stamp().now).await.unwrap();
    let cy = db.user("cy").await;
    assert!(db.store.list_rooms(cy).await.unwrap().is_empty());
}

async fn an_empty_public_room_belongs_to_who_comes(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Public, ada, &[]).await;
    db.store.delete_member(room, ada, ada, stamp()).await.unwrap();
    db.store.create_member(room, bob, bob, stamp()).await.unwrap().unwrap();
    db.store.create_member(room, ada, ada, stamp()).await.unwrap().unwrap();
    assert_eq!((db.role(bob, room).await, db.role(ada, room).await), (Some(Role::Owner), Some(Role::Member)));
}

async fn unknown_people_are_not_brought_in(db: Db) {
    let ada = db.user("ada").await;
    let nobody = UserId(Uuid::now_v7());
    for kind in [RoomKind::Direct, RoomKind::Group] {
        let id = RoomId(Uuid::now_v7());
        let name = (kind == RoomKind::Group).then(|| "Room".to_owned());
        let refused =
            db.store.create_room(NewRoom { id, kind, name, creator: ada, members: vec![nobody] }, stamp()).await;
        assert!(matches!(refused, Err(Error::NotFound("user"))), "{refused:?}");
        assert_eq!(db.store.find_access(ada, id).await.unwrap(), None, "nothing is half done");
    }
    let room = db.room(RoomKind::Group, ada, &[]).await;
    let refused = db.store.create_member(room, ada, nobody, stamp()).await;
    assert!(matches!(refused, Err(Error::NotFound("user"))), "{refused:?}");
    assert_eq!(db.store.find_room(ada, room).await.unwrap().unwrap().last_seq, Seq(1));
}
