//! Accounts as far as they concern rooms: a new account joins the first room, people are found by name, and a changed name is
//! sent to every connection.

use super::Chat;
use crate::outbound::Frame;
use crate::{Error, names};
use protocol::limits::PEOPLE_IDS;
use protocol::{Person, ServerFrame, User, UserId};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::{NewUser, Registration};

/// The value of [`Chat::people_sent`] before any connection needed it.
pub(super) const NOT_SENT: i64 = -1;

/// Changes of names per query, while a node sends them to its connections.
pub const RENAMED: i64 = 500;

impl Chat {
    /// Stores an account, made by this right, and sends the system messages to the rooms that it joins. `Conflict` if the name is
    /// taken, `Forbidden` without the right.
    pub async fn create_user(self: &Arc<Self>, user: NewUser, right: Registration) -> Result<User, Error> {
        let display_name = names::display_name(&user.display_name)?;
        let user = NewUser { display_name, ..user };
        self.complete(async move |chat| {
            let (user, messages) = chat.store.create_user(user, right, &|| chat.stamp()).await?;
            for message in messages {
                chat.announce(Some(message));
            }
            // Another person may be shown with the user name from now on.
            chat.try_send_renamed().await;
            Ok(user)
        })
        .await
    }

    /// Stores a changed account, invalidates it on all nodes, and sends the name to all connections.
    pub async fn update_user(self: &Arc<Self>, user: User) -> Result<(), Error> {
        self.complete(async move |chat| {
            chat.store.update_user(&user).await?;
            chat.hub.invalidate_user(user.id);
            chat.try_send_renamed().await;
            Ok(())
        })
        .await
    }

    /// On failure another node, or the next check, sends them.
    async fn try_send_renamed(&self) {
        if let Err(error) = self.send_renamed().await {
            tracing::warn!(%error, "a changed name could not be sent yet");
        }
    }

    /// People whose names match, without the one who asks.
    pub async fn list_users(&self, user: UserId, query: &str, limit: i64) -> Result<Vec<User>, Error> {
        let wanted = usize::try_from(limit).unwrap_or(0);
        let mut users = self.store.list_users(query.trim(), limit + 1).await?;
        users.retain(|other| other.id != user);
        users.truncate(wanted);
        Ok(users.into_iter().map(User::seen_by_others).collect())
    }

    /// The last `people_rev` that this node sent, for a connection that is registered already: it receives every later change.
    pub async fn people_rev(&self) -> Result<i64, Error> {
        let sent = self.people_sent.load(Ordering::Acquire);
        if sent != NOT_SENT {
            return Ok(sent);
        }
        let rev = self.store.people_rev().await?;
        let before = self.people_sent.compare_exchange(NOT_SENT, rev, Ordering::AcqRel, Ordering::Acquire);
        Ok(before.err().unwrap_or(rev))
    }

    /// A new epoch began: `people_rev` is unknown.
    pub(super) fn reset_people_rev(&self) {
        self.people_sent.store(NOT_SENT, Ordering::Release);
    }

    /// Those of these people whose names changed after `since`, and the `people_rev` of the answer.
    pub async fn list_people(&self, since: i64, ids: &[UserId]) -> Result<(Vec<Person>, i64), Error> {
        if ids.len() > PEOPLE_IDS {
            return Err(Error::Invalid(format!("ids: at most {PEOPLE_IDS}, these are {}.", ids.len())));
        }
        let _permit = self.catch_up_permit().await?;
        // Read first: a name that changes meanwhile is sent in any case.
        let rev = self.store.people_rev().await?;
        Ok((self.store.list_people(ids, since).await?, rev))
    }

    /// Sends this node's connections all names that changed since the last time, in order. Names are visible to every account, so
    /// each connection receives them; a device applies those that it shows.
    pub(crate) async fn send_renamed(&self) -> Result<(), Error> {
        // Held during the reads, so that changes are sent in order.
        let _order = self.sending_renamed.lock().await;
        let rev = self.store.people_rev().await?;
        let sent = &self.people_sent;
        let before = sent.load(Ordering::Acquire);
        if before == NOT_SENT || before > rev {
            // A restored database continues from the counter of its backup.
            sent.store(rev, Ordering::Release);
        }
        while sent.load(Ordering::Acquire) < rev {
            let renamed = self.store.list_renamed(sent.load(Ordering::Acquire), RENAMED).await?;
            if renamed.is_empty() {
                // Cannot happen in a database that only this program writes to.
                sent.store(rev, Ordering::Release);
            }
            for person in renamed {
                // Before the frame: a connection that registers after it learns from this number that it missed the frame.
                sent.store(person.rev, Ordering::Release);
                self.hub.delivery.send_to_all(&Frame::encode(&ServerFrame::PersonChanged { person }));
            }
        }
        Ok(())
    }
}
