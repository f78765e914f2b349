//! Rows as lines of a terminal, and what two targets did side by side.

use super::Row;
use crate::target::Target;

/// The driver's own delay is worth a word beyond this many milliseconds, at the 99th percentile.
const LATE: f64 = 10.0;

pub(crate) fn head() {
    println!(
        "{:<10} {:<9} {:>7} {:>5} {:>6}  {:>25}  {:>15}  {:>13}  {:>20}  {:>7} {:>6}",
        "", "", "", "", "", "delivery ms", "acknowledged ms", "lost, doubled", "CPU s / M deliveries", "MB of", "KB a"
    );
    println!(
        "{:<10} {:<9} {:>7} {:>5} {:>6}  {:>7} {:>8} {:>8}  {:>7} {:>7}  {:>13}  {:>6} {:>6} {:>6}  {:>7} {:>6}",
        "scenario",
        "target",
        "sockets",
        "nodes",
        "msg/s",
        "p50",
        "p99",
        "p99.9",
        "p50",
        "p99",
        "disordered",
        "nodes",
        "pg",
        "redis",
        "a node",
        "socket"
    );
}

pub(crate) fn line(row: &Row) {
    let deliveries = row.delivery_ms.count as f64;
    let per_million = |seconds: f64| number(seconds * 1e6 / deliveries.max(1.0), 1);
    println!(
        "{:<10} {:<9} {:>7} {:>5} {:>6}  {:>7} {:>8} {:>8}  {:>7} {:>7}  {:>13}  {:>6} {:>6} {:>6}  {:>7} {:>6}",
        row.scenario,
        row.target,
        row.connections,
        row.nodes,
        number(row.rate, 0),
        number(row.delivery_ms.p50, 2),
        number(row.delivery_ms.p99, 2),
        number(row.delivery_ms.p999, 2),
        number(row.ack_ms.p50, 2),
        number(row.ack_ms.p99, 2),
        format!("{} {} {}", row.lost, row.doubled, row.disordered),
        per_million(row.cpu_seconds.nodes),
        per_million(row.cpu_seconds.postgres),
        per_million(row.cpu_seconds.redis),
        number(row.node_base_mb, 0),
        number(row.kb_per_connection, 1),
    );
    for (name, value) in &row.figures {
        println!("{:<10} {value:>10.2} {name}", "");
    }
    if row.driver_ms.p99 > LATE {
        println!("{:<10} the driver itself was late: p99 {:.1} ms of these", "", row.driver_ms.p99);
    }
    if !row.is_clean {
        let Row { acknowledged, messages, trouble, .. } = row;
        println!("{:<10} NOT CLEAN: {acknowledged} of {messages} messages acknowledged{trouble}", "");
    }
}

/// Nothing was measured where it is zero.
fn number(value: f64, digits: usize) -> String {
    if value == 0.0 { "-".to_owned() } else { format!("{value:.digits$}") }
}

/// What both targets did, as medians of their rounds, and how many times as much the peer's is.
pub(crate) fn ratios(rows: &[Row]) {
    println!(
        "\n{:<10} {:>6}  {:>28}  {:>28}  {:>28}",
        "medians", "asked", "msg/s", "delivery p99 ms", "CPU s / M deliveries"
    );
    for pair in pairs(rows) {
        let of = |target: Target, what: fn(&Row) -> f64| {
            median(
                rows.iter()
                    .filter(|row| (row.scenario, row.asked.to_bits()) == pair && row.target == target.name())
                    .map(what),
            )
        };
        let both = |what: fn(&Row) -> f64| {
            let (ours, peer) = (of(Target::Jackdaw, what), of(Target::SocketIo, what));
            format!("{ours:.1} : {peer:.1} = 1 : {:.2}", peer / ours.max(f64::EPSILON))
        };
        println!(
            "{:<10} {:>6.0}  {:>28}  {:>28}  {:>28}   KB a socket {}",
            pair.0,
            f64::from_bits(pair.1),
            both(|row| row.rate),
            both(|row| row.delivery_ms.p99),
            both(|row| row.cpu_seconds_per_million),
            both(|row| row.kb_per_connection),
        );
    }
}

/// Each scenario and rate once, in order.
fn pairs(rows: &[Row]) -> Vec<(&'static str, u64)> {
    let mut pairs = Vec::new();
    for row in rows {
        let pair = (row.scenario, row.asked.to_bits());
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

/// The middle one; zero where there is none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_no_outlier() {
        assert!((median([5.0, 900.0, 1.0].into_iter()) - 5.0).abs() < f64::EPSILON);
        assert!(median(std::iter::empty()).abs() < f64::EPSILON);
    }

    #[test]
    fn what_was_not_measured_is_not_called_zero() {
        assert_eq!(number(0.0, 1), "-");
        assert_eq!(number(2.25, 1), "2.2");
    }
}
