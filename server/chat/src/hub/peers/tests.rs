//! When a node may skip publishing to the bus, and when not any more.

use super::*;
use crate::bus::memory::{Exchange, MemoryBus};
use crate::bus::{Bus, BusEvent};
use crate::hub::channels::{Channel, Channels};
use crate::hub::envelope::Control;
use crate::hub::{ALIVE_INTERVAL, Hub, Keys, StreamPosition};
use futures_util::{FutureExt, StreamExt};
use protocol::{RoomId, Seq, ServerFrame};
use std::sync::Arc;
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(7));

fn name(channel: Channel) -> String {
    Channels::new(Uuid::from_u128(1)).name(channel)
}

#[test]
fn a_node_is_alone_after_its_own_echoes_without_another_node() {
    let peers = PeerDetection::default();
    let mut is_alone = |number| {
        peers.record_sent(number);
        assert!(peers.record_echo(number).is_some());
        assert!(peers.record_echo(number).is_none(), "once");
        peers.is_alone()
    };
    assert_eq!([1, 1, 2].map(&mut is_alone), [false; 3]);
    assert!(is_alone(2));
    peers.record_peer();
    assert!(!peers.is_alone());
    for number in 0..100 {
        peers.record_sent(number);
        assert!(peers.record_echo(number + 1).is_none(), "it does not hear itself");
    }
    assert!(!peers.is_alone());
}

/// Whether what the hub tells the room goes over the bus.
async fn is_published(hub: &Hub, listener: &MemoryBus) -> bool {
    hub.deliver(ROOM, StreamPosition::Message(Seq(1)), &ServerFrame::SyncDone {});
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut events = listener.take_events().unwrap();
    let mut received = std::iter::from_fn(|| events.next().now_or_never().flatten());
    received.any(|event| matches!(event, BusEvent::Message { channel, .. } if channel == name(Channel::Room(ROOM))))
}

async fn listener(exchange: &Exchange) -> MemoryBus {
    let bus = exchange.bus();
    bus.subscribe(vec![name(Channel::Room(ROOM))]).await;
    bus
}

#[tokio::test(start_paused = true)]
async fn rooms_are_published_while_and_once_another_node_publishes() {
    let exchange = Exchange::default();
    let hub = Hub::new(Arc::new(exchange.bus()), Keys::default(), Arc::default());
    hub.enter_epoch(Uuid::from_u128(1));
    tokio::spawn(Arc::clone(&hub).listen(Arc::new(|| {})));
    tokio::spawn(Arc::clone(&hub).keep_subscriptions());
    // Somebody must be there for the node to hear itself.
    let other = listener(&exchange).await;
    tokio::time::sleep(ALIVE_INTERVAL * 2).await;
    assert!(is_published(&hub, &listener(&exchange).await).await, "nobody has spoken yet, and may still");

    tokio::time::sleep(ALIVE_INTERVAL * (ALONE_AFTER + 1)).await;
    assert!(!is_published(&hub, &listener(&exchange).await).await);

    let (control, node, alive) = (name(Channel::Control), Uuid::from_u128(9), Control::Alive.encode());
    let others = Keys::new([&b"another deployment"[..]]);
    let stranger = others.seal(&control, node, StreamPosition::Control(0), &alive);
    other.publish(control.clone(), stranger);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!is_published(&hub, &listener(&exchange).await).await, "it is not believed");
    other.publish(control.clone(), Keys::default().seal(&control, node, StreamPosition::Control(0), &alive));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(is_published(&hub, &listener(&exchange).await).await);
}
