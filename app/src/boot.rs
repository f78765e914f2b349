//! What the server knows when it renders a page. The browser reads it again to build the very same views.

use protocol::{HistoryPage, RoomId, RoomSummary, Session, User, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Everything that a page is rendered from; embedded as JSON in `<script type="application/json" id="boot">`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Boot {
    /// Who is signed in.
    pub user: Option<User>,
    /// Their rooms, the latest active first.
    pub rooms: Vec<RoomSummary>,
    /// The epoch of the rooms; none if nobody is signed in.
    pub epoch: Option<Uuid>,
    /// Which page, with what only this page needs.
    pub page: BootPage,
    /// Whether anybody may make an account.
    pub registration_open: bool,
    /// The device is not the person's own: the page keeps nothing on it.
    pub shared: bool,
    /// People that the person blocks: messages of these are folded.
    pub blocked: Vec<UserId>,
    /// What the sign-in pages say of the server.
    pub about: About,
}

/// What administrators say of the server; each is empty where they say nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct About {
    /// The server's name.
    pub name: String,
    /// Address of the operator's imprint.
    pub imprint: String,
    /// Address of the privacy statement.
    pub privacy: String,
}

protocol::tagged! {
    /// One page and its own data.
    #[derive(Clone, Debug, PartialEq)]
    #[serde(tag = "name", rename_all = "snake_case")]
    pub enum BootPage {
        /// `/login`
        Login {
            /// What was typed last time.
            form: Form,
        },
        /// `/register`
        Register {
            /// What was typed last time.
            form: Form,
        },
        /// `/`
        Home,
        /// `/rooms/{id}`
        Room {
            /// The room, also where the person is not a member (a public one).
            room: RoomSummary,
            /// Its newest page.
            history: HistoryPage,
        },
        /// `/devices`
        Devices {
            /// The person's sessions.
            sessions: Vec<Session>,
        },
        /// Anything else, and rooms that the person may not see.
        NotFound,
        /// The server could not answer.
        Error {
            /// A sentence for people.
            message: String,
        },
    }
}

impl BootPage {
    /// Whether the page is a whole document: sign-in, registration and errors. The others are parts of the chat.
    pub(crate) const fn is_standalone(&self) -> bool {
        matches!(self, Self::Login { .. } | Self::Register { .. } | Self::NotFound | Self::Error { .. })
    }
}

/// A form of the sign-in pages as it was sent, without the password.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Form {
    /// The user name as typed.
    pub username: String,
    /// The display name as typed.
    pub display_name: String,
    /// Why it was refused, a sentence.
    pub error: Option<String>,
    /// The path to go to afterwards; empty for `/`.
    pub next: String,
    /// The box "This is not my device" was ticked.
    pub shared: bool,
    /// The code of an invite; empty without one.
    pub code: String,
}

impl Boot {
    /// A page that nobody is signed in to.
    #[must_use]
    pub fn new(page: BootPage) -> Self {
        Self {
            user: None,
            rooms: Vec::new(),
            epoch: None,
            page,
            registration_open: false,
            shared: false,
            blocked: Vec::new(),
            about: About::default(),
        }
    }

    /// The path that this page is at, for the router. Pages without client-side navigation are all at `/`.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.page {
            BootPage::Room { room, .. } => format!("/rooms/{}", room.id),
            BootPage::Devices { .. } => "/devices".to_owned(),
            _ => "/".to_owned(),
        }
    }

    /// The room that the page shows.
    #[must_use]
    pub fn room_id(&self) -> Option<RoomId> {
        match &self.page {
            BootPage::Room { room, .. } => Some(room.id),
            _ => None,
        }
    }
}
