//! What the rules, the hub and the outbound side of connections count. The names begin as the registry's owner says.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Why a connection or request was refused. The label values are in snake_case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// `MAX_CONNECTIONS` are open.
    Full,
    /// Above `CONNECTIONS_PER_SECOND`.
    Herd,
    Messages,
    Frames,
    Requests,
    SignIns,
    Registrations,
    /// New WebSockets of one person.
    Connections,
    Renewals,
    /// Requests of one address without a verified token.
    Strangers,
}

impl EncodeLabelValue for Refusal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        let value = match self {
            Self::Full => "full",
            Self::Herd => "herd",
            Self::Messages => "messages",
            Self::Frames => "frames",
            Self::Requests => "requests",
            Self::SignIns => "sign_ins",
            Self::Registrations => "registrations",
            Self::Connections => "connections",
            Self::Renewals => "renewals",
            Self::Strangers => "strangers",
        };
        EncodeLabelValue::encode(&value, encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: Refusal,
}

/// The kind of a frame: a word of [`protocol::Unreadable`]'s fixed list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// Cheap to count, shared by the parts of a node. Each is described where it is registered.
pub struct Metrics {
    pub connections: Gauge,
    pub frames: Counter,
    pub deliveries: Counter,
    pub dropped: Counter,
    pub(crate) queued_bytes: Gauge,
    pub rooms: Gauge,
    pub stored: Counter,
    pub repeated: Counter,
    pub commit: Histogram,
    pub batch: Histogram,
    pub(crate) fan_out: Histogram,
    pub(crate) gaps_found: Counter,
    pub(crate) gaps_filled: Counter,
    pub(crate) resets: Counter,
    pub(crate) caught_up: Counter,
    pub(crate) caught_up_here: Counter,
    pub(crate) bus_interruptions: Counter,
    pub(crate) bus_lag: Histogram,
    pub(crate) bus_rejected: Counter,
    pub(crate) bus_unknown: Counter,
    pub(crate) repairs_failed: Counter,
    pub panics: Counter,
    refusals: Family<Reason, Counter>,
    unreadable: Family<Kind, Counter>,
}

impl Default for Metrics {
    /// In a registry that nobody reads.
    fn default() -> Self {
        Self::new(&mut Registry::default())
    }
}

impl Metrics {
    /// Registers all of them.
    pub fn new(registry: &mut Registry) -> Self {
        let refusals = Family::default();
        registry.register("refusals", "Requests and connections that were refused", refusals.clone());
        let unreadable = Family::default();
        let help = "Frames of this server that pages reported as unreadable, by their type";
        registry.register("unreadable_frames", help, unreadable.clone());
        let mut all = Table(registry);
        Self {
            connections: all.gauge("connections", "Open WebSockets"),
            frames: all.counter("frames_received", "Frames that clients sent"),
            deliveries: all.counter("deliveries", "Frames that were queued for connections, one for each reader"),
            dropped: all.counter("awareness_dropped", "Typing and presence frames dropped because a queue was filling"),
            queued_bytes: all.gauge("queued_bytes", "Bytes that wait for readers"),
            rooms: all.gauge("rooms", "Rooms in which somebody is connected to this node"),
            stored: all.counter("messages_stored", "Messages that this node stored"),
            repeated: all.counter("messages_repeated", "Messages that came again and got their first answer"),
            commit: all.seconds("commit_seconds", "Time of one transaction that stores messages"),
            batch: all.histogram("batch_messages", "Messages in one such transaction", 1.0, 10),
            fan_out: all.seconds("fan_out_seconds", "Time to queue one frame for everybody in a room on this node"),
            gaps_found: all.counter("gaps_found", "Gaps that this node found in its rooms"),
            gaps_filled: all.counter("gaps_filled", "Gaps that it filled from the database"),
            resets: all.counter("resets", "Rooms that a device started over because it had missed too much"),
            caught_up: all.counter("batches_caught_up", "Batches of missed rows that were sent to devices"),
            caught_up_here: all.counter("batches_from_memory", "Of these, those from the cache of recent messages"),
            bus_interruptions: all.counter("bus_interruptions", "Times that messages of the bus may have been lost"),
            bus_lag: all.seconds("bus_lag_seconds", "Time from publishing a heartbeat to receiving it"),
            bus_rejected: all.counter("bus_rejected", "Frames of the bus that were dropped: their signature is wrong"),
            bus_unknown: all
                .counter("bus_unknown", "Messages of other nodes that this version cannot read and skipped"),
            repairs_failed: all.counter(
                "repairs_failed",
                "Rooms and people that could not be compared with the database and are tried again later",
            ),
            panics: all.counter("panics", "Connections that a programming error ended; the log has more"),
            refusals,
            unreadable,
        }
    }

    /// Counts one frame that a page could not read.
    pub fn count_unreadable(&self, kind: &'static str) {
        self.unreadable.get_or_create(&Kind { kind }).inc();
    }

    /// How many frames of this kind were counted.
    #[cfg(test)]
    pub(crate) fn unreadable(&self, kind: &'static str) -> u64 {
        self.unreadable.get(&Kind { kind }).map_or(0, |count| count.get())
    }

    /// Counts one refusal.
    pub fn refuse(&self, reason: Refusal) {
        self.refusals.get_or_create(&Reason { reason }).inc();
    }
}

/// Registers what it makes.
pub struct Table<'a>(pub &'a mut Registry);

impl Table<'_> {
    /// `name` and `help` are for operators, as with the others.
    pub fn counter(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0.register(name, help, counter.clone());
        counter
    }

    /// A value that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str) -> Gauge {
        let gauge = Gauge::default();
        self.0.register(name, help, gauge.clone());
        gauge
    }

    /// From 0.1 ms to 6.5 s.
    pub fn seconds(&mut self, name: &str, help: &str) -> Histogram {
        self.histogram(name, help, 0.000_1, 17)
    }

    /// In `buckets` buckets, each twice as large as the one before it.
    pub fn histogram(&mut self, name: &str, help: &str, first: f64, buckets: u16) -> Histogram {
        let histogram = Histogram::new(exponential_buckets(first, 2.0, buckets));
        self.0.register(name, help, histogram.clone());
        histogram
    }
}
