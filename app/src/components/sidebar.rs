//! The list of rooms, with what one can do besides: start a chat, look around, see one's devices, sign out.

use crate::components::avatar::PersonAvatar;
use crate::components::icon::{self, Icon};
use crate::components::logo::Logo;
use crate::components::room_item::RoomItem;
use crate::dom::focus;
use crate::state::{Chat, Dialog, Dialogs};
use crate::view::IntoAny;
use leptos::prelude::*;
use protocol::RoomKind;

/// Where a form is posted that ends this device's session.
pub(crate) const SIGN_OUT: &str = "/api/auth/logout/page";

/// On a narrow screen this is the page at `/`.
#[component]
pub(crate) fn Sidebar() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let is_empty = Memo::new(move |_| chat.rooms.is_empty());
    view! {
        <nav class="sidebar" aria-label="Rooms">
            <Head />
            <div class="sidebar-scroll">
                <ul class="rooms">
                    <For
                        each=move || {
                            focus::keep();
                            chat.rooms.entries()
                        }
                        key=|(id, _)| *id
                        let((_, room))
                    >
                        <RoomItem room />
                    </For>
                </ul>
                {move || is_empty.get().then(|| view! {
                    <p class="rooms-empty">"No rooms yet. Start a chat with somebody, or join a public room."</p>
                }.into_any())}
            </div>
            <Account />
        </nav>
    }
    .into_any()
}

#[component]
fn Head() -> impl IntoView {
    let dialogs = expect_context::<Dialogs>();
    view! {
        <div class="sidebar-head">
            <a class="brand" href="/">
                <Logo />
                <span>"Jackdaw"</span>
            </a>
            <div class="sidebar-actions">
                <a
                    class="button button-primary"
                    href="/rooms/new"
                    rel="external"
                    aria-haspopup="dialog"
                    on:click=move |event| dialogs.show_for(&event, Dialog::New(RoomKind::Direct))
                >
                    <Icon path=icon::ADD />
                    "New chat"
                </a>
                <a
                    class="button"
                    href="/rooms/public"
                    rel="external"
                    aria-haspopup="dialog"
                    on:click=move |event| dialogs.show_for(&event, Dialog::Browse)
                >
                    <Icon path=icon::COMPASS />
                    "Public rooms"
                </a>
            </div>
        </div>
    }
    .into_any()
}

/// Who is signed in. Signing out is a plain form, so that it works whatever else does not.
#[component]
fn Account() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let user = chat.user.get_value();
    let (id, username) = (user.id, user.username.clone());
    let name = Memo::new(move |_| chat.called(&user));
    view! {
        <div class="account">
            {move || view! { <PersonAvatar id name=name.get() /> }.into_any()}
            <p class="account-text">
                <span class="account-name">{name}</span>
                <span class="account-note">{format!("@{username}")}</span>
            </p>
            <a class="icon-button" href="/devices" aria-label="Devices" title="Devices">
                <Icon path=icon::DEVICES />
            </a>
            <form method="post" action=SIGN_OUT on:submit=move |event| chat.sign_out(&event)>
                <button type="submit" class="icon-button" aria-label="Sign out" title="Sign out">
                    <Icon path=icon::OUT />
                </button>
            </form>
        </div>
    }
    .into_any()
}
