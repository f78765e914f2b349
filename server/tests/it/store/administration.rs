//! Accounts that are managed: passwords, rights, ends, and what the audit log says of it.

use super::{Db, on_both_engines, stamp};
use protocol::{Role, RoomId, RoomKind, SessionId, UnixMillis, UserId};
use store::{Actor, ErasedMessages, Error, NewInvite, NewSession, NewUser, Registration};
use uuid::Uuid;

on_both_engines!(
    a_password_ends_the_other_sessions,
    a_disabled_account_gets_no_session,
    the_last_administrator_stays,
    an_administrator_is_made_at_once,
    an_invite_is_used_up,
    the_first_account_is_made_by_its_link,
    sessions_are_bounded_and_removed,
    the_audit_log_has_pages,
);

pub(super) const AT: UnixMillis = UnixMillis(1_000);

pub(super) fn operator() -> Actor {
    Actor::command_line()
}

pub(super) async fn session(db: &Db, user: UserId, created_at: i64) -> SessionId {
    let id = SessionId(Uuid::now_v7());
    let (created_at, expires_at) = (UnixMillis(created_at), UnixMillis(created_at + 1_000_000));
    let session =
        NewSession { id, user_id: user, user_agent: String::new(), created_at, expires_at, password_hash: None };
    db.store.create_session(session).await.unwrap();
    id
}

async fn acts(db: &Db) -> Vec<(String, String, String)> {
    let entries = db.store.list_audit(None, 100).await.unwrap();
    entries.into_iter().rev().map(|entry| (entry.action, entry.subject, entry.detail)).collect()
}

fn act(action: &str, subject: &str, detail: &str) -> (String, String, String) {
    (action.into(), subject.into(), detail.into())
}

fn new_user(name: &str) -> NewUser {
    let (username, display_name) = (name.to_owned(), name.to_uppercase());
    NewUser { id: UserId(Uuid::now_v7()), username, display_name, password_hash: "hash".into() }
}

async fn a_password_ends_the_other_sessions(db: Db) {
    let ada = db.user("ada").await;
    let (here, there) = (session(&db, ada, 10).await, session(&db, ada, 20).await);
    let before = db.store.accounts_rev().await.unwrap();
    db.store.set_password(ada, "new", Some(here), &operator(), AT).await.unwrap();
    // A sign-in that checked the password before gets no session.
    let (created_at, expires_at, password_hash) = (AT, UnixMillis(9_000), Some("hash".to_owned()));
    let id = SessionId(Uuid::now_v7());
    let late = NewSession { id, user_id: ada, user_agent: String::new(), created_at, expires_at, password_hash };
    assert!(matches!(db.store.create_session(late.clone()).await, Err(Error::Conflict(_))));
    db.store.create_session(NewSession { password_hash: Some("new".to_owned()), ..late }).await.unwrap();
    assert!(db.store.revoke_session(ada, id, AT).await.unwrap());
    assert_eq!(db.store.list_live_sessions(&[here, there], AT).await.unwrap(), [here]);
    assert_eq!(db.store.find_credentials("ada").await.unwrap().unwrap().password_hash, "new");
    assert!(db.store.accounts_rev().await.unwrap() > before, "other programs see that something changed");

    let (code, expires) = ([7; 32], UnixMillis(5_000));
    db.store.create_reset_link(ada, &[1; 32], expires, &operator(), AT).await.unwrap();
    db.store.create_reset_link(ada, &code, expires, &operator(), AT).await.unwrap();
    let refused = async |code: &[u8], at| {
        assert!(matches!(db.store.reset_password(code, "x", at).await, Err(Error::Forbidden(_))));
    };
    refused(&[1; 32], AT).await; // replaced by the second one
    refused(&code, expires).await; // expired
    assert_eq!(db.store.reset_password(&code, "newer", AT).await.unwrap(), ada);
    refused(&code, AT).await; // used up
    assert_eq!(db.store.list_live_sessions(&[here], AT).await.unwrap(), []);
    assert_eq!(
        acts(&db).await,
        [
            act("user.password", "ada", ""),
            act("user.reset-link", "ada", ""),
            act("user.reset-link", "ada", ""),
            act("user.password", "ada", "by a one-time link"),
        ]
    );
}

async fn a_disabled_account_gets_no_session(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let before = session(&db, bob, 10).await;
    let by = Actor::from(&db.store.find_user(ada).await.unwrap().unwrap());
    db.store.set_disabled(bob, true, &by, AT).await.unwrap();
    db.store.set_disabled(bob, true, &by, AT).await.unwrap();
    assert_eq!(db.store.list_live_sessions(&[before], AT).await.unwrap(), []);
    let (created_at, expires_at) = (AT, UnixMillis(9_000));
    let again = NewSession {
        id: SessionId(Uuid::now_v7()),
        user_id: bob,
        user_agent: String::new(),
        created_at,
        expires_at,
        password_hash: None,
    };
    assert!(matches!(db.store.create_session(again.clone()).await, Err(Error::Forbidden(_))));
    assert!(db.store.list_users("bob", 5).await.unwrap().is_empty(), "nobody finds them");
    assert_eq!(db.store.list_accounts("bob", "", 5).await.unwrap()[0].disabled_at, Some(AT), "but administrators");
    db.store.set_disabled(bob, false, &by, AT).await.unwrap();
    db.store.create_session(again).await.unwrap();
    assert_eq!(acts(&db).await, [act("user.disable", "bob", ""), act("user.enable", "bob", "")], "once each");
}

async fn the_last_administrator_stays(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let last = async |done: Result<(), Error>| assert!(matches!(done, Err(Error::Conflict(_))), "{done:?}");
    last(db.store.set_admin(ada, false, &operator(), AT).await).await;
    last(db.store.set_disabled(ada, true, &operator(), AT).await).await;
    last(db.store.delete_user(ada, ErasedMessages::Keep, &operator(), AT).await).await;
    db.store.set_admin(bob, true, &operator(), AT).await.unwrap();
    db.store.set_disabled(bob, true, &operator(), AT).await.unwrap();
    last(db.store.set_admin(ada, false, &operator(), AT).await).await;
    db.store.set_disabled(bob, false, &operator(), AT).await.unwrap();
    db.store.set_admin(ada, false, &operator(), AT).await.unwrap();
    assert!(!db.store.find_account("ada").await.unwrap().unwrap().user.is_admin);
    // The right is checked in the transaction, whatever a request knew when it began.
    let by_ada = Actor::from(&db.store.find_user(ada).await.unwrap().unwrap());
    let forbidden = [
        db.store.set_admin(ada, true, &by_ada, AT).await,
        db.store.set_disabled(bob, true, &by_ada, AT).await,
        db.store.create_reset_link(bob, &[9; 32], UnixMillis(9_000), &by_ada, AT).await,
        db.store.set_password(bob, "x", None, &by_ada, AT).await,
        db.store.delete_user(bob, ErasedMessages::Keep, &by_ada, AT).await,
        db.store.set_settings(&[("registration", "open")], &by_ada, AT).await,
    ];
    assert!(forbidden.iter().all(|done| matches!(done, Err(Error::Forbidden(_)))), "{forbidden:?}");
    db.store.set_password(ada, "own", None, &by_ada, AT).await.expect("one's own");
    let nobody = db.store.set_admin(UserId(Uuid::now_v7()), true, &operator(), AT).await;
    assert!(matches!(nobody, Err(Error::NotFound("user"))));
}

async fn an_administrator_is_made_at_once(db: Db) {
    let make = async |name: &str, is_admin| {
        let right = Registration::Operator { by: operator(), is_admin };
        db.store.create_user(new_user(name), right, &stamp).await.unwrap()
    };
    let general = make("ada", true).await.1[0].room_id;
    let (bob, _) = make("bob", true).await;
    let (cy, _) = make("cy", false).await;
    assert!(bob.is_admin && !cy.is_admin);
    for (user, is_admin) in [(&bob, true), (&cy, false)] {
        assert_eq!(db.store.find_account(&user.username).await.unwrap().unwrap().user.is_admin, is_admin);
        assert_eq!(db.role(user.id, general).await, Some(Role::Member), "the first room belongs to the first account");
    }
    let made = |name| act("user.create", name, "");
    // The first account administers the server by itself.
    assert_eq!(acts(&db).await, [made("ada"), made("bob"), act("user.make-admin", "bob", ""), made("cy")]);
    let again = Registration::Operator { by: operator(), is_admin: true };
    assert!(db.store.create_user(new_user("bob"), again, &stamp).await.is_err());
    assert_eq!(acts(&db).await.len(), 4, "neither the account nor the record");
}

async fn an_invite_is_used_up(db: Db) {
    let ada = db.user("ada").await;
    let room = db.room(RoomKind::Group, ada, &[]).await;
    let by = Actor::from(&db.store.find_user(ada).await.unwrap().unwrap());
    let invite = |code: u8, uses, rooms| NewInvite {
        id: Uuid::now_v7(),
        code_hash: vec![code; 32],
        rooms,
        uses,
        created_at: AT,
        expires_at: UnixMillis(2_000),
    };
    let first = invite(1, 1, vec![room]);
    db.store.create_invite(first.clone(), &by).await.unwrap();
    let strange = db.store.create_invite(invite(2, 1, vec![RoomId(Uuid::now_v7())]), &by).await;
    assert!(matches!(strange, Err(Error::NotFound("room"))));
    assert_eq!(db.store.find_invite(&[1; 32], AT).await.unwrap(), Some(vec![room]));
    assert_eq!(db.store.find_invite(&[1; 32], UnixMillis(2_000)).await.unwrap(), None);

    let by_code = |code: u8| Registration::Code { hash: vec![code; 32], first_policy: "invite" };
    let (cy, messages) = db.store.create_user(new_user("cy"), by_code(1), &stamp).await.unwrap();
    assert_eq!((messages.len(), db.role(cy.id, room).await), (2, Some(Role::Member)), "General and the room");
    for code in [1, 9] {
        let refused = db.store.create_user(new_user("dan"), by_code(code), &stamp).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "used up, or never made");
    }
    assert!(db.store.find_account("dan").await.unwrap().is_none());

    let second = invite(3, 2, vec![]);
    db.store.create_invite(second.clone(), &by).await.unwrap();
    assert_eq!(
        db.store.list_invites(AT).await.unwrap().iter().map(|invite| invite.id).collect::<Vec<_>>(),
        [second.id]
    );
    // A name that is taken uses nothing up.
    assert!(matches!(db.store.create_user(new_user("ada"), by_code(3), &stamp).await, Err(Error::Conflict(_))));
    assert_eq!(db.store.list_invites(AT).await.unwrap()[0].uses_left, 2);
    db.store.revoke_invite(second.id, &by, AT).await.unwrap();
    db.store.revoke_invite(second.id, &by, AT).await.unwrap();
    assert!(matches!(db.store.create_user(new_user("dan"), by_code(3), &stamp).await, Err(Error::Forbidden(_))));
    assert!(matches!(db.store.revoke_invite(Uuid::now_v7(), &by, AT).await, Err(Error::NotFound("invite"))));
}

async fn the_first_account_is_made_by_its_link(db: Db) {
    db.store.create_setup_link(&[5; 32], AT).await.unwrap();
    db.store.create_setup_link(&[6; 32], AT).await.unwrap();
    let by_code = |code: u8| Registration::Code { hash: vec![code; 32], first_policy: "invite" };
    let wrong = db.store.create_user(new_user("eve"), by_code(4), &stamp).await;
    assert!(matches!(wrong, Err(Error::Forbidden(_))));
    // An invite that an operator made early is not the way to the first account.
    let (created_at, expires_at) = (AT, UnixMillis(9_000));
    let early =
        NewInvite { id: Uuid::now_v7(), code_hash: vec![3; 32], rooms: vec![], uses: 9, created_at, expires_at };
    db.store.create_invite(early, &operator()).await.unwrap();
    assert_eq!(db.store.find_invite(&[3; 32], AT).await.unwrap(), None);
    let invited = db.store.create_user(new_user("eve"), by_code(3), &stamp).await;
    assert!(matches!(invited, Err(Error::Forbidden(_))));
    assert_eq!(db.store.find_invite(&[5; 32], AT).await.unwrap(), Some(vec![]));
    let (ada, _) = db.store.create_user(new_user("ada"), by_code(5), &stamp).await.unwrap();
    assert!(ada.is_admin);
    assert_eq!(db.store.list_settings().await.unwrap(), [("registration".to_owned(), "invite".to_owned())]);
    // Links of other nodes end with it, and nobody else is the first.
    assert_eq!(db.store.find_invite(&[6; 32], AT).await.unwrap(), None);
    for right in [by_code(6), Registration::First { policy: "open" }] {
        assert!(matches!(db.store.create_user(new_user("eve"), right, &stamp).await, Err(Error::Forbidden(_))));
    }
    db.store.set_settings(&[("registration", "open"), ("server-name", "Jays")], &operator(), AT).await.unwrap();
    db.store.set_settings(&[("registration", "open")], &operator(), AT).await.unwrap();
    let changes = [act("settings.change", "registration", "open"), act("settings.change", "server-name", "Jays")];
    assert_eq!(acts(&db).await[1..], changes, "only what differs is recorded");
}

async fn sessions_are_bounded_and_removed(db: Db) {
    let ada = db.user("ada").await;
    let mut sessions = Vec::new();
    for number in 0..52 {
        sessions.push(session(&db, ada, 10 + number).await);
    }
    let mut live = db.store.list_live_sessions(&sessions, UnixMillis(100)).await.unwrap();
    live.sort();
    assert_eq!(live, sessions[2..], "the oldest two ended");
    assert_eq!(db.store.end_sessions(ada, Some(sessions[51]), &operator(), UnixMillis(200)).await.unwrap(), 49);
    assert_eq!(db.store.delete_sessions(UnixMillis(150), 100).await.unwrap(), 2);
    assert_eq!(db.store.delete_sessions(UnixMillis(300), 40).await.unwrap(), 40);
    assert_eq!(db.store.delete_sessions(UnixMillis(300), 40).await.unwrap(), 9);
    assert!(db.store.find_session(sessions[51]).await.unwrap().is_some());
}

async fn the_audit_log_has_pages(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    db.store.set_admin(bob, true, &operator(), AT).await.unwrap();
    db.store.set_admin(ada, false, &operator(), AT).await.unwrap();
    let entries = db.store.list_audit(None, 1).await.unwrap();
    assert_eq!((entries[0].action.as_str(), entries[0].actor.as_str()), ("user.remove-admin", "command line"));
    let before = db.store.list_audit(Some(entries[0].id), 5).await.unwrap();
    assert_eq!(before.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["user.make-admin"]);
}

/// What the database itself says to somebody who would change the log.
#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_append_only() {
    const CHANGES: [&str; 2] = ["update audit set actor = 'nobody'", "delete from audit"];
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/jackdaw.db", folder.path().display());
    let opened = url.clone();
    let db = Db::new(move || store::open(&opened, 2).unwrap()).await;
    let ada = db.user("ada").await;
    db.store.set_password(ada, "new", None, &operator(), AT).await.unwrap();
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    for change in CHANGES {
        let refused = sqlx::query(change).execute(&pool).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    let url = crate::harness::fresh_postgres().await;
    let opened = url.clone();
    let db = Db::new(move || store::open(&opened, 2).unwrap()).await;
    let ada = db.user("ada").await;
    db.store.set_password(ada, "new", None, &operator(), AT).await.unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    for change in CHANGES {
        let refused = sqlx::query(change).execute(&pool).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
}
