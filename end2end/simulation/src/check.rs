//! What must hold at rest: I1 to I5 of the contract of delivery.

use super::device::Device;
use super::memory::{Memory, Sent};
use client::{ConnectionState, Engine, RowState};
use protocol::{Message, RoomId, RoomSummary, SystemEvent};
use std::sync::Arc;
use store::model::Tables;

/// The first thing that does not hold.
pub(super) fn check(devices: &[Arc<Device>]) -> Result<(), String> {
    for device in devices {
        let state = device.lock();
        let tables = device.cluster.tables();
        let found = match &state.engine {
            Some(engine) => of_device(device, engine, &state.memory, &tables),
            None => Err("its page did not load".into()),
        };
        found.map_err(|problem| format!("device {} of {}: {problem}", device.number, device.user.username))?;
    }
    Ok(())
}

fn of_device(device: &Device, engine: &Engine, memory: &Memory, tables: &Tables) -> Result<(), String> {
    if engine.connection() != ConnectionState::Online {
        return Err(format!("it is {:?}", engine.connection()));
    }
    rooms(device, engine, tables)?;
    // A room that one only looks at tells nothing by itself.
    for (id, _) in tables.rooms.iter().filter(|(_, room)| room.members.contains_key(&device.user.id)) {
        rows(engine, *id, tables)?;
    }
    messages(device, engine, memory, tables)?;
    revisions(engine, memory, tables)?;
    order(device, memory, tables)
}

/// I1, I4: the list of rooms is the database's, marks and unread counts included.
fn rooms(device: &Device, engine: &Engine, tables: &Tables) -> Result<(), String> {
    let (mut shown, mut stored) = (engine.rooms(), tables.list_rooms(device.user.id));
    for last in stored.iter_mut().filter_map(|room| room.last_message.as_mut()) {
        *last = named(last, tables);
    }
    for (shown, stored) in shown.iter_mut().zip(&stored) {
        // No screen shows it. What it stands for shows in the rows.
        shown.last_rev = stored.last_rev;
    }
    let ids = |rooms: &[RoomSummary]| rooms.iter().map(|room| room.id).collect::<Vec<_>>();
    if let Some((shown, stored)) = shown.iter().zip(&stored).find(|(shown, stored)| shown != stored) {
        return Err(format!("I1: shown is {}\nbut stored is {}", describe(shown), describe(stored)));
    }
    if shown.len() == stored.len() {
        return Ok(());
    }
    Err(format!("I1: shown are the rooms {:?}\nbut stored are {:?}", ids(&shown), ids(&stored)))
}

/// What differs most often comes first.
fn describe(room: &RoomSummary) -> String {
    let last = room.last_message.as_ref().map(|last| (last.seq.0, last.rev.0));
    format!(
        "{}: read {} of {}, revised {}, unread {}, the last is {last:?}, members {}, {:?}, {:?}, topic {:?}, archived {:?}, {:?}",
        room.id,
        room.read_seq,
        room.last_seq,
        room.last_rev,
        room.unread,
        room.members_count,
        room.role,
        room.name,
        room.topic,
        room.archived_at,
        room.posting
    )
}

/// I1, I3: what is shown of a room is what is stored, up to its head unless the window was moved away from it.
fn rows(engine: &Engine, id: RoomId, tables: &Tables) -> Result<(), String> {
    let stored = &tables.rooms[&id].messages;
    let shown: Vec<_> = engine.rows(id).into_iter().filter(|row| row.message.seq.0 > 0).collect();
    let Some((first, last)) = shown.first().zip(shown.last()) else { return Ok(()) };
    let (from, to) = (first.message.seq.0 - 1, last.message.seq.0);
    let range = usize::try_from(from).unwrap()..usize::try_from(to).unwrap();
    let stored: Vec<_> = stored.iter().map(|row| named(row, tables)).collect();
    let same = stored.get(range.clone()).is_some_and(|stored| stored.iter().eq(shown.iter().map(|row| &row.message)));
    if !same {
        let mut pairs = shown.iter().map(|row| &row.message).zip(stored.get(range.clone()).unwrap_or_default());
        let differs = pairs.find(|(shown, stored)| shown != stored);
        return Err(format!("I1: of the rows {range:?} of {id} differ, shown and stored: {differs:?}"));
    }
    if engine.has_newer(id) == (range.end == stored.len()) || engine.has_older(id) != (range.start > 0) {
        return Err(format!("I3: {id} shows {range:?} of {} and does not know it", stored.len()));
    }
    Ok(())
}

/// A stored row as every device is to show it: people in facts bear their present names, as senders do.
fn named(row: &Message, tables: &Tables) -> Message {
    let mut row = row.clone();
    if let Some(
        SystemEvent::Added { user_id, display_name }
        | SystemEvent::Removed { user_id, display_name }
        | SystemEvent::Banned { user_id, display_name }
        | SystemEvent::RoleChanged { user_id, display_name, .. },
    ) = &mut row.event
    {
        *display_name = tables.name(*user_id).expect("facts name people of these tables");
    }
    row
}

/// I2, I5: each message is stored once, or its sender knows that it is not.
fn messages(device: &Device, engine: &Engine, memory: &Memory, tables: &Tables) -> Result<(), String> {
    let waiting = memory.outbox(engine);
    if let Some(row) = waiting.iter().find(|row| !matches!(row.state, RowState::Failed { .. })) {
        return Err(format!("I5: the outbox still holds {row:?}"));
    }
    for sent in &memory.sent {
        let stored = tables.rooms.get(&sent.room_id).into_iter().flat_map(|room| &room.messages);
        let same = (device.user.id, sent.client_id);
        let times = stored.filter(|message| (message.sender_id, message.client_id) == same);
        let times: Vec<_> = times.collect();
        let failed = waiting.iter().any(|row| row.key() == sent.client_id);
        match times.len() {
            1 if sent.refused => return Err(format!("I5: {sent:?} was refused, and is stored")),
            1 => reference(sent, times[0], memory, tables)?,
            0 if sent.lost || failed || sent.given_up => {}
            0 => return Err(format!("I2: {sent:?} is not stored")),
            times => return Err(format!("I2: {sent:?} is stored {times} times")),
        }
        if failed && sent.acknowledged && !sent.lost {
            return Err(format!("I5: the outbox holds {sent:?}, which was acknowledged"));
        }
    }
    Ok(())
}

/// I2: a reply names the message that it was meant for, or none after a restore. Until a loss of commits is noticed, numbers
/// of both lives of the database are about.
fn reference(sent: &Sent, stored: &Message, memory: &Memory, tables: &Tables) -> Result<(), String> {
    let Some(target) = &sent.reply_to else { return Ok(()) };
    let named = stored
        .reply_to
        .and_then(|seq| tables.rooms[&stored.room_id].messages.iter().find(|message| message.seq == seq));
    match named {
        Some(named) if (named.sender_id, named.client_id) == (target.sender_id, target.client_id) => Ok(()),
        _ if memory.has_lost(target.epoch) => Ok(()),
        None if stored.reply_to.is_none() && target.epoch != Some(tables.epoch) => Ok(()),
        named => Err(format!("I2: {sent:?} is stored as a reply to {named:?}")),
    }
}

/// I2, I5: the server has answered every change of a stored message.
fn revisions(engine: &Engine, memory: &Memory, tables: &Tables) -> Result<(), String> {
    if let Some(revised) = memory.revised.iter().find(|revised| !revised.settled) {
        return Err(format!("I5: a revision is neither stored nor refused: {revised:?}"));
    }
    let shown = tables.rooms.keys().flat_map(|room| engine.rows(*room));
    let mut revising = shown.filter(|row| row.revising);
    revising.next().map_or(Ok(()), |row| Err(format!("I5: {row:?} still waits to be changed")))
}

/// I2: a room has what a device sent to it in the order of sending.
fn order(device: &Device, memory: &Memory, tables: &Tables) -> Result<(), String> {
    for (id, room) in &tables.rooms {
        let sent = memory.sent.iter().filter(|sent| sent.room_id == *id && !sent.retried);
        let sent: Vec<_> = sent.map(|sent| sent.client_id).collect();
        let places = room.messages.iter().filter(|message| message.sender_id == device.user.id);
        let places: Vec<_> =
            places.filter_map(|message| sent.iter().position(|sent| *sent == message.client_id)).collect();
        if !places.is_sorted() {
            return Err(format!("I2: in {id} messages of one device are stored in the order {places:?}"));
        }
    }
    Ok(())
}
