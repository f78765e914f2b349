//! The stub of `storage` for rendering on the server, where nothing is persisted.

#[cfg(test)]
#[path = "storage/records.rs"]
mod records;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "nothing is tried here")]
pub(crate) enum Trouble {
    Refused,
    Full,
    Later,
    Silent,
    Shared,
}

pub(crate) async fn empty() {}

/// See `storage::records`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) is_later: bool,
}

/// See `storage::records`.
#[expect(dead_code, reason = "there are no other tabs here")]
pub(crate) enum PeerMessage {
    Write(client::StorageWrite),
    Unreadable(Unreadable),
    NotRead,
    AsksLeader,
    LeaderIsHere,
}

pub(crate) const fn request_persistence() {}

pub(crate) mod database {
    use super::{Trouble, Unreadable};
    use client::{Saved, StorageWrite};
    use protocol::UserId;
    use std::future::{Ready, ready};

    #[derive(Clone)]
    pub(crate) struct Database;

    impl Database {
        pub(crate) async fn open(_user: UserId) -> Result<Self, Trouble> {
            Err(Trouble::Refused)
        }
        pub(crate) async fn read(&self) -> Result<(Saved, Vec<Unreadable>), Trouble> {
            Err(Trouble::Refused)
        }
        pub(crate) fn discard(&self, _key: String) -> Ready<Result<(), Trouble>> {
            ready(Err(Trouble::Refused))
        }
        pub(crate) fn write(&self, _writes: Vec<StorageWrite>) -> Ready<Result<(), Trouble>> {
            ready(Err(Trouble::Refused))
        }
        pub(crate) fn give_up_rooms(&self) -> Ready<Result<(), Trouble>> {
            ready(Err(Trouble::Refused))
        }
        pub(crate) const fn remove(_user: UserId) {}
    }
}

pub(crate) mod drafts {
    use protocol::{RoomId, UserId};

    pub(crate) const fn begin(_user: UserId) {}
    pub(crate) const fn get(_user: UserId, _room: RoomId) -> Option<String> {
        None
    }
    pub(crate) const fn set(_user: UserId, _room: RoomId, _text: &str) {}
    pub(crate) const fn clear(_user: UserId) {}
}

pub(crate) mod tabs {
    use super::{PeerMessage, Unreadable};
    use client::StorageWrite;
    use protocol::UserId;

    #[expect(dead_code, reason = "there are no tabs here")]
    pub(crate) enum Leadership {
        Leader(LeaderLock),
        Follower,
        Unsupported,
    }

    #[derive(Clone)]
    pub(crate) struct LeaderLock;

    impl LeaderLock {
        pub(crate) const fn release(&self) {}
        pub(crate) async fn ended(&self) {}
    }

    #[derive(Clone)]
    pub(crate) struct LockRequest;

    impl LockRequest {
        pub(crate) const fn new() -> Option<Self> {
            None
        }
        pub(crate) const fn end(&self) {}
    }

    pub(crate) struct Tabs;

    impl Tabs {
        pub(crate) fn join(_user: UserId, _on_word: impl Fn(Vec<PeerMessage>) + 'static) -> Option<Self> {
            None
        }
        pub(crate) const fn send(&self, _writes: &[StorageWrite]) {}
        pub(crate) const fn ask_leader(&self) {}
        pub(crate) const fn answer(&self) {}
        pub(crate) const fn cannot_read(&self, _message: &Unreadable) {}
    }

    pub(crate) async fn try_lead(_user: UserId) -> Leadership {
        Leadership::Unsupported
    }
    pub(crate) async fn wait_to_lead(_user: UserId, _waiting: Option<&LockRequest>) -> Option<LeaderLock> {
        None
    }
    pub(crate) async fn steal_lead(_user: UserId) -> Option<LeaderLock> {
        None
    }
}

pub(crate) mod worker {
    pub(crate) const fn register() {}
    pub(crate) const fn forget_pages() {}
}
