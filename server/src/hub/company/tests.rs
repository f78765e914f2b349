//! When a node may keep to itself what is told to a room, and when not any more.

use super::*;
use crate::bus::memory::{Exchange, MemoryBus};
use crate::bus::{Bus, BusEvent};
use crate::config::Secrets;
use crate::hub::channels::{Channel, Channels};
use crate::hub::envelope::Control;
use crate::hub::{ALIVE_INTERVAL, Hub, Keys, Place};
use futures_util::{FutureExt, StreamExt};
use protocol::{RoomId, Seq, ServerFrame};
use std::sync::Arc;
use uuid::Uuid;

const ROOM: RoomId = RoomId(Uuid::from_u128(7));

fn name(channel: Channel) -> String {
    Channels::new(Uuid::from_u128(1)).name(channel)
}

#[test]
fn a_node_is_alone_when_it_has_heard_itself_and_nobody_else() {
    let company = Company::default();
    let mut is_alone = |number| {
        company.say(number);
        assert!(company.echo(number).is_some());
        assert!(company.echo(number).is_none(), "once");
        company.is_alone()
    };
    assert_eq!([1, 1, 2].map(&mut is_alone), [false; 3]);
    assert!(is_alone(2));
    company.hear();
    assert!(!company.is_alone());
    for number in 0..100 {
        company.say(number);
        assert!(company.echo(number + 1).is_none(), "it does not hear itself");
    }
    assert!(!company.is_alone());
}

/// Whether what the hub tells the room goes over the bus.
async fn is_published(hub: &Hub, listener: &MemoryBus) -> bool {
    hub.deliver(ROOM, Place::Message(Seq(1)), &ServerFrame::SyncDone {});
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut events = listener.take_events().unwrap();
    let mut heard = std::iter::from_fn(|| events.next().now_or_never().flatten());
    heard.any(|event| matches!(event, BusEvent::Message { channel, .. } if channel == name(Channel::Room(ROOM))))
}

async fn listener(exchange: &Exchange) -> MemoryBus {
    let bus = exchange.bus();
    bus.subscribe(vec![name(Channel::Room(ROOM))]).await;
    bus
}

#[tokio::test(start_paused = true)]
async fn rooms_go_over_the_bus_as_long_as_another_node_speaks_and_once_one_does() {
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
    let others = Keys::new(&Secrets::new(b"another deployment".to_vec(), None));
    let stranger = others.seal(&control, node, Place::Control(0), &alive);
    other.publish(control.clone(), stranger);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!is_published(&hub, &listener(&exchange).await).await, "it is not believed");
    other.publish(control.clone(), Keys::default().seal(&control, node, Place::Control(0), &alive));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(is_published(&hub, &listener(&exchange).await).await);
}
