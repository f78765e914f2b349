//! One connection's view of its room: what it has, how far without a gap, and whether it is there.

use std::collections::BTreeSet;
use uuid::Uuid;

/// What a message that comes live may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Doubled,
    Disordered,
}

/// See the module's documentation.
pub(super) struct RoomView {
    pub(super) room: usize,
    /// By the numbers of the room's messages.
    pub(super) seen: Bits,
    pub(super) is_online: bool,
    /// Whether the connection was lost since the step began.
    pub(super) is_disturbed: bool,
    /// Whether it reads nothing any more, by order.
    pub(super) is_deaf: bool,
    /// The highest order that came live on this connection.
    newest: u64,
    /// Everything up to here is here; what came beyond a gap waits in `ahead`.
    cursor: u64,
    ahead: BTreeSet<u64>,
    /// Where what was sent afterwards ended: the same may come live once more.
    replayed: u64,
    epoch: Option<Uuid>,
    /// Whether an answer to a cursor is on its way.
    is_asking: bool,
    /// Where the room stood when the connection was opened again, until that is reached.
    goal: Option<u64>,
}

impl RoomView {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            seen: Bits::default(),
            is_online: false,
            is_disturbed: false,
            is_deaf: false,
            newest: 0,
            cursor: 0,
            ahead: BTreeSet::new(),
            replayed: 0,
            epoch: None,
            is_asking: false,
            goal: None,
        }
    }

    /// A live message with this order has come, which was here already or not.
    pub(super) fn is_in_order(&mut self, order: u64, was_seen: bool) -> Result<(), Fault> {
        let is_later = order > self.newest;
        self.newest = self.newest.max(order);
        match (was_seen, is_later) {
            (true, _) if order <= self.replayed => Ok(()),
            (true, _) => Err(Fault::Doubled),
            (false, true) => Ok(()),
            (false, false) => Err(Fault::Disordered),
        }
    }

    /// Moves the cursor; where there is a gap before this order, answers with what to ask for.
    pub(super) fn advance(&mut self, order: u64) -> Option<u64> {
        // Without an epoch there is nobody to ask, and orders have gaps by nature.
        self.epoch?;
        self.ahead.insert(order);
        self.close_gaps();
        self.ask(!self.ahead.is_empty())
    }

    fn close_gaps(&mut self) {
        while let Some(first) = self.ahead.first().copied()
            && first <= self.cursor + 1
        {
            self.ahead.pop_first();
            self.cursor = self.cursor.max(first);
        }
    }

    fn ask(&mut self, is_behind: bool) -> Option<u64> {
        (is_behind && !std::mem::replace(&mut self.is_asking, true)).then_some(self.cursor)
    }

    /// What was missed has come, up to here.
    pub(super) fn caught_up(&mut self, to: u64, more: bool) -> Option<u64> {
        self.cursor = self.cursor.max(to);
        self.replayed = self.replayed.max(to);
        self.close_gaps();
        self.is_asking = false;
        self.ask(more || !self.ahead.is_empty())
    }

    /// The room stands there, says the node.
    pub(super) fn behind(&mut self, head: u64) -> Option<u64> {
        self.ask(head > self.cursor)
    }

    /// What to say in `hello`; nothing at the first time.
    pub(super) fn held(&mut self) -> Option<(u64, Uuid)> {
        self.newest = 0;
        self.is_asking = self.epoch.is_some();
        self.epoch.map(|epoch| (self.cursor, epoch))
    }

    pub(super) fn welcome(&mut self, head: u64, epoch: Option<Uuid>) {
        if self.is_disturbed {
            self.goal = Some(head);
        } else {
            self.cursor = head;
        }
        if head <= self.cursor {
            self.is_asking = false;
        }
        self.is_online = true;
        self.epoch = epoch;
    }

    /// The connection has ended; whether it was one that others counted on.
    pub(super) fn close(&mut self) -> bool {
        self.is_disturbed |= self.is_online;
        self.goal = None;
        std::mem::replace(&mut self.is_online, false) && !self.is_deaf
    }

    /// Whether the connection is back and has what was there when it came; true once.
    pub(super) fn has_resumed(&mut self) -> bool {
        let has = self.goal.is_some() && self.is_current();
        if has {
            self.goal = None;
        }
        has
    }

    /// Whether it has what was there when it came.
    pub(super) fn is_current(&self) -> bool {
        self.goal.is_none_or(|goal| self.epoch.is_none() || self.cursor >= goal)
    }
}

/// A set of small numbers.
#[derive(Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Puts a number in; whether it was there.
    pub(super) fn set(&mut self, number: usize) -> bool {
        let (word, bit) = (number / 64, 1 << (number % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let was = self.0[word] & bit != 0;
        self.0[word] |= bit;
        was
    }
}
