//! One room as this device knows it: its summary, its rows, and what came too early for either. Decides what is missing.

mod facts;
mod receipts;
mod restore;
mod sync;
mod unread;

use crate::HistoryRequest;
use crate::answer::Touched;
use crate::fetcher::{Fetcher, Request};
use crate::marks::Marks;
use crate::timeline::{Timeline, WINDOW};
use protocol::{HistoryPage, Message, Rev, RoomSummary, Seq, UserId};
use std::collections::BTreeMap;
use unread::Tally;

/// See the module's documentation. In the engine from its first mention until it is left.
#[derive(Debug)]
pub(crate) struct Room {
    /// None for a room that is looked at before anything is known of it.
    pub(crate) summary: Option<RoomSummary>,
    /// The rows, once a page has come.
    pub(crate) timeline: Option<Timeline>,
    pub(crate) fetcher: Fetcher,
    pub(crate) marks: Marks,
    /// The membership is known from a REST answer only; the connection has not confirmed it yet.
    pub(crate) unconfirmed: bool,
    /// The highest `seq` named by any frame.
    head: Seq,
    /// Every revision up to this one is in what is here.
    rev: Rev,
    /// The highest `rev` named by any frame.
    head_rev: Rev,
    /// The last batch was not all that is missing: what is ahead of this number may lack revisions up to `rev`, and waits
    /// for the batches that bring it.
    partial: Option<Seq>,
    /// Rows that are shown beyond the cursor, since they are counted once more (see [`Room::read`]), have only every revision up to
    /// this one. A cursor that reaches them by other ways than batches goes back to it.
    recounted: Option<Rev>,
    /// How far unread messages are counted.
    tally: Tally,
    /// Messages ahead of a gap; bounded, since a page brings what is left out.
    ahead: BTreeMap<Seq, Message>,
}

impl Room {
    pub(crate) const fn new() -> Self {
        Self {
            summary: None,
            timeline: None,
            fetcher: Fetcher::new(),
            marks: Marks::new(),
            unconfirmed: false,
            head: Seq(0),
            rev: Rev(0),
            head_rev: Rev(0),
            partial: None,
            recounted: None,
            tally: Tally::new(),
            ahead: BTreeMap::new(),
        }
    }

    /// Only member rooms are listed, counted, and sent by the server.
    pub(crate) fn is_member(&self) -> bool {
        self.summary.as_ref().is_some_and(|summary| summary.role.is_some())
    }

    /// There are messages up to here, whether they have come or not.
    pub(crate) fn raise_head(&mut self, seq: Seq) -> Touched {
        self.head = self.head.max(seq);
        match &mut self.summary {
            Some(summary) if summary.last_seq < seq => {
                summary.last_seq = seq;
                Touched { summary: true, rows: false }
            }
            _ => Touched::default(),
        }
    }

    /// A message arrived: live, acknowledged, or in a page.
    pub(crate) fn receive(&mut self, me: UserId, message: Message) -> Touched {
        let mut touched = self.raise_head(message.seq);
        if let Some(summary) = &mut self.summary
            && summary.last_message.as_ref().is_none_or(|last| last.seq < message.seq)
        {
            summary.last_message = Some(message.preview());
            touched.summary = true;
        }
        let ahead = self.ahead.entry(message.seq).or_insert_with(|| message.clone());
        if ahead.rev < message.rev {
            *ahead = message;
        }
        touched |= self.settle(me);
        while self.ahead.len() > WINDOW {
            self.ahead.pop_last();
        }
        touched
    }

    /// The newest page: joins what is shown where they meet, else replaces it.
    pub(crate) fn load(&mut self, me: UserId, page: HistoryPage) -> Touched {
        self.fetcher.newest = false;
        // All that is newer than the page was said after it was read.
        self.partial = None;
        let first = page.messages.first().map_or(Seq(0), |row| row.seq);
        let meets = self.timeline.as_ref().is_some_and(|shown| shown.is_at_newest() && first <= shown.last().next());
        if meets {
            self.lower_rev(&page);
        } else {
            self.fetcher.older = false;
            self.timeline = Some(Timeline::new(page.messages.clone()));
            self.rev = page.rev;
            self.recounted = None;
            self.head_rev = self.head_rev.max(page.rev);
        }
        let mut touched = self.fill(me, page.messages);
        touched.rows = true;
        touched
    }

    /// A page of older rows.
    pub(crate) fn load_older(&mut self, page: HistoryPage) {
        self.fetcher.older = false;
        self.lower_rev(&page);
        if let Some(shown) = &mut self.timeline {
            shown.prepend(page.messages);
        }
    }

    /// A page that was read before known revisions lacks them: lowers `rev`, so that they are requested again.
    fn lower_rev(&mut self, page: &HistoryPage) {
        if !page.messages.is_empty() {
            self.rev = self.rev.min(page.rev);
        }
    }

    /// Takes messages that may be next in line.
    fn fill(&mut self, me: UserId, rows: Vec<Message>) -> Touched {
        let mut touched = Touched::default();
        for message in rows {
            touched |= self.receive(me, message);
        }
        // Also takes what waited for a timeline.
        touched |= self.settle(me);
        touched
    }

    /// What is to be asked for. `live` is whether the server tells us about this room by itself.
    pub(crate) fn wanted(&self, live: bool) -> Option<Request> {
        if self.fetcher.newest {
            return Some(Request::Page(HistoryRequest::Newest));
        }
        if let Some(shown) = self.timeline.as_ref().filter(|_| self.fetcher.older) {
            return Some(Request::Page(HistoryRequest::Before(shown.start().next())));
        }
        let (seq, rev) = self.cursor();
        (live && (self.unconfirmed || self.head > seq || self.head_rev > rev)).then_some(Request::Sync(seq, rev))
    }

    pub(crate) const fn head(&self) -> Seq {
        self.head
    }

    /// This device has everything up to what is counted: the server may know.
    pub(crate) fn arrived(&mut self) {
        self.marks.delivered(self.tally.upto);
    }

    pub(crate) fn has_older(&self) -> bool {
        self.timeline.as_ref().is_some_and(|shown| shown.start() > Seq(0))
    }

    /// Moves what is next in line to where it belongs, and forgets what nobody waits for.
    fn settle(&mut self, me: UserId) -> Touched {
        let mut touched = Touched::default();
        self.partial = self.partial.filter(|upto| self.cursor().0 <= *upto);
        let upto = self.partial.unwrap_or(Seq(i64::MAX));
        while self.is_member()
            && self.tally.upto < upto
            && let Some(message) = self.ahead.get(&self.tally.upto.next()).cloned()
        {
            touched.summary |= self.count(me, &message);
        }
        if let Some(shown) = self.timeline.as_mut().filter(|shown| shown.is_at_newest()) {
            while shown.last() < upto
                && let Some(message) = self.ahead.get(&shown.last().next())
            {
                shown.push(message.clone());
                touched.rows = true;
            }
        }
        // While the newest page is on its way, whatever comes meanwhile may be what follows it.
        if !self.fetcher.newest {
            let shown = self.timeline.as_ref().filter(|shown| shown.is_at_newest()).map(Timeline::last);
            let counted = self.is_member().then_some(self.tally.upto);
            match shown.into_iter().chain(counted).min() {
                Some(known) => self.ahead = self.ahead.split_off(&known.next()),
                None => self.ahead.clear(),
            }
        }
        if self.timeline.as_ref().is_none_or(|shown| shown.last() <= self.tally.upto)
            && let Some(rev) = self.recounted.take()
        {
            self.rev = self.rev.min(rev);
        }
        touched |= self.show_count();
        touched
    }
}
