//! When a connection counts as gone, and what one costs that says nothing.

mod largest;
mod slow;

use super::heartbeat::{HEARTBEAT_INTERVAL, IDLE_TIMEOUT};
use super::*;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::metrics::Metrics;
use crate::rules::Chat;
use crate::testing::{self, TestClient};
use futures_util::stream;
use protocol::{RoomId, SessionId, UserId};
use std::sync::Mutex;
use std::time::Duration;
use store::model::{FaultHook, Model, Tables};
use tokio::time::Instant;
use uuid::Uuid;

/// A database that answers.
struct NoFaults;

impl FaultHook for NoFaults {}

/// A node that nobody else uses.
fn chat() -> Arc<Chat> {
    chat_with(&Arc::default())
}

fn chat_with(metrics: &Arc<Metrics>) -> Arc<Chat> {
    let tables = Tables::new(Uuid::from_u128(9), RoomId(Uuid::from_u128(8)));
    let store = Model::new(Arc::new(Mutex::new(tables)), Arc::new(NoFaults));
    let hub = Hub::new(Arc::new(crate::bus::memory::Exchange::default().bus()), Keys::default(), Arc::default());
    hub.enter_epoch(Uuid::from_u128(9));
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    Chat::new(Arc::new(store), hub, Arc::new(SystemClock), Arc::clone(metrics))
}

/// A connection to a node that nobody else uses.
fn connection() -> (Dispatch, Arc<Outbound>, TestClient) {
    let (connection, client) = testing::connection(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    let outbound = Arc::clone(&connection.outbound);
    (Dispatch::new(chat(), connection, Arc::default()), outbound, client)
}

/// `hello` of a device that holds nothing, without which no connection lasts.
fn hello() -> impl Stream<Item = Incoming<String>> + Unpin {
    let hello = format!(r#"{{"type":"hello","data":{{"protocol":{}}}}}"#, protocol::PROTOCOL_VERSION);
    stream::iter([Incoming::Text(hello)])
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_says_hello_is_closed() {
    let (mut dispatch, outbound, _client) = connection();
    let began = Instant::now();
    let ended = serve(&mut dispatch, &outbound, &mut stream::pending::<Incoming<String>>()).await;
    assert_eq!((ended, began.elapsed()), (Some(CloseCode::Normal), HELLO_TIMEOUT));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_not_there_any_more_is_asked_and_then_given_up() {
    let (mut dispatch, outbound, mut client) = connection();
    let began = Instant::now();
    // Half open: nothing comes, and nothing says that nothing will.
    let ended = serve(&mut dispatch, &outbound, &mut hello().chain(stream::pending())).await;
    assert_eq!(ended, None, "nobody is there to be told why");
    assert_eq!(began.elapsed(), IDLE_TIMEOUT, "no later than that");
    let heartbeat = r#"{"type":"heartbeat","data":{}}"#;
    let said = std::iter::from_fn(|| client.try_recv()).filter(|text| text.is_empty() || text == heartbeat);
    let said: Vec<String> = said.collect();
    assert_eq!(said, [heartbeat, ""], "one heartbeat and one ping, after 25 seconds");
}

#[tokio::test(start_paused = true)]
async fn a_client_is_given_up_so_long_after_the_last_that_was_received() {
    let (mut dispatch, outbound, _client) = connection();
    let began = Instant::now();
    let last = Duration::from_secs(30);
    let pong = stream::once(async move {
        tokio::time::sleep(last).await;
        Incoming::Control
    });
    serve(&mut dispatch, &outbound, &mut Box::pin(hello().chain(pong).chain(stream::pending()))).await;
    assert_eq!(began.elapsed(), last + IDLE_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_healthy_client_costs_one_wake_up_for_each_heartbeat() {
    let mut heartbeat = Heartbeat::start();
    for _ in 0..10 {
        let mut polls = 0;
        let done = {
            let mut beat = Box::pin(heartbeat.beat());
            std::future::poll_fn(|cx| {
                polls += 1;
                beat.as_mut().poll(cx)
            })
            .await
        };
        assert_eq!((done, polls), (Beat::Due, 2), "asked for once, woken once");
        // The pong.
        heartbeat.record_received();
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_suspended_does_not_give_its_clients_up() {
    let mut heartbeat = Heartbeat::start();
    tokio::time::advance(IDLE_TIMEOUT * 3).await;
    assert_eq!(heartbeat.beat().await, Beat::Due);
    assert_eq!(
        tokio::time::timeout(IDLE_TIMEOUT + HEARTBEAT_INTERVAL, async {
            while heartbeat.beat().await != Beat::Gone {}
        })
        .await,
        Ok(()),
        "but asks them"
    );
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_before_hello() {
    let (mut dispatch, outbound, mut client) = connection();
    let ping = stream::iter([Incoming::Text(r#"{"type":"ping","data":{}}"#)]);
    serve(&mut dispatch, &outbound, &mut Box::pin(ping)).await;
    assert_eq!(client.try_recv().as_deref(), Some(r#"{"type":"heartbeat","data":{}}"#));
}

#[tokio::test(start_paused = true)]
async fn unreadable_frames_are_counted_by_kind_and_without_an_answer() {
    let metrics = Arc::<Metrics>::default();
    let (connection, mut client) = testing::connection(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    let outbound = Arc::clone(&connection.outbound);
    let mut dispatch = Dispatch::new(chat_with(&metrics), connection, Arc::default());
    let report = |kind| Incoming::Text(format!(r#"{{"type":"frame:unreadable","data":{{"kind":"{kind}"}}}}"#));
    let kinds = ["message:new", "call:ringing"].into_iter().chain(std::iter::repeat_n("heads", 40));
    let reports = stream::iter(kinds.map(report));
    serve(&mut dispatch, &outbound, &mut Box::pin(hello().chain(reports))).await;
    let counts = ["message:new", "unknown", "heads", "call:ringing"].map(|kind| metrics.unreadable(kind));
    assert_eq!(counts, [1, 1, u64::from(dispatch::UNREADABLE_REPORTS) - 2, 0]);
    while let Some(frame) = client.try_recv() {
        assert!(!frame.contains(r#""type":"error""#), "{frame}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_answers_pings_stays() {
    let (mut dispatch, outbound, _client) = connection();
    let began = Instant::now();
    let pongs = stream::unfold(0, async |count| {
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
        (count < 40).then_some((Incoming::Control, count + 1))
    });
    serve(&mut dispatch, &outbound, &mut Box::pin(hello().chain(pongs))).await;
    assert!(began.elapsed() > HEARTBEAT_INTERVAL * 40, "until it ended by itself");
}

#[tokio::test]
async fn a_connection_whose_task_panics_leaves_nothing_behind() {
    let metrics = Arc::<Metrics>::default();
    let chat = chat_with(&metrics);
    let (connection, _client) = testing::connection(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    chat.connect(&connection).await.unwrap();
    assert!(!chat.is_empty());
    let (node, shared) = (Arc::clone(&chat), Arc::clone(&connection));
    let task = tokio::spawn(async move {
        let _attached = Attached { chat: &node, connection: &shared };
        panic!("a programming error");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert!(chat.is_empty());
    assert_eq!(metrics.panics.get(), 1);
    assert_eq!(connection.outbound.run_until_closed().await, None, "the outbound has ended");
}
