//! The metrics of a node: read by Prometheus from a private listener (`METRICS_ADDR`).

use chat::metrics::{Refusal, Table};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::Arc;

/// All metrics; cheap to count, shared by the parts of a node.
pub(crate) struct Metrics {
    registry: Registry,
    /// What is counted below HTTP.
    pub(crate) chat: Arc<chat::Metrics>,
    pub(crate) max_connections: Gauge,
    pub(crate) pool_connections: Gauge,
    pub(crate) pool_busy: Gauge,
    pub(crate) pool_wait: Histogram,
    pub(crate) slow_readers: Counter,
    pub(crate) background_poll: Histogram,
    pub(crate) database_up: Gauge,
    pub(crate) bus_up: Gauge,
    pub(crate) failed_sign_ins: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("jackdaw");
        let chat = Arc::new(chat::Metrics::new(&mut registry));
        let mut all = Table(&mut registry);
        Self {
            chat,
            max_connections: all.gauge("max_connections", "Of these, so many are accepted (MAX_CONNECTIONS)"),
            pool_connections: all.gauge("pool_connections", "Connections to the database"),
            pool_busy: all.gauge("pool_busy", "Of these, those in use; at DATABASE_POOL statements wait"),
            pool_wait: all.seconds("pool_wait_seconds", "Time that a statement waited for a connection"),
            slow_readers: all
                .counter("slow_readers_closed", "Connections that were closed because their queue was full"),
            background_poll: all.seconds(
                "background_poll_seconds",
                "Time for which background work held a thread without giving way to deliveries",
            ),
            database_up: all.gauge("database_up", "1 while the database answers, asked once a second; else 0"),
            bus_up: all.gauge("bus_up", "1 while the bus answers, asked once a second; else 0"),
            failed_sign_ins: all.counter("sign_ins_failed", "Sign-ins with a wrong password or an unknown name"),
            registry,
        }
    }
}

impl Metrics {
    pub(crate) fn refuse(&self, reason: Refusal) {
        self.chat.refuse(reason);
    }

    /// In the text format of Prometheus.
    pub(crate) fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_encoded_in_the_text_format() {
        let metrics = Metrics::default();
        metrics.refuse(Refusal::Herd);
        metrics.chat.connections.set(3);
        metrics.chat.commit.observe(0.002);
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
        metrics.chat.count_unreadable("heads");
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
