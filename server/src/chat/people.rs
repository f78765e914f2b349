//! Accounts as far as they concern rooms: a new one enters the first room; people are found by name; and a changed name is
//! told to everybody who is connected.

use super::Chat;
use crate::Error;
use crate::outbound::Frame;
use crate::store::NewUser;
use protocol::limits::PEOPLE_IDS;
use protocol::{Person, ServerFrame, User, UserId};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Of [`Chat::people_sent`]: no connection needed it yet.
pub(super) const NOT_SENT: i64 = -1;

/// Changes of names in one read, while a node tells its connections of them.
pub(crate) const RENAMED: i64 = 500;

impl Chat {
    /// Stores an account and tells the room that it joins. `Conflict` where the name is taken.
    pub(crate) async fn create_user(self: &Arc<Self>, user: NewUser) -> Result<User, Error> {
        self.complete(async move |chat| {
            let (user, message) = chat.store.create_user(user, chat.stamp()).await?;
            chat.announce(message);
            Ok(user)
        })
        .await
    }

    /// Stores what changed about an account, and tells all nodes and connections.
    pub(crate) async fn update_user(self: &Arc<Self>, user: User) -> Result<(), Error> {
        self.complete(async move |chat| {
            chat.store.update_user(&user).await?;
            chat.hub.invalidate_user(user.id);
            // Another node, or the next check, tells what cannot be told now.
            if let Err(error) = chat.send_renamed().await {
                tracing::warn!(%error, "a changed name could not be told yet");
            }
            Ok(())
        })
        .await
    }

    /// People whose names match, without the one who asks.
    pub(crate) async fn list_users(&self, user: UserId, query: &str, limit: i64) -> Result<Vec<User>, Error> {
        let wanted = usize::try_from(limit).unwrap_or(0);
        let mut users = self.store.list_users(query.trim(), limit + 1).await?;
        users.retain(|other| other.id != user);
        users.truncate(wanted);
        Ok(users)
    }

    /// How far this node has told of names, for a connection that is registered already: it is told of every later change.
    pub(crate) async fn people_rev(&self) -> Result<i64, Error> {
        let sent = self.people_sent.load(Ordering::Acquire);
        if sent != NOT_SENT {
            return Ok(sent);
        }
        let rev = self.store.people_rev().await?;
        let before = self.people_sent.compare_exchange(NOT_SENT, rev, Ordering::AcqRel, Ordering::Acquire);
        Ok(before.err().unwrap_or(rev))
    }

    /// Another epoch began: what was told of names says nothing about it.
    pub(super) fn reset_people_rev(&self) {
        self.people_sent.store(NOT_SENT, Ordering::Release);
    }

    /// Those of these people whose names were changed after `since`, and what the names are as of.
    pub(crate) async fn list_people(&self, since: i64, ids: &[UserId]) -> Result<(Vec<Person>, i64), Error> {
        if ids.len() > PEOPLE_IDS {
            return Err(Error::Invalid(format!("ids: at most {PEOPLE_IDS}, these are {}.", ids.len())));
        }
        let _permit = self.catch_up_permit().await?;
        // Read first: a name that changes meanwhile may be among those that follow, and is told in any case.
        let rev = self.store.people_rev().await?;
        Ok((self.store.list_people(ids, since).await?, rev))
    }

    /// Tells the connections of this node of all names that were changed since the last time, in order. Names are open to
    /// everybody with an account, so nobody is left out; each device takes those that it shows.
    pub(crate) async fn send_renamed(&self) -> Result<(), Error> {
        // Held over the reads, so that changes go out in their order.
        let _order = self.sending_renamed.lock().await;
        let rev = self.store.people_rev().await?;
        let sent = &self.people_sent;
        let before = sent.load(Ordering::Acquire);
        if before == NOT_SENT || before > rev {
            // A restored database counts from where its backup was.
            sent.store(rev, Ordering::Release);
        }
        while sent.load(Ordering::Acquire) < rev {
            let renamed = self.store.list_renamed(sent.load(Ordering::Acquire), RENAMED).await?;
            if renamed.is_empty() {
                // Not so in any database that only this program writes to.
                sent.store(rev, Ordering::Release);
            }
            for person in renamed {
                // Before the frame: who registers after it learns from this number that they missed it.
                sent.store(person.rev, Ordering::Release);
                self.hub.send_to_all_here(&Frame::encode(&ServerFrame::PersonChanged { person }));
            }
        }
        Ok(())
    }
}
