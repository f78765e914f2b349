//! A gap of a node that is too large to be filled for everybody in a room at once.

use super::storm;
use crate::bus::memory::Exchange;
use crate::clock::SystemClock;
use crate::hub::{Hub, Keys};
use crate::rules::Chat;
use crate::rules::reach::Reach;
use crate::testing::connection;
use protocol::{ClientId, NewMessage, RoomHead, Seq, ServerFrame, SessionId};
use std::sync::Arc;
use uuid::Uuid;

const BATCH: usize = 4_000;
const FILL: usize = 10_000;

/// Other nodes store this many messages of a thousand bytes while this one hears nothing. What its connection then gets:
/// frames by their bytes, and the last of them.
async fn filled_after(messages: usize) -> (Vec<usize>, ServerFrame, Seq) {
    let store = storm::store();
    let node = |reach| {
        let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
        hub.enter_epoch(Uuid::from_u128(9));
        tokio::spawn(Arc::clone(&hub).keep_subscriptions());
        Chat::with_reach(Arc::clone(&store), hub, Arc::new(SystemClock), Arc::default(), reach)
    };
    let here = node(Reach { batch_bytes: BATCH, fill_bytes: FILL, ..Reach::default() });
    let elsewhere = node(Reach::default());
    let (connection, mut client) = connection(storm::ADA, SessionId(Uuid::from_u128(5)));
    here.connect(&connection).await.unwrap();
    let mut last = Seq(0);
    for _ in 0..messages {
        let new = NewMessage { client_id: ClientId(Uuid::now_v7()), body: "x".repeat(1_000), reply_to: None };
        last = elsewhere.send_and_wait(storm::ADA, storm::GENERAL, new).await.unwrap().0.seq;
    }
    here.check_heads().await.unwrap();
    here.fill_gaps(true).await.unwrap();
    let texts: Vec<String> = std::iter::from_fn(|| client.try_recv()).collect();
    let end = serde_json::from_str(texts.last().unwrap()).unwrap();
    (texts.iter().map(String::len).collect(), end, last)
}

#[tokio::test]
async fn a_small_gap_is_filled_in_parts() {
    let (frames, end, last) = filled_after(8).await;
    assert!(frames.len() > 1 && frames.iter().all(|bytes| *bytes <= BATCH + 500), "{frames:?}");
    assert!(matches!(end, ServerFrame::Offline { to, more: false, .. } if to.0 == last), "{end:?}");
}

#[tokio::test]
async fn a_large_gap_is_left_to_the_devices() {
    let (frames, end, last) = filled_after(60).await;
    assert!(frames.iter().sum::<usize>() <= FILL + BATCH + 1_000, "{frames:?}");
    assert!(
        matches!(&end, ServerFrame::Heads { rooms } if matches!(rooms[..], [RoomHead(_, seq, _)] if seq == last)),
        "{end:?}"
    );
}
