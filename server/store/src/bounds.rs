//! The bounds of the store, for its modules and for the server's table of bounds. They stand here and not beside their use,
//! because `sql` is compiled twice.

use std::time::Duration;

/// How long a request may wait for a connection, including the time to make one.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one statement may take. The database ends a read before that; this timeout is for a database that is silent.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The lifetime of a connection: the memory that the database holds for it grows.
pub const CONNECTION_LIFETIME: Duration = Duration::from_secs(30 * 60);

/// How long storing messages may take: their senders get an answer in time, and send again.
pub const APPEND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a change of rooms, members or accounts may take: some of them touch many rows.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(35);

/// How long the database may take to answer a ping.
pub const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections on which messages are stored: for most rooms, and for those whose locks others hold.
pub const APPENDERS: u32 = 2;

/// How long a batch of messages waits for the locks of its rooms.
pub const LOCK_TIMEOUT_MS: u32 = 250;

/// Readers beside the one writer. SQLite reads from memory, so more of them than processors gain nothing.
pub const READERS: u32 = 4;

/// Live sessions of one person; the oldest ends for a new one.
pub const SESSIONS_MAX: i64 = 50;

/// Invites that work at the same time, per server.
pub const INVITES_MAX: i64 = 500;

/// Rooms of one invite.
pub const INVITE_ROOMS: usize = 20;

/// One-time links for the first account: a node makes one when it starts. The newest are kept.
pub const SETUP_LINKS: i64 = 20;

/// How long after its end an account's messages are deleted: what its connections on other nodes sent at that moment is stored by
/// then. Milliseconds.
pub const ERASURE_DELAY_MS: i64 = 15_000;

/// Messages of a deleted account that one transaction deletes at most.
pub const ERASED_MESSAGES: i64 = 100;

/// Public rooms in one page where no limit is asked for.
pub const PUBLIC_ROOMS: i64 = 200;

/// Bans of a room.
pub const BANS: i64 = 1_000;

/// Messages at the beginning and at the end of a direct room that are read to see whether both people wrote in it.
pub const CONSENT_MESSAGES: i64 = 1_000;

/// People that one person blocks.
pub const BLOCKS: i64 = 1_000;

/// Messages that one person reports within [`REPORT_WINDOW`].
pub const REPORTS_PER_DAY: i64 = 20;

/// For how long reports count.
pub const REPORT_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Refusals remembered per person; the oldest are removed first. A repeat of a removed refusal is stored if the sender has joined
/// the room since.
pub const REFUSALS: i64 = 200;
