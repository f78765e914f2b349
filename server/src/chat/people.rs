//! Accounts as far as they concern rooms: a new one enters the first room; people are found by name.

use super::Chat;
use crate::Error;
use crate::store::NewUser;
use protocol::{User, UserId};
use std::sync::Arc;

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

    /// People whose names match, without the one who asks.
    pub(crate) async fn list_users(&self, user: UserId, query: &str, limit: i64) -> Result<Vec<User>, Error> {
        let wanted = usize::try_from(limit).unwrap_or(0);
        let mut users = self.store.list_users(query.trim(), limit + 1).await?;
        users.retain(|other| other.id != user);
        users.truncate(wanted);
        Ok(users)
    }
}
