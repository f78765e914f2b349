//! Two equal nodes over PostgreSQL and Redis: it makes no difference which node a client is connected to.

use crate::harness::{Node, Options, Ws, fresh_postgres, redis_url, until};
use chat::bus::{Bus, BusEvent, redis::RedisBus};
use futures_util::StreamExt;
use protocol::{ClientFrame, Message, PROTOCOL_VERSION, RoomSummary, Seq, ServerFrame, SystemEvent};
use serde_json::json;
use uuid::Uuid;

async fn two_nodes() -> (Node, Node) {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    tokio::join!(Node::start_with(options.clone()), Node::start_with(options))
}

#[tokio::test(flavor = "multi_thread")]
async fn people_on_two_nodes_talk_both_ways() {
    let (here, there) = two_nodes().await;
    let (ada, bob) = (here.register("ada").await, there.register("bob").await);
    let (mut of_ada, rooms) = ada.connect(&here).await;
    let (mut of_bob, _) = bob.connect(&there).await;
    let general = rooms[0].id;
    for round in 0..10 {
        of_ada.send_message(general, &format!("from Ada {round}")).await;
        assert_eq!(of_bob.next_message().await.body, format!("from Ada {round}"));
        assert_eq!(of_ada.next_message().await.body, format!("from Ada {round}"));
        of_bob.send_message(general, &format!("from Bob {round}")).await;
        assert_eq!(of_ada.next_message().await.body, format!("from Bob {round}"));
        assert_eq!(of_bob.next_message().await.body, format!("from Bob {round}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_nodes_number_one_room_without_a_gap() {
    const EACH: usize = 100;
    let (here, there) = two_nodes().await;
    let (ada, bob) = (here.register("ada").await, there.register("bob").await);
    let (mut of_ada, rooms) = ada.connect(&here).await;
    let (mut of_bob, _) = bob.connect(&there).await;
    let general = rooms[0].id;
    let start = ada.rooms(&here).await[0].last_seq.0;
    let talk = async |socket: &mut crate::harness::Ws| {
        for n in 0..EACH {
            socket.send_message(general, &n.to_string()).await;
        }
        let mut seqs = Vec::new();
        while seqs.len() < 2 * EACH {
            seqs.push(socket.next_message().await.seq.0);
        }
        seqs.sort_unstable();
        seqs
    };
    let (one, two) = tokio::join!(talk(&mut of_ada), talk(&mut of_bob));
    let expected: Vec<_> = (start + 1..).take(2 * EACH).collect();
    assert_eq!(one, expected);
    assert_eq!(two, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_and_members_change_on_the_other_node_too() {
    let (here, there) = two_nodes().await;
    let (ada, bob) = (here.register("ada").await, here.register("bob").await);
    let (mut of_bob, _) = bob.connect(&there).await;
    let direct: RoomSummary =
        ada.post(&here, "/api/rooms", json!({"kind": "direct", "user_id": bob.id})).await.get("room");
    let shown = of_bob.next_room().await;
    assert_eq!(shown.id, direct.id);
    ada.send_message(&here, &direct, "hello").await;
    assert_eq!(of_bob.next_message().await.body, "hello");

    bob.send_message(&here, &direct, "hello Ada").await;
    assert_eq!(of_bob.next_message().await.body, "hello Ada");

    let group = ada.create_group(&here, "Tea", &[&bob]).await;
    ada.send_message(&here, &group, "in the group").await;
    assert_eq!(of_bob.next_message().await.body, "in the group");
    let path = format!("/api/rooms/{}/members/{}", group.id, bob.id);
    assert_eq!(ada.delete(&here, &path).await.status, 204);
    let told = of_bob.next_message().await.event;
    assert!(matches!(told, Some(SystemEvent::Removed { user_id, .. }) if user_id == bob.id), "{told:?}");
    of_bob.loses(group.id).await;
    ada.send_message(&here, &group, "among us").await;
    ada.send_message(&here, &direct, "again").await;
    assert_eq!(of_bob.next_message().await.body, "again", "nothing of the group any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_sends_its_people_away_and_the_others_go_on() {
    let (mut here, there) = two_nodes().await;
    let ada = here.register("ada").await;
    let (mut on_it, rooms) = ada.connect(&here).await;
    let (mut elsewhere, _) = ada.connect(&there).await;
    here.begin_stop();
    on_it.find("goaway", |frame| matches!(frame, ServerFrame::GoAway { .. }).then_some(())).await;
    assert_eq!(on_it.closed().await, Some(protocol::CloseCode::GoingAway.code()));
    here.stop().await;
    elsewhere.send_message(rooms[0].id, "still here").await;
    assert_eq!(elsewhere.next_message().await.body, "still here");
    let (_, rooms) = ada.connect(&there).await;
    assert_eq!(rooms[0].last_seq, Seq(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_publish_on_redis_is_not_believed() {
    let (here, there) = two_nodes().await;
    let (ada, bob) = (here.register("ada").await, there.register("bob").await);
    let mut of_ada = Ws::open(&here, &ada.token).await;
    of_ada.send(&ClientFrame::Hello { protocol: PROTOCOL_VERSION, epoch: None, cursors: Vec::new() }).await;
    let welcome = of_ada.find("welcome", |frame| match frame {
        ServerFrame::Welcome { epoch, rooms, .. } => Some((epoch, rooms)),
        _ => None,
    });
    let (epoch, rooms) = welcome.await;
    let general = rooms[0].id;
    bob.send_message(&there, &rooms[0], "the first").await;
    let first = of_ada.next_message().await;
    let stranger = RedisBus::start(&redis_url()).unwrap();
    until("the stranger to be connected", async || stranger.ping().await.ok()).await;
    let forged =
        ServerFrame::New { message: Message { seq: first.seq.next(), body: "forged".into(), ..first.clone() } };
    let forged = serde_json::to_string(&forged).unwrap();
    let (code, node, seq) = ("0".repeat(32), Uuid::from_u128(7), first.seq.next());
    for prefix in [format!("jackdaw:{}:", epoch.simple()), "jackdaw:".to_owned()] {
        for head in [format!("{code} {node} m{seq}"), format!("{node} m{seq}")] {
            stranger.publish(format!("{prefix}room:{general}"), format!("{head}\n{forged}"));
        }
    }
    let gone = format!(r#"{{"control":"left","user":"{}","room":"{general}"}}"#, ada.id);
    stranger.publish(format!("jackdaw:{}:control", epoch.simple()), format!("{code} {node} c1\n{gone}"));
    // It publishes in order.
    let (done, mut events) = (format!("test:{}", Uuid::new_v4()), stranger.take_events().unwrap());
    stranger.subscribe(vec![done.clone()]).await;
    stranger.publish(done, String::new());
    while !matches!(events.next().await, Some(BusEvent::Message { .. })) {}
    bob.send_message(&there, &rooms[0], "the second").await;
    let second = of_ada.next_message().await;
    assert_eq!((second.body.as_str(), second.seq), ("the second", seq));
}
