//! Random numbers that a seed repeats (SplitMix64). Everything that is random in a run is drawn from one of these.
//! A library's generator may change with its version, and a recorded seed would then replay another run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// See the module.
///
/// Shared by the tasks of a run, which draw in the order that the run's virtual time gives them.
#[derive(Debug)]
pub struct Chance(AtomicU64);

impl Chance {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Any number.
    pub fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 where `end` is 0.
    pub fn below(&self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// True once in `count` draws, on average.
    pub fn one_in(&self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Milliseconds between the two, both included.
    pub fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.next() % (to - from + 1))
    }

    /// One of these. None where there are none.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }
}
