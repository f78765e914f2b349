//! Accounts, sessions, and a schema that is made once.

use super::{Db, on_both_engines, stamp};
use protocol::{SessionId, UnixMillis, UserId};
use store::{Error, NewSession, NewUser, Registration};
use uuid::Uuid;

on_both_engines!(
    the_schema_is_made_once,
    the_first_account_administers,
    names_are_unique_and_found,
    a_session_moves_on_and_ends,
);

async fn the_schema_is_made_once(db: Db) {
    let epoch = db.store.epoch().await.unwrap();
    let (second, third) = (db.again(), db.again());
    let (one, other) = tokio::join!(second.migrate(), third.migrate());
    one.unwrap();
    other.unwrap();
    db.store.ping().await.unwrap();
    assert_eq!(second.epoch().await.unwrap(), epoch);
}

async fn the_first_account_administers(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let find = async |id| db.store.find_user(id).await.unwrap().unwrap();
    assert!(find(ada).await.is_admin);
    assert!(!find(bob).await.is_admin);
    assert_eq!(db.store.find_user(UserId(Uuid::nil())).await.unwrap(), None);

    let rooms = db.store.list_rooms(bob).await.unwrap();
    assert_eq!(rooms.len(), 1);
    assert_eq!((rooms[0].name.as_str(), rooms[0].members_count), ("General", 2));
    assert_eq!(db.role(ada, rooms[0].id).await, Some(protocol::Role::Owner));
    assert_eq!(db.role(bob, rooms[0].id).await, Some(protocol::Role::Member));
}

async fn names_are_unique_and_found(db: Db) {
    let had_users = db.store.has_users().await.unwrap();
    let ada = db.user("ada").await;
    assert_eq!((had_users, db.store.has_users().await.unwrap()), (false, true));
    let again = NewUser {
        id: UserId(Uuid::now_v7()),
        username: "ada".into(),
        display_name: "Other".into(),
        password_hash: "x".into(),
    };
    assert!(matches!(db.store.create_user(again, Registration::Open, &stamp).await, Err(Error::Conflict(_))));
    assert_eq!(db.store.find_credentials("ada").await.unwrap().unwrap().user.id, ada);
    assert!(db.store.find_credentials("nobody").await.unwrap().is_none());

    db.user("bob").await;
    let changed = db.store.find_user(ada).await.unwrap().unwrap();
    let changed = protocol::User { display_name: "Ärla 100% Lovelace".into(), receipts: false, ..changed };
    db.store.update_user(&changed).await.unwrap();
    assert_eq!(db.store.find_user(ada).await.unwrap(), Some(changed));
    let found = async |query| {
        let users = db.store.list_users(query, 10).await.unwrap();
        users.into_iter().map(|user| user.username).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["bob", "ada"], "by display name: BOB, Ärla");
    // Words of either name, in any case and script; what LIKE would take for a wildcard is a character.
    for query in ["ada", "ÄRL", "love", "100%", "ärla 100"] {
        assert_eq!(found(query).await, ["ada"], "{query}");
    }
    for query in ["velace", "_ob", "%", "zoe"] {
        assert_eq!(found(query).await, Vec::<String>::new(), "{query}");
    }

    let bob = db.store.find_credentials("bob").await.unwrap().unwrap().user.id;
    let cy = db.user("cy").await;
    let seen = async |viewer| db.store.list_last_seen(viewer, &[ada, bob]).await.unwrap();
    assert_eq!(seen(cy).await, []);
    db.store.update_last_seen(&[ada, bob], UnixMillis(7_000)).await.unwrap();
    db.store.update_last_seen(&[], UnixMillis(8_000)).await.unwrap();
    // Ada tells no marks: nobody sees when she was there, and she sees it of nobody.
    assert_eq!(seen(cy).await, [(bob, UnixMillis(7_000))]);
    assert_eq!(seen(ada).await, []);
    assert_eq!(db.store.list_users("", 1).await.unwrap().len(), 1);
}

async fn a_session_moves_on_and_ends(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let id = SessionId(Uuid::now_v7());
    let at = UnixMillis;
    let session = NewSession {
        id,
        user_id: ada,
        user_agent: "Test".into(),
        created_at: at(10),
        expires_at: at(100),
        password_hash: None,
    };
    db.store.create_session(session).await.unwrap();
    assert_eq!(db.store.find_session(id).await.unwrap().unwrap().generation, 1);

    assert!(db.store.rotate_session(id, 1, at(20), at(200)).await.unwrap());
    assert!(!db.store.rotate_session(id, 1, at(21), at(201)).await.unwrap(), "a generation is left once");
    assert!(!db.store.rotate_session(id, 2, at(200), at(300)).await.unwrap(), "it has expired");
    let record = db.store.find_session(id).await.unwrap().unwrap();
    assert_eq!((record.generation, record.rotated_at, record.expires_at), (2, at(20), at(200)));

    let listed = db.store.list_sessions(ada, at(50)).await.unwrap();
    assert_eq!((listed.len(), listed[0].last_seen_at, listed[0].user_agent.as_str()), (1, at(20), "Test"));
    let unknown = SessionId(Uuid::now_v7());
    assert_eq!(db.store.list_live_sessions(&[unknown, id], at(50)).await.unwrap(), [id]);
    assert_eq!(db.store.list_live_sessions(&[id], at(200)).await.unwrap(), []);

    assert!(!db.store.revoke_session(bob, id, at(60)).await.unwrap(), "it is not Bob's");
    assert!(db.store.revoke_session(ada, id, at(60)).await.unwrap());
    assert!(!db.store.revoke_session(ada, id, at(61)).await.unwrap());
    assert!(db.store.list_sessions(ada, at(70)).await.unwrap().is_empty());
    assert!(db.store.list_live_sessions(&[id], at(70)).await.unwrap().is_empty());
    assert_eq!(db.store.find_session(id).await.unwrap().unwrap().revoked_at, Some(at(60)));
}
