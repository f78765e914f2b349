//! The number that moves with a person's memberships.

use super::{Db, on_every_store, stamp};
use protocol::{Mark, Role, RoomKind, Seq, UnixMillis, UserId};
use std::collections::BTreeMap;
use uuid::Uuid;

on_every_store!(memberships_have_a_version, people_who_bring_each_other_in_at_once_do_not_deadlock);

/// Whose version moved since it was looked at last.
struct Watch<'a> {
    db: &'a Db,
    people: [UserId; 3],
    seen: BTreeMap<UserId, i64>,
}

impl Watch<'_> {
    async fn moved(&mut self) -> Vec<UserId> {
        let versions = self.db.store.list_members_versions(&self.people).await.unwrap();
        let versions: BTreeMap<_, _> = versions.into_iter().collect();
        let before = std::mem::replace(&mut self.seen, versions);
        self.people.into_iter().filter(|user| self.seen.get(user) > before.get(user)).collect()
    }
}

async fn memberships_have_a_version(db: Db) {
    let people = [db.user("ada").await, db.user("bob").await, db.user("cy").await];
    let [ada, bob, cy] = people;
    db.acquaint(ada, bob).await;
    db.acquaint(ada, cy).await;
    let mut watch = Watch { db: &db, people, seen: BTreeMap::new() };
    assert_eq!(watch.moved().await, people);
    assert_eq!(db.store.list_members_versions(&[UserId(Uuid::now_v7())]).await.unwrap(), []);

    let group = db.room(RoomKind::Group, ada, &[bob]).await;
    assert_eq!(watch.moved().await, [ada, bob]);
    db.store.create_member(group, ada, cy, stamp()).await.unwrap().unwrap();
    assert_eq!(watch.moved().await, [cy]);
    db.store.update_member(group, ada, bob, Role::Admin, stamp()).await.unwrap().unwrap();
    assert_eq!(watch.moved().await, [bob]);
    db.store.delete_member(group, ada, cy, stamp()).await.unwrap();
    assert_eq!(watch.moved().await, [cy]);

    let direct = db.room(RoomKind::Direct, bob, &[cy]).await;
    assert_eq!(watch.moved().await, [bob, cy]);
    db.send_message(group, ada, "one").await;
    db.send_message(direct, bob, "one").await;
    assert_eq!(watch.moved().await, [], "what is said does not move it");
    let mark = |room, user| (room, Mark(user, Seq(1), Seq(1)));
    db.store.update_marks(&[mark(group, ada), mark(group, bob)]).await.unwrap();
    assert_eq!(watch.moved().await, [], "marks of larger rooms do not move it");
    db.store.update_marks(&[mark(direct, cy)]).await.unwrap();
    assert_eq!(watch.moved().await, [bob, cy], "both see it");
    db.store.update_marks(&[mark(direct, cy)]).await.unwrap();
    assert_eq!(watch.moved().await, [], "it was there already");

    db.store.delete_room(group, ada, UnixMillis(3_000)).await.unwrap();
    assert_eq!(watch.moved().await, [ada, bob]);
}

async fn people_who_bring_each_other_in_at_once_do_not_deadlock(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let direct = db.room(RoomKind::Direct, ada, &[bob]).await;
    for number in 1..=20 {
        db.send_message(direct, ada, "one").await;
        let mark = |user| (direct, Mark(user, Seq(number), Seq(number)));
        let (one, two) = (db.again(), db.again());
        let marks = async {
            one.update_marks(&[mark(ada)]).await.unwrap();
            one.update_marks(&[mark(bob)]).await.unwrap();
        };
        let marks_too = async { two.update_marks(&[mark(bob), mark(ada)]).await.unwrap() };
        let (bobs, adas) = ([bob], [ada]);
        let groups = (db.room(RoomKind::Group, ada, &bobs), db.room(RoomKind::Group, bob, &adas));
        tokio::join!(groups.0, groups.1, marks, marks_too);
    }
}
