//! Names of people by version.

use super::Model;
use super::tables::Tables;
use crate::{People, Result};
use protocol::{Person, UserId};

#[async_trait::async_trait]
impl People for Model {
    async fn people_rev(&self) -> Result<i64> {
        self.read(|tables| tables.people_rev).await
    }

    async fn list_people(&self, ids: &[UserId], since: i64) -> Result<Vec<Person>> {
        self.read(|tables| tables.people().filter(|person| person.rev > since && ids.contains(&person.id)).collect())
            .await
    }

    async fn list_renamed(&self, since: i64, limit: i64) -> Result<Vec<Person>> {
        self.read(|tables| {
            let mut renamed: Vec<_> = tables.people().filter(|person| person.rev > since.max(0)).collect();
            renamed.sort_by_key(|person| person.rev);
            renamed.truncate(usize::try_from(limit).unwrap_or_default());
            renamed
        })
        .await
    }

    async fn settle_names(&self, _: i64) -> Result<u64> {
        Ok(0)
    }
}

impl Tables {
    fn people(&self) -> impl Iterator<Item = Person> {
        self.users.values().map(|user| Person {
            id: user.id,
            rev: self.revs.get(&user.id).copied().unwrap_or_default(),
            username: user.username.clone(),
            display_name: self.shown_names.get(&user.id).unwrap_or(&user.display_name).clone(),
        })
    }
}
