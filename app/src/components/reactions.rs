//! Reactions under a message: each emoji with how many, and a tap that adds or takes back one's own.

use crate::dom::focus;
use crate::state::Chat;
use crate::state::rows::RowView;
use crate::view::IntoAny;
use client::Revision;
use leptos::prelude::*;
use protocol::{Reaction, Seq};

/// Those that are one tap away.
pub(crate) const QUICK: [&str; 6] =
    ["\u{1f44d}", "\u{2764}\u{fe0f}", "\u{1f602}", "\u{1f389}", "\u{1f62e}", "\u{1f622}"];

/// Empty where nobody reacted. Rendered anew with each reaction: the focus finds its button by the id. (A `<For>` whose
/// buttons follow signals would keep them; it adds 2.3 KB to the first load.)
#[component]
pub(crate) fn Reactions(view: RwSignal<RowView>) -> impl IntoView {
    let said = Memo::new(move |_| view.with(|view| (view.row.message.seq, view.row.message.reactions.clone())));
    move || {
        focus::keep();
        let (seq, reactions) = said.get();
        (!reactions.is_empty()).then(|| {
            let each = reactions.into_iter().map(|reaction| view! { <One seq reaction /> }.into_any()).collect_view();
            view! { <div class="reactions" role="group" aria-label="Reactions">{each}</div> }.into_any()
        })
    }
}

#[component]
fn One(seq: Seq, reaction: Reaction) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let mine = reaction.users.contains(&chat.me);
    let count = reaction.users.len();
    let people = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    let label = format!("{}, {people}{}", reaction.emoji, if mine { ", you too" } else { "" });
    let emoji = reaction.emoji.clone();
    view! {
        <button
            type="button"
            class="reaction"
            id=format!("reaction-{seq}-{emoji}")
            aria-pressed=if mine { "true" } else { "false" }
            aria-label=label
            on:click=move |_| chat.revise(seq, Revision::React { emoji: emoji.clone(), on: !mine })
        >
            <span aria-hidden="true">{reaction.emoji}</span>
            <span aria-hidden="true">{count}</span>
        </button>
    }
}
