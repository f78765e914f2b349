//! Bodies of the REST requests and answers. Who may ask what, and with which status, is the server's business.

use crate::tagged;
use crate::{ClientId, Member, Message, Posting, Rev, Role, RoomId, RoomSummary, Seq, Session, User, UserId};
use serde::{Deserialize, Serialize};

/// `POST /api/auth/register`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
    /// The name to show; the user name where it is missing.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The code of an invite, where one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// `POST /api/auth/login`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Answer to register, login and refresh. The refresh token travels in a cookie; programs that keep no cookies sign in again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthAnswer {
    /// Who is signed in.
    pub user: User,
    /// Bearer token for REST and for `/ws`.
    pub access_token: String,
    /// Seconds until it expires.
    pub expires_in: u64,
}

/// `GET /api/me`, `PATCH /api/me`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserAnswer {
    /// The person.
    pub user: User,
}

/// `PATCH /api/me`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateMe {
    /// The name to show from now on; as before where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether marks are told, both ways; as before where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts: Option<bool>,
}

/// `POST /api/me/password`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePassword {
    /// The password as it is.
    pub current_password: String,
    /// The password from now on.
    pub new_password: String,
}

/// `DELETE /api/me`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteMe {
    /// The person's password.
    pub password: String,
    /// Whether their messages are deleted as well.
    #[serde(default)]
    pub messages: bool,
}

/// `GET /api/users`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserList {
    /// People whose names match, by display name.
    pub users: Vec<User>,
}

/// `GET /api/auth/sessions`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    /// Devices that are signed in, the latest seen first.
    pub sessions: Vec<Session>,
}

/// `GET /api/rooms`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// The person's rooms, the latest active first.
    pub rooms: Vec<RoomSummary>,
}

/// A public room in the list of those that one may join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicRoom {
    /// Which.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// Number of members.
    pub members_count: i64,
}

/// `GET /api/rooms/public`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicRooms {
    /// Public rooms that the person is not in, by name.
    pub rooms: Vec<PublicRoom>,
    /// Cursor of the next page, an opaque text; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

tagged! {
    /// `POST /api/rooms`
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    pub enum CreateRoom {
        /// The one room of two people.
        Direct {
            /// The other one.
            user_id: UserId,
        },
        /// A closed room.
        Group {
            /// Its name.
            name: String,
            /// The members besides the caller.
            #[serde(default)]
            member_ids: Vec<UserId>,
        },
        /// An open room.
        Public {
            /// Its name.
            name: String,
        },
    }
}

/// One room: answer to create, show, rename, join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAnswer {
    /// The room as the asking person sees it.
    pub room: RoomSummary,
}

/// `PATCH /api/rooms/{id}`. What is missing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRoom {
    /// The name from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the room is about from now on; empty for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Whether the room is archived: nobody writes in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Who may write in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posting: Option<Posting>,
}

/// `GET /api/rooms/{id}/members`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPage {
    /// Members by user id order; shown by the page sorted by name.
    pub members: Vec<Member>,
    /// Cursor of the next page; none on the last.
    pub next_cursor: Option<UserId>,
}

/// `POST /api/rooms/{id}/members`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddMember {
    /// The person to add.
    pub user_id: UserId,
}

/// `PATCH /api/rooms/{id}/members/{user_id}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// The role from now on.
    pub role: Role,
}

/// `GET /api/messages/room/{id}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// Oldest first, whichever way was paged.
    pub messages: Vec<Message>,
    /// Cursor for the next page in the same direction (older without `after`); none at the end.
    pub next_cursor: Option<Seq>,
    /// The room's newest revision when this was read: every row has what was revised up to it.
    pub rev: Rev,
}

/// `POST /api/messages/room/{id}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMessage {
    /// The sender's name for it; a repeat gets the original.
    pub client_id: ClientId,
    /// The text.
    pub body: String,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// `PATCH /api/messages/room/{id}/{seq}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditMessage {
    /// The text from now on.
    pub body: String,
    /// The sender's name for this revision, where a repeat is to change nothing.
    #[serde(default)]
    pub client_id: Option<ClientId>,
}

/// One stored message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAnswer {
    /// As stored.
    pub message: Message,
}
