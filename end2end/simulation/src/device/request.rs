//! Requests over HTTP, as far as they concern rooms: to whichever node a balancer chooses, with answers that get lost.

use super::Device;
use crate::node::Node;
use crate::plan::Fault;
use crate::sim::note;
use chat::Error;
use client::{Engine, HistoryRequest, Input};
use futures_util::future::join_all;
use protocol::limits::PAGE_DEFAULT;
use protocol::{ApiError, ClientId, CreateRoom, ErrorCode, HistoryPage, NewMessage, RoomId, UpdateRoom, User, UserId};
use std::sync::Arc;
use std::time::Duration;
use store::{HistoryRange, Revision};
use tokio::time::sleep;

/// Something that a person asks for by a button.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    Create(CreateRoom),
    Join(RoomId),
    Leave(RoomId),
    Add(RoomId, UserId),
    Remove(RoomId, UserId),
    Update(RoomId, UpdateRoom),
    /// The person gives themselves another name.
    RenameMe(String),
}

/// Asks a node and waits for its answer. `Unavailable` where it died, or where the answer is lost.
async fn ask<T>(device: &Device, what: impl AsyncFnOnce(&Node) -> Result<T, Error>) -> Result<T, Error> {
    let sim = &device.sim;
    let lost = || Error::Unavailable("no answer".into());
    sleep(sim.latency()).await;
    let node = device.cluster.any().ok_or_else(lost)?;
    let answer = tokio::select! {
        biased;
        () = node.life.over() => Err(lost()),
        answer = what(&node) => answer,
    };
    sleep(sim.latency()).await;
    if sim.strikes(Fault::Request, 8) || node.life.is_over() {
        note!(sim, "device {} does not get an answer", device.number);
        return Err(lost());
    }
    answer
}

async fn page(device: &Device, room: RoomId, range: HistoryRange) -> Result<HistoryPage, Error> {
    let user = device.user.id;
    ask(device, async |node| node.chat.history(user, room, range, PAGE_DEFAULT).await).await
}

/// Answers an engine's request for history.
pub(crate) async fn history(
    device: Arc<Device>,
    page_number: u64,
    room_id: RoomId,
    request: HistoryRequest,
    generation: u32,
) {
    let range = match request {
        HistoryRequest::Newest => HistoryRange::Newest,
        HistoryRequest::Before(seq) => HistoryRange::Before(seq),
    };
    let result = page(&device, room_id, range).await.map_err(api_error);
    if result.is_err() && device.sim.strikes(Fault::Request, 4) {
        // Not even an error arrives.
        return;
    }
    if device.lock().page == page_number {
        device.input(Input::History { room_id, request, generation, result });
    }
}

/// What a device is told of an error. Those who are logged are not of interest here.
fn api_error(error: Error) -> ApiError {
    match error {
        Error::Unavailable(message) | Error::Internal(message) => ApiError { code: ErrorCode::Unavailable, message },
        told => told.into_api(),
    }
}

/// Loads the page: what a server renders into it, again until it comes.
pub(crate) async fn load(device: Arc<Device>, number: u64) {
    let user = device.user.id;
    loop {
        let open = device.lock().open;
        let rendered = ask(&device, async |node| {
            let epoch = node.chat.stored_epoch().await?;
            let newest = match open {
                Some(room) => node.chat.history(user, room, HistoryRange::Newest, PAGE_DEFAULT).await.ok(),
                None => None,
            };
            Ok((epoch, open.zip(newest), node.chat.list_rooms(user).await?))
        });
        let rendered = rendered.await;
        if device.lock().page != number {
            return;
        }
        if let Ok((epoch, newest, rooms)) = rendered {
            device.lock().open = newest.as_ref().map(|(room, _)| *room);
            return device.begin(Engine::new(device.user.clone(), rooms, newest).of_epoch(Some(epoch)));
        }
        sleep(device.sim.chance.millis(100, 3_000)).await;
    }
}

/// Bytes of the frame of a message of a flood, about.
const FLOOD_BYTES: usize = 400;

/// A program of this person's writes a lot.
pub(crate) async fn flood(device: Arc<Device>, room: RoomId, count: usize) {
    let me = device.user.id;
    let ids: Vec<_> = (0..count).map(|_| ClientId(device.sim.id(0))).collect();
    let flood = ask(&device, async |node| {
        // Before the node does: its own connections get the messages before the bus has them.
        device.sim.publishes(count * FLOOD_BYTES);
        let send = |client_id| NewMessage { client_id, body: "flood".into(), reply_to: None };
        let sent = ids.iter().map(|id| node.chat.send_and_wait(me, room, send(*id)));
        join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>()
    });
    let stored = flood.await.map_or(0, |stored| stored.len());
    note!(device.sim, "device {}: a flood of {stored} in {room}", device.number);
}

/// A copy of a message comes late, by a connection that its page has given up.
pub(crate) async fn arrive_late(device: Arc<Device>, room: RoomId, new: NewMessage) {
    let (me, client_id) = (device.user.id, new.client_id);
    let epoch = device.cluster.tables().epoch;
    if !device.lock().memory.is_of(epoch) {
        // It would be sent in the present epoch, without its reference.
        return;
    }
    sleep(device.sim.chance.millis(0, 40_000)).await;
    // No connection outlives an epoch. And the page may have died before it kept the message: then nothing of it left.
    if device.cluster.tables().epoch != epoch || !device.lock().memory.leaves_late(client_id) {
        return;
    }
    if device.lock().memory.is_refused(client_id) {
        // Refused, and the person joins the room before the copy comes.
        let page = device.lock().page;
        fulfil(Arc::clone(&device), page, Wish::Join(room)).await;
    }
    let arrived = ask(&device, async |node| node.chat.send_and_wait(me, room, new).await.map(|sent| sent.1)).await;
    note!(device.sim, "device {}: {client_id:?} comes late: {arrived:?}", device.number);
}

/// Another device of this person's revises a message as soon as it is stored; the one that sent it loses its connection
/// in that moment, and mostly the acknowledgement with it.
pub(crate) async fn overtake(device: Arc<Device>, room: RoomId, sent: ClientId) {
    let me = device.user.id;
    let stored = || device.cluster.tables().find_message(me, sent).map(|message| message.seq);
    let mut seq = None;
    for _ in 0..500 {
        seq = stored();
        if seq.is_some() {
            break;
        }
        sleep(Duration::from_millis(2)).await;
    }
    let Some(seq) = seq else { return };
    if device.sim.chance.one_in(2) {
        device.hang_up();
    }
    let revision =
        if device.sim.chance.one_in(3) { Revision::Delete } else { Revision::Edit { body: "overtaken".into() } };
    let id = ClientId(device.sim.id(0));
    let revised =
        ask(&device, async |node| node.chat.revise(me, room, seq, id, revision).await.map(|(_, rev)| rev)).await;
    note!(device.sim, "device {}: {sent:?} is revised elsewhere: {revised:?}", device.number);
}

/// Carries a wish out. The device learns what a browser learns from the answer.
pub(crate) async fn fulfil(device: Arc<Device>, page_number: u64, wish: Wish) {
    let (me, asked, node_user) = (device.user.id, wish.clone(), device.user.clone());
    let done = ask(&device, async |node| {
        let chat = &node.chat;
        Ok(match asked {
            Wish::Create(form) => Some(chat.create_room(me, form).await?.0),
            Wish::Join(room) => Some(chat.join_room(me, room).await?),
            Wish::Update(room, form) => Some(chat.update_room(me, room, form).await?),
            Wish::RenameMe(name) => {
                chat.update_user(User { display_name: name, ..node_user }).await?;
                None
            }
            Wish::Leave(room) => {
                chat.remove_member(me, room, me).await?;
                None
            }
            Wish::Add(room, user) => {
                chat.add_member(me, room, user).await?;
                None
            }
            Wish::Remove(room, user) => {
                chat.remove_member(me, room, user).await?;
                None
            }
        })
    });
    let done = done.await;
    if device.lock().page != page_number {
        return;
    }
    match (done, wish) {
        (Ok(Some(summary)), _) => device.input(Input::Room(summary)),
        (Ok(None), Wish::Leave(room)) => device.input(Input::RoomLeft(room)),
        (Ok(None), _) => {}
        (Err(error), wish) => note!(device.sim, "device {}: {wish:?}: {error}", device.number),
    }
}
