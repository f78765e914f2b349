//! Which dialog is open. At most one is.

use crate::dom::history;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use protocol::{RoomKind, Seq};

/// A dialog of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialog {
    /// Starts a direct chat, a group or a public room; the kind is what it begins with.
    New(RoomKind),
    /// Lists public rooms to join.
    Browse,
    /// Members and settings of the open room.
    Details,
    /// What one may do with this message of the open room.
    Message(Seq),
}

/// Shared by what opens dialogs and by what shows them.
#[derive(Clone, Copy)]
pub(crate) struct Dialogs {
    /// The one that is open.
    pub(crate) open: RwSignal<Option<Dialog>>,
}

impl Default for Dialogs {
    fn default() -> Self {
        Self { open: RwSignal::new(None) }
    }
}

impl Dialogs {
    pub(crate) fn show(self, dialog: Dialog) {
        self.open.set(Some(dialog));
    }

    /// A click on a link to a page that does without scripts what the dialog does.
    pub(crate) fn show_for(self, event: &MouseEvent, dialog: Dialog) {
        if history::is_plain(event) {
            event.prevent_default();
            self.show(dialog);
        }
    }

    pub(crate) fn close(self) {
        self.open.set(None);
    }

    /// The browser says late that it has closed a dialog: another one may be open by then.
    pub(crate) fn closed(self, dialog: Option<Dialog>) {
        if self.open.get_untracked() == dialog {
            self.close();
        }
    }
}
