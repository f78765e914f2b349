//! The dialog that starts something: a chat with one person, a group, or a public room.

use crate::components::entrance;
use crate::components::field::{ErrorText, TextField};
use crate::components::icon::{self, Icon};
use crate::components::modal::Modal;
use crate::components::people::People;
use crate::dom::document;
use crate::state::api;
use crate::view::IntoAny;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::limits::MEMBERS_ADDED;
use protocol::{CreateRoom, RoomKind, User, UserId};

/// `kind` is what the dialog begins with.
#[component]
pub(crate) fn NewRoom(kind: RoomKind) -> impl IntoView {
    let kind = RwSignal::new(kind);
    let making = Making::new();
    let form = move || match kind.get() {
        RoomKind::Direct => view! { <NewDirect making /> }.into_any(),
        RoomKind::Group => view! { <NewGroup making /> }.into_any(),
        RoomKind::Public | RoomKind::Unknown => view! { <NewPublic making /> }.into_any(),
    };
    view! {
        <Modal title="New chat">
            <fieldset class="segments">
                <legend class="sr-only">"Kind of chat"</legend>
                <Segment kind value=RoomKind::Direct label="Direct" />
                <Segment kind value=RoomKind::Group label="Group" />
                <Segment kind value=RoomKind::Public label="Public room" />
            </fieldset>
            {form}
            <ErrorText text=making.problem />
        </Modal>
    }
}

#[component]
fn Segment(kind: RwSignal<RoomKind>, value: RoomKind, label: &'static str) -> impl IntoView {
    view! {
        <label class="segment">
            <input
                type="radio"
                name="kind"
                class="sr-only"
                prop:checked=move || kind.get() == value
                on:change=move |_| kind.set(value)
            />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// Makes rooms, one at a time, and goes there.
#[derive(Clone, Copy)]
struct Making {
    create: Action<CreateRoom, ()>,
    busy: Memo<bool>,
    problem: RwSignal<Option<String>>,
}

impl Making {
    fn new() -> Self {
        let problem = RwSignal::new(None);
        let enter = entrance::on_enter();
        let create = Action::new_local(move |room: &CreateRoom| {
            let room = room.clone();
            async move {
                // The dialog may be closed by the time of the answer.
                match api::create_room(&room).await {
                    Ok(room) => {
                        enter.try_run(room);
                    }
                    Err(error) => {
                        problem.try_set(Some(error.message));
                    }
                }
            }
        });
        Self { create, busy: create.pending(), problem }
    }

    fn make(self, room: CreateRoom) {
        if !self.busy.get_untracked() {
            self.problem.set(None);
            self.create.dispatch(room);
        }
    }

    /// For the button that makes the room. One that was `disabled` would lose the focus.
    fn aria_disabled(self) -> Option<&'static str> {
        self.busy.get().then_some("true")
    }

    /// With a name that is fit, else says what is wrong with it.
    fn make_named(self, name: &str, room: impl FnOnce(String) -> CreateRoom) {
        match protocol::room_name(name) {
            Ok(name) => self.make(room(name)),
            Err(invalid) => self.problem.set(Some(format!("The name {}", invalid.problem))),
        }
    }
}

#[component]
fn NewDirect(making: Making) -> impl IntoView {
    let nobody = Signal::stored(Vec::<UserId>::new());
    let pick = Callback::new(move |user: User| making.make(CreateRoom::Direct { user_id: user.id }));
    view! {
        <p class="dialog-lead">"A chat between the two of you."</p>
        <People id="find-person" verb="Chat with" skip=nobody focus=true on_pick=pick />
    }
    .into_any()
}

#[component]
fn NewGroup(making: Making) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let picked = RwSignal::new(Vec::<User>::new());
    let skip = Signal::derive(move || picked.with(|picked| picked.iter().map(|user| user.id).collect::<Vec<_>>()));
    let pick = Callback::new(move |user: User| {
        picked.update(|picked| {
            if picked.len() < MEMBERS_ADDED {
                picked.push(user);
            }
        });
    });
    let create = move |_| {
        making.make_named(&name.get_untracked(), |name| CreateRoom::Group { name, member_ids: skip.get_untracked() });
    };
    view! {
        <p class="dialog-lead">"Members only: people are added by its admins."</p>
        <TextField id="room-name" label="Name" value=name focus=true />
        <Picked picked />
        <People id="find-person" verb="Add" skip on_pick=pick />
        <div class="dialog-foot">
            <button
                type="button"
                class="button button-primary"
                aria-disabled=move || making.aria_disabled()
                on:click=create
            >
                "Create group"
            </button>
        </div>
    }
    .into_any()
}

/// Who is to be in the group. Taking somebody out again is a click on their chip.
#[component]
fn Picked(picked: RwSignal<Vec<User>>) -> impl IntoView {
    view! {
        <ul class="chips" aria-label="Picked people">
            <For each=move || picked.get() key=|user| user.id let(user)>
                <li>
                    <button
                        type="button"
                        class="chip"
                        on:click=move |_| {
                            picked.update(|picked| picked.retain(|other| other.id != user.id));
                            document::focus("find-person");
                        }
                    >
                        <span class="sr-only">"Remove "</span>
                        {user.display_name}
                        <Icon path=icon::CLOSE />
                    </button>
                </li>
            </For>
        </ul>
    }
    .into_any()
}

#[component]
fn NewPublic(making: Making) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let create = move |event: SubmitEvent| {
        event.prevent_default();
        making.make_named(&name.get_untracked(), |name| CreateRoom::Public { name });
    };
    view! {
        <form class="dialog-form" on:submit=create>
            <p class="dialog-lead">"Anybody with an account here may find it, read it and join."</p>
            <TextField id="room-name" label="Name" value=name focus=true />
            <div class="dialog-foot">
                <button type="submit" class="button button-primary" aria-disabled=move || making.aria_disabled()>
                    "Create public room"
                </button>
            </div>
        </form>
    }
    .into_any()
}
