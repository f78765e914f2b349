//! Collects the effects of one input in order, then the views to read again, each once.

use crate::{Effect, View};
use protocol::{ClientFrame, RoomId};

/// The effects of one `handle`. Ends with it.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    effects: Vec<Effect>,
    changed: Vec<View>,
}

impl Answer {
    pub(crate) fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn transmit(&mut self, frame: ClientFrame) {
        self.effects.push(Effect::Transmit(frame));
    }

    pub(crate) fn changed(&mut self, view: View) {
        if !self.changed.contains(&view) {
            self.changed.push(view);
        }
    }

    /// What a change of a room's state means to screens.
    pub(crate) fn touched(&mut self, room: RoomId, touched: Touched) {
        if touched.summary {
            self.changed(View::Rooms);
        }
        if touched.rows {
            self.changed(View::Timeline(room));
        }
    }

    /// Writes that must be saved before the frames that they lead to.
    pub(crate) fn save_first(&mut self, writes: Vec<crate::StorageWrite>) {
        if !writes.is_empty() {
            self.effects.insert(0, Effect::Save(writes));
        }
    }

    pub(crate) fn finish(mut self) -> Vec<Effect> {
        self.effects.extend(self.changed.into_iter().map(Effect::Changed));
        self.effects
    }
}

/// Which parts of a room differ from before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Its place or its numbers in the list of rooms.
    pub(crate) summary: bool,
    /// Its rows, or what is said beside them.
    pub(crate) rows: bool,
}

impl Touched {
    /// Only rows differ.
    pub(crate) const ROWS: Self = Self { summary: false, rows: true };
}

impl std::ops::BitOrAssign for Touched {
    fn bitor_assign(&mut self, other: Self) {
        self.summary |= other.summary;
        self.rows |= other.rows;
    }
}
