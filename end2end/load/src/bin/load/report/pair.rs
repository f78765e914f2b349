//! What two targets did in the same scenario: medians of their rounds.

use super::Row;
use crate::target::Target;
use serde::Serialize;

/// Ours first, then the peer's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Pair {
    pub(crate) scenario: &'static str,
    /// Messages a second that were asked for.
    pub(crate) asked: f64,
    pub(crate) rate: (f64, f64),
    pub(crate) delivery_p99_ms: (f64, f64),
    pub(crate) cpu_seconds_per_million: (f64, f64),
    pub(crate) kb_per_connection: (f64, f64),
}

impl Pair {
    /// Whether each went as fast as it could.
    pub(crate) fn is_search(&self) -> bool {
        self.rate.0.to_bits() != self.rate.1.to_bits()
    }
}

/// Each scenario and rate that both did, in order.
pub(crate) fn pairs(rows: &[Row]) -> Vec<Pair> {
    let mut keys: Vec<(&'static str, u64)> = Vec::new();
    for row in rows {
        let key = (row.scenario, row.asked.to_bits());
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.into_iter().filter_map(|key| pair(rows, key)).collect()
}

fn pair(rows: &[Row], key: (&'static str, u64)) -> Option<Pair> {
    let of = |target: Target, what: fn(&Row) -> f64| {
        let own = rows.iter().filter(|row| (row.scenario, row.asked.to_bits()) == key && row.target == target.name());
        median(own.map(what))
    };
    let both = |what| Some((of(Target::Jackdaw, what)?, of(Target::SocketIo, what)?));
    Some(Pair {
        scenario: key.0,
        asked: f64::from_bits(key.1),
        rate: both(|row| row.rate)?,
        delivery_p99_ms: both(|row| row.delivery_ms.p99)?,
        cpu_seconds_per_million: both(|row| row.cpu_seconds_per_million)?,
        kb_per_connection: both(|row| row.kb_per_connection)?,
    })
}

/// The middle one, or between the two middle ones, if there are any.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    Some(f64::midpoint(*values.get(low)?, *values.get(high)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Case;
    use crate::scenarios::USUAL;

    fn row(target: Target, asked: f64, p99: f64) -> Row {
        let mut row = Row::empty(&Case { target, rate: asked, ..USUAL });
        row.delivery_ms.p99 = p99;
        row
    }

    #[test]
    fn rounds_count_by_their_median_and_rates_apart() {
        let rows = [
            row(Target::Jackdaw, 500.0, 5.0),
            row(Target::SocketIo, 500.0, 50.0),
            row(Target::Jackdaw, 500.0, 900.0),
            row(Target::SocketIo, 500.0, 40.0),
            row(Target::Jackdaw, 500.0, 1.0),
            row(Target::SocketIo, 500.0, 60.0),
            row(Target::Jackdaw, 3_000.0, 7.0),
            row(Target::SocketIo, 3_000.0, 8.0),
        ];
        let pairs = pairs(&rows);
        let told: Vec<_> = pairs.iter().map(|pair| (pair.asked, pair.delivery_p99_ms)).collect();
        assert_eq!(told, [(500.0, (5.0, 50.0)), (3_000.0, (7.0, 8.0))]);
    }

    #[test]
    fn what_only_one_did_is_no_pair() {
        assert!(pairs(&[row(Target::Jackdaw, 500.0, 5.0)]).is_empty());
    }
}
