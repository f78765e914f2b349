//! One row of the timeline: a message or a fact about the room, with the day and "New" above it where they begin.

use crate::components::avatar::PersonAvatar;
use crate::components::icon::{self, Icon};
use crate::components::reactions::Reactions;
use crate::components::time_label::{Style, TimeLabel};
use crate::dom::document;
use crate::erase::{Erase, live, memo, press, shown_while};
use crate::links::{Piece, pieces};
use crate::state::rows::RowView;
use crate::state::{Chat, Dialog, Dialogs};
use crate::words;
use client::RowState;
use leptos::prelude::*;
use protocol::{ClientId, Message, MessageKind, Seq};

/// `id` is the row's key: it never changes, whatever becomes of the message.
#[component]
pub(crate) fn MessageRow(id: ClientId, view: ArcRwSignal<RowView>) -> impl IntoView {
    let view = RwSignal::from(view);
    let opens_day = memo(move || view.with(|view| view.opens_day.then_some(view.row.message.created_at)));
    let opens_unread = memo(move || view.with(|view| view.opens_unread));
    let opens_run = memo(move || view.with(|view| view.opens_run));
    let message = if view.with_untracked(|view| view.row.message.kind != MessageKind::Text) {
        view! { <Fact view /> }.erase()
    } else {
        view! { <Text id view opens_run /> }.erase()
    };
    view! {
        <li class="row" class:row-opens=opens_run>
            {live(move || {
                opens_day
                    .get()
                    .map(|at| {
                        view! {
                            <h2 class="day">
                                <TimeLabel at style=Style::Day />
                            </h2>
                        }
                        .erase()
                    })
            })}
            {shown_while(move || opens_unread.get(), move || view! {
                <p class="divider" data-divider="">
                    <span>"New"</span>
                </p>
            }.erase())}
            {message}
        </li>
    }
    .erase()
}

/// What happened to the room, as a sentence.
#[component]
fn Fact(view: RwSignal<RowView>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let at = view.with_untracked(|view| view.row.message.created_at);
    let sentence = memo(move || view.with(|view| words::system(&view.row.message, chat.me)));
    view! {
        <p class="fact">
            <span>{sentence}</span>
            " "
            <TimeLabel at style=Style::Time />
        </p>
    }
    .erase()
}

/// What a person wrote. The name is always there to be heard, and to be seen where a run of theirs begins.
#[component]
fn Text(id: ClientId, view: RwSignal<RowView>, opens_run: Memo<bool>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let sender = view.with_untracked(|view| view.row.message.sender_id);
    let (own, folded) = (sender == chat.me, chat.blocks(sender));
    let name = memo(move || view.with(|view| view.row.message.sender_name.clone()));
    let at = memo(move || view.with(|view| view.row.message.created_at));
    let state = memo(move || view.with(|view| view.row.state.clone()));
    let avatar =
        move || (opens_run.get() && !own).then(|| view! { <PersonAvatar id=sender name=name.get() /> }.erase());
    view! {
        <div class=if own { "message message-own" } else { "message" }>
            <div class="message-avatar">{live(avatar)}</div>
            <div class="message-main">
                <p class="sender" class:sr-only=live(move || own || !opens_run.get())>
                    {live(move || if own { "You".to_owned() } else { name.get() })}
                </p>
                <div class="bubble-line">
                <div class="bubble" class:bubble-failed=live(move || state.with(|state| matches!(state, RowState::Failed { .. })))>
                    {if folded {
                        view! { <details><summary>{words::BLOCKED}</summary><Body view /></details> }.erase()
                    } else {
                        view! { <Body view /> }.erase()
                    }}
                    <span class="meta">
                        {live(move || view! { <TimeLabel at=at.get() style=Style::Time /> }.erase())}
                        {own.then(|| view! { <Progress state /> })}
                    </span>
                </div>
                <More view />
                </div>
                <Reactions view />
                {own.then(|| view! { <Failure id state /> })}
            </div>
        </div>
    }
    .erase()
}

/// The way to what one may do with a message: for members, once it is stored, while it is there.
#[component]
fn More(view: RwSignal<RowView>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let dialogs = expect_context::<Dialogs>();
    let seq = memo(move || {
        let stored = view.with(|view| {
            let message = &view.row.message;
            Some(message.seq).filter(|seq| *seq > Seq(0) && message.deleted_at.is_none())
        });
        stored.filter(|_| chat.room.with(|room| room.as_ref().is_some_and(|room| room.role.is_some())))
    });
    live(move || {
        seq.get().map(|seq| {
            view! {
                <button
                    type="button"
                    class="icon-button more"
                    aria-label="Message actions"
                    aria-haspopup="dialog"
                    on:click=press(move |_| dialogs.show(Dialog::Message(seq)))
                >
                    <Icon path=icon::MORE />
                </button>
            }
            .erase()
        })
    })
}

#[component]
fn Body(view: RwSignal<RowView>) -> impl IntoView {
    let said = memo(move || {
        let said =
            |message: &Message| (message.body.clone(), message.edited_at.is_some(), message.deleted_at.is_some());
        view.with(|view| said(&view.row.message))
    });
    let shown = |piece: Piece| match piece {
        Piece::Text(text) => text.erase(),
        Piece::Link(address) => {
            let text = address.clone();
            view! { <a class="link" href=address target="_blank" rel="noopener noreferrer">{text}</a> }.erase()
        }
    };
    live(move || match said.get() {
        (_, _, true) => view! { <p class="body body-gone">"Message deleted"</p> }.erase(),
        (body, edited, false) => view! {
            <p class="body">
                {pieces(&body).into_iter().map(shown).collect_view()}
                {edited.then(|| view! { <span class="edited">" (edited)"</span> })}
            </p>
        }
        .erase(),
    })
}

/// How far one's own message is, as honestly as it is known.
#[component]
fn Progress(state: Memo<RowState>) -> impl IntoView {
    let waits = expect_context::<Chat>().offline;
    live(move || match state.get() {
        RowState::Sending if waits.get() => {
            view! { <span class="progress"><Icon path=icon::CLOCK /> "Waiting for the network"</span> }.erase()
        }
        RowState::Sending => view! { <span class="progress"><Icon path=icon::CLOCK /> "Sending"</span> }.erase(),
        RowState::Sent => {
            view! { <span class="progress"><Icon path=icon::CHECK /> <span class="sr-only">"Sent"</span></span> }
                .erase()
        }
        RowState::Delivered => {
            view! { <span class="progress"><Icon path=icon::CHECKS /> <span class="sr-only">"Delivered"</span></span> }
                .erase()
        }
        RowState::Read => view! {
            <span class="progress progress-read" title="Read">
                <Icon path=icon::CHECKS />
                <span class="sr-only">"Read"</span>
            </span>
        }
        .erase(),
        RowState::Failed { .. } => view! { <span class="progress"><Icon path=icon::ALERT /> "Not sent"</span> }.erase(),
    })
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
    live(move || {
        match state.get() {
        RowState::Failed { reason, retryable } => Some(
            view! {
                <div class="failure">
                    <p class="failure-reason">{reason}</p>
                    {retryable.then(|| view! { <button type="button" class="button" on:click=press(retry)>"Retry"</button> })}
                    <button type="button" class="button button-quiet button-danger" on:click=press(discard)>
                        "Discard"
                    </button>
                </div>
            }
            .late(),
        ),
        RowState::Sending | RowState::Sent | RowState::Delivered | RowState::Read => None,
    }
    })
}
