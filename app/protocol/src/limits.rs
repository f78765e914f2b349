//! The limits that both sides keep, with their units. The server announces none that is not here.

/// Characters in a user name, from and to.
pub const USERNAME_CHARS: (usize, usize) = (3, 32);
/// Characters in a password, from and to.
pub const PASSWORD_CHARS: (usize, usize) = (8, 256);
/// Characters in a display name, from and to.
pub const DISPLAY_NAME_CHARS: (usize, usize) = (1, 64);
/// Characters in a room's name, from and to.
pub const ROOM_NAME_CHARS: (usize, usize) = (1, 80);
/// Characters in a message's body after trimming, from and to.
pub const BODY_CHARS: (usize, usize) = (1, 8_000);
/// Bytes in a message's body after trimming.
pub const BODY_BYTES: usize = 32 * 1024;
/// Characters in what a room is about, from and to.
pub const TOPIC_CHARS: (usize, usize) = (0, 250);
/// Characters in the reason of a report after trimming, from and to.
pub const REASON_CHARS: (usize, usize) = (1, 500);
/// Characters of the last message that a list of rooms shows.
pub const PREVIEW_CHARS: usize = 200;
/// Rooms per person. A request that would add a person to one more is refused with 409.
pub const ROOMS_MAX: i64 = 2_000;
/// Bytes in one WebSocket frame or one request body that a client sends.
pub const FRAME_BYTES: usize = 64 * 1024;
/// Rows in the largest page that may be asked for.
pub const PAGE_MAX: i64 = 100;
/// Rows in a page of history where none is asked for.
pub const PAGE_DEFAULT: i64 = 50;
/// Members that one request may add to a room.
pub const MEMBERS_ADDED: usize = 100;
/// Cursors in one `hello`.
pub const HELLO_CURSORS: usize = 1_000;
/// Unread messages of a room are counted up to here; one more than this reads "99+". Each is a row that the database reads
/// for each device that connects: somebody in 50 rooms that are all above costs it 3 ms, and 13 ms if this were 999.
pub const UNREAD_MAX: i64 = 99;
/// Members of the largest room whose marks are told to all; in larger ones they are asked for.
pub const RECEIPTS_MEMBERS: i64 = 100;
/// Rows in one batch of what a device missed. A batch is also bounded in bytes, by the server.
pub const BATCH_ROWS: i64 = 50;
/// A device that misses more messages and revisions of a room than this starts over with the newest page.
pub const RESET_ROWS: i64 = 500;
/// People whose names one frame asks for.
pub const PEOPLE_IDS: usize = 200;
/// People whose presence one device may ask for at once.
pub const FOCUS_USERS: usize = 200;
/// How often who goes on typing says so, in milliseconds.
pub const TYPING_INTERVAL_MS: u64 = 3_000;
/// How long somebody counts as typing who does not say so again, in milliseconds.
pub const TYPING_TIMEOUT_MS: u64 = 5_000;
/// How often the server sends a heartbeat on each connection, in milliseconds.
pub const HEARTBEAT_INTERVAL_MS: u64 = 25_000;
/// How long either side may receive nothing before it treats the connection as lost, in milliseconds. Longer than
/// [`HEARTBEAT_INTERVAL_MS`], so that one heartbeat and its way fit.
pub const IDLE_TIMEOUT_MS: u64 = 40_000;
/// Characters in a reaction: an emoji may be made of several.
pub const EMOJI_CHARS: (usize, usize) = (1, 16);
/// Different emoji under one message.
pub const EMOJI_KINDS: usize = 20;
/// Reactions under one message, each a person with an emoji.
pub const REACTIONS_MAX: usize = 250;
