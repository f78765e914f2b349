//! An open loop: when each message is due is fixed beforehand, whatever the server makes of it.

use std::time::{Duration, Instant};

/// Who sends what when, evenly spread over rooms and their members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) room: usize,
    /// Which of the room's senders, counted round and round.
    pub(super) sender: usize,
    /// After the beginning.
    pub(super) due: Duration,
}

/// The turns of so long at this many messages a second. `skip` messages were sent before, so that rooms take turns.
pub(super) fn turns(rooms: usize, rate: f64, length: Duration, skip: usize) -> impl Iterator<Item = Turn> {
    let count = (rate * length.as_secs_f64()).round();
    let count = if rooms == 0 || !count.is_finite() { 0 } else { count as usize };
    (0..count).map(move |number| Turn {
        room: (skip + number) % rooms,
        sender: (skip + number) / rooms,
        due: Duration::from_secs_f64(number as f64 / rate),
    })
}

/// Hands each item over when it is due; blocks its thread, whose sleep is finer than the runtime's timers.
pub(super) fn play<T>(begin: Instant, items: impl Iterator<Item = (Duration, T)>, mut hand_over: impl FnMut(T)) {
    for (due, item) in items {
        if let Some(wait) = (begin + due).checked_duration_since(Instant::now()) {
            std::thread::sleep(wait);
        }
        hand_over(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_even_in_time_and_over_rooms_and_senders() {
        let turns: Vec<_> = turns(3, 10.0, Duration::from_secs(2), 0).collect();
        assert_eq!(turns.len(), 20);
        assert_eq!(turns[0], Turn { room: 0, sender: 0, due: Duration::ZERO });
        assert_eq!(turns[5], Turn { room: 2, sender: 1, due: Duration::from_millis(500) });
        for room in 0..3 {
            let senders: Vec<_> = turns.iter().filter(|turn| turn.room == room).map(|turn| turn.sender).collect();
            assert_eq!(senders, (0..senders.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_later_step_goes_on_where_the_earlier_one_ended() {
        let first = turns(3, 10.0, Duration::from_millis(400), 4).next();
        assert_eq!(first, Some(Turn { room: 1, sender: 1, due: Duration::ZERO }));
        assert_eq!(turns(0, 10.0, Duration::from_secs(1), 0).count(), 0);
    }

    #[test]
    fn nothing_is_handed_over_early_and_what_is_late_still_is() {
        let begin = Instant::now();
        let items = (0..20_u32).map(|number| (Duration::from_millis(u64::from(number)), number));
        let mut handed = Vec::new();
        play(begin, items, |number| {
            if number == 3 {
                std::thread::sleep(Duration::from_millis(10));
            }
            handed.push((number, begin.elapsed()));
        });
        assert_eq!(handed.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
        assert!(handed.iter().all(|(number, at)| *at >= Duration::from_millis(u64::from(*number))));
    }
}
