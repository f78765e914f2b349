//! The rows of a population: one statement a table, whatever its size.

use super::Population;
use crate::Error;
use protocol::SystemEvent;
use sqlx::{Connection, PgConnection};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Sessions live longer than any run, in milliseconds.
const SESSION_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// The numbers of a group and of a system message in the server's `store::codes`.
const GROUP: i16 = 1;
const SYSTEM: i16 = 1;

pub(super) async fn store(url: &str, population: &Population) -> Result<(), Error> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let mut connection = PgConnection::connect(url).await?;
    let mut tx = connection.begin().await?;
    let people = &population.people;
    let ids: Vec<Uuid> = people.iter().map(|person| person.user.id.0).collect();
    sqlx::query(
        "insert into users (id, username, display_name, search, password_hash, is_admin, created_at)
         select id, username, display_name, ' ' || username || ' ' || lower(display_name), '', false, $4
         from unnest($1::uuid[], $2::text[], $3::text[]) as new (id, username, display_name)",
    )
    .bind(&ids)
    .bind(people.iter().map(|person| person.user.username.clone()).collect::<Vec<_>>())
    .bind(people.iter().map(|person| person.user.display_name.clone()).collect::<Vec<_>>())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into sessions (id, user_id, generation, user_agent, created_at, rotated_at, expires_at)
         select id, user_id, 1, 'load', $3, $3, $4 from unnest($1::uuid[], $2::uuid[]) as new (id, user_id)",
    )
    .bind(people.iter().map(|person| person.session.0).collect::<Vec<_>>())
    .bind(&ids)
    .bind(now)
    .bind(now + SESSION_MS)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into rooms (id, kind, name, members_count, last_seq, created_at)
         select id, $3, 'Room ' || number, members, 1, $4
         from unnest($1::uuid[], $2::bigint[]) with ordinality as new (id, members, number)",
    )
    .bind(population.rooms.iter().map(|(room, _)| room.0).collect::<Vec<_>>())
    .bind(population.rooms.iter().map(|(_, members)| i64::try_from(members.len())).collect::<Result<Vec<_>, _>>()?)
    .bind(GROUP)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into messages (room_id, seq, sender_id, client_id, kind, body, created_at)
         select room_id, 1, sender_id, gen_random_uuid(), $3, $4, $5
         from unnest($1::uuid[], $2::uuid[]) as new (room_id, sender_id)",
    )
    .bind(population.rooms.iter().map(|(room, _)| room.0).collect::<Vec<_>>())
    .bind(population.rooms.iter().map(|(_, members)| ids[members[0]]).collect::<Vec<_>>())
    .bind(SYSTEM)
    .bind(serde_json::to_string(&SystemEvent::Created)?)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    participant(&mut tx, population, &ids).await?;
    tx.commit().await?;
    Ok(())
}

/// Everybody into their rooms.
async fn participant(tx: &mut PgConnection, population: &Population, ids: &[Uuid]) -> Result<(), Error> {
    let participants =
        population.rooms.iter().flat_map(|(room, members)| members.iter().map(|number| (room.0, ids[*number])));
    let (rooms, members): (Vec<Uuid>, Vec<Uuid>) = participants.unzip();
    sqlx::query(
        "insert into members (room_id, user_id, role, joined_seq, delivered_seq, read_seq)
         select room_id, user_id, 0, 0, 0, 0 from unnest($1::uuid[], $2::uuid[]) as new (room_id, user_id)",
    )
    .bind(rooms)
    .bind(members)
    .execute(tx)
    .await?;
    Ok(())
}
