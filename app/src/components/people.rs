//! Finds people by name, and says who was picked.

use crate::components::avatar::PersonAvatar;
use crate::components::field::{ErrorText, TextField};
use crate::dom::{document, focus};
use crate::state::{Chat, api};
use crate::view::IntoAny;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{User, UserId};
use std::time::Duration;

/// How long the typing must rest before the server is asked.
const SEARCH_DEBOUNCE: Duration = Duration::from_millis(150);

/// A search field and its matches. `verb` says what picking does ("Add"); people in `skip` and oneself are left out.
#[component]
pub(crate) fn People(
    id: &'static str,
    verb: &'static str,
    #[prop(into)] skip: Signal<Vec<UserId>>,
    #[prop(optional)] focus: bool,
    on_pick: Callback<User>,
) -> impl IntoView {
    let me = expect_context::<Chat>().me;
    let query = RwSignal::new(String::new());
    let search = Search::new(query);
    let shown = Memo::new(move |_| {
        let skip = skip.get();
        let mut found = search.found.get().unwrap_or_default();
        found.retain(|user| user.id != me && !skip.contains(&user.id));
        found
    });
    let note = move || match search.found.with(Option::is_some) && shown.with(Vec::is_empty) {
        true if query.with(String::is_empty) => Some("There is nobody else here to add."),
        true => Some("Nobody of that name."),
        false => None,
    };
    // The button goes away with the person: the focus goes to where the next one is searched.
    let pick = Callback::new(move |user: User| {
        document::focus(id);
        query.set(String::new());
        on_pick.run(user);
    });
    view! {
        <TextField id label="Search people" value=query placeholder="Name or user name" kind="search" focus />
        <ErrorText text=search.problem />
        <p class="hint" role="status">
            {note}
        </p>
        <ul class="people">
            <For
                each=move || {
                    focus::keep();
                    shown.get()
                }
                key=|user| user.id
                let(user)
            >
                <Person verb user on_pick=pick />
            </For>
        </ul>
    }
    .into_any()
}

#[component]
fn Person(verb: &'static str, user: User, on_pick: Callback<User>) -> impl IntoView {
    let picked = user.clone();
    view! {
        <li>
            <button type="button" class="person" on:click=move |_| on_pick.run(picked.clone())>
                <PersonAvatar id=user.id name=user.display_name.clone() />
                <span class="sr-only">{verb}" "</span>
                <span class="person-text">
                    <span class="person-name">{user.display_name}</span>
                    <span class="person-note">{format!(" @{}", user.username)}</span>
                </span>
            </button>
        </li>
    }
    .into_any()
}

/// A search that follows what is typed. Late answers to earlier questions are dropped.
#[derive(Clone, Copy)]
struct Search {
    found: RwSignal<Option<Vec<User>>>,
    problem: RwSignal<Option<String>>,
    /// Numbers the questions.
    asked: StoredValue<u32>,
}

impl Search {
    fn new(query: RwSignal<String>) -> Self {
        let search = Self { found: RwSignal::new(None), problem: RwSignal::new(None), asked: StoredValue::new(0) };
        Effect::new(move |before: Option<()>| {
            let query = query.get();
            search.asked.update_value(|asked| *asked += 1);
            let number = search.asked.get_value();
            let rest = if before.is_none() { Duration::ZERO } else { SEARCH_DEBOUNCE };
            set_timeout(move || search.ask(number, query), rest);
        });
        search
    }

    fn ask(self, number: u32, query: String) {
        let is_last = move || self.asked.try_get_value() == Some(number);
        if !is_last() {
            return;
        }
        spawn_local(async move {
            let answer = api::find_users(query.trim()).await;
            if !is_last() {
                return;
            }
            match answer {
                Ok(users) => {
                    self.problem.set(None);
                    self.found.set(Some(users));
                }
                Err(error) => self.problem.set(Some(error.message)),
            }
        });
    }
}
