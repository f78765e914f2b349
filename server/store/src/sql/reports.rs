//! Reports of messages.

use super::rows::{Row as DbRow, message, message_columns};
use super::{Database, Result, Tx, audit};
use crate::bounds::{REPORT_WINDOW, REPORTS_PER_DAY};
use crate::rules::report;
use crate::{Actor, Error, NewReport, Reports};
use protocol::{Message, Report, ReportId, RoomId, Seq, UnixMillis, UserId};
use sqlx::Row;

#[async_trait::async_trait]
impl Reports for Database {
    async fn create_report(&self, new: NewReport) -> Result<ReportId> {
        self.transaction(async |mut tx| {
            // The person's row: two requests at once would both see one report left.
            let own = concat!("select 1 from users where id = $1", for_no_key_update!());
            let own = sqlx::query(own).bind(new.reporter_id.0).fetch_optional(&mut *tx).await?;
            own.ok_or(Error::NotFound("user"))?;
            let message = find_visible(&mut tx, &new).await?.ok_or(Error::NotFound("message"))?;
            if let Some(open) = find_open(&mut tx, &new).await? {
                return Ok(open);
            }
            report::may_report(&message, new.reporter_id, count(&mut tx, &new).await?)?;
            sqlx::query(
                "insert into reports (id, room_id, seq, body, sender_id, sender_name, reporter_id, reason, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(new.id.0)
            .bind(new.room_id.0)
            .bind(new.seq.0)
            .bind(&message.body)
            .bind(message.sender_id.0)
            .bind(&message.sender_name)
            .bind(new.reporter_id.0)
            .bind(&new.reason)
            .bind(new.now.0)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(new.id)
        })
        .await
    }

    async fn list_reports(&self, cursor: Option<ReportId>, limit: i64) -> Result<Vec<Report>> {
        // A cursor may name a report that was closed meanwhile: it keeps its place.
        let rows = sqlx::query(
            "select p.id, p.room_id, r.name as room_name, p.seq, p.body, p.sender_id, p.sender_name, p.reporter_id,
               coalesce(u.shown_name, u.display_name) as reporter_name, p.reason, p.created_at
             from reports p join users u on u.id = p.reporter_id left join rooms r on r.id = p.room_id
             where p.closed_at is null
               and ($1 is null or (p.created_at, p.id) > (select created_at, id from reports where id = $1))
             order by p.created_at, p.id limit $2",
        )
        .bind(cursor.map(|cursor| cursor.0))
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(read).collect()
    }

    async fn close_report(&self, actor: UserId, id: ReportId, now: UnixMillis) -> Result<()> {
        self.transaction(async |mut tx| {
            const REFUSAL: Error = Error::Forbidden("Only an administrator of the server may close reports.");
            let admin = sqlx::query("select username from users where id = $1 and is_admin").bind(actor.0);
            let name = admin.fetch_optional(&mut *tx).await?.ok_or(REFUSAL)?.try_get("username")?;
            let closed =
                sqlx::query("update reports set closed_at = $2, closed_by = $3 where id = $1 and closed_at is null");
            let closed = closed.bind(id.0).bind(now.0).bind(actor.0).execute(&mut *tx).await?;
            if closed.rows_affected() == 0 {
                return Err(Error::NotFound("open report"));
            }
            let by = Actor { id: Some(actor), name };
            audit::record(&mut tx, &by, "report.close", (Some(id.0), &id.to_string()), "", now).await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }
}

fn read(row: &DbRow) -> Result<Report> {
    Ok(Report {
        id: ReportId(row.try_get("id")?),
        room_id: RoomId(row.try_get("room_id")?),
        room_name: row.try_get("room_name")?,
        seq: Seq(row.try_get("seq")?),
        body: row.try_get("body")?,
        sender_id: UserId(row.try_get("sender_id")?),
        sender_name: row.try_get("sender_name")?,
        reporter_id: UserId(row.try_get("reporter_id")?),
        reporter_name: row.try_get("reporter_name")?,
        reason: row.try_get("reason")?,
        created_at: UnixMillis(row.try_get("created_at")?),
    })
}

/// The message, if the reporter may see it.
async fn find_visible(tx: &mut Tx, new: &NewReport) -> Result<Option<Message>> {
    let found = sqlx::query(concat!(
        "select ",
        message_columns!("m", "u"),
        " from messages m join users u on u.id = m.sender_id join rooms r on r.id = m.room_id
          where m.room_id = $1 and m.seq = $2 and r.deleted_at is null
            and (exists (select 1 from members where room_id = $1 and user_id = $3)
              or r.kind = 2 and not exists (select 1 from bans where room_id = $1 and user_id = $3))"
    ))
    .bind(new.room_id.0)
    .bind(new.seq.0)
    .bind(new.reporter_id.0)
    .fetch_optional(&mut **tx)
    .await?;
    found.as_ref().map(message).transpose()
}

/// The person's open report of the same message.
async fn find_open(tx: &mut Tx, new: &NewReport) -> Result<Option<ReportId>> {
    let found = sqlx::query(
        "select id from reports where room_id = $1 and seq = $2 and reporter_id = $3 and closed_at is null",
    )
    .bind(new.room_id.0)
    .bind(new.seq.0)
    .bind(new.reporter_id.0)
    .fetch_optional(&mut **tx)
    .await?;
    found.map(|row| Ok(ReportId(row.try_get("id")?))).transpose()
}

/// The person's reports within the window, counted up to the bound.
async fn count(tx: &mut Tx, new: &NewReport) -> Result<i64> {
    let since = new.now.0.saturating_sub(i64::try_from(REPORT_WINDOW.as_millis()).unwrap_or(i64::MAX));
    let row = sqlx::query(
        "select count(*) as reports from
           (select 1 from reports where reporter_id = $1 and created_at > $2 limit $3) as few",
    );
    let row = row.bind(new.reporter_id.0).bind(since).bind(REPORTS_PER_DAY).fetch_one(&mut **tx).await?;
    Ok(row.try_get("reports")?)
}
