//! What one may change about a room itself: its name, being in it, its being there.

use crate::components::confirm::Confirm;
use crate::components::field::{ErrorText, TextField};
use crate::erase::{Erase, shown_while};
use crate::state::{Chat, api};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{Role, RoomId};

/// Gives the room another name.
#[component]
pub(crate) fn Rename(room: RoomId, name: String) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let name = RwSignal::new(name);
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None);
    let rename = move |event: SubmitEvent| {
        event.prevent_default();
        let name = match protocol::room_name(&name.get_untracked()) {
            Ok(name) => name,
            Err(invalid) => return problem.set(Some(format!("The name {}", invalid.problem))),
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::rename_room(room, name).await {
                Ok(room) => chat.entered(room),
                Err(error) => {
                    problem.try_set(Some(error.message));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="inline-form" on:submit=rename>
            <TextField id="rename" label="Name" value=name />
            <button type="submit" class="button" disabled=busy>
                "Rename"
            </button>
        </form>
        <ErrorText text=problem />
    }
}

/// Leaving, and for an owner deleting. Both ask first.
#[component]
pub(crate) fn WayOut(room: RoomId, role: Memo<Option<Role>>, exit: Callback<RoomId>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let me = chat.me;
    let problem = RwSignal::new(None);
    let finish = move |done: api::Answer<()>| {
        match done {
            Ok(()) => {
                exit.try_run(room);
            }
            Err(error) => {
                problem.try_set(Some(error.message));
            }
        }
        chat.leaving.set_value(None);
    };
    let leave = Callback::new(move |()| {
        chat.leaving.set_value(Some(room));
        spawn_local(async move { finish(api::remove_member(room, me).await) });
    });
    let delete = Callback::new(move |()| {
        chat.leaving.set_value(Some(room));
        spawn_local(async move { finish(api::delete_room(room).await) });
    });
    view! {
        <div class="way-out">
            <Confirm
                label="Leave room"
                question="Leave this room? You get no more messages from it."
                yes="Leave"
                on_yes=leave
            />
            {shown_while(move || role.get() == Some(Role::Owner), move || view! {
                <Confirm
                    label="Delete room"
                    question="Delete this room and all its messages, for everybody?"
                    yes="Delete"
                    on_yes=delete
                />
            }.erase())}
            <ErrorText text=problem />
        </div>
    }
}
