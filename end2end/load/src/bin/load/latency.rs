//! Durations in logarithmic buckets: three digits of each, whatever their number, and mergeable between processes.

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::time::Duration;

/// Whatever takes longer counts as this long, in microseconds: two minutes.
const LONGEST: u64 = 120_000_000;
/// Digits that are kept.
const DIGITS: u8 = 3;

/// See the module's documentation. Between processes it travels as pairs of microseconds and how often.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("the bounds are in order"))
    }
}

impl Latencies {
    pub(crate) fn record(&mut self, micros: u64) {
        self.0.saturating_record(micros.min(LONGEST));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for value in other.0.iter_recorded() {
            self.0.saturating_record_n(value.value_iterated_to(), value.count_at_value());
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The duration that so many of a hundred do not exceed; zero where there are none.
    pub(crate) fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.0.value_at_percentile(percent))
    }

    pub(crate) fn max(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }
}

impl Serialize for Latencies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter_recorded().map(|value| (value.value_iterated_to(), value.count_at_value())))
    }
}

impl<'de> Deserialize<'de> for Latencies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut latencies = Self::default();
        for (micros, count) in Vec::<(u64, u64)>::deserialize(deserializer)? {
            latencies.0.saturating_record_n(micros, count);
        }
        Ok(latencies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl Iterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::default();
        values.for_each(|value| latencies.record(value));
        latencies
    }

    fn is_near(got: Duration, micros: u64) -> bool {
        got.as_micros().abs_diff(u128::from(micros)) <= u128::from(micros / 1_000 + 1)
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let latencies = of((1..=10_000).map(|value| value * 10));
        assert!(is_near(latencies.percentile(50.0), 50_000));
        assert!(is_near(latencies.percentile(99.0), 99_000));
        assert!(is_near(latencies.percentile(99.9), 99_900));
        assert!(is_near(latencies.max(), 100_000));
        assert_eq!(Latencies::default().percentile(99.0), Duration::ZERO);
    }

    #[test]
    fn one_outlier_in_a_hundred_is_beyond_the_99th_percentile_and_in_the_maximum() {
        let latencies = of(std::iter::repeat_n(1_000, 99).chain([5_000_000]));
        assert!(is_near(latencies.percentile(99.0), 1_000));
        assert!(is_near(latencies.percentile(99.9), 5_000_000));
        assert!(is_near(of([u64::MAX].into_iter()).max(), LONGEST));
    }

    #[test]
    fn merged_over_a_pipe_is_the_same_as_recorded_in_one_place() {
        let (low, high) = (of(1..=500), of(501..=1_000));
        let json = serde_json::to_string(&high).unwrap();
        let mut merged = low;
        merged.merge(&serde_json::from_str(&json).unwrap());
        let whole = of(1..=1_000);
        assert_eq!(merged.count(), 1_000);
        for percent in [1.0, 50.0, 99.0, 100.0] {
            assert_eq!(merged.percentile(percent), whole.percentile(percent));
        }
    }
}
