//! The task of one real engine: gives it what is due, and notes what comes to it. Connecting, asking for what is missing
//! and sending again is the engine's own.

use super::participant::Shared;
use crate::body;
use crate::pipe::Participant;
use crate::target::{Received, jackdaw, name};
use client::Input;
use protocol::{ClientId, RoomId, UnixMillis, User};
use std::rc::Rc;
use std::sync::Arc;
use testbed::{Device, Site};
use tokio::sync::mpsc;

/// Until the process ends.
pub(super) async fn stay(
    shared: Rc<Shared>,
    site: Arc<Site>,
    view: usize,
    room: RoomId,
    participant: Participant,
    mut turns: mpsc::UnboundedReceiver<u32>,
) {
    shared.pace.turn().await;
    let user = User {
        id: participant.user,
        username: format!("person{view}"),
        display_name: format!("Person {view}"),
        is_admin: false,
        created_at: UnixMillis(0),
        receipts: true,
    };
    let (told, mut frames) = mpsc::unbounded_channel();
    let device = Device::watched(user, participant.token, &site, participant.node, view as u64, told);
    // The rows of a room that is open are kept up.
    device.input(Input::Open(Some(room)));
    let mut is_welcome = false;
    loop {
        tokio::select! {
            Some(frame) = frames.recv() => {
                let Some(heard) = jackdaw::decoded(frame) else { continue };
                let mut delivery_log = shared.delivery_log.borrow_mut();
                if matches!(heard, Received::Welcome { .. }) {
                    if std::mem::replace(&mut is_welcome, true) {
                        delivery_log.closed(view);
                    }
                    delivery_log.held(view);
                }
                // What is missing it asks for by itself.
                let _ = delivery_log.record(view, &heard, shared.now());
            }
            Some(number) = turns.recv() => {
                let due = shared.delivery_log.borrow_mut().handed_over(number, view, shared.now());
                let text = body::write(number, due, shared.length);
                device.send(room, ClientId(name(shared.salt, number)), text);
            }
            else => return,
        }
    }
}
