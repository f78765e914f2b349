//! Names of people by version. `update_user` in `accounts.rs` and `names.rs` move the counter.

use super::super::id_list;
use super::rows::Row as DbRow;
use super::{Database, Result, names};
use crate::People;
use protocol::{Person, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl People for Database {
    async fn people_rev(&self) -> Result<i64> {
        Ok(sqlx::query("select people_rev from meta").fetch_one(&self.read).await?.try_get("people_rev")?)
    }

    async fn list_people(&self, ids: &[UserId], since: i64) -> Result<Vec<Person>> {
        let statement = concat!(
            "select id, rev, username, coalesce(shown_name, display_name) as name from users where rev > $2 and id in ",
            ids!("$1")
        );
        let ids = id_list(ids.iter().map(|id| id.0));
        let rows = sqlx::query(statement).bind(ids).bind(since).fetch_all(&self.read).await?;
        rows.iter().map(person).collect()
    }

    async fn list_renamed(&self, since: i64, limit: i64) -> Result<Vec<Person>> {
        let statement = "select id, rev, username, coalesce(shown_name, display_name) as name from users
             where rev > $1 and rev > 0 order by rev limit $2";
        let rows = sqlx::query(statement).bind(since).bind(limit).fetch_all(&self.read).await?;
        rows.iter().map(person).collect()
    }

    async fn settle_names(&self, most: i64) -> Result<u64> {
        names::settle_next(self, most).await
    }
}

fn person(row: &DbRow) -> Result<Person> {
    Ok(Person {
        id: UserId(row.try_get("id")?),
        rev: row.try_get("rev")?,
        username: row.try_get("username")?,
        display_name: row.try_get("name")?,
    })
}
