//! Whether somebody is there, as others are told.

use crate::{UnixMillis, UserId};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Whether a person is there. Ordered: of several devices the highest state counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Nobody is connected.
    Offline,
    /// Connected, and looking at something else on all devices.
    Away,
    /// Looks at a page of ours on some device.
    Online,
    /// A state of a later version. Shown as nothing; any other state counts before it.
    #[serde(other)]
    Unknown,
}

impl PresenceState {
    const fn rank(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Offline => 1,
            Self::Away => 2,
            Self::Online => 3,
        }
    }
}

impl Ord for PresenceState {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for PresenceState {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Somebody's presence: `[user_id, state, last_seen]` on the wire. `last_seen` comes with the answer to `focus`, of people
/// who are offline, where both show others how far they have read; otherwise it is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence(pub UserId, pub PresenceState, pub UnixMillis);
