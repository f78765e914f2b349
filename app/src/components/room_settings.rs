//! What one may change about a room itself: its name, being in it, its being there.

use crate::components::confirm::Confirm;
use crate::components::field::{ErrorText, TextField};
use crate::state::{Chat, api};
use crate::view::IntoAny;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::{Role, RoomId};

/// Gives the room another name.
#[component]
pub(crate) fn Rename(room: RoomId, name: String) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let name = RwSignal::new(name);
    let problem = RwSignal::new(None);
    let rename = Action::new_local(move |name: &String| {
        let name = name.clone();
        async move {
            match api::rename_room(room, name).await {
                Ok(room) => chat.entered(room),
                Err(error) => {
                    problem.try_set(Some(error.message));
                }
            }
        }
    });
    let busy = rename.pending();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        match protocol::room_name(&name.get_untracked()) {
            _ if busy.get_untracked() => {}
            Ok(name) => {
                problem.set(None);
                rename.dispatch(name);
            }
            Err(invalid) => problem.set(Some(format!("The name {}", invalid.problem))),
        }
    };
    view! {
        <form class="inline-form" on:submit=on_submit>
            <TextField id="rename" label="Name" value=name />
            <button type="submit" class="button" aria-disabled=move || busy.get().then_some("true")>
                "Rename"
            </button>
        </form>
        <ErrorText text=problem />
    }
    .into_any()
}

/// Leaving, and for an owner deleting. Both ask first.
#[component]
pub(crate) fn WayOut(room: RoomId, role: Memo<Option<Role>>, exit: Callback<RoomId>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let problem = RwSignal::new(None);
    let go = Action::new_local(move |&deletes: &bool| async move {
        chat.leaving.set_value(Some(room));
        let done = if deletes { api::delete_room(room).await } else { api::remove_member(room, chat.me).await };
        match done {
            Ok(()) => {
                exit.try_run(room);
            }
            Err(error) => {
                problem.try_set(Some(error.message));
            }
        }
        chat.leaving.set_value(None);
    });
    let leave = Callback::new(move |()| {
        go.dispatch(false);
    });
    let delete = Callback::new(move |()| {
        go.dispatch(true);
    });
    view! {
        <div class="way-out">
            <Confirm
                label="Leave room"
                question="Leave this room? You get no more messages from it."
                yes="Leave"
                on_yes=leave
            />
            <Show when=move || role.get() == Some(Role::Owner)>
                <Confirm
                    label="Delete room"
                    question="Delete this room and all its messages, for everybody?"
                    yes="Delete"
                    on_yes=delete
                />
            </Show>
            <ErrorText text=problem />
        </div>
    }
    .into_any()
}
