//! Who was sent what and has received it: finds what is lost, doubled or out of order while it happens.
//!
//! All members of a room are in one ledger. Times are microseconds of the client's clock.

mod seat;

use crate::pipe::Tally;
use crate::target::Received;
use seat::Seat;
use uuid::Uuid;

/// A message of this run.
struct Sent {
    room: usize,
    /// Its number among the room's messages.
    index: usize,
    due: u64,
    is_acknowledged: bool,
    /// Whether its sender had lost the connection since the step began.
    is_disturbed: bool,
    /// Members that have it, of those who listen.
    delivered: u64,
}

/// A room's members who listen, and the messages so far.
struct Room {
    listeners: u64,
    messages: usize,
}

/// See the module's documentation. One a client process; its one thread borrows it for moments.
pub(super) struct Ledger {
    rooms: Vec<Room>,
    seats: Vec<Seat>,
    sent: Vec<Sent>,
    /// The first message of the present step. What belongs to earlier ones is not counted any more.
    first: usize,
    tally: Tally,
    /// Deliveries of acknowledged messages that are still to come.
    missing: u64,
    /// When the step began, and when its last message is due.
    begun: u64,
    load_ends: u64,
}

impl Ledger {
    /// For rooms with this many members; seats are numbered room by room.
    pub(super) fn new(members: impl Iterator<Item = usize>) -> Self {
        let mut ledger = Self {
            rooms: Vec::new(),
            seats: Vec::new(),
            sent: Vec::new(),
            first: 0,
            tally: Tally::default(),
            missing: 0,
            begun: 0,
            load_ends: 0,
        };
        for (room, members) in members.enumerate() {
            ledger.rooms.push(Room { listeners: members as u64, messages: 0 });
            ledger.seats.extend((0..members).map(|_| Seat::new(room)));
        }
        ledger
    }

    /// A new step begins; what the last one was about is given back.
    pub(super) fn turn_page(&mut self, now: u64) -> Tally {
        let mut tally = std::mem::take(&mut self.tally);
        tally.lost = self.missing;
        tally.load_seconds = self.load_ends.saturating_sub(self.begun) as f64 / 1e6;
        (self.first, self.missing, self.begun, self.load_ends) = (self.sent.len(), 0, now, now);
        for seat in &mut self.seats {
            seat.is_disturbed = !seat.is_online;
        }
        tally
    }

    /// A message will be sent; answers with its number.
    pub(super) fn plan(&mut self, room: usize, due: u64) -> u32 {
        let index = self.rooms[room].messages;
        self.rooms[room].messages += 1;
        let sent = Sent { room, index, due, is_acknowledged: false, is_disturbed: false, delivered: 0 };
        self.sent.push(sent);
        self.tally.due += 1;
        self.load_ends = self.load_ends.max(due);
        u32::try_from(self.sent.len() - 1).expect("a run sends fewer than four billion messages")
    }

    /// When a message was due.
    pub(super) fn due(&self, number: u32) -> u64 {
        self.sent[number as usize].due
    }

    /// A message is with its connection now; answers with when it was due.
    pub(super) fn handed_over(&mut self, number: u32, seat: usize, now: u64) -> u64 {
        let sent = &mut self.sent[number as usize];
        sent.is_disturbed = self.seats[seat].is_disturbed;
        if !sent.is_disturbed {
            // Otherwise it waited for a connection, and not for the driver.
            self.tally.lags.record(now.saturating_sub(sent.due));
        }
        sent.due
    }

    /// A frame has come to a seat. Where more is to be asked for, answers with the number to ask from.
    pub(super) fn record(&mut self, seat: usize, heard: &Received, now: u64) -> Option<u64> {
        match heard {
            Received::Delivery { number, order } => {
                if let Some(seen) = self.deliver(seat, *number, now) {
                    match self.seats[seat].is_in_order(*order, seen) {
                        Ok(()) => {}
                        Err(seat::Fault::Doubled) => self.tally.doubled += 1,
                        Err(seat::Fault::Disordered) => self.tally.disordered += 1,
                    }
                }
                self.seats[seat].advance(*order)
            }
            Received::Missed { numbers, to, more } => {
                for number in numbers {
                    self.deliver(seat, *number, now);
                }
                let ask = self.seats[seat].caught_up(*to, *more);
                self.resumed(seat);
                ask
            }
            Received::Head(head) => self.seats[seat].behind(*head),
            Received::Ack(number) => {
                self.acknowledge(*number, now);
                None
            }
            Received::Nack(number) => {
                if *number as usize >= self.first {
                    self.tally.refused += 1;
                }
                None
            }
            Received::Welcome { head, epoch } => {
                self.seats[seat].welcome(*head, *epoch);
                self.resumed(seat);
                None
            }
            Received::Answer(_) | Received::Other => None,
        }
    }

    /// Notes that a seat has a message; whether it had it before, or none where the message is not of this step.
    fn deliver(&mut self, seat: usize, number: u32, now: u64) -> Option<bool> {
        let sent = self.sent.get_mut(number as usize)?;
        let seat = &mut self.seats[seat];
        if sent.room != seat.room {
            self.tally.disordered += 1;
            return None;
        }
        let was_seen = seat.seen.set(sent.index);
        if (number as usize) < self.first || seat.is_deaf {
            return None;
        }
        if !was_seen {
            let latency = now.saturating_sub(sent.due);
            let is_disturbed = sent.is_disturbed || seat.is_disturbed;
            let latencies = if is_disturbed { &mut self.tally.disturbed } else { &mut self.tally.deliveries };
            latencies.record(latency);
            sent.delivered += 1;
            self.missing -= u64::from(sent.is_acknowledged);
        }
        Some(was_seen)
    }

    fn acknowledge(&mut self, number: u32, now: u64) {
        let Some(sent) = self.sent.get_mut(number as usize) else { return };
        if (number as usize) < self.first || std::mem::replace(&mut sent.is_acknowledged, true) {
            return;
        }
        self.tally.acknowledged += 1;
        self.tally.acknowledged_under_load += u64::from(now <= self.load_ends);
        self.tally.acks.record(now.saturating_sub(sent.due));
        self.missing += self.rooms[sent.room].listeners - sent.delivered;
    }

    /// The cursor and epoch with which a seat connects.
    pub(super) fn held(&mut self, seat: usize) -> Option<(u64, Uuid)> {
        self.seats[seat].held()
    }

    /// A seat's connection has ended.
    pub(super) fn closed(&mut self, seat: usize) {
        if self.seats[seat].close() {
            self.tally.closed += 1;
        }
    }

    /// A seat reads nothing from now on, and nobody waits for it.
    pub(super) fn deafen(&mut self, seat: usize) {
        let seat = &mut self.seats[seat];
        if !std::mem::replace(&mut seat.is_deaf, true) {
            self.rooms[seat.room].listeners -= 1;
        }
    }

    /// Whether a seat was told to read nothing.
    pub(super) fn is_deaf(&self, seat: usize) -> bool {
        self.seats[seat].is_deaf
    }

    fn resumed(&mut self, seat: usize) {
        if self.seats[seat].has_resumed() {
            self.tally.resumed += 1;
            self.tally.resumed_at = crate::usage::unix_micros();
        }
    }

    /// Seats that are connected, and have what was there when they came.
    pub(super) fn online(&self) -> usize {
        self.seats.iter().filter(|seat| seat.is_online && seat.is_current()).count()
    }

    /// Whether everything that was due is answered and has arrived, and everybody is there.
    pub(super) fn is_at_rest(&self) -> bool {
        let answered = self.tally.acknowledged + self.tally.refused;
        answered >= self.tally.due && self.missing == 0 && self.seats.iter().all(|seat| seat.is_deaf || seat.is_online)
    }
}

#[cfg(test)]
mod tests;
