//! Everything that touches the browser, in small functions that views and state call. No decisions are made in here.

pub(crate) mod clock;
pub(crate) mod dialog;
pub(crate) mod document;
pub(crate) mod early;
pub(crate) mod fetch;
pub(crate) mod focus;
pub(crate) mod history;
pub(crate) mod scroll;
pub(crate) mod text_area;
