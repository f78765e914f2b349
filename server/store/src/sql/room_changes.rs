//! Changes of a room's name, topic, archive and posting, each with its system message. The room is locked already.

use super::search::searchable;
use super::{Result, Tx, system_messages};
use crate::codes::Code;
use crate::{Error, RoomChange, Stamp};
use protocol::{Message, Posting, RoomId, UserId};
use sqlx::Row;

/// Makes a change, unless the room is so already.
pub(super) async fn apply(
    tx: &mut Tx,
    room: RoomId,
    actor: UserId,
    change: &RoomChange,
    stamp: Stamp,
) -> Result<Option<Message>> {
    let row =
        sqlx::query("select name, topic, archived_at is not null as is_archived, posting from rooms where id = $1");
    let row = row.bind(room.0).fetch_optional(&mut **tx).await?.ok_or(Error::NotFound("room"))?;
    let is_so = match change {
        RoomChange::Name(name) => row.try_get::<Option<String>, _>("name")?.as_deref() == Some(name),
        RoomChange::Topic(topic) => row.try_get::<Option<String>, _>("topic")?.as_deref().unwrap_or_default() == topic,
        RoomChange::Archived(archived) => row.try_get::<bool, _>("is_archived")? == *archived,
        RoomChange::Posting(posting) => Posting::from_code(row.try_get("posting")?) == *posting,
    };
    if is_so {
        return Ok(None);
    }
    let message = system_messages::insert(tx, room, actor, change.event(), 0, stamp).await?;
    let update = match change {
        RoomChange::Name(name) => sqlx::query("update rooms set name = $2, search = $3 where id = $1")
            .bind(room.0)
            .bind(name)
            .bind(searchable(&[name])),
        RoomChange::Topic(topic) => sqlx::query("update rooms set topic = $2 where id = $1")
            .bind(room.0)
            .bind(Some(topic).filter(|topic| !topic.is_empty())),
        RoomChange::Archived(archived) => sqlx::query("update rooms set archived_at = $2 where id = $1")
            .bind(room.0)
            .bind(archived.then_some(stamp.now.0)),
        RoomChange::Posting(posting) => {
            sqlx::query("update rooms set posting = $2 where id = $1").bind(room.0).bind(posting.code())
        }
    };
    update.execute(&mut **tx).await?;
    Ok(Some(message))
}
