//! The dialog about one message: react, edit, delete, and who has seen it. What may not be done is not offered.

use crate::components::confirm::Confirm;
use crate::components::field::ErrorText;
use crate::components::modal::Modal;
use crate::components::reactions::QUICK;
use crate::components::seen_by::SeenBy;
use crate::state::{Chat, Dialogs};
use crate::view::IntoAny;
use client::Revision;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::{Message, Role, RoomKind, RoomSummary, Seq};

/// Nothing is shown where the message is not here any more.
#[component]
pub(crate) fn MessageActions(seq: Seq) -> impl IntoView {
    let chat = expect_context::<Chat>();
    chat.message(seq).zip(chat.room.get_untracked()).map(|(message, room)| {
        view! { <Modal title="Message"><Actions message room /></Modal> }
    })
}

#[component]
fn Actions(message: Message, room: RoomSummary) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let Message { room_id, seq, sender_id, .. } = message;
    let own = sender_id == chat.me;
    let may_delete = own || room.role >= Some(Role::Admin);
    let tells = chat.user.with_value(|user| user.receipts);
    let delete = Callback::new(move |()| {
        chat.revise(seq, Revision::Delete);
        dialogs.close();
    });
    view! {
        <Quick message=message.clone() />
        {own.then(|| view! { <Edit seq body=message.body.clone() /> })}
        {(room.kind != RoomKind::Direct && tells).then(|| view! { <SeenBy room=room_id seq sender=sender_id /> })}
        {(!own).then(|| {
            view! { <p><a class="link" rel="external" href=format!("/rooms/{room_id}/messages/{seq}/report")>"Report this message"</a></p> }
        })}
        {may_delete
            .then(|| {
                view! {
                    <div class="dialog-foot">
                        <Confirm
                            label="Delete message"
                            question="Delete this message for everybody?"
                            yes="Delete"
                            on_yes=delete
                        />
                    </div>
                }
            })}
    }
    .into_any()
}

/// One tap reacts, or takes it back.
#[component]
fn Quick(message: Message) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let seq = message.seq;
    let buttons = QUICK.map(|emoji| {
        let reaction = message.reactions.iter().find(|reaction| reaction.emoji == emoji);
        let mine = reaction.is_some_and(|reaction| reaction.users.contains(&chat.me));
        let react = move |_| {
            chat.revise(seq, Revision::React { emoji: emoji.to_owned(), on: !mine });
            dialogs.close();
        };
        view! {
            <button
                type="button"
                class="reaction reaction-quick"
                aria-pressed=if mine { "true" } else { "false" }
                aria-label=format!("React with {emoji}")
                on:click=react
            >
                <span aria-hidden="true">{emoji}</span>
            </button>
        }
        .into_any()
    });
    view! { <div class="quick" role="group" aria-label="React">{Vec::from(buttons)}</div> }.into_any()
}

/// The text, to be changed.
#[component]
fn Edit(seq: Seq, body: String) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let before = body.clone();
    let text = RwSignal::new(body);
    let problem = RwSignal::new(None);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        match protocol::body(&text.get_untracked()) {
            Ok(body) => {
                if body != before {
                    chat.revise(seq, Revision::Edit(body));
                }
                dialogs.close();
            }
            Err(invalid) => problem.set(Some(format!("The text {}", invalid.problem))),
        }
    };
    view! {
        <form class="edit" on:submit=save>
            <label for="edit-text">"Text"</label>
            <textarea
                id="edit-text"
                class="input edit-text"
                rows="4"
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <ErrorText text=problem />
            <button type="submit" class="button button-primary">
                "Save"
            </button>
        </form>
    }
    .into_any()
}
