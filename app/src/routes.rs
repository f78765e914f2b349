//! Which view a page is. Sign-in pages and errors are whole documents; the chat navigates within itself.

use crate::boot::{Boot, BootPage};
use crate::components::layout::Layout;
use crate::erase::{Erase, Part, effect, live, loaded, memo};
use crate::pages::{devices::Devices, home::Home, login::Login, not_found::NotFound, problem::Problem};
use crate::pages::{not_found::NothingHere, register::Register, room::RoomPage};
use crate::state::{self, Address, Place, ending};
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

/// The body of every page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let boot = expect_context::<Boot>();
    match (boot.page.clone(), boot.user.clone()) {
        (page, _) if page.is_standalone() => loaded(standalone(page, boot.registration_open)),
        (_, Some(user)) => {
            state::provide(user, &boot);
            view! { <Chat /> }.erase()
        }
        (_, None) => loaded(standalone(BootPage::Error { message: "Sign in to see this page.".to_owned() }, false)),
    }
}

#[component]
fn Chat() -> impl IntoView {
    let place = expect_context::<Address>().place();
    // Rooms are one page: it follows what is open by itself.
    let page = memo(move || std::mem::discriminant(&place.get()));
    let show = move || {
        // Read, not only tracked: a memo that was never read follows nothing.
        page.with(|_| ());
        match place.get_untracked() {
            Place::List => view! { <Home /> }.erase(),
            Place::Room(_) => view! { <RoomPage /> }.erase(),
            Place::Devices => loaded(devices()),
            Place::Elsewhere => view! { <NothingHere /> }.erase(),
        }
    };
    view! { <Layout page=live(show).erase() /> }
}

// Code splitting: each of these parts is a file of its own, loaded with the first page that shows it. A room, which most
// people open, does not wait for them.

#[wasm_split(devices, wasm_split_path = leptos::wasm_split, fallible, preload(preload_devices))]
pub(crate) fn devices() -> Part {
    Ok(view! { <Devices /> }.erase())
}

/// The pages that are whole documents: sign-in, registration and errors.
#[wasm_split(standalone, wasm_split_path = leptos::wasm_split, fallible, preload(preload_standalone))]
pub(crate) fn standalone(page: BootPage, open: bool) -> Part {
    Ok(match page {
        BootPage::Login { form } => {
            effect(ending::nobody_is_signed_in);
            view! { <Login form open /> }.erase()
        }
        BootPage::Register { form } => {
            effect(ending::nobody_is_signed_in);
            view! { <Register form open /> }.erase()
        }
        BootPage::Error { message } => view! { <Problem message /> }.erase(),
        BootPage::NotFound | BootPage::Home | BootPage::Room { .. } | BootPage::Devices { .. } => {
            view! { <NotFound /> }.erase()
        }
    })
}
