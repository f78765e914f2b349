//! What must hold at every moment, whatever goes wrong: no row is shown out of its place.

use client::{Effect, Engine, Input, View};
use protocol::ServerFrame;
use std::collections::BTreeSet;

/// Whether more of the list of rooms is to come after this: until then it changes nothing that is shown.
pub(super) const fn is_part_of_a_list(input: &Input) -> bool {
    matches!(input, Input::Frame(ServerFrame::Welcome { more: true, .. } | ServerFrame::Rooms { more: true, .. }))
}

/// Looks at the rooms that an input changed.
pub(super) fn check(engine: &Engine, effects: &[Effect], excused: bool) -> Result<(), String> {
    for effect in effects {
        let Effect::Changed(View::Timeline(room)) = effect else { continue };
        let rows = engine.rows(*room);
        let numbers: Vec<i64> = rows.iter().map(|row| row.message.seq.0).filter(|seq| *seq > 0).collect();
        if numbers.windows(2).any(|pair| pair[1] != pair[0] + 1) {
            return Err(format!("I3: {room} shows {numbers:?}"));
        }
        let mut keys = BTreeSet::new();
        if let Some(row) = rows.iter().find(|row| !keys.insert(row.key()) && !excused) {
            return Err(format!("I2: {room} shows a message twice: {row:?}"));
        }
    }
    Ok(())
}
