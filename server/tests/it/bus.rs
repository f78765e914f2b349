//! The contract of a bus: the same on the one in the process and on Redis.

use crate::harness::{CONDITION_TIMEOUT, Proxy, redis_url, until};
use chat::bus::{Bus, BusEvent, memory::Exchange, redis::RedisBus};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use uuid::Uuid;

/// One node's bus and what arrives on it.
struct Listener {
    bus: Arc<dyn Bus>,
    events: BoxStream<'static, BusEvent>,
}

impl Listener {
    async fn new(bus: Arc<dyn Bus>) -> Self {
        let events = bus.take_events().unwrap();
        assert!(bus.take_events().is_none(), "events are handed out once");
        until("the bus to answer", async || bus.ping().await.ok()).await;
        Self { bus, events }
    }

    /// The next message; interruptions may be reported at any time.
    async fn next(&mut self) -> (String, String) {
        let next = async {
            loop {
                if let BusEvent::Message { channel, payload } = self.events.next().await.unwrap() {
                    return (channel, payload);
                }
            }
        };
        tokio::time::timeout(CONDITION_TIMEOUT, next).await.expect("a message arrives")
    }

    async fn interrupted(&mut self) {
        let interrupted = async { while self.events.next().await.unwrap() != BusEvent::Interrupted {} };
        tokio::time::timeout(CONDITION_TIMEOUT, interrupted).await.expect("the interruption is reported");
    }
}

fn redis(url: &str) -> Arc<dyn Bus> {
    Arc::new(RedisBus::start(url).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    let exchange = Exchange::default();
    contract(Arc::new(exchange.bus()), Arc::new(exchange.bus())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_the_contract() {
    contract(redis(&redis_url()), redis(&redis_url())).await;
}

async fn contract(one: Arc<dyn Bus>, two: Arc<dyn Bus>) {
    let (mut one, mut two) = (Listener::new(one).await, Listener::new(two).await);
    let name = |what: &str| format!("test:{what}:{}", Uuid::new_v4());
    let (shared, private, done) = (name("shared"), name("private"), name("done"));
    one.bus.subscribe(vec![shared.clone(), private.clone(), done.clone()]).await;
    two.bus.subscribe(vec![shared.clone(), done.clone()]).await;

    // In order, to all who listen, the sender included.
    for n in 0..100 {
        two.bus.publish(shared.clone(), n.to_string());
    }
    for listener in [&mut one, &mut two] {
        for n in 0..100 {
            assert_eq!(listener.next().await, (shared.clone(), n.to_string()));
        }
    }
    // Only to those who listen.
    two.bus.publish(private.clone(), "for one".into());
    two.bus.publish(done.clone(), "x".into());
    assert_eq!(one.next().await, (private, "for one".into()));
    assert_eq!(one.next().await.0, done);
    assert_eq!(two.next().await.0, done);
    // No longer to those who have stopped.
    one.bus.unsubscribe(vec![shared.clone()]).await;
    two.bus.publish(shared.clone(), "missed".into());
    two.bus.publish(done.clone(), "y".into());
    assert_eq!(one.next().await, (done.clone(), "y".into()));
    assert_eq!(two.next().await, (shared, "missed".into()));
    // Any text passes unchanged.
    let odd = "\"🐦‍⬛\"\r\n\0 ".repeat(1_000);
    one.bus.publish(done.clone(), odd.clone());
    assert_eq!(two.next().await, (done.clone(), "y".into()));
    assert_eq!(two.next().await, (done, odd));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_is_listened_to_again_and_the_interruption_is_reported() {
    let proxy = Proxy::start(&redis_url(), true).await;
    let mut behind = Listener::new(redis(&proxy.url(&redis_url()))).await;
    // The first connection is told too: the interruption below must be that of the second.
    behind.interrupted().await;
    let direct = Listener::new(redis(&redis_url())).await;
    let channel = format!("test:{}", Uuid::new_v4());
    behind.bus.subscribe(vec![channel.clone()]).await;
    direct.bus.publish(channel.clone(), "before".into());
    assert_eq!(behind.next().await.1, "before");

    proxy.cut();
    until("the loss to be noticed", async || behind.bus.ping().await.err()).await;
    direct.bus.publish(channel.clone(), "lost".into());
    // Neither waits for Redis. Where nobody listens: a bus may also deliver late what it was given meanwhile.
    behind.bus.publish(format!("test:{}", Uuid::new_v4()), "lost too".into());
    let late = format!("test:{}", Uuid::new_v4());
    behind.bus.subscribe(vec![late.clone()]).await;
    proxy.restore();
    behind.interrupted().await;
    for channel in [channel, late] {
        direct.bus.publish(channel.clone(), "after".into());
        assert_eq!(behind.next().await, (channel, "after".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_at_first_is_found_later() {
    let proxy = Proxy::start(&redis_url(), false).await;
    let bus = redis(&proxy.url(&redis_url()));
    let channel = format!("test:{}", Uuid::new_v4());
    bus.subscribe(vec![channel.clone()]).await;
    assert!(bus.ping().await.unwrap_err().contains("redis"));
    proxy.restore();
    let mut late = Listener::new(bus).await;
    late.interrupted().await;
    late.bus.publish(channel.clone(), "at last".into());
    assert_eq!(late.next().await, (channel, "at last".into()));
}

#[test]
fn a_wrong_address_is_told() {
    let refused = RedisBus::start("redis://127.0.0.1:notaport").err().unwrap();
    assert!(refused.contains("REDIS_URL"), "{refused}");
}
