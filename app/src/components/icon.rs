//! Line icons of one weight, drawn on a 20 by 20 grid. They are decoration: names stand beside them as text.

use crate::view::IntoAny;
use leptos::prelude::*;

pub(crate) const ADD: &str = "M10 4.5v11M4.5 10h11";
pub(crate) const ALERT: &str = "M10 6.5v4.2M10 13.4v.1M10 2.8 17.6 16.2H2.4Z";
pub(crate) const BACK: &str = "M12.5 4.5 7 10l5.5 5.5";
pub(crate) const CHECK: &str = "m4.8 10.6 3.4 3.4 7-7.6";
pub(crate) const CHECKS: &str = "m1.8 10.6 3.4 3.4 7-7.6M9.4 13.6l.4.4 7-7.6";
pub(crate) const CLOCK: &str = "M10 5.8V10l2.8 1.8M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z";
pub(crate) const CLOSE: &str = "m5.5 5.5 9 9m0-9-9 9";
pub(crate) const COMPASS: &str = "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Zm-4.2-2.8-1.6 4-4 1.6 1.6-4Z";
pub(crate) const DEVICES: &str = "M3 5.2h10.5v7.6H3Zm-1 10.3h8M13.5 8H17v8.5h-4.5V12";
pub(crate) const DOWN: &str = "M10 4.5v11M5.2 10.8l4.8 4.7 4.8-4.7";
pub(crate) const INFO: &str = "M10 9.4v4.2M10 6.5v.1M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z";
pub(crate) const MORE: &str = "M4.5 10v.1M10 10v.1M15.5 10v.1";
pub(crate) const OUT: &str = "M12 4H5v12h7M9 10h8m-2.8-2.8L17 10l-2.8 2.8";
pub(crate) const SEND: &str = "M10 15.8V4.4M5.2 9.2 10 4.4l4.8 4.8";

/// One of the paths above, in the colour of the text around it.
#[component]
pub(crate) fn Icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d=path />
        </svg>
    }
    .into_any()
}
