//! How long to wait before the next try: decorrelated jitter, so that those who failed together do not come back together.
//! Draws no random numbers itself.

/// The waits of one thing that may fail. Ends with what it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    /// The shortest wait, in milliseconds.
    base: u64,
    /// The longest wait, in milliseconds.
    cap: u64,
    /// The last wait; the next is drawn from `base` to three times this.
    last: u64,
}

impl Backoff {
    pub(crate) const fn new(base: u64, cap: u64) -> Self {
        Self { base, cap, last: base }
    }

    /// One more failure: how long to wait, in milliseconds.
    pub(crate) fn fail(&mut self, random: u64) -> u64 {
        self.fail_within(random, self.cap)
    }

    /// The same with a lower cap, for once.
    pub(crate) fn fail_within(&mut self, random: u64, cap: u64) -> u64 {
        let most = self.last.saturating_mul(3).min(self.cap).min(cap).max(self.base);
        self.last = self.base + random % (most - self.base + 1);
        self.last
    }

    /// Forgets the failures.
    pub(crate) const fn reset(&mut self) {
        self.last = self.base;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_stay_above_the_base() {
        let mut backoff = Backoff::new(500, 30_000);
        assert_eq!(backoff.fail(1_000), 1_500);
        assert_eq!(backoff.fail(u64::MAX), 500 + u64::MAX % 4_001);
        for _ in 0..20 {
            let wait = backoff.fail(29_500);
            assert!((500..=30_000).contains(&wait), "{wait}");
        }
        assert_eq!(backoff.fail(0), 500);
        backoff.reset();
        assert!(backoff.fail(u64::MAX / 3) <= 1_500);
    }
}
