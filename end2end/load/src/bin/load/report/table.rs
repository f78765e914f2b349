//! Rows and pairs of rows as lines of a terminal.

use super::Row;
use super::pair::Pair;

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

/// What both targets did side by side, and how many times as much the peer's is.
pub(crate) fn ratios(pairs: &[Pair]) {
    println!(
        "\n{:<10} {:>6}  {:>26}  {:>26}  {:>26}  {:>26}",
        "medians", "asked", "msg/s", "delivery p99 ms", "CPU s / M deliveries", "KB a socket"
    );
    for pair in pairs {
        let cell = |(ours, peer): (f64, f64)| {
            format!("{} : {} = 1 : {:.2}", number(ours, 1), number(peer, 1), peer / ours.max(f64::EPSILON))
        };
        println!(
            "{:<10} {:>6.0}  {:>26}  {:>26}  {:>26}  {:>26}",
            pair.scenario,
            pair.asked,
            cell(pair.rate),
            // Each at a rate of its own, a search ends near the same latency for both.
            if pair.is_search() { "-".to_owned() } else { cell(pair.delivery_p99_ms) },
            cell(pair.cpu_seconds_per_million),
            cell(pair.kb_per_connection),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_not_called_zero() {
        assert_eq!(number(0.0, 1), "-");
        assert_eq!(number(2.25, 1), "2.2");
    }
}
