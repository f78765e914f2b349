//! What people do, at random.

use super::device::Device;
use super::device::request::{self, Wish};
use super::plan::Fault;
use client::{Input, Revision, Row, RowState};
use protocol::{ClientId, CreateRoom, NewMessage, Posting, RoomId, RoomKind, Seq, UpdateRoom, UserId};
use std::sync::Arc;
use store::model::Tables;
use testbed::Chance;

/// Somebody does something on this device, unless its page is not there.
pub(super) fn act(device: &Arc<Device>) {
    let chance = &device.sim.chance;
    let open = {
        let state = device.lock();
        if state.engine.is_none() || !state.settled {
            return;
        }
        state.open
    };
    match (chance.below(24), open) {
        (0..=8, Some(room)) => send(device, room),
        (9..=12, Some(room)) => seen(device, room),
        (13, Some(room)) => device.input(Input::LoadOlder(room)),
        (14, _) => device.input(Input::ConnectNow),
        (15, _) => decide_on_failed(device),
        (18..=19, Some(room)) => revise(device, room),
        (16..=17, _) => wish(device),
        _ => look(device),
    }
}

fn send(device: &Arc<Device>, room_id: RoomId) {
    let chance = &device.sim.chance;
    for _ in 0..=chance.below(3) {
        let client_id = ClientId(device.sim.id(0));
        let body = text(chance, format!("{} of {}", client_id.0.as_u128() & 0xffff, device.number));
        let reply_to = if chance.one_in(4) { chance.pick(&stored_rows(device, room_id)).copied() } else { None };
        device.input(Input::Send { client_id, room_id, body: body.clone(), reply_to });
        if device.sim.strikes(Fault::Stale, 4) {
            let new = NewMessage { client_id, body, reply_to };
            device.sim.spawn(request::arrive_late(Arc::clone(device), room_id, new));
        }
        if device.sim.strikes(Fault::Overtaken, 6) {
            device.sim.spawn(request::overtake(Arc::clone(device), room_id, client_id));
        }
    }
}

/// Now and then much more than fits into a part of a batch.
fn text(chance: &Chance, short: String) -> String {
    if chance.one_in(8) {
        short + &["x", "\u{4e2d}", "\""][chance.below(3)].repeat(1 + chance.below(3_000))
    } else {
        short
    }
}

/// Something writes in this person's name to a room that they look at.
pub(super) fn flood(device: &Arc<Device>) {
    let Some(room) = device.lock().open else { return };
    let chance = &device.sim.chance;
    let count = 1 + chance.below(if chance.one_in(4) { 600 } else { 120 });
    device.sim.spawn(request::flood(Arc::clone(device), room, count));
}

/// The numbers of the stored messages that are shown.
fn stored_rows(device: &Device, room_id: RoomId) -> Vec<Seq> {
    let rows = device.lock().engine.as_ref().map(|engine| engine.rows(room_id)).unwrap_or_default();
    rows.iter().map(|row| row.message.seq).filter(|seq| *seq > Seq(0)).collect()
}

/// A device has no network for a while, and meanwhile more is written to each room than fits into a batch.
pub(super) fn fall_behind(devices: &[Arc<Device>]) {
    let Some(device) = devices.first().and_then(|first| first.sim.chance.pick(devices)) else { return };
    device.leave();
    let rooms: Vec<(RoomId, Vec<UserId>)> = {
        let tables = device.cluster.tables();
        tables.rooms.iter().map(|(id, room)| (*id, room.members.keys().copied().collect())).collect()
    };
    for (room, members) in rooms {
        if let Some(writer) = devices.iter().find(|other| members.contains(&other.user.id)) {
            let count = 30 + device.sim.chance.below(40);
            device.sim.spawn(request::flood(Arc::clone(writer), room, count));
        }
    }
}

/// The person has seen some of what is shown, mostly all.
fn seen(device: &Arc<Device>, room_id: RoomId) {
    let stored = stored_rows(device, room_id);
    let chance = &device.sim.chance;
    let seen = if chance.one_in(3) { chance.pick(&stored) } else { stored.last() };
    if let Some(seq) = seen.copied() {
        device.input(Input::Seen { room_id, seq });
    }
}

/// The person edits, deletes or reacts to something that is shown, not always with the right to.
fn revise(device: &Arc<Device>, room_id: RoomId) {
    let chance = &device.sim.chance;
    let stored = stored_rows(device, room_id);
    let Some(seq) = chance.pick(&stored).copied() else { return };
    let client_id = ClientId(device.sim.id(0));
    let revision = match chance.below(5) {
        0 => Revision::Delete,
        1..=2 => Revision::Edit(text(chance, format!("edit {}", client_id.0.as_u128() & 0xffff))),
        _ => Revision::React { emoji: ["\u{1f44d}", "\u{1f389}"][chance.below(2)].into(), on: !chance.one_in(3) },
    };
    device.input(Input::Revise { client_id, room_id, seq, revision });
}

/// The person looks at another room, at times a public one that they are not in, or at none.
fn look(device: &Arc<Device>) {
    let chance = &device.sim.chance;
    let mine: Vec<RoomId> = {
        let state = device.lock();
        state.engine.as_ref().map(client::Engine::rooms).unwrap_or_default().iter().map(|room| room.id).collect()
    };
    let room = if chance.one_in(12) {
        None
    } else if chance.one_in(8) {
        let public = public_rooms(&device.cluster.tables());
        chance.pick(&public).copied()
    } else {
        chance.pick(&mine).copied()
    };
    device.lock().open = room;
    device.input(Input::Open(room));
}

fn public_rooms(tables: &Tables) -> Vec<RoomId> {
    tables.rooms.iter().filter(|(_, room)| room.kind == RoomKind::Public).map(|(id, _)| *id).collect()
}

fn decide_on_failed(device: &Arc<Device>) {
    let failed: Vec<ClientId> = {
        let state = device.lock();
        let Some(engine) = &state.engine else { return };
        let waiting = state.memory.outbox(engine);
        waiting.iter().filter(|row| matches!(row.state, RowState::Failed { .. })).map(Row::key).collect()
    };
    if let Some(id) = device.sim.chance.pick(&failed).copied() {
        let again = device.sim.chance.one_in(2);
        let anew = ClientId(device.sim.id(0));
        device.input(if again { Input::Retry { client_id: id, anew } } else { Input::Discard(id) });
    }
}

/// A change of a room. An archived room is mostly restored soon: nothing happens in it meanwhile.
fn update(chance: &Chance, name: String) -> UpdateRoom {
    let none = UpdateRoom::default();
    match chance.below(8) {
        0 => UpdateRoom { topic: Some(if chance.one_in(3) { String::new() } else { name }), ..none },
        1 => UpdateRoom { archived: Some(chance.one_in(3)), ..none },
        2 => UpdateRoom { posting: Some(if chance.one_in(3) { Posting::Admins } else { Posting::Everybody }), ..none },
        3 => UpdateRoom { archived: Some(false), name: Some(name.clone()), topic: Some(name), ..none },
        _ => UpdateRoom { name: Some(name), ..none },
    }
}

fn wish(device: &Arc<Device>) {
    let chance = &device.sim.chance;
    let (users, rooms): (Vec<UserId>, Vec<RoomId>) = {
        let tables = device.cluster.tables();
        (tables.users.keys().copied().collect(), tables.rooms.keys().copied().collect())
    };
    let (Some(user), Some(room)) = (chance.pick(&users).copied(), chance.pick(&rooms).copied()) else { return };
    let name = format!("Room {}", chance.below(1_000));
    let wish = match chance.below(if rooms.len() < 6 { 10 } else { 7 }) {
        0..=1 => Wish::Join(room),
        2 => Wish::Leave(room),
        3 => Wish::Add(room, user),
        4 => Wish::Remove(room, user),
        5 => Wish::Update(room, update(chance, name)),
        // Half of the names are those of others: they change with what others are called.
        6 if chance.one_in(2) => Wish::RenameMe(format!("Sam {}", chance.below(3))),
        6 => Wish::RenameMe(format!("{} {}", device.user.username, chance.below(1_000))),
        7 => Wish::Create(CreateRoom::Public { name }),
        8 => Wish::Create(CreateRoom::Direct { user_id: user }),
        _ => Wish::Create(CreateRoom::Group {
            name,
            member_ids: users.into_iter().filter(|_| chance.one_in(2)).collect(),
        }),
    };
    let page = device.lock().page;
    device.sim.spawn(request::fulfil(Arc::clone(device), page, wish));
}
