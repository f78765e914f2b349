//! One row of the timeline: a message or a fact about the room, with the day and "New" above it where they begin.

use crate::components::avatar::PersonAvatar;
use crate::components::icon::{self, Icon};
use crate::components::reactions::Reactions;
use crate::components::time_label::{Style, TimeLabel};
use crate::dom::document;
use crate::links::{Piece, pieces};
use crate::state::rows::RowView;
use crate::state::{Chat, Dialog, Dialogs};
use crate::view::IntoAny;
use crate::words;
use client::RowState;
use leptos::prelude::*;
use protocol::{ClientId, Message, MessageKind, Seq};

/// `id` is the row's key: it never changes, whatever becomes of the message.
#[component]
pub(crate) fn MessageRow(id: ClientId, view: ArcRwSignal<RowView>) -> impl IntoView {
    let view = RwSignal::from(view);
    let opens_day = Memo::new(move |_| view.with(|view| view.opens_day.then_some(view.row.message.created_at)));
    let opens_unread = Memo::new(move |_| view.with(|view| view.opens_unread));
    let opens_run = Memo::new(move |_| view.with(|view| view.opens_run));
    let message = if view.with_untracked(|view| view.row.message.kind != MessageKind::Text) {
        view! { <Fact view /> }.into_any()
    } else {
        view! { <Text id view opens_run /> }.into_any()
    };
    view! {
        <li class="row" class:row-opens=opens_run>
            {move || {
                opens_day
                    .get()
                    .map(|at| {
                        view! {
                            <h2 class="day">
                                <TimeLabel at style=Style::Day />
                            </h2>
                        }
                        .into_any()
                    })
            }}
            {move || opens_unread.get().then(|| view! {
                <p class="divider" data-divider="">
                    <span>"New"</span>
                </p>
            }.into_any())}
            {message}
        </li>
    }
    .into_any()
}

/// What happened to the room, as a sentence.
#[component]
fn Fact(view: RwSignal<RowView>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let at = view.with_untracked(|view| view.row.message.created_at);
    let sentence = Memo::new(move |_| view.with(|view| words::system(&view.row.message, chat.me)));
    view! {
        <p class="fact">
            <span>{sentence}</span>
            " "
            <TimeLabel at style=Style::Time />
        </p>
    }
    .into_any()
}

/// What a person wrote. The name is always there to be heard, and to be seen where a run of theirs begins.
#[component]
fn Text(id: ClientId, view: RwSignal<RowView>, opens_run: Memo<bool>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let sender = view.with_untracked(|view| view.row.message.sender_id);
    let (own, folded) = (sender == chat.me, chat.blocks(sender));
    let name = Memo::new(move |_| view.with(|view| view.row.message.sender_name.clone()));
    let at = Memo::new(move |_| view.with(|view| view.row.message.created_at));
    let state = Memo::new(move |_| view.with(|view| view.row.state.clone()));
    let avatar =
        move || (opens_run.get() && !own).then(|| view! { <PersonAvatar id=sender name=name.get() /> }.into_any());
    view! {
        <div class=if own { "message message-own" } else { "message" }>
            <div class="message-avatar">{avatar}</div>
            <div class="message-main">
                <p class="sender" class:sr-only=move || own || !opens_run.get()>
                    {move || if own { "You".to_owned() } else { name.get() }}
                </p>
                <div class="bubble-line">
                <div class="bubble" class:bubble-failed=move || state.with(|state| matches!(state, RowState::Failed { .. }))>
                    {if folded {
                        view! { <details><summary>{words::BLOCKED}</summary><Body view /></details> }.into_any()
                    } else {
                        view! { <Body view /> }.into_any()
                    }}
                    <span class="meta">
                        {move || view! { <TimeLabel at=at.get() style=Style::Time /> }.into_any()}
                        {own.then(|| view! { <Progress state /> }.into_any())}
                    </span>
                </div>
                <More view />
                </div>
                <Reactions view />
                {own.then(|| view! { <Failure id state /> }.into_any())}
            </div>
        </div>
    }
    .into_any()
}

/// The way to what one may do with a message: for members, once it is stored, while it is there.
#[component]
fn More(view: RwSignal<RowView>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let seq = Memo::new(move |_| {
        let stored = view.with(|view| {
            let message = &view.row.message;
            Some(message.seq).filter(|seq| *seq > Seq(0) && message.deleted_at.is_none())
        });
        stored.filter(|_| chat.room.with(|room| room.as_ref().is_some_and(|room| room.role.is_some())))
    });
    move || {
        seq.get().map(|seq| {
            view! {
                <button
                    type="button"
                    class="icon-button more"
                    aria-label="Message actions"
                    aria-haspopup="dialog"
                    on:click=move |_| dialogs.show(Dialog::Message(seq))
                >
                    <Icon path=icon::MORE />
                </button>
            }
            .into_any()
        })
    }
}

#[component]
fn Body(view: RwSignal<RowView>) -> impl IntoView {
    let said = Memo::new(move |_| {
        let said =
            |message: &Message| (message.body.clone(), message.edited_at.is_some(), message.deleted_at.is_some());
        view.with(|view| said(&view.row.message))
    });
    let shown = |piece: Piece| match piece {
        Piece::Text(text) => text.into_any(),
        Piece::Link(address) => {
            let text = address.clone();
            view! { <a class="link" href=address target="_blank" rel="noopener noreferrer">{text}</a> }.into_any()
        }
    };
    move || match said.get() {
        (_, _, true) => view! { <p class="body body-gone">"Message deleted"</p> }.into_any(),
        (body, edited, false) => view! {
            <p class="body">
                {pieces(&body).into_iter().map(shown).collect_view()}
                {edited.then(|| view! { <span class="edited">" (edited)"</span> }.into_any())}
            </p>
        }
        .into_any(),
    }
}

/// How far one's own message is, as honestly as it is known.
#[component]
fn Progress(state: Memo<RowState>) -> impl IntoView {
    let waits = expect_context::<Chat>().offline;
    move || match state.get() {
        RowState::Sending if waits.get() => {
            view! { <span class="progress"><Icon path=icon::CLOCK /> "Waiting for the network"</span> }.into_any()
        }
        RowState::Sending => view! { <span class="progress"><Icon path=icon::CLOCK /> "Sending"</span> }.into_any(),
        RowState::Sent => {
            view! { <span class="progress"><Icon path=icon::CHECK /> <span class="sr-only">"Sent"</span></span> }
                .into_any()
        }
        RowState::Delivered => {
            view! { <span class="progress"><Icon path=icon::CHECKS /> <span class="sr-only">"Delivered"</span></span> }
                .into_any()
        }
        RowState::Read => view! {
            <span class="progress progress-read" title="Read">
                <Icon path=icon::CHECKS />
                <span class="sr-only">"Read"</span>
            </span>
        }
        .into_any(),
        RowState::Failed { .. } => {
            view! { <span class="progress"><Icon path=icon::ALERT /> "Not sent"</span> }.into_any()
        }
    }
}

/// Why a message was not sent, and what the person can do. Both buttons go away with it: the focus goes to the composer.
#[component]
fn Failure(id: ClientId, state: Memo<RowState>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let retry = move |_| {
        chat.retry(id);
        document::focus("composer");
    };
    let discard = move |_| {
        chat.discard(id);
        document::focus("composer");
    };
    move || {
        match state.get() {
        RowState::Failed { reason, retryable } => Some(
            view! {
                <div class="failure">
                    <p class="failure-reason">{reason}</p>
                    {retryable.then(|| view! { <button type="button" class="button" on:click=retry>"Retry"</button> }.into_any())}
                    <button type="button" class="button button-quiet button-danger" on:click=discard>
                        "Discard"
                    </button>
                </div>
            }
            .into_any(),
        ),
        RowState::Sending | RowState::Sent | RowState::Delivered | RowState::Read => None,
    }
    }
}
