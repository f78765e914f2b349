//! What a connection costs that says nothing, and when it counts as gone.

use super::*;
use crate::chat::Chat;
use crate::clock::SystemClock;
use crate::hub::Hub;
use crate::line::testing::{self, Ear};
use crate::store::model::{Gate, Model, Tables};
use futures_util::stream;
use protocol::{RoomId, SessionId, UserId};
use std::sync::Mutex;
use uuid::Uuid;

/// What a call of this function makes.
const fn size_of_future<A, B, C, D, F>(_: &impl Fn(A, B, C, D) -> F) -> usize {
    size_of::<F>()
}

#[test]
fn a_connection_that_says_nothing_is_small() {
    let bytes = size_of_future(&run);
    assert!(bytes <= 1_280, "{bytes} bytes for each connection");
}

/// A database that answers.
struct Open;

impl Gate for Open {}

/// A connection to a node that nobody else uses.
fn connection() -> (Dispatch, Arc<Line>, Ear) {
    let tables = Tables::new(Uuid::from_u128(9), RoomId(Uuid::from_u128(8)));
    let store = Model::new(Arc::new(Mutex::new(tables)), Arc::new(Open));
    let hub = Hub::new(Arc::new(crate::bus::memory::Exchange::default().bus()), Arc::default());
    let chat = Chat::new(Arc::new(store), hub, Arc::new(SystemClock), Arc::default());
    let (connection, ear) = testing::connection(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    let line = Arc::clone(&connection.line);
    (Dispatch::new(chat, connection, Arc::default()), line, ear)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_not_there_any_more_is_asked_and_then_given_up() {
    let (mut dispatch, line, mut ear) = connection();
    let began = Instant::now();
    // Half open: nothing comes, and nothing says that nothing will.
    let ended = serve(&mut dispatch, &line, &mut stream::pending()).await;
    assert_eq!(ended, None, "nobody is there to be told why");
    assert!((SILENCE..=SILENCE + PING_EVERY).contains(&began.elapsed()), "{:?}", began.elapsed());
    let pings = std::iter::from_fn(|| ear.try_recv()).count();
    assert_eq!(pings, 2, "asked at 25 and at 50 seconds");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_answers_pings_stays() {
    let (mut dispatch, line, _ear) = connection();
    let began = Instant::now();
    let pongs = stream::unfold(0, async |count| {
        tokio::time::sleep(PING_EVERY).await;
        (count < 40).then_some((Ok(Message::Pong(axum::body::Bytes::new())), count + 1))
    });
    serve(&mut dispatch, &line, &mut Box::pin(pongs)).await;
    assert!(began.elapsed() > PING_EVERY * 40, "until it ended by itself");
}
