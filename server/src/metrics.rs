//! The metrics of a node: read by Prometheus from a private listener (`METRICS_ADDR`).

mod listener;

pub(crate) use listener::{LookUp, serve};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Why a connection or request was refused. The label values are in snake_case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
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

/// All metrics; cheap to count, shared by the parts of a node.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) connections: Gauge,
    pub(crate) max_connections: Gauge,
    pub(crate) frames: Counter,
    pub(crate) deliveries: Counter,
    pub(crate) dropped: Counter,
    pub(crate) queued_bytes: Gauge,
    pub(crate) rooms: Gauge,
    pub(crate) pool_connections: Gauge,
    pub(crate) pool_busy: Gauge,
    pub(crate) pool_wait: Histogram,
    pub(crate) slow_readers: Counter,
    pub(crate) stored: Counter,
    pub(crate) repeated: Counter,
    pub(crate) commit: Histogram,
    pub(crate) batch: Histogram,
    pub(crate) fan_out: Histogram,
    pub(crate) background_poll: Histogram,
    pub(crate) gaps_found: Counter,
    pub(crate) gaps_filled: Counter,
    pub(crate) resets: Counter,
    pub(crate) caught_up: Counter,
    pub(crate) caught_up_here: Counter,
    pub(crate) bus_interruptions: Counter,
    pub(crate) bus_lag: Histogram,
    pub(crate) database_up: Gauge,
    pub(crate) bus_up: Gauge,
    pub(crate) failed_sign_ins: Counter,
    pub(crate) bus_rejected: Counter,
    pub(crate) bus_unknown: Counter,
    pub(crate) repairs_failed: Counter,
    pub(crate) panics: Counter,
    refusals: Family<Reason, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut all = Table(Registry::with_prefix("jackdaw"));
        let refusals = Family::default();
        all.0.register("refusals", "Requests and connections that were refused", refusals.clone());
        Self {
            connections: all.gauge("connections", "Open WebSockets"),
            max_connections: all.gauge("max_connections", "Of these, so many are accepted (MAX_CONNECTIONS)"),
            frames: all.counter("frames_received", "Frames that clients sent"),
            deliveries: all.counter("deliveries", "Frames that were queued for connections, one for each reader"),
            dropped: all.counter("awareness_dropped", "Typing and presence frames dropped because a queue was filling"),
            queued_bytes: all.gauge("queued_bytes", "Bytes that wait for readers"),
            rooms: all.gauge("rooms", "Rooms in which somebody is connected to this node"),
            pool_connections: all.gauge("pool_connections", "Connections to the database"),
            pool_busy: all.gauge("pool_busy", "Of these, those in use; at DATABASE_POOL statements wait"),
            pool_wait: all.seconds("pool_wait_seconds", "Time that a statement waited for a connection"),
            slow_readers: all
                .counter("slow_readers_closed", "Connections that were closed because their queue was full"),
            stored: all.counter("messages_stored", "Messages that this node stored"),
            repeated: all.counter("messages_repeated", "Messages that came again and got their first answer"),
            commit: all.seconds("commit_seconds", "Time of one transaction that stores messages"),
            batch: all.histogram("batch_messages", "Messages in one such transaction", 1.0, 10),
            fan_out: all.seconds("fan_out_seconds", "Time to queue one frame for everybody in a room on this node"),
            background_poll: all.seconds(
                "background_poll_seconds",
                "Time for which background work held a thread without giving way to deliveries",
            ),
            gaps_found: all.counter("gaps_found", "Gaps that this node found in its rooms"),
            gaps_filled: all.counter("gaps_filled", "Gaps that it filled from the database"),
            resets: all.counter("resets", "Rooms that a device started over because it had missed too much"),
            caught_up: all.counter("batches_caught_up", "Batches of missed rows that were sent to devices"),
            caught_up_here: all.counter("batches_from_memory", "Of these, those from the cache of recent messages"),
            bus_interruptions: all.counter("bus_interruptions", "Times that messages of the bus may have been lost"),
            bus_lag: all.seconds("bus_lag_seconds", "Time from publishing a heartbeat to receiving it"),
            database_up: all.gauge("database_up", "1 while the database answers, asked once a second; else 0"),
            bus_up: all.gauge("bus_up", "1 while the bus answers, asked once a second; else 0"),
            failed_sign_ins: all.counter("sign_ins_failed", "Sign-ins with a wrong password or an unknown name"),
            bus_rejected: all.counter("bus_rejected", "Frames of the bus that were dropped: their signature is wrong"),
            bus_unknown: all
                .counter("bus_unknown", "Messages of other nodes that this version cannot read and skipped"),
            repairs_failed: all.counter(
                "repairs_failed",
                "Rooms and people that could not be compared with the database and are tried again later",
            ),
            panics: all.counter("panics", "Connections that a programming error ended; the log has more"),
            refusals,
            registry: all.0,
        }
    }
}

impl Metrics {
    pub(crate) fn refuse(&self, reason: Refusal) {
        self.refusals.get_or_create(&Reason { reason }).inc();
    }

    /// In the text format of Prometheus.
    pub(crate) fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Registers what it makes.
struct Table(Registry);

impl Table {
    fn counter(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0.register(name, help, counter.clone());
        counter
    }

    fn gauge(&mut self, name: &str, help: &str) -> Gauge {
        let gauge = Gauge::default();
        self.0.register(name, help, gauge.clone());
        gauge
    }

    /// From 0.1 ms to 6.5 s.
    fn seconds(&mut self, name: &str, help: &str) -> Histogram {
        self.histogram(name, help, 0.000_1, 17)
    }

    fn histogram(&mut self, name: &str, help: &str, first: f64, buckets: u16) -> Histogram {
        let histogram = Histogram::new(exponential_buckets(first, 2.0, buckets));
        self.0.register(name, help, histogram.clone());
        histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_encoded_in_the_text_format() {
        let metrics = Metrics::default();
        metrics.refuse(Refusal::Herd);
        metrics.connections.set(3);
        metrics.commit.observe(0.002);
        let text = metrics.encode().unwrap();
        for line in [
            "jackdaw_refusals_total{reason=\"herd\"} 1",
            "jackdaw_connections 3",
            "jackdaw_commit_seconds_count 1",
            "jackdaw_commit_seconds_bucket{le=\"0.0032\"} 1",
            "# HELP jackdaw_connections Open WebSockets.",
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
    }

    #[test]
    fn dashboards_and_alerts_name_existing_metrics() {
        let metrics = Metrics::default();
        metrics.refuse(Refusal::Full);
        let encoded = metrics.encode().unwrap();
        let deploy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
        for file in ["prometheus/alerts.yml", "grafana/dashboards/jackdaw.json", "kubernetes/jackdaw.yaml"] {
            let text = std::fs::read_to_string(deploy.join(file)).unwrap();
            let mut names = 0;
            for (at, _) in text.match_indices("jackdaw_") {
                let name = text[at..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
                assert!(encoded.contains(&format!("\n{name}")), "{file} asks for {name}, which does not exist");
                names += 1;
            }
            assert!(names > 0, "{file} asks for nothing");
        }
    }
}
