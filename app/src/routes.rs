//! Which view a page is. Sign-in pages and errors are whole documents; the chat navigates within itself.

use crate::boot::{Boot, BootPage};
use crate::components::layout::Layout;
use crate::erase::Erase;
use crate::pages::{devices::Devices, home::Home, login::Login, not_found::NotFound, problem::Problem};
use crate::pages::{not_found::NothingHere, register::Register, room::RoomPage};
use crate::state;
use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

/// The body of every page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let boot = expect_context::<Boot>();
    match (boot.page.clone(), boot.user.clone()) {
        (BootPage::Login { form }, _) => view! { <Login form open=boot.registration_open /> }.erase(),
        (BootPage::Register { form }, _) => view! { <Register form open=boot.registration_open /> }.erase(),
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
    view! {
        <Router>
            <Layout>
                <FlatRoutes fallback=NothingHere>
                    <Route path=path!("/") view=Home />
                    <Route path=path!("/rooms/:id") view=RoomPage />
                    <Route path=path!("/devices") view=Devices />
                </FlatRoutes>
            </Layout>
        </Router>
    }
}
