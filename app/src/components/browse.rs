//! The dialog with the public rooms that one is not in: to look at, to join, or to add another.

use crate::components::entrance;
use crate::components::field::ErrorText;
use crate::components::modal::Modal;
use crate::state::{Dialog, Dialogs, api};
use crate::view::IntoAny;
use crate::words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{PublicRoom, RoomId, RoomKind, RoomSummary};

/// The list is asked for when the dialog opens.
#[component]
pub(crate) fn Browse() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    let rooms = RwSignal::new(None::<Vec<PublicRoom>>);
    let problem = RwSignal::new(None);
    let enter = entrance::on_enter();
    Effect::new(move |_| {
        spawn_local(async move {
            match api::list_public_rooms().await {
                Ok(answer) => rooms.try_set(Some(answer.rooms)).map(drop),
                Err(error) => problem.try_set(Some(error.message)).map(drop),
            };
        });
    });
    let note = move || match rooms.with(|rooms| rooms.as_ref().map(Vec::len)) {
        None if problem.with(Option::is_some) => None,
        None => Some("Loading…"),
        Some(0) => Some("There is no public room that you are not in."),
        Some(_) => None,
    };
    view! {
        <Modal title="Public rooms">
            <p class="hint" role="status">
                {note}
            </p>
            <ErrorText text=problem />
            <ul class="people">
                <For each=move || rooms.get().unwrap_or_default() key=|room| room.id let(room)>
                    <Found room enter problem />
                </For>
            </ul>
            <div class="dialog-foot">
                <button type="button" class="button" on:click=move |_| dialogs.show(Dialog::New(RoomKind::Public))>
                    "Create a public room"
                </button>
            </div>
        </Modal>
    }
}

#[component]
fn Found(room: PublicRoom, enter: Callback<RoomSummary>, problem: RwSignal<Option<String>>) -> impl IntoView {
    let id = room.id;
    let join = Action::new_local(move |&room: &RoomId| async move {
        match api::join_room(room).await {
            Ok(room) => {
                enter.try_run(room);
            }
            Err(error) => {
                problem.try_set(Some(error.message));
            }
        }
    });
    let busy = join.pending();
    let on_click = move |_| {
        if !busy.get_untracked() {
            join.dispatch(id);
        }
    };
    view! {
        <li class="found">
            <div class="min-w-0 grow">
                <a class="found-name" href=format!("/rooms/{id}")>
                    {room.name.clone()}
                </a>
                <p class="person-note">{words::members(room.members_count)}</p>
            </div>
            <button type="button" class="button" aria-disabled=move || busy.get().then_some("true") on:click=on_click>
                "Join"
                <span class="sr-only">{format!(" {}", room.name)}</span>
            </button>
        </li>
    }
    .into_any()
}
