//! Reactions under a message: each emoji with how many, and a tap that adds or takes back one's own.

use crate::erase::{Erase, live, memo, press};
use crate::state::Chat;
use crate::state::rows::RowView;
use client::Revision;
use leptos::prelude::*;
use protocol::{Reaction, Seq};

/// Those that are one tap away.
pub(crate) const QUICK: [&str; 6] =
    ["\u{1f44d}", "\u{2764}\u{fe0f}", "\u{1f602}", "\u{1f389}", "\u{1f62e}", "\u{1f622}"];

/// Empty where nobody reacted.
#[component]
pub(crate) fn Reactions(view: RwSignal<RowView>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let said = memo(move || view.with(|view| (view.row.message.seq, view.row.message.reactions.clone())));
    live(move || {
        let (seq, reactions) = said.get();
        (!reactions.is_empty()).then(|| {
            let each = reactions.into_iter().map(|reaction| view! { <One chat seq reaction /> }.erase()).collect_view();
            view! { <div class="reactions" role="group" aria-label="Reactions">{each}</div> }.erase()
        })
    })
}

#[component]
fn One(chat: Chat, seq: Seq, reaction: Reaction) -> impl IntoView {
    let mine = reaction.users.contains(&chat.me);
    let count = reaction.users.len();
    let people = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    let label = format!("{}, {people}{}", reaction.emoji, if mine { ", you too" } else { "" });
    let emoji = reaction.emoji.clone();
    view! {
        <button
            type="button"
            class="reaction"
            aria-pressed=if mine { "true" } else { "false" }
            aria-label=label
            on:click=press(move |_| chat.revise(seq, Revision::React { emoji: emoji.clone(), on: !mine }))
        >
            <span aria-hidden="true">{reaction.emoji}</span>
            <span aria-hidden="true">{count}</span>
        </button>
    }
}
