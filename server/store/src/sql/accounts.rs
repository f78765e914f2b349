//! Accounts. Statements about names by version are in `people.rs`.

use super::super::id_list;
use super::rows::{user, user_columns};
use super::search::{searchable, starts_a_word};
use super::{Database, Result, audit, invites, members, names, system_messages};
use crate::driver::is_taken;
use crate::{Accounts, Credentials, Error, NewUser, Registration, Stamp};
use protocol::{Message, Role, RoomId, SystemEvent, UnixMillis, User, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl Accounts for Database {
    async fn create_user(
        &self,
        new: NewUser,
        right: Registration,
        stamp: &(dyn Fn() -> Stamp + Sync),
    ) -> Result<(User, Vec<Message>)> {
        self.transaction(async |mut tx| {
            let now = stamp().now;
            // The first room's lock makes one of two first accounts the first.
            let general = sqlx::query(concat!(
                "select r.id from rooms r where r.id = (select general_room_id from meta)",
                for_update!()
            ))
            .fetch_optional(&mut *tx)
            .await?;
            let general = general.map(|row| row.try_get("id")).transpose()?.map(RoomId);
            names::lock(&mut tx).await?;
            let first = sqlx::query("select not exists (select 1 from users) as is_first").fetch_one(&mut *tx).await?;
            let is_first = first.try_get("is_first")?;
            let rooms = invites::use_right(&mut tx, &right, &new.username, is_first, now).await?;
            let administration = match &right {
                Registration::Operator { by, is_admin: true } if !is_first => Some(by),
                _ => None,
            };
            let inserted = sqlx::query(
                "insert into users (id, username, display_name, search, password_hash, is_admin, created_at)
                 values ($1, $2, $3, $4, $5, $7 or not exists (select 1 from users), $6) returning is_admin",
            )
            .bind(new.id.0)
            .bind(&new.username)
            .bind(&new.display_name)
            .bind(searchable(&[&new.username, &new.display_name]))
            .bind(&new.password_hash)
            .bind(now.0)
            .bind(administration.is_some())
            .fetch_one(&mut *tx)
            .await;
            let is_admin = match inserted {
                Ok(row) => row.try_get("is_admin")?,
                Err(error) if is_taken(&error) => {
                    return Err(Error::Conflict("This user name is taken. Choose another."));
                }
                Err(error) => return Err(error.into()),
            };
            // Nobody knows the name yet: it need not be counted.
            names::settle(&mut tx, new.id, None, true).await?;
            if let Some(by) = administration {
                let subject = (Some(new.id.0), new.username.as_str());
                audit::record(&mut tx, by, "user.make-admin", subject, "", now).await?;
            }
            let mut messages = Vec::new();
            for room in general.into_iter().chain(rooms.into_iter().filter(|room| Some(*room) != general)) {
                // Only the first account owns the first room.
                let role = if is_admin && administration.is_none() { Role::Owner } else { Role::Member };
                system_messages::lock_room(&mut tx, room).await?;
                messages.push(members::enter(&mut tx, room, new.id, role, new.id, SystemEvent::Joined, stamp()).await?);
            }
            tx.commit().await?;
            let (username, display_name) = (new.username, new.display_name);
            Ok((User { id: new.id, username, display_name, is_admin, created_at: now, receipts: true }, messages))
        })
        .await
    }

    async fn find_credentials(&self, username: &str) -> Result<Option<Credentials>> {
        let statement = concat!(
            "select ",
            user_columns!("u"),
            ", u.password_hash from users u where u.username = $1 and u.deleted_at is null"
        );
        let found = sqlx::query(statement).bind(username).fetch_optional(&self.read).await?;
        let read = |row| Ok(Credentials { user: user(&row)?, password_hash: row.try_get("password_hash")? });
        found.map(read).transpose()
    }

    async fn find_user(&self, id: UserId) -> Result<Option<User>> {
        let statement = concat!("select ", user_columns!("u"), " from users u where u.id = $1");
        let found = sqlx::query(statement).bind(id.0).fetch_optional(&self.read).await?;
        found.as_ref().map(user).transpose()
    }

    async fn update_user(&self, user: &User) -> Result<()> {
        // The counter's row is locked before the name is looked at: changes of names are in the order of their numbers.
        self.transaction(async |mut tx| {
            let renamed = sqlx::query(
                "update meta set people_rev = people_rev + 1
                 where exists (select 1 from users where id = $1 and display_name <> $2 and deleted_at is null)",
            )
            .bind(user.id.0)
            .bind(&user.display_name)
            .execute(&mut *tx)
            .await?
            .rows_affected()
                > 0;
            let skeleton = if renamed { names::skeleton_of(&mut tx, user.id).await? } else { None };
            sqlx::query(
                "update users set display_name = $2, search = $3, receipts = $4,
                   rev = case when $5 then (select people_rev from meta) else rev end
                 where id = $1 and deleted_at is null",
            )
            .bind(user.id.0)
            .bind(&user.display_name)
            .bind(searchable(&[&user.username, &user.display_name]))
            .bind(user.receipts)
            .bind(renamed)
            .execute(&mut *tx)
            .await?;
            if renamed {
                names::settle(&mut tx, user.id, skeleton, true).await?;
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn update_last_seen(&self, users: &[UserId], at: UnixMillis) -> Result<()> {
        // Locked in the order of their ids: nodes that lose the same people at the same moment wait for each other.
        sqlx::query(concat!(
            "with locked as materialized (select id from users where id in ",
            ids!("$1"),
            " order by id",
            for_update!(),
            ") update users set last_seen_at = $2 from locked where users.id = locked.id"
        ))
        .bind(id_list(users.iter().map(|user| user.0)))
        .bind(at.0)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn list_last_seen(&self, viewer: UserId, users: &[UserId]) -> Result<Vec<(UserId, UnixMillis)>> {
        let rows = sqlx::query(concat!(
            "select u.id, u.last_seen_at from users u join users me on me.id = $2 and me.receipts
             where u.receipts and u.last_seen_at is not null and u.id in ",
            ids!("$1")
        ))
        .bind(id_list(users.iter().map(|user| user.0)))
        .bind(viewer.0)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Ok((UserId(row.try_get("id")?), UnixMillis(row.try_get("last_seen_at")?)))).collect()
    }

    async fn has_users(&self) -> Result<bool> {
        let row = sqlx::query("select exists (select 1 from users) as found").fetch_one(&self.read).await?;
        Ok(row.try_get("found")?)
    }

    async fn list_users(&self, query: &str, limit: i64) -> Result<Vec<User>> {
        let rows = sqlx::query(concat!(
            "select ",
            user_columns!("u"),
            r" from users u where u.search like $1 escape '\' and u.disabled_at is null
             order by lower(u.display_name), u.id limit $2"
        ))
        .bind(starts_a_word(query))
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(user).collect()
    }
}
