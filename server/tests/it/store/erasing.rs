//! What deleted accounts leave behind: memberships, messages, and rooms that nobody can read any more.

use super::administration::{AT, operator, session};
use super::{Db, on_both_engines, stamp};
use protocol::{MessageKind, Rev, Role, RoomId, RoomKind, Seq, UnixMillis, UserId};
use std::sync::Arc;
use store::{ErasedMessages, Error, Limit, Purged, Stamp, Store};

on_both_engines!(a_deleted_account_leaves_and_its_messages_go, rooms_that_no_account_can_read_are_deleted);

/// A stamp of a minute after the others.
fn later() -> Stamp {
    Stamp { now: UnixMillis(61_000), ..stamp() }
}

/// Takes all steps of erasing accounts.
async fn erase(store: &Arc<dyn Store>) -> u64 {
    let mut all = 0;
    while let Purged::Rows { count, .. } = store.erase(3, &stamp).await.unwrap() {
        all += count;
    }
    assert_eq!(store.erase(3, &stamp).await.unwrap(), Purged::NotYet, "what was on its way is stored first");
    while let Purged::Rows { count, .. } = store.erase(3, &later).await.unwrap() {
        all += count;
    }
    all
}

async fn a_deleted_account_leaves_and_its_messages_go(db: Db) {
    let (_, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    let direct = db.room(RoomKind::Direct, bob, &[cy]).await;
    let group = db.room(RoomKind::Group, bob, &[cy]).await;
    let alone = db.room(RoomKind::Group, bob, &[]).await;
    for number in 0..8 {
        for room in [group, direct, alone] {
            db.send_message(room, bob, &format!("{number}")).await.stored().unwrap();
        }
        db.send_message(group, cy, "mine").await.stored().unwrap();
    }
    let live = session(&db, bob, 10).await;
    let people_rev = db.store.people_rev().await.unwrap();
    db.store.delete_user(bob, ErasedMessages::Delete, &operator(), AT).await.unwrap();
    assert_eq!(db.store.list_live_sessions(&[live], AT).await.unwrap(), []);
    assert!(db.store.find_credentials("bob").await.unwrap().is_none());
    assert!(db.store.find_account("bob").await.unwrap().is_none());
    let renamed = db.store.list_renamed(people_rev, 5).await.unwrap();
    assert_eq!((renamed.len(), renamed[0].display_name.as_str()), (1, "Former member"));

    // What a request of theirs still asks for changes nothing, and nobody brings them anywhere.
    let former = db.store.find_user(bob).await.unwrap().unwrap();
    db.store.update_user(&protocol::User { display_name: "Bob again".into(), ..former.clone() }).await.unwrap();
    assert_eq!(db.store.find_user(bob).await.unwrap().unwrap().display_name, "Former member");
    let public = db.room(RoomKind::Public, cy, &[]).await;
    assert!(matches!(db.store.create_member(public, bob, bob, stamp()).await, Err(Error::NotFound("user"))));
    assert!(db.store.create_member(public, cy, bob, stamp()).await.is_err());
    assert!(erase(&db.store).await >= 17);
    assert_eq!(db.store.erase(3, &later).await.unwrap(), Purged::Nothing);
    let texts = async |room: RoomId| {
        let limit = Limit { rows: 100, bytes: 1 << 20 };
        let page = db.store.list_changes(room, (Seq(0), Rev(0)), limit).await.unwrap().unwrap();
        let texts = page.messages.into_iter().filter(|message| message.kind == MessageKind::Text);
        texts.map(|message| (message.sender_id, message.deleted_at.is_some(), message.body)).collect::<Vec<_>>()
    };
    for room in [group, direct] {
        let theirs: Vec<_> = texts(room).await.into_iter().filter(|(sender, ..)| *sender == bob).collect();
        // Each wrote in the direct room before they met in the group.
        let count = if room == direct { 9 } else { 8 };
        assert_eq!(theirs, vec![(bob, true, String::new()); count]);
    }
    assert_eq!(texts(group).await.into_iter().filter(|(sender, ..)| *sender == cy).count(), 8);
    let head = db.store.list_heads(&[group]).await.unwrap()[0];
    assert_eq!(head.2.0, 8, "each deletion is a revision that devices are told");
    assert_eq!(
        (db.role(cy, group).await, db.role(bob, group).await),
        (Some(Role::Owner), None),
        "the room has an owner"
    );
    assert_eq!(db.role(bob, direct).await, Some(Role::Member), "a direct room always has its two people");
    assert!(db.store.list_heads(&[alone]).await.unwrap().is_empty(), "nobody can read it");
    // The user name is free again, for somebody else.
    assert_ne!(db.user("bob").await, bob);
}

async fn rooms_that_no_account_can_read_are_deleted(db: Db) {
    let (_, bob, cy, dan) = (db.user("ada").await, db.user("bob").await, db.user("cy").await, db.user("dan").await);
    let pair = db.room(RoomKind::Direct, bob, &[cy]).await;
    let (group, public) = (db.room(RoomKind::Group, bob, &[cy]).await, db.room(RoomKind::Public, bob, &[cy]).await);
    let with_disabled = db.room(RoomKind::Direct, bob, &[dan]).await;
    let of_disabled = db.room(RoomKind::Group, bob, &[dan]).await;
    for room in [pair, group, public, of_disabled, with_disabled] {
        db.send_message(room, bob, "hello").await.stored().unwrap();
    }
    db.store.set_disabled(dan, true, &operator(), AT).await.unwrap();
    let delete = async |users: &[UserId]| {
        for user in users {
            db.store.delete_user(*user, ErasedMessages::Keep, &operator(), AT).await.unwrap();
        }
        while let Purged::Rows { .. } = db.store.erase(3, &stamp).await.unwrap() {}
        let all = [pair, group, public, of_disabled, with_disabled];
        let heads = db.store.list_heads(&all).await.unwrap();
        all.map(|room| heads.iter().any(|head| head.0 == room))
    };
    assert_eq!(delete(&[bob]).await, [true; 5], "each has a member with an account, or is public");
    assert_eq!(db.role(dan, of_disabled).await, Some(Role::Owner), "a disabled account may be enabled again");
    assert_eq!(delete(&[cy]).await, [false, false, true, true, true]);
    assert!(matches!(db.store.purge(1_000).await.unwrap(), Purged::Rows { count: 1.., .. }), "as any deleted room");

    // Both accounts end before either leaves.
    let (eve, fay) = (db.user("eve").await, db.user("fay").await);
    let (pair, group) = (db.room(RoomKind::Direct, eve, &[fay]).await, db.room(RoomKind::Group, eve, &[fay]).await);
    delete(&[eve, fay]).await;
    assert!(db.store.list_heads(&[pair, group]).await.unwrap().is_empty());
}
