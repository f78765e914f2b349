//! A node of a later version on the same bus: what this one cannot read of it is skipped and counted, and hides nothing.

use crate::bus::memory::Exchange;
use crate::hub::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::sleep;

const EPOCH: Uuid = Uuid::from_u128(8);
const ADA: UserId = UserId(Uuid::from_u128(1));
const PAUSE: Duration = Duration::from_millis(50);

fn node(exchange: &Exchange, metrics: Arc<Metrics>) -> Arc<Hub> {
    let hub = Hub::new(Arc::new(exchange.bus()), Keys::default(), metrics);
    hub.enter_epoch(EPOCH);
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    hub
}

#[tokio::test(start_paused = true)]
async fn what_a_later_node_says_is_skipped_and_counted() {
    let (exchange, metrics) = (Exchange::default(), Arc::<Metrics>::default());
    let (later, hub) = (node(&exchange, Arc::default()), node(&exchange, Arc::clone(&metrics)));
    let (interruptions, changes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (interruption, change) = (Arc::clone(&interruptions), Arc::clone(&changes));
    let count = |number: &AtomicUsize| {
        number.fetch_add(1, Ordering::Relaxed);
    };
    tokio::spawn(Arc::clone(&hub).listen(Arc::new(move || count(&interruption))));
    hub.on_invalidation(move |_| count(&change));
    sleep(PAUSE).await;
    // From here on this node knows how far the other one's numbers are.
    later.invalidate_user(ADA);
    sleep(PAUSE).await;
    let (interruptions_before, changes_before) =
        (interruptions.load(Ordering::Relaxed), changes.load(Ordering::Relaxed));

    let number = later.publisher.next_number();
    later.publisher.publish(Channel::Control, StreamPosition::Control(number), r#"{"control":"poll_closed","poll":7}"#);
    later.invalidate_user(ADA);
    sleep(PAUSE).await;
    assert_eq!(metrics.bus_unknown.get(), 1);
    assert_eq!(changes.load(Ordering::Relaxed), changes_before + 1, "what follows it is heard");
    assert_eq!(interruptions.load(Ordering::Relaxed), interruptions_before, "and nothing is missing");
}
