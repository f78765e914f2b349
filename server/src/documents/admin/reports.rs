//! `/admin/reports`: messages that people reported, as they were then, until an administrator closes them.

use super::{Administrator, PageAdministrator, document, failed};
use crate::documents::Notice;
use crate::documents::form::button;
use crate::http::extract::{Id, Params};
use crate::{App, Error};
use axum::extract::State;
use axum::response::Response;
use leptos::prelude::*;
use protocol::{Report, ReportId, User};
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<App>>;

/// Reports of one page.
pub(crate) const REPORTS: i64 = 50;

#[derive(Deserialize)]
pub(crate) struct After {
    after: Option<ReportId>,
}

pub(crate) async fn show(
    State(app): Shared,
    Params(After { after }): Params<After>,
    PageAdministrator(caller): PageAdministrator,
) -> Response {
    list(&app, &caller.user, after, Notice::None).await
}

pub(crate) async fn close(
    State(app): Shared,
    Administrator(caller): Administrator,
    Id(report): Id<ReportId>,
) -> Response {
    let closed = app.chat.close_report(caller.user.id, report).await;
    list(&app, &caller.user, None, Notice::of(closed.map(|()| "The report is closed."))).await
}

async fn list(app: &App, user: &User, after: Option<ReportId>, notice: Notice) -> Response {
    let page = match app.chat.list_reports(user, after, REPORTS).await {
        Ok(page) => page,
        Err(error) => return failed(app, Error::from(error)),
    };
    let next = page.next_cursor.map(|next| format!("/admin/reports?after={next}"));
    document("Reports", notice).render(app, || {
        let none = page.reports.is_empty();
        let cards: Vec<_> = page.reports.iter().map(card).collect();
        view! {
            {none.then(|| view! { <p class="pane-lead">"There are no open reports."</p> })}
            <ul class="cards">{cards}</ul>
            {next.map(|next| view! { <p class="pane-title"><a class="link" href=next>"More"</a></p> })}
        }
    })
}

fn card(report: &Report) -> impl IntoView + use<> {
    let place = report.room_name.clone().unwrap_or_else(|| "a direct or deleted room".to_owned());
    let about = format!("{} in {place}", report.sender_name);
    let note = format!("Reported by {} on {} UTC", report.reporter_name, app::full_time(report.created_at.0));
    let find = format!("/admin/people/{}", report.sender_id);
    view! {
        <li class="card">
            <div class="card-text">
                <p class="card-title">{report.reason.clone()}</p>
                <blockquote>{report.body.clone()}</blockquote>
                <p class="card-note"><a class="link" href=find>{about.clone()}</a></p>
                <p class="card-note">{note}</p>
            </div>
            {button(format!("/admin/reports/{}/close", report.id), "Close", &about, false)}
        </li>
    }
}
