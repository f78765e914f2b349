//! The queue of password hashes. Permits to hash are given to address blocks in rotation, one at a time per block, so that one
//! block with many attempts does not delay another one.

use crate::limits::Block;
use chat::Error;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Attempts that may wait for a permit, per node. Above it the block with most of them loses its newest (503, try again). A few
/// for each of some hundred blocks: with fewer, so many addresses of one attacker would leave no place for others.
pub(crate) const HASH_QUEUE_MAX: usize = 512;
/// How long an attempt may wait for its permit before it is answered with 503.
pub(crate) const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// See the module's documentation.
pub(super) struct Queue(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Free permits. While there are any, no block is in the rotation.
    free: usize,
    blocks: HashMap<Block, Waiting>,
    /// Blocks with waiting attempts and without a permit.
    rotation: VecDeque<Block>,
}

#[derive(Default)]
struct Waiting {
    has_permit: bool,
    attempts: VecDeque<oneshot::Sender<HashPermit>>,
}

/// A permit to hash one password, released on drop.
pub(crate) struct HashPermit {
    queue: Option<Arc<Mutex<State>>>,
    block: Block,
}

impl Queue {
    pub(super) fn new(permits: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: permits, ..State::default() })))
    }

    /// Waits for a permit of this block. On a known device the block is next, and there is always room.
    pub(super) async fn permit(&self, block: Block, is_known_device: bool) -> Result<HashPermit, Error> {
        let busy = || Error::Unavailable("too many sign-ins are waiting".into());
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.0.lock();
            if !state.make_room(block, is_known_device) {
                return Err(busy());
            }
            let waiting = state.blocks.entry(block).or_default();
            waiting.attempts.push_back(sender);
            if !waiting.has_permit && waiting.attempts.len() == 1 {
                if is_known_device {
                    state.rotation.push_front(block);
                } else {
                    state.rotation.push_back(block);
                }
            }
            state.give(&self.0);
        }
        tokio::time::timeout(WAIT_TIMEOUT, receiver).await.map_err(|_| busy())?.map_err(|_| busy())
    }
}

impl State {
    /// Whether one more of this block may wait; for that, the newest one of the block with most of them may have to go.
    fn make_room(&mut self, block: Block, is_known_device: bool) -> bool {
        let count =
            |blocks: &HashMap<Block, Waiting>| blocks.values().map(|waiting| waiting.attempts.len()).sum::<usize>();
        if count(&self.blocks) < HASH_QUEUE_MAX {
            return true;
        }
        for waiting in self.blocks.values_mut() {
            waiting.attempts.retain(|attempt| !attempt.is_closed());
        }
        if count(&self.blocks) < HASH_QUEUE_MAX {
            return true;
        }
        let own = self.blocks.get(&block).map_or(0, |waiting| waiting.attempts.len());
        let most = self.blocks.values_mut().max_by_key(|waiting| waiting.attempts.len());
        match most.filter(|waiting| is_known_device || waiting.attempts.len() > own + 1) {
            Some(waiting) => waiting.attempts.pop_back().is_some(),
            None => false,
        }
    }

    /// Gives away permits while there are any.
    fn give(&mut self, queue: &Arc<Mutex<Self>>) {
        while self.free > 0
            && let Some(block) = self.rotation.pop_front()
        {
            // One whose attempts had to go in between may stand here twice.
            let Some(waiting) = self.blocks.get_mut(&block).filter(|waiting| !waiting.has_permit) else { continue };
            while let Some(attempt) = waiting.attempts.pop_front() {
                let permit = HashPermit { queue: Some(Arc::clone(queue)), block };
                match attempt.send(permit) {
                    Ok(()) => {
                        (waiting.has_permit, self.free) = (true, self.free - 1);
                        break;
                    }
                    // Not waiting any more; and what was not given is not given back.
                    Err(mut permit) => permit.queue = None,
                }
            }
            if !waiting.has_permit {
                self.blocks.remove(&block);
            }
        }
    }
}

impl Drop for HashPermit {
    fn drop(&mut self) {
        let Some(queue) = self.queue.take() else { return };
        let mut state = queue.lock();
        state.free += 1;
        if let Some(waiting) = state.blocks.get_mut(&self.block) {
            waiting.has_permit = false;
            if waiting.attempts.is_empty() {
                state.blocks.remove(&self.block);
            } else {
                state.rotation.push_back(self.block);
            }
        }
        state.give(&queue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};
    use tokio::task::JoinHandle;

    fn block(number: u8) -> Block {
        Block::largest(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)))
    }

    /// Somebody of this block who waits; they have entered the queue when this returns.
    async fn wait(queue: &Arc<Queue>, number: u8) -> JoinHandle<Result<HashPermit, Error>> {
        let queue = Arc::clone(queue);
        let task = tokio::spawn(async move { queue.permit(block(number), false).await });
        tokio::task::yield_now().await;
        task
    }

    #[tokio::test(start_paused = true)]
    async fn blocks_take_turns_and_each_has_one_at_a_time() {
        let queue = Arc::new(Queue::new(2));
        let first = queue.permit(block(1), false).await.unwrap();
        let again = wait(&queue, 1).await;
        let later = wait(&queue, 1).await;
        let other = queue.permit(block(2), false).await.unwrap();
        let third = wait(&queue, 3).await;
        assert!(!again.is_finished(), "a permit is free, but not for this block");
        drop(first);
        let third = third.await.unwrap().unwrap();
        assert!(!again.is_finished(), "both permits are given, to others");
        drop(other);
        let again = again.await.unwrap().unwrap();
        drop(third);
        tokio::task::yield_now().await;
        assert!(!later.is_finished());
        drop(again);
        drop(later.await.unwrap().unwrap());
        assert!(queue.0.lock().blocks.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn where_too_many_wait_the_block_with_most_of_them_loses_one() {
        let queue = Arc::new(Queue::new(1));
        let permit = queue.permit(block(1), false).await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..HASH_QUEUE_MAX {
            waiting.push(wait(&queue, 1).await);
        }
        assert!(matches!(queue.permit(block(1), false).await, Err(Error::Unavailable(_))), "no more of this block");
        let honest = wait(&queue, 2).await;
        assert!(waiting.pop().unwrap().await.unwrap().is_err(), "the newest has to go");
        drop(permit);
        drop(honest.await.unwrap().expect("the next permit, although many of another block came before"));
        assert!(waiting.remove(0).await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_was_given_up_takes_no_turn() {
        let queue = Arc::new(Queue::new(1));
        let permit = queue.permit(block(1), false).await.unwrap();
        let given_up = wait(&queue, 2).await;
        given_up.abort();
        let next = wait(&queue, 3).await;
        drop(permit);
        drop(next.await.unwrap().unwrap());
        assert!(queue.permit(block(2), false).await.is_ok());
        let late = queue.permit(block(4), false).await.unwrap();
        assert!(queue.permit(block(5), false).await.is_err(), "it does not wait without an end");
        drop(late);
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_is_known_finds_a_place_among_very_many_blocks() {
        let queue = Arc::new(Queue::new(1));
        let permit = queue.permit(block(1), false).await.unwrap();
        let elsewhere = |number: u32| Block::largest(IpAddr::V4(Ipv4Addr::from(number)));
        let mut waiting = Vec::new();
        for number in 0..u32::try_from(HASH_QUEUE_MAX).unwrap() {
            let queue = Arc::clone(&queue);
            waiting.push(tokio::spawn(async move { queue.permit(elsewhere(number), false).await.is_ok() }));
        }
        while queue.0.lock().blocks.len() <= HASH_QUEUE_MAX {
            tokio::task::yield_now().await;
        }
        assert!(queue.permit(block(2), false).await.is_err(), "one of each block waits");
        let known = Arc::clone(&queue);
        let known = tokio::spawn(async move { known.permit(block(2), true).await });
        tokio::task::yield_now().await;
        drop(permit);
        drop(known.await.unwrap().expect("the next permit"));
    }
}
