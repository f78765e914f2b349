//! What came of each row: for [`table`], which is for people, and as JSON.

pub(crate) mod pair;
pub(crate) mod table;

use crate::environment::{Case, Cpu, Environment};
use crate::latency::Latencies;
use crate::pipe::Tally;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

impl From<&Latencies> for Spread {
    fn from(latencies: &Latencies) -> Self {
        let at = |percent| latencies.percentile(percent).as_secs_f64() * 1e3;
        let max = latencies.max().as_secs_f64() * 1e3;
        Self { count: latencies.count(), p50: at(50.0), p99: at(99.0), p999: at(99.9), max }
    }
}

/// One row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) scenario: &'static str,
    pub(crate) target: &'static str,
    pub(crate) nodes: usize,
    pub(crate) connections: usize,
    pub(crate) members: usize,
    /// Messages a second.
    pub(crate) rate: f64,
    /// What was asked for: the same but for a search.
    pub(crate) asked: f64,
    pub(crate) messages: u64,
    pub(crate) acknowledged: u64,
    pub(crate) delivery_ms: Spread,
    pub(crate) ack_ms: Spread,
    /// The driver's own delay, which is part of the others.
    pub(crate) driver_ms: Spread,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) disordered: u64,
    pub(crate) closed: u64,
    pub(crate) cpu_seconds: Cpu,
    pub(crate) driver_cpu_seconds: f64,
    /// Of all servers, for a million deliveries.
    pub(crate) cpu_seconds_per_million: f64,
    /// Of the nodes alone.
    pub(crate) node_cpu_seconds_per_million: f64,
    pub(crate) node_base_mb: f64,
    pub(crate) kb_per_connection: f64,
    /// What only this scenario measures, by name and unit.
    pub(crate) figures: BTreeMap<&'static str, f64>,
    /// What was not as it should be, in words.
    pub(crate) trouble: String,
    /// Whether everything is as it must be.
    pub(crate) is_clean: bool,
}

impl Row {
    /// What was measured in an environment at this rate.
    pub(crate) fn of(environment: &Environment, rate: f64, tally: &Tally, cpu: Cpu) -> Self {
        let case = &environment.case;
        let per_million = |seconds: f64| seconds * 1e6 / (tally.delivered().max(1) as f64);
        Self {
            rate,
            messages: tally.due,
            acknowledged: tally.acknowledged,
            delivery_ms: (&tally.deliveries).into(),
            ack_ms: (&tally.acks).into(),
            driver_ms: (&tally.lags).into(),
            lost: tally.lost,
            doubled: tally.doubled,
            disordered: tally.disordered,
            closed: tally.closed,
            cpu_seconds: cpu,
            driver_cpu_seconds: tally.cpu_seconds,
            cpu_seconds_per_million: per_million(cpu.all()),
            node_cpu_seconds_per_million: per_million(cpu.nodes),
            node_base_mb: environment.base_kb as f64 / 1_024.0 / case.nodes as f64,
            kb_per_connection: environment.full_kb.saturating_sub(environment.base_kb) as f64 / case.connections as f64,
            trouble: tally.trouble(),
            is_clean: tally.is_whole(case.target.keeps_order()),
            ..Self::empty(case)
        }
    }

    /// A row in which nothing was sent.
    pub(crate) fn empty(case: &Case) -> Self {
        let none = Spread::from(&Latencies::default());
        Self {
            scenario: case.name,
            target: case.target.name(),
            nodes: case.nodes,
            connections: case.connections,
            members: case.members,
            rate: 0.0,
            asked: case.rate,
            messages: 0,
            acknowledged: 0,
            delivery_ms: none,
            ack_ms: none,
            driver_ms: none,
            lost: 0,
            doubled: 0,
            disordered: 0,
            closed: 0,
            cpu_seconds: Cpu::default(),
            driver_cpu_seconds: 0.0,
            cpu_seconds_per_million: 0.0,
            node_cpu_seconds_per_million: 0.0,
            node_base_mb: 0.0,
            kb_per_connection: 0.0,
            figures: BTreeMap::new(),
            trouble: String::new(),
            is_clean: true,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: f64) -> Self {
        self.figures.insert(name, value);
        self
    }
}

/// One file for all rows, with what they depend on.
pub(crate) fn save(path: &Path, rows: &[Row]) -> Result<(), testbed::Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let all = serde_json::json!({ "cores": cores, "rows": rows, "pairs": pair::pairs(rows) });
    std::fs::write(path, serde_json::to_string_pretty(&all)?)?;
    println!("→ as JSON in {}", path.display());
    Ok(())
}
