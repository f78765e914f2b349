//! The REST calls of the page. An access token that ran out is renewed once and the call repeated; when the session
//! itself has ended the page leaves for the sign-in page.

use crate::dom::fetch;
use crate::state::ending;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::{
    AddMember, ApiError, CreateRoom, ErrorBody, ErrorCode, HistoryPage, JsonError, Member, MemberPage, PublicRooms,
    Role, RoomAnswer, RoomId, RoomSummary, Session, SessionList, SetRole, UpdateRoom, User, UserId, UserList,
    from_json, to_json,
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// What a call answers.
pub(crate) type Answer<T> = Result<T, ApiError>;

/// How a renewal of the session went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// There is a fresh access token.
    Done,
    /// The session has ended.
    Ended,
    /// The server could not be reached, or could not answer.
    Failed,
}

/// How long a renewal may take: it holds a lock, and what waits for it shows nothing meanwhile.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Renews the session. Tabs take turns, because every refresh token works only once.
pub(crate) async fn renew() -> Renewal {
    let work = async {
        match fetch::send_within(RENEWAL_TIMEOUT, "POST", "/api/auth/refresh").await {
            Ok(reply) if reply.status < 300 => Renewal::Done,
            Ok(reply) if matches!(reply.status, 401 | 403) => Renewal::Ended,
            Ok(_) | Err(fetch::Unreachable) => Renewal::Failed,
        }
    };
    fetch::alone("jackdaw-renew", work).await
}

fn unreachable() -> ApiError {
    ApiError { code: ErrorCode::Unavailable, message: "The server cannot be reached. Check the connection.".into() }
}

/// Sends once, and once more after a renewal where the access token had run out. Only a session that has ended leads to
/// the sign-in page: a renewal that failed says nothing about the session.
async fn exchange(method: &'static str, path: &str, body: Option<String>) -> Answer<String> {
    let mut reply = fetch::send(method, path, body.clone()).await.map_err(|fetch::Unreachable| unreachable())?;
    if reply.status == 401 {
        match renew().await {
            Renewal::Done => {
                reply = fetch::send(method, path, body).await.map_err(|fetch::Unreachable| unreachable())?;
            }
            Renewal::Ended => ending::session_ended(),
            Renewal::Failed => return Err(unreachable()),
        }
    }
    match reply.status {
        200..300 => Ok(reply.text),
        status => Err(refusal(status, &reply.text)),
    }
}

fn refusal(status: u16, text: &str) -> ApiError {
    from_json::<ErrorBody>(text).map_or_else(
        |_| ApiError { code: ErrorCode::Unknown, message: format!("The server answered with status {status}.") },
        |body| body.error,
    )
}

/// Reads an answer. What is wrong with it goes to the browser's console.
fn read<T: DeserializeOwned>(path: &str, text: &str) -> Answer<T> {
    from_json(text).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &str, error: &JsonError) -> ApiError {
    leptos::logging::error!("the answer of {path} cannot be read: {error}");
    ApiError { code: ErrorCode::Unknown, message: "The server's answer was not understood. Reload the page.".into() }
}

async fn ask<T: DeserializeOwned>(method: &'static str, path: &str) -> Answer<T> {
    read(path, &exchange(method, path, None).await?)
}

async fn send<T: DeserializeOwned>(method: &'static str, path: &str, body: &impl Serialize) -> Answer<T> {
    read(path, &exchange(method, path, Some(to_json(body))).await?)
}

/// People whose names match; the first few where nothing is asked.
pub(crate) async fn find_users(query: &str) -> Answer<Vec<User>> {
    let answer: UserList = ask("GET", &format!("/api/users?query={}&limit=20", escape(query))).await?;
    Ok(answer.users)
}

pub(crate) async fn list_sessions() -> Answer<Vec<Session>> {
    ask("GET", "/api/auth/sessions").await.map(|answer: SessionList| answer.sessions)
}

pub(crate) async fn list_public_rooms() -> Answer<PublicRooms> {
    ask("GET", "/api/rooms/public").await
}

pub(crate) async fn create_room(room: &CreateRoom) -> Answer<RoomSummary> {
    send("POST", "/api/rooms", room).await.map(|answer: RoomAnswer| answer.room)
}

pub(crate) async fn find_room(room: RoomId) -> Answer<RoomSummary> {
    ask("GET", &format!("/api/rooms/{room}")).await.map(|answer: RoomAnswer| answer.room)
}

pub(crate) async fn join_room(room: RoomId) -> Answer<RoomSummary> {
    ask("POST", &format!("/api/rooms/{room}/join")).await.map(|answer: RoomAnswer| answer.room)
}

pub(crate) async fn rename_room(room: RoomId, name: String) -> Answer<RoomSummary> {
    let form = UpdateRoom { name: Some(name), ..UpdateRoom::default() };
    let answer: RoomAnswer = send("PATCH", &format!("/api/rooms/{room}"), &form).await?;
    Ok(answer.room)
}

pub(crate) async fn delete_room(room: RoomId) -> Answer<()> {
    exchange("DELETE", &format!("/api/rooms/{room}"), None).await.map(drop)
}

/// A page of members, by user id.
async fn list_members(room: RoomId, cursor: Option<UserId>) -> Answer<MemberPage> {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    ask("GET", &format!("/api/rooms/{room}/members?limit=100{cursor}")).await
}

/// The members of a room, by user id, from so many pages at most.
pub(crate) async fn list_all_members(room: RoomId, pages: usize) -> Answer<Vec<Member>> {
    let mut members = Vec::new();
    let mut cursor = None;
    for _ in 0..pages {
        let page = list_members(room, cursor).await?;
        members.extend(page.members);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(members)
}

pub(crate) async fn add_member(room: RoomId, user_id: UserId) -> Answer<()> {
    exchange("POST", &format!("/api/rooms/{room}/members"), Some(to_json(&AddMember { user_id }))).await.map(drop)
}

pub(crate) async fn set_role(room: RoomId, user: UserId, role: Role) -> Answer<()> {
    exchange("PATCH", &format!("/api/rooms/{room}/members/{user}"), Some(to_json(&SetRole { role }))).await.map(drop)
}

/// Takes a member out; oneself: leaves.
pub(crate) async fn remove_member(room: RoomId, user: UserId) -> Answer<()> {
    exchange("DELETE", &format!("/api/rooms/{room}/members/{user}"), None).await.map(drop)
}

/// A page of a room's messages: `query` is empty, or `cursor=…` or `after=…`.
pub(crate) async fn list_messages(room: RoomId, query: &str) -> Answer<HistoryPage> {
    ask("GET", &format!("/api/messages/room/{room}?limit=50&{query}")).await
}

/// Percent-encodes everything but letters, digits and `-_.~`.
pub(crate) fn escape(text: &str) -> String {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_escaped() {
        assert_eq!(escape("a b&ä~"), "a%20b%26%C3%A4~");
    }

    #[test]
    fn a_refusal_tells_the_servers_sentence() {
        let json = r#"{"error":{"code":"conflict","message":"This name is taken."}}"#;
        assert_eq!(refusal(409, json).message, "This name is taken.");
        assert_eq!(refusal(502, "<html>").message, "The server answered with status 502.");
    }
}
