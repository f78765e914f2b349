//! What becomes of each message that was published: drawn by chance, one tenth each lost, doubled and held back.

use super::Counts;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many later messages may overtake one that is held back.
const OVERTAKEN_BY: usize = 4;

/// The fate of what one subscriber gets.
pub(super) struct Fate {
    random: fastrand::Rng,
    /// Messages that are held back, and how many more overtake each.
    held: Vec<(usize, Vec<u8>)>,
}

impl Fate {
    pub(super) const fn new(random: fastrand::Rng) -> Self {
        Self { random, held: Vec::new() }
    }

    /// Writes what becomes of a message, and what it sets free, to `out`.
    pub(super) fn strike(&mut self, message: &[u8], counts: &Counts, out: &mut Vec<u8>) {
        for held in &mut self.held {
            held.0 -= 1;
        }
        let free: Vec<_> = self.held.extract_if(.., |held| held.0 == 0).collect();
        match self.random.u32(..10) {
            0 => count(&counts.lost),
            1 => {
                out.extend_from_slice(message);
                out.extend_from_slice(message);
                count(&counts.doubled);
            }
            2 => {
                self.held.push((self.random.usize(1..=OVERTAKEN_BY), message.to_vec()));
                count(&counts.reordered);
            }
            _ => out.extend_from_slice(message),
        }
        for (_, message) in free {
            out.extend(message);
        }
    }

    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Lets everything go that is held back.
    pub(super) fn release(&mut self, out: &mut Vec<u8>) {
        out.extend(self.held.drain(..).flat_map(|(_, message)| message));
    }
}

fn count(one: &AtomicUsize) {
    one.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_a_tenth_each_is_lost_doubled_and_overtaken_and_nothing_else_happens() {
        let counts = Counts::default();
        let mut fate = Fate::new(fastrand::Rng::with_seed(5));
        let mut out = Vec::new();
        for number in 0..1_000_u16 {
            fate.strike(&number.to_be_bytes(), &counts, &mut out);
        }
        fate.release(&mut out);
        assert!(!fate.holds());
        let arrived: Vec<u16> = out.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        let [lost, doubled, reordered] =
            [&counts.lost, &counts.doubled, &counts.reordered].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(arrived.len(), 1_000 - lost + doubled);
        assert!([lost, doubled, reordered].iter().all(|count| (70..130).contains(count)));
        let overtaken = arrived.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!(overtaken >= reordered / 2, "{overtaken} of {reordered}");
    }
}
