//! The names that others see: see the rules in `rules/names.rs`. A display name changes in three steps of one transaction, under the
//! lock of the counter of changed names: [`skeleton_of`], the change itself, which a trigger lets forget the skeleton, and [`settle`].

use super::{Database, Result, Tx};
use crate::rules::names::{shown_name, skeleton};
use protocol::UserId;
use sqlx::Row;
use uuid::Uuid;

/// Locks the counter of changed names. Taken before any person's row.
pub(super) async fn lock(tx: &mut Tx) -> Result<()> {
    sqlx::query(concat!("select people_rev from meta", for_update!())).fetch_optional(&mut **tx).await?;
    Ok(())
}

/// The stored skeleton of a person's name, for [`settle`]. Read under the lock of the counter, before the name changes.
pub(super) async fn skeleton_of(tx: &mut Tx, user: UserId) -> Result<Option<String>> {
    let found = sqlx::query("select skeleton from users where id = $1").bind(user.0).fetch_optional(&mut **tx).await?;
    Ok(found.map(|row| row.try_get("skeleton")).transpose()?.flatten())
}

/// After a person's name became another one or they were deleted: stores its skeleton and its name as others see it, and those of
/// each person whose name looked the same before or looks the same now. They count as renamed; so does the person, unless the
/// change `is_counted` already.
pub(super) async fn settle(tx: &mut Tx, user: UserId, before: Option<String>, is_counted: bool) -> Result<()> {
    let found = sqlx::query("select display_name from users where id = $1 and deleted_at is null").bind(user.0);
    let name: Option<String> =
        found.fetch_optional(&mut **tx).await?.map(|row| row.try_get("display_name")).transpose()?;
    let now = name.as_deref().map(skeleton);
    let statement = "update users set skeleton = $2 where id = $1";
    sqlx::query(statement).bind(user.0).bind(&now).execute(&mut **tx).await?;
    let differs = before != now;
    let counted = is_counted.then_some(user);
    for skeleton in [before.filter(|_| differs), now].into_iter().flatten() {
        tell_apart(tx, counted, &skeleton).await?;
    }
    Ok(())
}

/// Stores the names that others see of all people whose names look like this, where they differ from what is stored.
async fn tell_apart(tx: &mut Tx, counted: Option<UserId>, skeleton: &str) -> Result<()> {
    let alike = sqlx::query("select 1 from users where skeleton = $1 limit 2").bind(skeleton);
    let is_shared = alike.fetch_all(&mut **tx).await?.len() > 1;
    // Those of a shared name that have a shown name have the right one: a changed display name has none yet. So the cost does not grow
    // with the people of that name.
    let rows = sqlx::query(if is_shared {
        "select id, username, display_name, shown_name from users where skeleton = $1 and shown_name is null
         order by id"
    } else {
        "select id, username, display_name, shown_name from users where skeleton = $1"
    });
    let rows = rows.bind(skeleton).fetch_all(&mut **tx).await?;
    for row in &rows {
        let id: Uuid = row.try_get("id")?;
        let (username, display_name): (String, String) = (row.try_get("username")?, row.try_get("display_name")?);
        let shown = shown_name(&username, &display_name, is_shared);
        if shown == row.try_get::<Option<String>, _>("shown_name")? {
            continue;
        }
        let counts = counted != Some(UserId(id));
        if counts {
            sqlx::query("update meta set people_rev = people_rev + 1").execute(&mut **tx).await?;
        }
        sqlx::query(
            "update users set shown_name = $2, rev = case when $3 then (select people_rev from meta) else rev end
             where id = $1",
        )
        .bind(id)
        .bind(shown)
        .bind(counts)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// See [`People::settle_names`](crate::People::settle_names).
pub(super) async fn settle_next(database: &Database, most: i64) -> Result<u64> {
    let statement = "select id from users where skeleton is null and deleted_at is null order by id limit $1";
    let any = sqlx::query(statement).bind(1).fetch_optional(&database.read).await?;
    if any.is_none() {
        return Ok(0);
    }
    database
        .transaction(async |mut tx| {
            lock(&mut tx).await?;
            let rows = sqlx::query(statement).bind(most).fetch_all(&mut *tx).await?;
            for row in &rows {
                settle(&mut tx, UserId(row.try_get("id")?), None, false).await?;
            }
            tx.commit().await?;
            Ok(rows.len() as u64)
        })
        .await
}
