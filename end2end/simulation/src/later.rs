//! Nodes of the next version of the protocol, beside devices of this one: one more field, frame, kind, event and role each.
//! Devices must skip what they cannot read, and still end with what the database has.

use super::plan::Fault;
use super::sim::Sim;
use protocol::{ClientId, RoomId, UserId};
use serde_json::{Value, json};
use store::Stamp;
use store::model::Tables;

/// What a node of this version says, as one of the next version would say it.
pub(super) fn translate(sim: &Sim, text: String) -> Vec<String> {
    if !sim.plan.has(Fault::Later) || sim.is_calm() {
        return vec![text];
    }
    // Words that this version has no name for.
    let text = text
        .replace(r#""kind":"unknown""#, r#""kind":"poll","options":["tea"]"#)
        .replace(r#""event":"unknown""#, r#""event":"pinned","by":{"id":7}"#)
        .replace(r#""role":"unknown""#, r#""role":"moderator""#);
    let mut frame: Value = serde_json::from_str(&text).unwrap();
    (frame["trace"], frame["data"]["added"]) = (json!("7"), json!({"later": [1]}));
    let mut said = Vec::new();
    if sim.strikes(Fault::Later, 12) {
        said.push(json!({"type": "call:ringing", "data": {"call": 7}}).to_string());
    }
    said.push(in_another_frame(sim, &frame).unwrap_or(frame).to_string());
    said
}

/// The same news in a frame that this version cannot read; its numbers are where they always are.
fn in_another_frame(sim: &Sim, frame: &Value) -> Option<Value> {
    let kind = frame["type"].as_str()?;
    let data = &frame["data"];
    let numbers = |of: &Value| json!({"room_id": of["room_id"], "seq": of["seq"], "rev": of["rev"], "parts": []});
    match kind {
        "reaction:changed" if sim.strikes(Fault::Later, 4) => {
            Some(json!({"type": "message:marked", "data": numbers(data)}))
        }
        "message:new" | "message:changed" if sim.strikes(Fault::Later, 12) => {
            Some(json!({"type": kind, "data": {"message": numbers(&data["message"])}}))
        }
        _ => None,
    }
}

/// A node of the next version stores what this one has no words for, and dies before it tells anybody.
pub(super) fn write(sim: &Sim, tables: &mut Tables) {
    let people = |(id, room): (&RoomId, &store::model::Room)| {
        let id = *id;
        room.members.keys().map(|user| (id, *user)).collect::<Vec<_>>()
    };
    let places: Vec<(RoomId, UserId)> = tables.rooms.iter().flat_map(people).collect();
    let Some((room, user)) = sim.chance.pick(&places).copied() else { return };
    let stamp = Stamp { client_id: ClientId(sim.id(0)), now: sim.wall(0) };
    match sim.chance.below(3) {
        0 => tables.give_later_role(room, user, stamp),
        1 => tables.append_of_later_version(room, user, stamp),
        _ => tables.insert_event_of_later_version(room, user, stamp),
    }
}
