//! Every route of the server, in one place.

use crate::documents::{account, admin, message, new_room, person, public_rooms, report, reset, room};
use crate::health::Readiness;
use crate::http::{address, admission, headers, origin, trace};
use crate::routes::{auth, bans, blocks, health, members, messages, reports, rooms, users};
use crate::{App, Error, pages, site, socket};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, patch, post, put};
use protocol::limits::FRAME_BYTES;
use std::sync::Arc;
use std::time::Duration;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

type Shared = Arc<App>;

/// The whole service of a node.
pub(crate) fn router(app: Shared) -> Router {
    let is_https = app.http.is_https();
    let files = site::files(&app.site.site_root);
    let with_database = api()
        .merge(pages())
        .route("/ws", any(socket::upgrade).layer(middleware::from_fn_with_state(Arc::clone(&app), admission::admit)))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), only_when_ready));
    let router = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(with_database)
        // These clear cookies whether the database is there or not.
        .route("/api/auth/logout", post(auth::logout))
        .route("/api/auth/logout/page", post(auth::logout_page))
        .fallback_service(files.fallback(get(pages::not_found).with_state(Arc::clone(&app))))
        .layer(middleware::from_fn(site::cache_control))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), address::count_for_person))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), origin::check))
        .layer(DefaultBodyLimit::max(FRAME_BYTES));
    let router = match cors(&app.http.cors_origins) {
        Some(layer) => router.layer(layer),
        None => router,
    };
    headers::secure(router, is_https)
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(trace::span).on_response(trace::log_response))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(middleware::map_request(async |request: Request| trace::check_id(request)))
        .with_state(app)
}

fn api() -> Router<Shared> {
    Router::new()
        .route("/api/auth/register", post(auth::register))
        .route("/api/auth/login", post(auth::login))
        .route("/api/auth/refresh", post(auth::refresh).get(auth::refresh_page))
        .route("/api/auth/sessions", get(auth::list_sessions).delete(auth::delete_other_sessions))
        .route("/api/auth/sessions/{id}", axum::routing::delete(auth::delete_session))
        .route("/api/me", get(users::show_me).patch(users::update_me).delete(users::delete_me))
        .route("/api/me/password", post(users::change_password))
        .route("/api/me/blocks", get(blocks::list))
        .route("/api/me/blocks/{user_id}", put(blocks::create).delete(blocks::delete))
        .route("/api/users", get(users::list))
        .route("/api/rooms", get(rooms::list).post(rooms::create))
        .route("/api/rooms/public", get(rooms::list_public))
        .route("/api/rooms/{id}", get(rooms::show).patch(rooms::update).delete(rooms::delete))
        .route("/api/rooms/{id}/join", post(rooms::join))
        .route("/api/rooms/{id}/members", get(members::list).post(members::create))
        .route("/api/rooms/{id}/members/{user_id}", patch(members::update).delete(members::delete))
        .route("/api/rooms/{id}/bans", get(bans::list).post(bans::create))
        .route("/api/rooms/{id}/bans/{user_id}", axum::routing::delete(bans::delete))
        .route("/api/messages/room/{id}", get(messages::list).post(messages::create))
        .route("/api/messages/room/{id}/{seq}", patch(messages::update).delete(messages::delete))
        .route("/api/messages/room/{id}/{seq}/report", post(reports::create))
        .route("/api/reports", get(reports::list))
        .route("/api/reports/{id}/close", post(reports::close))
}

fn pages() -> Router<Shared> {
    Router::new()
        .route("/", get(pages::home))
        .route("/manifest.webmanifest", get(pages::manifest))
        .route("/login", get(pages::show_login).post(pages::login))
        .route("/register", get(pages::show_register).post(pages::register))
        .route("/join/{code}", get(pages::show_join))
        .route("/rooms/{id}", get(pages::room))
        .route("/devices", get(pages::devices))
        .route("/devices/{id}/revoke", post(pages::revoke))
        .route("/devices/receipts", post(pages::set_receipts))
        .merge(documents())
}

fn documents() -> Router<Shared> {
    Router::new()
        .route("/account", get(account::show))
        .route("/account/name", post(account::rename))
        .route("/account/password", post(account::change_password))
        .route("/account/sign-out-others", post(account::sign_out_others))
        .route("/account/delete", post(account::delete))
        .route("/reset/{code}", get(reset::show).post(reset::reset))
        .route("/admin", get(admin::people::show))
        .route("/account/blocks", get(person::list))
        .route("/people/{id}", get(person::show))
        .route("/people/{id}/{act}", post(person::act))
        .route("/rooms/new", get(new_room::show).post(new_room::create))
        .route("/rooms/public", get(public_rooms::show))
        .route("/rooms/{id}/join", post(public_rooms::join))
        .route("/rooms/{id}/messages", post(message::send))
        .route("/rooms/{id}/manage", get(room::show))
        .route("/rooms/{id}/manage/bans", post(room::ban))
        .route("/rooms/{id}/manage/bans/{user_id}/lift", post(room::lift_ban))
        .route("/rooms/{id}/manage/{what}", post(room::change))
        .route("/rooms/{id}/messages/{seq}/report", get(report::show).post(report::report))
        .route("/admin/people/{id}", get(admin::people::show_one))
        .route("/admin/reports", get(admin::reports::show))
        .route("/admin/reports/{id}/close", post(admin::reports::close))
        .route("/admin/people/{id}/{act}", post(admin::people::act))
        .route("/admin/invites", get(admin::invites::show).post(admin::invites::create))
        .route("/admin/invites/{id}/revoke", post(admin::invites::revoke))
        .route("/admin/settings", get(admin::settings::show).post(admin::settings::change))
        .route("/admin/audit", get(admin::audit::show))
}

/// Middleware: until the database is there and up to date, nothing that needs it is tried.
async fn only_when_ready(State(app): State<Shared>, request: Request, next: Next) -> Response {
    /// Until a database that was away may be there.
    const RETRY_AFTER: Duration = Duration::from_secs(3);
    let is_early = matches!(*app.readiness.borrow(), Readiness::NotYet(_));
    if is_early { Error::NotServing { retry_after: RETRY_AFTER }.into_response() } else { next.run(request).await }
}

/// None without configured origins: then no answer carries a CORS header.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
            .max_age(Duration::from_secs(3_600))
    })
}
