//! How far the person has read and this device has received a room, and when these marks are sent: at most once a second.

use protocol::{ClientFrame, RoomId, Seq};

/// Between two frames of one kind about one room, in milliseconds.
const RESEND_INTERVAL_MS: u64 = 1_000;

/// One of the two marks.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// How far we are.
    here: Seq,
    /// How far the server is, by what was sent on this connection or received.
    there: Seq,
    /// What the server confirmed; the rest may be lost with a connection.
    confirmed: Seq,
    /// When the mark was sent last, in monotonic milliseconds.
    sent_at: Option<u64>,
}

impl Mark {
    const fn new() -> Self {
        Self { here: Seq(0), there: Seq(0), confirmed: Seq(0), sent_at: None }
    }

    fn confirm(&mut self, seq: Seq) {
        self.confirmed = self.confirmed.max(seq);
        self.there = self.there.max(seq);
    }

    /// When the mark is to be sent next, if at all.
    fn due(&self) -> Option<u64> {
        (self.here > self.there).then(|| self.sent_at.map_or(0, |sent| sent + RESEND_INTERVAL_MS))
    }

    fn take(&mut self, now: u64) -> Option<Seq> {
        self.due().filter(|due| *due <= now)?;
        self.sent_at = Some(now);
        self.there = self.here;
        Some(self.here)
    }
}

/// Both marks of one room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    read: Mark,
    delivered: Mark,
}

impl Marks {
    pub(crate) const fn new() -> Self {
        Self { read: Mark::new(), delivered: Mark::new() }
    }

    pub(crate) fn read(&mut self, seq: Seq) {
        self.read.here = self.read.here.max(seq);
    }

    pub(crate) fn delivered(&mut self, seq: Seq) {
        self.delivered.here = self.delivered.here.max(seq);
    }

    /// The server confirmed these marks.
    pub(crate) fn confirm(&mut self, delivered: Seq, read: Seq) {
        self.delivered.confirm(delivered);
        self.read.confirm(read);
    }

    /// A new connection, or an error: marks without a confirmation are sent again.
    pub(crate) const fn mark_unconfirmed(&mut self) {
        self.read.there = self.read.confirmed;
        self.delivered.there = self.delivered.confirmed;
    }

    /// The frames that are due.
    pub(crate) fn take(&mut self, room_id: RoomId, now: u64) -> impl Iterator<Item = ClientFrame> {
        let read = self.read.take(now);
        if let Some(seq) = read {
            // What is read has arrived; the server knows that too.
            self.delivered.there = self.delivered.there.max(seq);
        }
        let delivered = self.delivered.take(now);
        let read = read.map(|seq| ClientFrame::Read { room_id, seq });
        read.into_iter().chain(delivered.map(|seq| ClientFrame::Delivered { room_id, seq }))
    }

    /// When the next frame is due.
    pub(crate) fn due(&self) -> Option<u64> {
        [self.read.due(), self.delivered.due()].into_iter().flatten().min()
    }
}
