//! Names of people are numbered in the order of their changes.

use super::{Db, on_every_store};
use protocol::User;

on_every_store!(a_new_name_takes_the_next_number);

async fn a_new_name_takes_the_next_number(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    assert_eq!(db.store.people_rev().await.unwrap(), 0);
    assert_eq!(db.store.list_renamed(0, 10).await.unwrap(), []);
    let mut never = db.store.list_people(&[ada, bob], -1).await.unwrap();
    never.sort_by_key(|person| person.id);
    assert_eq!(never.iter().map(|person| (person.id, person.rev)).collect::<Vec<_>>(), [(ada, 0), (bob, 0)]);

    db.rename_user(bob, "Robert").await;
    db.rename_user(cy, "Cyrus").await;
    db.rename_user(bob, "Bobby").await;
    // The same name again, and what else a person may change, is no change of a name.
    db.rename_user(cy, "Cyrus").await;
    let quiet = db.store.find_user(ada).await.unwrap().unwrap();
    db.store.update_user(&User { receipts: false, ..quiet }).await.unwrap();
    assert_eq!(db.store.people_rev().await.unwrap(), 3);
    let renamed = async |since, limit| {
        let people = db.store.list_renamed(since, limit).await.unwrap();
        people.into_iter().map(|person| (person.rev, person.display_name)).collect::<Vec<_>>()
    };
    let (cyrus, bobby) = ((2, "Cyrus".to_owned()), (3, "Bobby".to_owned()));
    assert_eq!(renamed(0, 10).await, [cyrus.clone(), bobby.clone()]);
    assert_eq!(renamed(0, 1).await, [cyrus]);
    assert_eq!(renamed(2, 10).await, [bobby]);
    let since = db.store.list_people(&[ada, bob, cy], 2).await.unwrap();
    assert_eq!(since.iter().map(|person| (person.id, person.username.as_str())).collect::<Vec<_>>(), [(bob, "bob")]);
}
