//! A room that is entered while its channel is being released.

use super::*;
use crate::bus::{Bus, BusEvent};
use crate::hub::Keys;
use crate::testing;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use protocol::{SessionId, UserId};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;
use tokio::time::sleep;
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(7));
const EPOCH: Uuid = Uuid::from_u128(8);
/// How long an UNSUBSCRIBE and a SUBSCRIBE take.
const RELEASING: Duration = Duration::from_secs(2);
const SUBSCRIBING: Duration = Duration::from_millis(200);

/// Applies commands when they arrive, each in its own time.
#[derive(Default)]
struct SlowBus(Mutex<BTreeSet<String>>);

impl SlowBus {
    fn has(&self, room: RoomId) -> bool {
        self.has_of(EPOCH, room)
    }

    fn has_of(&self, epoch: Uuid, room: RoomId) -> bool {
        self.0.lock().contains(&Channels::new(epoch).name(Channel::Room(room)))
    }
}

#[async_trait::async_trait]
impl Bus for SlowBus {
    fn publish(&self, _: String, _: String) {}
    async fn subscribe(&self, channels: Vec<String>) {
        sleep(SUBSCRIBING).await;
        self.0.lock().extend(channels);
    }
    async fn unsubscribe(&self, channels: Vec<String>) {
        sleep(RELEASING).await;
        self.0.lock().retain(|channel| !channels.contains(channel));
    }
    fn take_events(&self) -> Option<BoxStream<'static, BusEvent>> {
        Some(futures_util::stream::pending().boxed())
    }
    async fn ping(&self) -> Result<(), String> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn who_enters_a_room_that_is_being_released_hears_of_it() {
    let bus = Arc::<SlowBus>::default();
    let hub = Hub::new(Arc::clone(&bus) as _, Keys::default(), Arc::default());
    hub.enter_epoch(EPOCH);
    tokio::spawn(Arc::clone(&hub).listen(Arc::new(|| {})));
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    let (connection, _client) = testing::connection(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    for _ in 0..3 {
        hub.attach(&connection);
        hub.join_here(connection.user, &[ROOM]).await;
        assert!(bus.has(ROOM), "a join returns once the channel is subscribed");
        hub.detach(&connection);
        // The release of the channel is under way, and has not been applied.
        sleep(RELEASE_INTERVAL + RELEASING / 2).await;
    }
    hub.attach(&connection);
    let (second, _client) = testing::connection(UserId(Uuid::from_u128(3)), SessionId(Uuid::from_u128(4)));
    hub.attach(&second);
    let both = async { tokio::join!(hub.join_here(connection.user, &[ROOM]), hub.join_here(second.user, &[ROOM])) };
    both.await;
    assert!(bus.has(ROOM), "for both of two who enter at once");
    sleep(RELEASE_INTERVAL * 3).await;
    assert!(bus.has(ROOM), "it stays for as long as somebody is in the room");
    hub.detach(&connection);
    hub.detach(&second);
    sleep(RELEASE_INTERVAL * 3).await;
    assert!(!bus.has(ROOM));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_entered_again_soon_is_not_subscribed_again() {
    let bus = Arc::<SlowBus>::default();
    let hub = Hub::new(Arc::clone(&bus) as _, Keys::default(), Arc::default());
    hub.enter_epoch(EPOCH);
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    let (connection, _client) = testing::connection(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    hub.attach(&connection);
    hub.join_here(connection.user, &[ROOM]).await;
    hub.detach(&connection);
    hub.attach(&connection);
    let began = tokio::time::Instant::now();
    hub.join_here(connection.user, &[ROOM]).await;
    assert!(began.elapsed().is_zero() && bus.has(ROOM));
}

#[tokio::test(start_paused = true)]
async fn another_epoch_has_other_channels_and_is_an_interruption() {
    let bus = Arc::<SlowBus>::default();
    let hub = Hub::new(Arc::clone(&bus) as _, Keys::default(), Arc::default());
    let interruptions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&interruptions);
    let on_interruption = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    tokio::spawn(Arc::clone(&hub).listen(Arc::new(on_interruption)));
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    let (connection, _client) = testing::connection(UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
    hub.attach(&connection);
    let joining = tokio::spawn({
        let (hub, user) = (Arc::clone(&hub), connection.user);
        async move { hub.join_here(user, &[ROOM]).await }
    });
    sleep(Duration::from_secs(1)).await;
    assert!(bus.0.lock().is_empty(), "nothing is subscribed before the epoch is known");
    hub.enter_epoch(EPOCH);
    joining.await.unwrap();
    assert!(bus.has(ROOM));
    assert_eq!(interruptions.load(Ordering::Relaxed), 0);

    let other = Uuid::from_u128(9);
    hub.enter_epoch(other);
    sleep(Duration::from_secs(10)).await;
    assert!(bus.has_of(other, ROOM) && !bus.has(ROOM));
    assert_eq!(bus.0.lock().len(), 3, "one room, control, and presence");
    assert_eq!(interruptions.load(Ordering::Relaxed), 1);
}
