//! Newtype ids and counters. A `RoomId` cannot be handed in where a `UserId` is due.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id!(
    /// A person's account.
    UserId
);
uuid_id!(
    /// A room of any kind.
    RoomId
);
uuid_id!(
    /// One device's session, from a sign-in to its sign-out.
    SessionId
);
uuid_id!(
    /// A message's name before it has a [`Seq`], made by the sender (a UUIDv7) and unique per sender for ever.
    ClientId
);
uuid_id!(
    /// A report of a message to the administrators.
    ReportId
);

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The number after this one. Counters have no gaps, so this is always the next row's.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter!(
    /// A message's number within its room: 1, 2, 3 … in commit order. 0 stands before the first message.
    Seq
);
counter!(
    /// A revision's number within its room: each edit, deletion or reaction takes the next. 0 means never revised.
    Rev
);

/// A point in time for people to read: milliseconds since the Unix epoch. Takes no part in ordering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);
