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

/// Whether a click hit the dialog's backdrop rather than something inside.
pub(crate) fn is_backdrop(event: &MouseEvent) -> bool {
    event.target() == event.current_target()
}
