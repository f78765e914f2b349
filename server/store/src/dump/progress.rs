//! How far a backup or a restore is, to be shown.

use parking_lot::Mutex;

/// Updated by the work, read by the display.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Report>);

/// One moment of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is done now, as a phrase.
    pub step: &'static str,
    /// Rows or bytes so far.
    pub done: u64,
    /// Of how many, where that is known.
    pub total: Option<u64>,
    /// Whether these are bytes, not rows.
    pub is_bytes: bool,
}

impl Progress {
    /// Begins a step that counts rows.
    pub(crate) fn rows(&self, step: &'static str, total: Option<u64>) {
        *self.0.lock() = Report { step, done: 0, total, is_bytes: false };
    }

    /// Begins a step that counts bytes.
    pub(crate) fn bytes(&self, step: &'static str, total: Option<u64>) {
        *self.0.lock() = Report { step, done: 0, total, is_bytes: true };
    }

    pub(crate) fn add(&self, more: u64) {
        self.0.lock().done += more;
    }

    pub(crate) fn set(&self, done: u64) {
        self.0.lock().done = done;
    }

    /// How far it is now.
    #[must_use]
    pub fn report(&self) -> Report {
        *self.0.lock()
    }
}
