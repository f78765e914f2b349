//! `jackdaw invite …` and `jackdaw audit`.

use super::{Operator, table};
use crate::Config;
use crate::auth::invites::create_invite;
use chat::clock;
use protocol::RoomId;
use uuid::Uuid;

/// Makes an invite link and prints it.
///
/// # Errors
/// A sentence.
pub async fn invite(config: &Config, uses: i64, days: i64, rooms: Vec<RoomId>) -> Result<String, String> {
    let operator = Operator::open(config).await?;
    let made = create_invite(&*operator.store, (uses, days), rooms, &operator.by).await;
    made.map(|code| format!("{}/join/{code}\n", operator.base_url)).map_err(|error| error.to_string())
}

/// The invites that work.
///
/// # Errors
/// A sentence.
pub async fn list_invites(config: &Config) -> Result<String, String> {
    let operator = Operator::open(config).await?;
    let invites = operator.store.list_invites(clock::now()).await.map_err(|error| error.to_string())?;
    let mut rows = vec![["id", "uses left", "expires (UTC)", "made by"].map(str::to_owned).to_vec()];
    for invite in invites {
        let by = invite.created_by.unwrap_or_else(|| "command line".to_owned());
        rows.push(vec![invite.id.to_string(), invite.uses_left.to_string(), app::full_time(invite.expires_at.0), by]);
    }
    Ok(table(&rows))
}

/// Ends an invite.
///
/// # Errors
/// A sentence.
pub async fn revoke_invite(config: &Config, id: Uuid) -> Result<String, String> {
    let operator = Operator::open(config).await?;
    let revoked = operator.store.revoke_invite(id, &operator.by, clock::now()).await;
    revoked.map(|()| "The invite is revoked.\n".to_owned()).map_err(|error| error.to_string())
}

/// The last entries of the audit log, the newest first.
///
/// # Errors
/// A sentence.
pub async fn audit(config: &Config, count: i64) -> Result<String, String> {
    let operator = Operator::open(config).await?;
    let entries = operator.store.list_audit(None, count).await.map_err(|error| error.to_string())?;
    let rows: Vec<_> = entries
        .into_iter()
        .map(|entry| vec![app::full_time(entry.at.0), entry.actor, entry.action, entry.subject, entry.detail])
        .collect();
    Ok(table(&rows))
}
