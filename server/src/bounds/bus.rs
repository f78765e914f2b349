//! What nodes say to each other.

use super::{Area, bound};
use chat::bus::{memory, redis};
use chat::hub::{awareness, presence, rejected, subscriptions};

pub(super) fn area() -> Area {
    let rows = vec![
        bound!(count redis::CAPACITY, "node: messages of the bus that wait to be handled", "the node compares heads and repairs", ""),
        bound!(count redis::COMMAND_QUEUE_MAX, "node: commands that wait for Redis", "dropped; other nodes repair", ""),
        bound!(time redis::COMMAND_TIMEOUT, "command: time for its answer", "dropped; other nodes repair", ""),
        bound!(count redis::CHANNEL_BATCH, "SUBSCRIBE or UNSUBSCRIBE: channels", "nothing", ""),
        bound!(count memory::CAPACITY, "node without Redis: messages of the bus that wait", "the node compares heads and repairs", ""),
        bound!(time subscriptions::RELEASE_INTERVAL, "room without connections: time its channel stays subscribed", "nothing", ""),
        bound!(count subscriptions::CHANNEL_BATCH, "command of a node to its bus: channels", "nothing", ""),
        bound!(time subscriptions::JOIN_TIMEOUT, "room entered: time for its channel to be subscribed", "messages of other nodes come with the check of heads", ""),
        bound!(time rejected::LOG_INTERVAL, "node: interval of log lines about frames with a wrong signature", "nothing", ""),
        bound!(count awareness::PRESENCE_BATCH, "message of presence: people", "nothing", ""),
        bound!(time presence::REMOTE_PRESENCE_TIMEOUT, "presence told by another node: age", "offline", ""),
    ];
    Area { title: "Bus", rows }
}
