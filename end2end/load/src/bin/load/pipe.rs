//! What the driver and its client processes say to each other: a line of JSON each. A client ends with its input.

use crate::latency::Latencies;
use crate::target::Target;
use protocol::{RoomId, UserId};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// The first line to a client: its share of the connections. All members of a room are in one client, so that it can
/// tell by itself what is missing, with one clock.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) target: Target,
    pub(crate) nodes: Vec<SocketAddr>,
    /// Keeps the ids of this client's messages apart from others'.
    pub(crate) salt: u64,
    /// Where its connections come from: a source address has ports for 28,000.
    pub(crate) source: Ipv4Addr,
    /// New connections a second.
    pub(crate) pace: u32,
    /// Characters of a message.
    pub(crate) length: usize,
    /// Whether the connections are held by real engines.
    pub(crate) are_engines: bool,
    pub(crate) rooms: Vec<RoomPlan>,
}

/// A room and who is in it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RoomPlan {
    pub(crate) id: RoomId,
    pub(crate) members: Vec<Participant>,
}

/// A member, at a node.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) user: UserId,
    pub(crate) token: String,
    /// Number of the node in [`Job::nodes`].
    pub(crate) node: usize,
    /// Whether this one sends nothing, and stops reading when told to.
    pub(crate) is_slow: bool,
}

/// Every further line to a client.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Send for so long at this rate, wait until everything has arrived, and report.
    Go { rate: f64, millis: u64, patience_millis: u64 },
    /// Slow participants read nothing from now on.
    Stall,
}

/// Every line from a client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Word {
    /// All its connections are open.
    Connected,
    /// The answer to [`Order::Go`].
    Done(Box<Tally>),
}

/// What became of the messages of one [`Order::Go`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// From due until received, by members whose connections all held.
    pub(crate) deliveries: Latencies,
    /// The same where the sender or the receiver had lost its connection.
    pub(crate) disturbed: Latencies,
    /// From due until acknowledged.
    pub(crate) acks: Latencies,
    /// From due until the driver handed the message to its connection: the driver's own delay.
    pub(crate) lags: Latencies,
    pub(crate) due: u64,
    pub(crate) acknowledged: u64,
    pub(crate) refused: u64,
    /// Acknowledged messages times members that did not get them.
    pub(crate) lost: u64,
    /// Received again on a connection.
    pub(crate) doubled: u64,
    /// Received behind a later one.
    pub(crate) disordered: u64,
    /// Connections that ended.
    pub(crate) closed: u64,
    /// Connections that were opened again and had caught up.
    pub(crate) resumed: u64,
    /// When the last one had, in microseconds since 1970.
    pub(crate) resumed_at: u64,
    /// Those of the acknowledged that were so before the last message was due: while the load was on.
    pub(crate) acknowledged_under_load: u64,
    /// From the beginning of the step until the last message was due.
    pub(crate) load_seconds: f64,
    /// Processor time of the client.
    pub(crate) cpu_seconds: f64,
}

impl Tally {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.deliveries.merge(&other.deliveries);
        self.disturbed.merge(&other.disturbed);
        self.acks.merge(&other.acks);
        self.lags.merge(&other.lags);
        self.due += other.due;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.disordered += other.disordered;
        self.closed += other.closed;
        self.resumed += other.resumed;
        self.resumed_at = self.resumed_at.max(other.resumed_at);
        self.acknowledged_under_load += other.acknowledged_under_load;
        self.load_seconds = self.load_seconds.max(other.load_seconds);
        self.cpu_seconds += other.cpu_seconds;
    }

    /// Messages a second that were taken while the load was on.
    pub(crate) fn goodput(&self) -> f64 {
        self.acknowledged_under_load as f64 / self.load_seconds.max(f64::EPSILON)
    }

    /// All deliveries, also those that were disturbed.
    pub(crate) fn delivered(&self) -> u64 {
        self.deliveries.count() + self.disturbed.count()
    }

    /// Nobody missed anything, got it twice or in another order, and every message has its answer.
    pub(crate) fn is_whole(&self, order_counts: bool) -> bool {
        self.lost == 0 && self.doubled == 0 && (!order_counts || self.disordered == 0) && self.acknowledged == self.due
    }

    /// What is not as it should be, in words; empty where all is.
    pub(crate) fn trouble(&self) -> String {
        let unanswered = self.due.saturating_sub(self.acknowledged + self.refused);
        let counts = [
            (self.lost, "lost"),
            (self.doubled, "doubled"),
            (self.disordered, "out of order"),
            (self.refused, "refused"),
            (unanswered, "without an answer"),
            (self.closed, "connections cut"),
        ];
        let told = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        told.collect()
    }
}
