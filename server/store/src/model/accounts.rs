//! Accounts, without what the simulation does not use: it signs nobody in and searches for nobody.

use super::tables::Tables;
use super::{Model, absent};
use crate::rules::names;
use crate::{Accounts, Credentials, Error, NewUser, Registration, Result, Stamp};
use protocol::{Message, Role, SystemEvent, UnixMillis, User, UserId};
use std::collections::BTreeMap;

#[async_trait::async_trait]
impl Accounts for Model {
    async fn create_user(
        &self,
        new: NewUser,
        right: Registration,
        stamp: &(dyn Fn() -> Stamp + Sync),
    ) -> Result<(User, Vec<Message>)> {
        if right != Registration::Open {
            return absent();
        }
        let (user, message) = self.write(|tables| tables.create_user(new, stamp())).await?;
        Ok((user, Vec::from_iter(message)))
    }

    async fn find_credentials(&self, _: &str) -> Result<Option<Credentials>> {
        absent()
    }

    async fn find_user(&self, id: UserId) -> Result<Option<User>> {
        self.read(|tables| tables.users.get(&id).cloned()).await
    }

    async fn update_user(&self, user: &User) -> Result<()> {
        self.write(|tables| {
            let known = tables.users.get_mut(&user.id).ok_or(Error::NotFound("user"))?;
            let renamed = known.display_name != user.display_name;
            known.display_name.clone_from(&user.display_name);
            known.receipts = user.receipts;
            if renamed {
                tables.count_renamed(user.id);
                tables.settle_name(user.id);
            }
            Ok(())
        })
        .await
    }

    async fn update_last_seen(&self, _: &[UserId], _: UnixMillis) -> Result<()> {
        absent()
    }

    async fn list_last_seen(&self, _: UserId, _: &[UserId]) -> Result<Vec<(UserId, UnixMillis)>> {
        self.read(|_| Vec::new()).await
    }

    async fn has_users(&self) -> Result<bool> {
        self.read(|tables| !tables.users.is_empty()).await
    }

    async fn list_users(&self, _: &str, _: i64) -> Result<Vec<User>> {
        absent()
    }
}

impl Tables {
    /// As [`Accounts::create_user`] without an invite, for tables that no model has yet.
    pub fn create_user(&mut self, new: NewUser, stamp: Stamp) -> Result<(User, Option<Message>)> {
        if self.users.values().any(|user| user.username == new.username) {
            return Err(Error::Conflict("This user name is taken. Choose another."));
        }
        let is_admin = self.users.is_empty();
        let (username, display_name) = (new.username, new.display_name);
        let user = User { id: new.id, username, display_name, is_admin, created_at: stamp.now, receipts: true };
        self.users.insert(new.id, user.clone());
        self.settle_name(new.id);
        let role = if is_admin { Role::Owner } else { Role::Member };
        let general = self.general;
        let message = general.map(|room| self.enter(room, new.id, role, new.id, SystemEvent::Joined, stamp));
        Ok((user, message.transpose()?))
    }

    fn count_renamed(&mut self, user: UserId) {
        self.people_rev += 1;
        self.revs.insert(user, self.people_rev);
    }

    /// After this person's name became another one: the names that others see of all whose names look the same, as they are then.
    fn settle_name(&mut self, renamed: UserId) {
        let skeletons = self.users.iter().map(|(id, user)| (*id, names::skeleton(&user.display_name)));
        let skeletons: BTreeMap<_, _> = skeletons.collect();
        for (id, skeleton) in &skeletons {
            let user = &self.users[id];
            let is_shared = skeletons.iter().any(|(other, same)| other != id && same == skeleton);
            let shown = names::shown_name(&user.username, &user.display_name, is_shared);
            let differs = shown.as_ref() != self.shown_names.get(id);
            if !differs && *id != renamed {
                continue;
            }
            match &shown {
                Some(shown) => self.shown_names.insert(*id, shown.clone()),
                None => self.shown_names.remove(id),
            };
            // Names are of the present wherever a row or a fact is read, as where they are joined.
            let name = shown.unwrap_or_else(|| user.display_name.clone());
            let rows = self.rooms.values_mut().flat_map(|room| &mut room.messages);
            rows.filter(|row| row.sender_id == *id).for_each(|row| row.sender_name.clone_from(&name));
            if *id != renamed {
                self.count_renamed(*id);
            }
        }
    }
}
