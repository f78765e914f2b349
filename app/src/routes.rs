//! Which view a page is. Sign-in pages and errors are whole documents; the chat navigates within itself.

use crate::boot::{Boot, BootPage};
use crate::components::layout::Layout;
use crate::erase::{Erase, effect, live, memo};
use crate::pages::{devices::Devices, home::Home, login::Login, not_found::NotFound, problem::Problem};
use crate::pages::{not_found::NothingHere, register::Register, room::RoomPage};
use crate::state::{self, Address, Place, ending};
use leptos::prelude::*;

/// The body of every page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let boot = expect_context::<Boot>();
    match (boot.page.clone(), boot.user.clone()) {
        (BootPage::Login { form }, _) => {
            effect(ending::nobody_is_signed_in);
            view! { <Login form open=boot.registration_open /> }.erase()
        }
        (BootPage::Register { form }, _) => {
            effect(ending::nobody_is_signed_in);
            view! { <Register form open=boot.registration_open /> }.erase()
        }
        (BootPage::NotFound, _) => view! { <NotFound /> }.erase(),
        (BootPage::Error { message }, _) => view! { <Problem message /> }.erase(),
        (_, Some(user)) => {
            state::provide(user, &boot);
            view! { <Chat /> }.erase()
        }
        (_, None) => view! { <Problem message="Sign in to see this page.".to_owned() /> }.erase(),
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
            Place::Devices => view! { <Devices /> }.erase(),
            Place::Elsewhere => view! { <NothingHere /> }.erase(),
        }
    };
    view! { <Layout page=live(show).erase() /> }
}
