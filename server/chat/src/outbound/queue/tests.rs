//! Whatever part of what waits the system takes, and whatever is queued meanwhile: drawn at random, each history by its seed.

use super::*;

const SEEDS: u64 = 300;
const STEPS: usize = 200;
/// A WebSocket pong without a body.
const PONG: [u8; 2] = [0x8a, 0];

/// A queue with what was queued, and what the system took of it.
struct History {
    random: fastrand::Rng,
    queue: Queue,
    queued: Vec<u8>,
    written: Vec<u8>,
}

impl History {
    fn new(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self { random, queue: Queue::default(), queued: Vec::new(), written: Vec::new() }
    }

    fn frame(&mut self) -> Frame {
        let letter = self.random.lowercase();
        Frame::of_text(&letter.to_string().repeat(self.random.usize(1..300)))
    }

    /// The system takes as much as it likes of the next parts.
    fn write(&mut self) {
        let mut parts = [IoSlice::new(&[]); 3];
        let count = self.queue.fill(&mut parts);
        let offered: Vec<u8> = parts[..count].iter().flat_map(|part| part.iter().copied()).collect();
        let taken = self.random.usize(..=offered.len());
        self.written.extend(&offered[..taken]);
        self.queue.advance(taken);
    }

    fn step(&mut self) {
        match self.random.u8(..4) {
            0 => {
                let frame = self.frame();
                self.queued.extend(frame.clone().into_bytes());
                self.queue.push(frame, usize::MAX);
            }
            1 => {
                self.queued.extend(PONG);
                self.queue.push_raw(&PONG, usize::MAX);
            }
            _ => self.write(),
        }
        assert_eq!(self.queue.bytes(), self.queued.len() - self.written.len(), "bytes that wait are counted");
    }

    fn drain(&mut self) {
        while !self.queue.is_empty() {
            self.write();
        }
    }
}

#[test]
fn every_byte_is_written_once_and_in_order_however_little_is_taken() {
    for seed in 1..=SEEDS {
        let mut history = History::new(seed);
        (0..STEPS).for_each(|_| history.step());
        history.drain();
        assert_eq!(history.written, history.queued, "seed {seed}");
    }
}

#[test]
fn a_client_that_is_given_up_gets_whole_frames_only() {
    for seed in 1..=SEEDS {
        let mut history = History::new(seed);
        let steps = history.random.usize(1..STEPS);
        (0..steps).for_each(|_| history.step());
        history.queue.give_up();
        let late = history.frame();
        assert!(!history.queue.push(late, usize::MAX), "seed {seed}: queued after the end");
        history.drain();
        assert!(history.queued.starts_with(&history.written), "seed {seed}: something was left out in the middle");
        let mut rest = &history.written[..];
        while let Some((_, after)) = Frame::split(rest) {
            rest = after;
        }
        assert!(rest.is_empty(), "seed {seed}: a frame was cut off");
    }
}
