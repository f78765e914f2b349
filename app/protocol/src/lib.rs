//! The wire contract between a Jackdaw server and everything that talks to it.
//!
//! Types only: no socket, no clock, no database. What is said here is said once: limits, ids, frames,
//! REST bodies, error codes and close codes are used as they are by the server, by the page and by the load driver.

mod close;
mod error;
mod frame;
mod ids;
mod incoming;
mod json;
pub mod limits;
mod model;
mod moderation;
mod position;
mod presence;
mod rest;
mod tagged;
mod validate;

pub use close::CloseCode;
pub use error::{ApiError, ErrorBody, ErrorCode};
pub use frame::{ClientFrame, ServerFrame};
pub use ids::{ClientId, ReportId, Rev, RoomId, Seq, SessionId, UnixMillis, UserId};
pub use incoming::{Incoming, Unreadable};
pub use json::{Fields, JsonError, from_json, to_json};
pub use model::{
    Member, Message, MessageKind, Person, Posting, Reaction, Role, RoomKind, RoomSummary, Session, SystemEvent, User,
};
pub use moderation::{Ban, BanPage, BlockList, CreateBan, CreateReport, Report, ReportAnswer, ReportPage};
pub use position::{Cursor, Mark, RoomHead};
pub use presence::{Presence, PresenceState};
pub use rest::{
    AddMember, AuthAnswer, ChangePassword, CreateRoom, DeleteMe, EditMessage, HistoryPage, Login, MemberPage,
    MessageAnswer, NewMessage, PublicRoom, PublicRooms, Register, RoomAnswer, Rooms, SessionList, SetRole, UpdateMe,
    UpdateRoom, UserAnswer, UserList,
};
#[doc(hidden)]
pub use tagged::Tagged;
pub use validate::{
    Invalid, body, display_name, emoji, password, reason, room_name, topic, username, without_control_characters,
};

/// The protocol's version, sent in `hello` and answered in `welcome`. Raised only by a change that an earlier page cannot
/// survive by the rule of compatibility (docs/api.md); a page that meets a later version asks to be reloaded.
pub const PROTOCOL_VERSION: u32 = 3;
