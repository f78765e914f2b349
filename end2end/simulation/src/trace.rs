//! What happened in a run: the latest lines for people, a hash over all of them, and counts.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard};

pub(super) struct Trace(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Lines that are kept: what led to a failure is near its end.
    most: usize,
    lines: VecDeque<String>,
    hash: Hash,
    counts: BTreeMap<&'static str, u64>,
}

/// FNV-1a over the text of all lines.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

impl Trace {
    pub(super) fn new(most: usize) -> Self {
        Self(Mutex::new(Inner { most, ..Inner::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Notes one step, at this many milliseconds.
    pub(super) fn note(&self, at: u64, what: fmt::Arguments<'_>) {
        let mut inner = self.lock();
        let full = inner.lines.len() >= inner.most;
        let mut line = if full { inner.lines.pop_front().unwrap() } else { String::new() };
        line.clear();
        write!(line, "{:>4}.{:03} {what}", at / 1000, at % 1000).unwrap();
        inner.hash.write_str(&line).unwrap();
        inner.lines.push_back(line);
        *inner.counts.entry("steps").or_default() += 1;
    }

    pub(super) fn count(&self, what: &'static str) {
        *self.lock().counts.entry(what).or_default() += 1;
    }

    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.lock().counts.clone()
    }

    pub(super) fn hash(&self) -> u64 {
        self.lock().hash.0
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lock().lines.iter().cloned().collect()
    }
}
