//! Invites, and the one-time links of the first account.

use super::super::id_list;
use super::rows::Row as DbRow;
use super::{Database, Result, Tx, audit};
use crate::bounds::{INVITES_MAX, SETUP_LINKS};
use crate::{Actor, Error, Invite, Invites, NewInvite, Registration};
use protocol::{RoomId, UnixMillis};
use sqlx::Row;
use uuid::Uuid;

/// One sentence for a code that is wrong, used up, revoked or expired: it says nothing about which codes exist.
pub(super) const NOT_VALID: Error =
    Error::Forbidden("This link is not valid, or not any more. Ask the person who gave it to you for a new one.");

#[async_trait::async_trait]
impl Invites for Database {
    async fn create_invite(&self, invite: NewInvite, by: &Actor) -> Result<()> {
        self.transaction(async |mut tx| {
            audit::require_administrator(&mut tx, by).await?;
            let working = sqlx::query(
                "select count(*) as working from invites where uses_left > 0 and revoked_at is null and expires_at > $1",
            )
            .bind(invite.created_at.0)
            .fetch_one(&mut *tx)
            .await?;
            if working.try_get::<i64, _>("working")? >= INVITES_MAX {
                return Err(Error::Conflict("There are as many invites as there can be. Revoke some first."));
            }
            // Administrators bring people into their own rooms only; the command line into any.
            let statement = concat!(
                "select r.id from rooms r where r.deleted_at is null and r.kind > 0 and r.id in ",
                ids!("$1"),
                " and ($2 is null or exists (select 1 from members m where m.room_id = r.id and m.user_id = $2))"
            );
            let rooms = sqlx::query(statement)
                .bind(id_list(invite.rooms.iter().map(|room| room.0)))
                .bind(by.id.map(|id| id.0))
                .fetch_all(&mut *tx)
                .await?;
            if rooms.len() != invite.rooms.len() {
                return Err(Error::NotFound("room"));
            }
            sqlx::query(
                "insert into invites (id, code_hash, created_by, created_at, expires_at, uses_left)
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(invite.id)
            .bind(&invite.code_hash)
            .bind(by.id.map(|id| id.0))
            .bind(invite.created_at.0)
            .bind(invite.expires_at.0)
            .bind(invite.uses)
            .execute(&mut *tx)
            .await?;
            for room in &invite.rooms {
                sqlx::query("insert into invite_rooms (invite_id, room_id) values ($1, $2)")
                    .bind(invite.id)
                    .bind(room.0)
                    .execute(&mut *tx)
                    .await?;
            }
            let (name, detail) = (invite.id.to_string(), format!("uses: {}", invite.uses));
            audit::record(&mut tx, by, "invite.create", (Some(invite.id), &name), &detail, invite.created_at).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn list_invites(&self, now: UnixMillis) -> Result<Vec<Invite>> {
        let rows = sqlx::query(
            "select i.id, u.username, i.created_at, i.expires_at, i.uses_left from invites i
             left join users u on u.id = i.created_by
             where i.uses_left > 0 and i.revoked_at is null and i.expires_at > $1 order by i.created_at desc, i.id desc",
        )
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        let read = |row: &DbRow| {
            Ok(Invite {
                id: row.try_get("id")?,
                created_by: row.try_get("username")?,
                created_at: UnixMillis(row.try_get("created_at")?),
                expires_at: UnixMillis(row.try_get("expires_at")?),
                uses_left: row.try_get("uses_left")?,
            })
        };
        rows.iter().map(read).collect()
    }

    async fn revoke_invite(&self, id: Uuid, by: &Actor, now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            audit::require_administrator(&mut tx, by).await?;
            let revoked = sqlx::query("update invites set revoked_at = $2 where id = $1 and revoked_at is null")
                .bind(id)
                .bind(now.0)
                .execute(&mut *tx)
                .await?;
            if revoked.rows_affected() > 0 {
                audit::record(&mut tx, by, "invite.revoke", (Some(id), &id.to_string()), "", now).await?;
            } else if sqlx::query("select 1 from invites where id = $1")
                .bind(id)
                .fetch_optional(&mut *tx)
                .await?
                .is_none()
            {
                return Err(Error::NotFound("invite"));
            }
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn find_invite(&self, code_hash: &[u8], now: UnixMillis) -> Result<Option<Vec<RoomId>>> {
        let rows = sqlx::query(
            "select r.room_id from invites i left join invite_rooms r on r.invite_id = i.id
             where i.code_hash = $1 and i.uses_left > 0 and i.revoked_at is null and i.expires_at > $2
               and exists (select 1 from users)
             union all
             select null from one_time_links where code_hash = $1 and user_id is null and not exists (select 1 from users)",
        )
        .bind(code_hash)
        .bind(now.0)
        .fetch_all(&self.read)
        .await?;
        let rooms = rows.iter().map(|row: &DbRow| Ok(row.try_get::<Option<Uuid>, _>("room_id")?.map(RoomId)));
        let rooms = rooms.collect::<Result<Vec<_>>>()?;
        Ok((!rooms.is_empty()).then(|| rooms.into_iter().flatten().collect()))
    }

    async fn create_setup_link(&self, code_hash: &[u8], now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            sqlx::query("insert into one_time_links (code_hash, created_at, expires_at) values ($1, $2, $3)")
                .bind(code_hash)
                .bind(now.0)
                .bind(i64::MAX)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "delete from one_time_links where user_id is null and code_hash not in (
                   select code_hash from one_time_links where user_id is null order by created_at desc limit $1)",
            )
            .bind(SETUP_LINKS)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }
}

/// Checks the right to make an account with this user name and uses it up. Returns the rooms that it leads into. `is_first`: there is no account yet.
pub(super) async fn use_right(
    tx: &mut Tx,
    right: &Registration,
    username: &str,
    is_first: bool,
    now: UnixMillis,
) -> Result<Vec<RoomId>> {
    match right {
        Registration::Operator { by, .. } => {
            audit::record(tx, by, "user.create", (None, username), "", now).await?;
            if is_first { begin_policy(tx, "invite").await } else { Ok(Vec::new()) }
        }
        Registration::Open => Ok(Vec::new()),
        Registration::First { .. } if !is_first => {
            Err(Error::Forbidden("Somebody else has just made the first account of this server."))
        }
        Registration::First { policy } => begin_policy(tx, policy).await,
        Registration::Code { hash, first_policy } if is_first => {
            let used = sqlx::query("delete from one_time_links where code_hash = $1 and user_id is null").bind(hash);
            // An invite does not make the first account, which administers the server.
            if used.execute(&mut **tx).await?.rows_affected() == 0 {
                return Err(NOT_VALID);
            }
            begin_policy(tx, first_policy).await
        }
        Registration::Code { hash, .. } => use_invite(tx, hash, now).await,
    }
}

/// The policy of registration once there is an account, unless one is set.
async fn begin_policy(tx: &mut Tx, policy: &str) -> Result<Vec<RoomId>> {
    sqlx::query("delete from one_time_links where user_id is null").execute(&mut **tx).await?;
    audit::move_accounts_rev(tx).await?;
    sqlx::query("insert into settings (name, value) values ('registration', $1) on conflict (name) do nothing")
        .bind(policy)
        .execute(&mut **tx)
        .await?;
    Ok(Vec::new())
}

async fn use_invite(tx: &mut Tx, hash: &[u8], now: UnixMillis) -> Result<Vec<RoomId>> {
    let used = sqlx::query(
        "update invites set uses_left = uses_left - 1
         where code_hash = $1 and uses_left > 0 and revoked_at is null and expires_at > $2 returning id",
    )
    .bind(hash)
    .bind(now.0)
    .fetch_optional(&mut **tx)
    .await?;
    let invite: Uuid = used.ok_or(NOT_VALID)?.try_get("id")?;
    let rooms = sqlx::query(
        "select r.id from invite_rooms i join rooms r on r.id = i.room_id
         where i.invite_id = $1 and r.deleted_at is null order by r.id",
    )
    .bind(invite)
    .fetch_all(&mut **tx)
    .await?;
    rooms.iter().map(|row| Ok(RoomId(row.try_get("id")?))).collect()
}
