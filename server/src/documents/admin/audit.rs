//! `/admin/audit`: what was done to accounts and to the server, and by whom.

use super::{PageAdministrator, document, failed};
use crate::App;
use crate::documents::Notice;
use crate::http::extract::Params;
use axum::extract::State;
use axum::response::Response;
use leptos::prelude::*;
use serde::Deserialize;
use std::sync::Arc;

/// Entries of one page.
pub(crate) const ENTRIES: i64 = 100;

#[derive(Deserialize)]
pub(crate) struct Before {
    before: Option<i64>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Params(Before { before }): Params<Before>,
    _: PageAdministrator,
) -> Response {
    let entries = match app.auth.list_audit(before, ENTRIES).await {
        Ok(entries) => entries,
        Err(error) => return failed(&app, error),
    };
    let older = entries.last().filter(|_| entries.len() as i64 == ENTRIES);
    let older = older.map(|last| format!("/admin/audit?before={}", last.id));
    document("Audit log", Notice::None).render(&app, || {
        let rows: Vec<_> = entries
            .iter()
            .map(|entry| {
                let when = format!("{} UTC", app::full_time(entry.at.0));
                let detail = (!entry.detail.is_empty()).then(|| format!(" ({})", entry.detail));
                view! {
                    <li class="card">
                        <div class="card-text">
                            <p class="card-title">{entry.action.clone()} " " {entry.subject.clone()} {detail}</p>
                            <p class="card-note">{format!("{when} · by {}", entry.actor)}</p>
                        </div>
                    </li>
                }
            })
            .collect();
        let none = rows.is_empty();
        view! {
            {none.then(|| view! { <p class="pane-lead">"Nothing has been done yet."</p> })}
            <ul class="cards">{rows}</ul>
            {older.map(|older| view! { <p class="pane-title"><a class="link" href=older>"Older entries"</a></p> })}
        }
    })
}
