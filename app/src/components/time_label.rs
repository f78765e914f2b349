//! A moment, in the zone that `state::clock` says.

use crate::state::Clock;
use crate::time;
use crate::view::IntoAny;
use leptos::prelude::*;
use protocol::UnixMillis;

/// How a moment is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `09:41`
    Time,
    /// `09:41`, `Mon`, `24 Nov`
    Brief,
    /// `Today`, `Sunday 22 November`
    Day,
    /// `24 November 2026, 09:41`
    Full,
}

/// The moment as text, with the exact one for machines and on hovering.
#[component]
pub(crate) fn TimeLabel(at: UnixMillis, style: Style) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let text = move || match style {
        Style::Time => clock.time(at),
        Style::Brief => clock.brief(at),
        Style::Day => clock.day(at),
        Style::Full => clock.full(at),
    };
    view! {
        <time datetime=time::iso(at.0) title=move || clock.full(at)>
            {text}
        </time>
    }
    .into_any()
}
