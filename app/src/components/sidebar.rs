//! The list of rooms, with what one can do besides: start a chat, look around, see one's devices, sign out.

use crate::components::avatar::PersonAvatar;
use crate::components::icon::{self, Icon};
use crate::components::logo::Logo;
use crate::components::room_item::RoomItem;
use crate::erase::{Erase, each, live, memo, press, shown_while};
use crate::state::{Chat, Dialog, Dialogs};
use leptos::prelude::*;
use protocol::RoomKind;
use uuid::Uuid;

/// Where a form is posted that ends this device's session.
pub(crate) const SIGN_OUT: &str = "/api/auth/logout/page";

/// On a narrow screen this is the page at `/`.
#[component]
pub(crate) fn Sidebar() -> impl IntoView {
    let chat = expect_context::<Chat>();
    view! {
        <nav class="sidebar" aria-label="Rooms">
            <Head />
            <div class="sidebar-scroll">
                <ul class="rooms">
                    {each(move || chat.rooms.entries(), |entry| (entry.0.0, Uuid::nil()), move |entry| view! { <RoomItem room=entry.1 /> }.erase())}
                </ul>
                {shown_while(move || chat.rooms.is_empty(), move || view! {
                    <p class="rooms-empty">"No rooms yet. Start a chat with somebody, or join a public room."</p>
                }.erase())}
            </div>
            <Account />
        </nav>
    }
    .erase()
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
                <button
                    type="button"
                    class="button button-primary"
                    aria-haspopup="dialog"
                    on:click=press(move |_| dialogs.show(Dialog::New(RoomKind::Direct)))
                >
                    <Icon path=icon::ADD />
                    "New chat"
                </button>
                <button
                    type="button"
                    class="button"
                    aria-haspopup="dialog"
                    on:click=press(move |_| dialogs.show(Dialog::Browse))
                >
                    <Icon path=icon::COMPASS />
                    "Public rooms"
                </button>
            </div>
        </div>
    }
    .erase()
}

/// Who is signed in. Signing out is a plain form, so that it works whatever else does not.
#[component]
fn Account() -> impl IntoView {
    let chat = expect_context::<Chat>();
    let user = chat.user.get_value();
    let (id, username) = (user.id, user.username.clone());
    let name = memo(move || chat.called(&user));
    view! {
        <div class="account">
            {live(move || view! { <PersonAvatar id name=name.get() /> }.erase())}
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
    .erase()
}
