//! Reports of messages: once per person and message, as the message was, for administrators.

use super::{Db, on_both_engines, stamp};
use protocol::{ClientId, ReportId, RoomId, RoomKind, Seq, UnixMillis, UserId};
use store::bounds::{REPORT_WINDOW, REPORTS_PER_DAY};
use store::{Error, NewReport, Revise, Revision};
use uuid::Uuid;

on_both_engines!(a_report_shows_the_message_as_it_was, reports_are_made_once_and_not_too_often, reports_come_in_pages);

fn report(room_id: RoomId, seq: i64, reporter_id: UserId) -> NewReport {
    let (id, seq) = (ReportId(Uuid::now_v7()), Seq(seq));
    NewReport { id, room_id, seq, reporter_id, reason: "insults".into(), now: UnixMillis(10_000) }
}

async fn a_report_shows_the_message_as_it_was(db: Db) {
    let (ada, bob, cy) = (db.user("ada").await, db.user("bob").await, db.user("cy").await);
    let room = db.room(RoomKind::Public, bob, &[]).await;
    db.send_message(room, bob, "rude").await;
    let id = db.store.create_report(report(room, 2, cy)).await.unwrap();
    let delete = Revise {
        room_id: room,
        seq: Seq(2),
        user_id: bob,
        client_id: ClientId(Uuid::now_v7()),
        revision: Revision::Delete,
        now: UnixMillis(11_000),
    };
    db.store.revise(&delete).await.unwrap();
    let open = db.store.list_reports(None, 10).await.unwrap();
    let [found] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((found.id, found.room_id, found.seq, found.body.as_str()), (id, room, Seq(2), "rude"));
    assert_eq!((found.sender_id, found.sender_name.as_str()), (bob, "BOB"));
    assert_eq!((found.reporter_id, found.reporter_name.as_str(), found.reason.as_str()), (cy, "CY", "insults"));
    assert_eq!(found.room_name.as_deref(), Some("Room"));
    assert_eq!(db.store.create_report(report(room, 2, cy)).await.unwrap(), id, "the same answer, also afterwards");

    // The room goes, the report stays.
    db.store.delete_room(room, bob, UnixMillis(12_000)).await.unwrap();
    while db.store.purge(100).await.unwrap() != store::Purged::Nothing {
        tokio::task::yield_now().await;
    }
    assert_eq!(db.store.list_reports(None, 10).await.unwrap()[0].room_name, None);
    let refused = db.store.close_report(bob, id, UnixMillis(13_000)).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    db.store.close_report(ada, id, UnixMillis(13_000)).await.expect("the first account administers the server");
    assert!(db.store.list_reports(None, 10).await.unwrap().is_empty());
    let again = db.store.close_report(ada, id, UnixMillis(14_000)).await;
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
}

async fn reports_are_made_once_and_not_too_often(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Public, ada, &[]).await;
    for number in 0..=REPORTS_PER_DAY {
        db.send_message(room, ada, &number.to_string()).await;
    }
    for seq in 2..REPORTS_PER_DAY + 2 {
        let first = db.store.create_report(report(room, seq, bob)).await.unwrap();
        assert_eq!(db.store.create_report(report(room, seq, bob)).await.unwrap(), first);
    }
    let last = report(room, REPORTS_PER_DAY + 2, bob);
    let refused = db.store.create_report(last.clone()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let tomorrow = UnixMillis(last.now.0 + REPORT_WINDOW.as_millis() as i64);
    db.store.create_report(NewReport { now: tomorrow, ..last }).await.unwrap();
    let own = db.store.create_report(report(room, 2, ada)).await;
    assert!(matches!(own, Err(Error::Forbidden(_))), "{own:?}");
    let (closed, cy) = (db.room(RoomKind::Group, ada, &[]).await, db.user("cy").await);
    for unseen in [report(closed, 1, cy), report(room, 1_000, cy), report(RoomId(Uuid::now_v7()), 1, cy)] {
        let refused = db.store.create_report(unseen).await;
        assert!(matches!(refused, Err(Error::NotFound("message"))), "{refused:?}");
    }
    db.store.create_ban(room, ada, cy, stamp()).await.unwrap();
    let banned = db.store.create_report(report(room, 2, cy)).await;
    assert!(matches!(banned, Err(Error::NotFound("message"))), "{banned:?}");
}

async fn reports_come_in_pages(db: Db) {
    let (ada, bob) = (db.user("ada").await, db.user("bob").await);
    let room = db.room(RoomKind::Public, ada, &[]).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        db.send_message(room, ada, "x").await;
        let new = NewReport { now: UnixMillis(10_000 + number), ..report(room, number + 2, bob) };
        ids.push(db.store.create_report(new).await.unwrap());
    }
    let page = async |cursor| {
        let page = db.store.list_reports(cursor, 2).await.unwrap();
        page.into_iter().map(|report| report.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, ids[..2]);
    db.store.close_report(ada, ids[1], UnixMillis(20_000)).await.unwrap();
    assert_eq!(page(Some(ids[1])).await, ids[2..], "a cursor outlives its report");
}
