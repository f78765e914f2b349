//! Native dialogs: the browser keeps the focus inside, closes on Esc and gives the focus back.

use leptos::ev::MouseEvent;
use web_sys::HtmlDialogElement;

/// Opens as a modal. A dialog that is open already stays so.
pub(crate) fn show(dialog: &HtmlDialogElement) {
    if !dialog.open() {
        let _ = dialog.show_modal();
    }
}

/// Closes; the element then fires `close`.
pub(crate) fn close(dialog: &HtmlDialogElement) {
    dialog.close();
}

/// Closes a dialog that is about to be removed: only one that is closed gives the focus back to what opened it. Where
/// that is gone, the focus goes to the page.
pub(crate) fn dismiss(dialog: &HtmlDialogElement) {
    dialog.close();
    super::focus::recover();
}

/// Whether a click hit the dialog's backdrop rather than something inside.
pub(crate) fn is_backdrop(event: &MouseEvent) -> bool {
    event.target() == event.current_target()
}
