//! Who was sent what and has received it: finds what is lost, doubled or out of order while it happens.
//!
//! All members of a room are in one delivery_log. Times are microseconds of the client's clock.

mod view;

use crate::pipe::Tally;
use crate::target::Received;
use uuid::Uuid;
use view::RoomView;

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
pub(super) struct DeliveryLog {
    rooms: Vec<Room>,
    views: Vec<RoomView>,
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

impl DeliveryLog {
    /// For rooms with this many members; views are numbered room by room.
    pub(super) fn new(members: impl Iterator<Item = usize>) -> Self {
        let mut delivery_log = Self {
            rooms: Vec::new(),
            views: Vec::new(),
            sent: Vec::new(),
            first: 0,
            tally: Tally::default(),
            missing: 0,
            begun: 0,
            load_ends: 0,
        };
        for (room, members) in members.enumerate() {
            delivery_log.rooms.push(Room { listeners: members as u64, messages: 0 });
            delivery_log.views.extend((0..members).map(|_| RoomView::new(room)));
        }
        delivery_log
    }

    /// A new step begins; what the last one was about is given back.
    pub(super) fn turn_page(&mut self, now: u64) -> Tally {
        let mut tally = std::mem::take(&mut self.tally);
        tally.lost = self.missing;
        tally.load_seconds = self.load_ends.saturating_sub(self.begun) as f64 / 1e6;
        (self.first, self.missing, self.begun, self.load_ends) = (self.sent.len(), 0, now, now);
        for view in &mut self.views {
            view.is_disturbed = !view.is_online;
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
    pub(super) fn handed_over(&mut self, number: u32, view: usize, now: u64) -> u64 {
        let sent = &mut self.sent[number as usize];
        sent.is_disturbed = self.views[view].is_disturbed;
        if !sent.is_disturbed {
            // Otherwise it waited for a connection, and not for the driver.
            self.tally.lags.record(now.saturating_sub(sent.due));
        }
        sent.due
    }

    /// A frame has come to a view. Where more is to be asked for, answers with the number to ask from.
    pub(super) fn record(&mut self, view: usize, heard: &Received, now: u64) -> Option<u64> {
        match heard {
            Received::Delivery { number, order } => {
                if let Some(seen) = self.deliver(view, *number, now) {
                    match self.views[view].is_in_order(*order, seen) {
                        Ok(()) => {}
                        Err(view::Fault::Doubled) => self.tally.doubled += 1,
                        Err(view::Fault::Disordered) => self.tally.disordered += 1,
                    }
                }
                self.views[view].advance(*order)
            }
            Received::Missed { numbers, to, more } => {
                for number in numbers {
                    self.deliver(view, *number, now);
                }
                let ask = self.views[view].caught_up(*to, *more);
                self.resumed(view);
                ask
            }
            Received::Head(head) => self.views[view].behind(*head),
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
                self.views[view].welcome(*head, *epoch);
                self.resumed(view);
                None
            }
            Received::Answer(_) | Received::Other => None,
        }
    }

    /// Notes that a view has a message; whether it had it before, or none where the message is not of this step.
    fn deliver(&mut self, view: usize, number: u32, now: u64) -> Option<bool> {
        let sent = self.sent.get_mut(number as usize)?;
        let view = &mut self.views[view];
        if sent.room != view.room {
            self.tally.disordered += 1;
            return None;
        }
        let was_seen = view.seen.set(sent.index);
        if (number as usize) < self.first || view.is_deaf {
            return None;
        }
        if !was_seen {
            let latency = now.saturating_sub(sent.due);
            let is_disturbed = sent.is_disturbed || view.is_disturbed;
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

    /// The cursor and epoch with which a view connects.
    pub(super) fn held(&mut self, view: usize) -> Option<(u64, Uuid)> {
        self.views[view].held()
    }

    /// A view's connection has ended.
    pub(super) fn closed(&mut self, view: usize) {
        if self.views[view].close() {
            self.tally.closed += 1;
        }
    }

    /// A view reads nothing from now on, and nobody waits for it.
    pub(super) fn deafen(&mut self, view: usize) {
        let view = &mut self.views[view];
        if !std::mem::replace(&mut view.is_deaf, true) {
            self.rooms[view.room].listeners -= 1;
        }
    }

    /// Whether a view was told to read nothing.
    pub(super) fn is_deaf(&self, view: usize) -> bool {
        self.views[view].is_deaf
    }

    fn resumed(&mut self, view: usize) {
        if self.views[view].has_resumed() {
            self.tally.resumed += 1;
            self.tally.resumed_at = crate::usage::unix_micros();
        }
    }

    /// Views that are connected, and have what was there when they came.
    pub(super) fn online(&self) -> usize {
        self.views.iter().filter(|view| view.is_online && view.is_current()).count()
    }

    /// Whether everything that was due is answered and has arrived, and everybody is there.
    pub(super) fn is_at_rest(&self) -> bool {
        let answered = self.tally.acknowledged + self.tally.refused;
        answered >= self.tally.due && self.missing == 0 && self.views.iter().all(|view| view.is_deaf || view.is_online)
    }
}

#[cfg(test)]
mod tests;
