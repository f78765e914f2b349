//! The audit log, the right to do what it records, and the counter by which nodes learn of it.

use super::rows::Row as DbRow;
use super::{Database, Result, Tx};
use crate::{Actor, AuditEntry, AuditLog, Error};
use protocol::UnixMillis;
use sqlx::Row;
use uuid::Uuid;

#[async_trait::async_trait]
impl AuditLog for Database {
    async fn list_audit(&self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>> {
        let rows = sqlx::query(
            "select id, at, actor, action, subject, detail from audit where id < $1 order by id desc limit $2",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        let read = |row: &DbRow| {
            Ok(AuditEntry {
                id: row.try_get("id")?,
                at: UnixMillis(row.try_get("at")?),
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                subject: row.try_get("subject")?,
                detail: row.try_get("detail")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// The object of an audit entry: the id (of a person or an invite) and the name.
pub(super) type Subject<'a> = (Option<Uuid>, &'a str);

/// Records an act in the transaction that does it.
pub(super) async fn record(
    tx: &mut Tx,
    by: &Actor,
    action: &str,
    (subject_id, subject): Subject<'_>,
    detail: &str,
    now: UnixMillis,
) -> Result<()> {
    sqlx::query(
        "insert into audit (at, actor_id, actor, action, subject_id, subject, detail) values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(now.0)
    .bind(by.id.map(|id| id.0))
    .bind(&by.name)
    .bind(action)
    .bind(subject_id)
    .bind(subject)
    .bind(detail)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Checks in the transaction itself that a person who acts is an administrator: a request may have begun before that ended.
pub(super) async fn require_administrator(tx: &mut Tx, by: &Actor) -> Result<()> {
    const REFUSAL: Error = Error::Forbidden("Only an administrator of this server may do this.");
    let Some(id) = by.id else { return Ok(()) };
    let found =
        sqlx::query("select 1 from users where id = $1 and is_admin and disabled_at is null and deleted_at is null");
    let found = found.bind(id.0).fetch_optional(&mut **tx).await?;
    found.map(drop).ok_or(REFUSAL)
}

/// Moves `accounts_rev`, if the transaction commits, and holds its row's lock: before any other lock, so that two changes never wait for
/// each other.
pub(super) async fn move_accounts_rev(tx: &mut Tx) -> Result<()> {
    sqlx::query("update meta set accounts_rev = accounts_rev + 1").execute(&mut **tx).await?;
    Ok(())
}
