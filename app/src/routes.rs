//! Which view a page is. Sign-in pages and errors are whole documents; the chat navigates within itself.

use crate::boot::{Boot, BootPage};
use crate::components::layout::Layout;
use crate::lazy::{Part, loaded};
use crate::pages::{devices::Devices, home::Home, login::Login, not_found::NotFound, problem::Problem};
use crate::pages::{not_found::NothingHere, register::Register, room::RoomPage};
use crate::state::{self, Address, Place, ending};
use crate::view::IntoAny;
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
            view! { <Chat /> }.into_any()
        }
        (_, None) => loaded(standalone(BootPage::Error { message: "Sign in to see this page.".to_owned() }, false)),
    }
}

#[component]
fn Chat() -> impl IntoView {
    let place = expect_context::<Address>().place();
    let chat = expect_context::<state::Chat>();
    // Runs once the page is live.
    Effect::new(move |_| chat.take_early());
    // Rooms are one page: it follows what is open by itself.
    let page = Memo::new(move |_| std::mem::discriminant(&place.get()));
    let show = move || {
        // Read, not only tracked: a memo that was never read follows nothing.
        page.with(|_| ());
        match place.get_untracked() {
            Place::List => view! { <Home /> }.into_any(),
            Place::Room(_) => view! { <RoomPage /> }.into_any(),
            Place::Devices => loaded(devices()),
            Place::Elsewhere => view! { <NothingHere /> }.into_any(),
        }
    };
    view! { <Layout page=show.into_any() /> }
}

// Code splitting: each of these parts is a file of its own, loaded with the first page that shows it. A room, which most
// people open, does not wait for them.

#[wasm_split(devices, wasm_split_path = leptos::wasm_split, fallible, preload(preload_devices))]
pub(crate) fn devices() -> Part {
    Ok(view! { <Devices /> }.into_any())
}

/// The pages that are whole documents: sign-in, registration and errors.
#[wasm_split(standalone, wasm_split_path = leptos::wasm_split, fallible, preload(preload_standalone))]
pub(crate) fn standalone(page: BootPage, open: bool) -> Part {
    Ok(match page {
        BootPage::Login { form } => {
            Effect::new(|_| ending::nobody_is_signed_in());
            view! { <Login form open /> }.into_any()
        }
        BootPage::Register { form } => {
            Effect::new(|_| ending::nobody_is_signed_in());
            view! { <Register form open /> }.into_any()
        }
        BootPage::Error { message } => view! { <Problem message /> }.into_any(),
        BootPage::NotFound | BootPage::Home | BootPage::Room { .. } | BootPage::Devices { .. } => {
            view! { <NotFound /> }.into_any()
        }
    })
}
