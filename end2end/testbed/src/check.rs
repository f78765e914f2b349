//! Holds what devices show and were promised against the database: who lost what.
//!
//! Pure: takes two pictures and counts what differs. At rest every count must be 0.

mod picture;
mod truth;

pub use picture::{Picture, Shown, ShownRow};
pub use truth::{Row, Truth};

use protocol::limits::UNREAD_MAX;
use protocol::{ClientId, RoomId, Seq, UserId};
use std::collections::{HashMap, HashSet};

/// Differences that are told in words; the rest is only counted.
const TOLD: usize = 10;

/// How many differences of each sort there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Messages that were typed and are not stored, or are stored and not shown.
    pub missing: usize,
    /// Messages that are stored or shown more than once.
    pub doubled: usize,
    /// Messages that stand before one that was typed or stored earlier.
    pub out_of_order: usize,
    /// Numbers that no stored or shown row has, between others that have.
    pub gaps: usize,
    /// Rows that are shown in another state than they are stored in.
    pub stale: usize,
    /// Rooms whose unread messages are miscounted.
    pub unread: usize,
    /// The first few, in words.
    pub told: Vec<String>,
}

impl Verdict {
    /// Nothing differs.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.told.len() < TOLD {
            self.told.push(what());
        }
    }
}

/// What differs between the database and these devices.
#[must_use]
pub fn compare(truth: &Truth, devices: &[Picture]) -> Verdict {
    let mut verdict = Verdict::default();
    for (room, stored) in &truth.rooms {
        check_stored(*room, stored, truth.head(*room), &mut verdict);
    }
    let places: HashMap<_, _> =
        truth.rows().map(|row| ((row.sender_id, row.client_id), (row.room_id, row.seq))).collect();
    let mut memberships: HashMap<UserId, Vec<RoomId>> = HashMap::new();
    for (room, user) in truth.read.keys() {
        memberships.entry(*user).or_default().push(*room);
    }
    for device in devices {
        for room in memberships.get(&device.user).into_iter().flatten() {
            if device.rooms.iter().all(|shown| shown.room != *room) {
                verdict.missing += 1;
                verdict.note(|| format!("{} does not show {room}", device.name));
            }
        }
        check_promises(device, &places, &mut verdict);
        check_edits(device, truth, &mut verdict);
        for shown in &device.rooms {
            check_shown(device, shown, truth, &mut verdict);
        }
    }
    verdict
}

/// Numbers without gaps up to the room's head, and nothing twice. Bodies of a run are unique.
fn check_stored(room: RoomId, stored: &[Row], head: Seq, verdict: &mut Verdict) {
    let mut bodies = HashSet::new();
    for (row, number) in stored.iter().zip(1..) {
        if row.seq != Seq(number) {
            verdict.gaps += 1;
            verdict.note(|| format!("room {room} has number {} in the place of {number}", row.seq));
        }
        if !bodies.insert(&row.body) {
            verdict.doubled += 1;
            verdict.note(|| format!("room {room} has {:?} twice, again at {}", row.body, row.seq));
        }
    }
    let last = stored.last().map_or(Seq(0), |row| row.seq);
    if last != head {
        verdict.gaps += 1;
        verdict.note(|| format!("room {room} ends at {last}, its head says {head}"));
    }
}

/// What was typed is stored, where the acknowledgement said, in the order of typing.
fn check_promises(device: &Picture, places: &Places, verdict: &mut Verdict) {
    let mut last: HashMap<RoomId, Seq> = HashMap::new();
    for sent in &device.sent {
        let place = places.get(&(device.user, sent.client_id)).copied();
        let promised = device.acknowledged.get(&sent.client_id).copied();
        let Some((room, seq)) = place.filter(|place| place.0 == sent.room_id && promised.is_none_or(|it| it == *place))
        else {
            verdict.missing += 1;
            verdict.note(|| format!("{} sent {:?}: promised {promised:?}, stored {place:?}", device.name, sent.body));
            continue;
        };
        if last.insert(room, seq).is_some_and(|before| before > seq) {
            verdict.out_of_order += 1;
            verdict.note(|| format!("{} typed {:?} later than it stands at {seq} in {room}", device.name, sent.body));
        }
    }
}

/// What was edited is stored as such.
fn check_edits(device: &Picture, truth: &Truth, verdict: &mut Verdict) {
    for edit in device.edited.iter().filter(|edit| !truth.edits.contains(&(device.user, **edit))) {
        verdict.missing += 1;
        verdict.note(|| format!("{} edited a message, {edit} is not stored", device.name));
    }
}

/// What is shown of a room is the end of what is stored, and the rest is counted right.
fn check_shown(device: &Picture, shown: &Shown, truth: &Truth, verdict: &mut Verdict) {
    let (room, name) = (shown.room, &device.name);
    let stored = truth.rooms.get(&room).map_or(&[][..], Vec::as_slice);
    let head = stored.last().map_or(Seq(0), |row| row.seq);
    let last = shown.rows.iter().map(|row| row.seq).max().unwrap_or_default();
    if last != head {
        verdict.missing += usize::try_from((head.0 - last.0).abs()).unwrap_or(usize::MAX);
        verdict.note(|| format!("{name} shows {room} up to {last}, it goes on to {head}"));
    }
    let mut keys = HashSet::new();
    for row in &shown.rows {
        let seq = row.seq;
        if !keys.insert(row.client_id) {
            verdict.doubled += 1;
            verdict.note(|| format!("{name} shows {seq} of {room} twice"));
        }
        let is = usize::try_from(seq.0 - 1).ok().and_then(|place| stored.get(place));
        match is.filter(|is| is.client_id == row.client_id) {
            None => {
                verdict.missing += 1;
                verdict.note(|| format!("{name} shows another message at {seq} of {room} than is stored"));
            }
            Some(is) if (is.rev, &is.body) != (row.rev, &row.body) => {
                verdict.stale += 1;
                verdict
                    .note(|| format!("{name} shows {seq} of {room} as of {}, it is stored as of {}", row.rev, is.rev));
            }
            Some(_) => {}
        }
    }
    for pair in shown.rows.windows(2) {
        let step = pair[1].seq.0 - pair[0].seq.0;
        verdict.out_of_order += usize::from(step < 1);
        verdict.gaps += usize::from(step > 1);
        if step != 1 {
            verdict.note(|| format!("{name} shows {} after {} in {room}", pair[1].seq, pair[0].seq));
        }
    }
    check_unread(device, shown, stored, truth, verdict);
}

fn check_unread(device: &Picture, shown: &Shown, stored: &[Row], truth: &Truth, verdict: &mut Verdict) {
    let (room, name) = (shown.room, &device.name);
    let read = truth.read.get(&(room, device.user)).copied().unwrap_or_default();
    let news = stored.iter().filter(|row| row.is_text && row.seq > read && row.sender_id != device.user).count();
    let unread = i64::try_from(news).unwrap_or(i64::MAX).min(UNREAD_MAX + 1);
    if shown.unread != unread {
        verdict.unread += 1;
        verdict.note(|| format!("{name} counts {} unread in {room}, read up to {read} it is {unread}", shown.unread));
    }
}

/// Where each message is stored, by sender and id.
type Places = HashMap<(UserId, ClientId), (RoomId, Seq)>;

#[cfg(test)]
mod tests;
