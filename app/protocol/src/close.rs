//! Why a server closes a WebSocket, and what a client should do about it. This table is the documentation.

/// A close code of the server. 4000 and above are Jackdaw's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// 1000: both sides are done.
    Normal,
    /// 1002: not a WebSocket frame that Jackdaw speaks (for example binary).
    ProtocolError,
    /// 1007: a text frame that is not UTF-8.
    NotUtf8,
    /// 1009: a frame above [`crate::limits::FRAME_BYTES`].
    TooLarge,
    /// 1012: the node stops; any other node will do.
    GoingAway,
    /// 1013: the node takes no more connections for now.
    ServerFull,
    /// 4001: the session has ended; a new sign-in is needed.
    SessionRevoked,
    /// 4002: the client did not read fast enough; what it missed is stored.
    SlowConsumer,
    /// 4003: too many frames.
    RateLimited,
    /// 4004: the session or the person has more connections than allowed, and this one was the oldest. The client does not
    /// reconnect by itself, or two tabs would close each other in turn: it waits until its page is visible again or the
    /// person asks.
    TooManySockets,
}

impl CloseCode {
    /// Every code, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::Normal,
        Self::ProtocolError,
        Self::NotUtf8,
        Self::TooLarge,
        Self::GoingAway,
        Self::ServerFull,
        Self::SessionRevoked,
        Self::SlowConsumer,
        Self::RateLimited,
        Self::TooManySockets,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::ProtocolError => 1002,
            Self::NotUtf8 => 1007,
            Self::TooLarge => 1009,
            Self::GoingAway => 1012,
            Self::ServerFull => 1013,
            Self::SessionRevoked => 4001,
            Self::SlowConsumer => 4002,
            Self::RateLimited => 4003,
            Self::TooManySockets => 4004,
        }
    }

    /// The code with this number, if Jackdaw uses it.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }

    /// Whether the client reconnects by itself. After [`CloseCode::TooManySockets`] it does so once its page is visible
    /// again.
    #[must_use]
    pub const fn should_reconnect(self) -> bool {
        !matches!(
            self,
            Self::SessionRevoked | Self::ProtocolError | Self::NotUtf8 | Self::TooLarge | Self::TooManySockets
        )
    }

    /// The reason sent beside the number.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "bye",
            Self::ProtocolError => "only text frames are understood",
            Self::NotUtf8 => "a text frame must be UTF-8",
            Self::TooLarge => "a frame may have 64 KiB",
            Self::GoingAway => "this node stops, connect again",
            Self::ServerFull => "this node is full, try again later",
            Self::SessionRevoked => "this session has ended, sign in again",
            Self::SlowConsumer => "too slow to keep up, connect again",
            Self::RateLimited => "too many frames",
            Self::TooManySockets => "too many connections, the oldest was closed",
        }
    }
}
