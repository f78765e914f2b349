//! Pages of history: what came of a request.

use super::Engine;
use crate::answer::Touched;
use crate::{HistoryRequest, Now};
use protocol::{ApiError, ErrorCode, HistoryPage, RoomId};

impl Engine {
    pub(super) fn history(
        &mut self,
        now: Now,
        id: RoomId,
        request: HistoryRequest,
        result: Result<HistoryPage, ApiError>,
    ) {
        self.dirty.append(&mut self.starved);
        self.dirty.insert(id);
        let Some(room) = self.rooms.get_mut(id).filter(|room| room.fetcher.is_waiting_for(request)) else { return };
        room.fetcher.answered();
        match result {
            Ok(page) => self.page(now, id, request, page),
            Err(error) => self.no_page(now, id, request, error.code),
        }
    }

    fn page(&mut self, now: Now, id: RoomId, request: HistoryRequest, page: HistoryPage) {
        let me = self.me.id;
        let rows = page.messages;
        let mut confirmed = false;
        for row in rows.iter().filter(|row| row.sender_id == me) {
            confirmed |= self.outbox.store(row.client_id, row.seq, row.created_at).is_some();
        }
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.fetcher.succeed();
        let mut touched = match request {
            HistoryRequest::Newest => room.load(me, rows),
            HistoryRequest::Before(_) => {
                room.fetcher.older = false;
                if let Some(shown) = &mut room.timeline {
                    shown.prepend(rows);
                }
                Touched { summary: false, rows: true }
            }
            HistoryRequest::After(seq) => {
                if rows.first().is_none_or(|first| first.seq != seq.next()) {
                    // The head that we heard of is not there (yet).
                    room.fetcher.fail(now.monotonic_ms, now.random);
                }
                let arrived = rows.iter().any(|row| row.sender_id != me);
                let touched = room.fill(me, rows);
                if arrived {
                    room.arrived();
                }
                touched
            }
        };
        touched.rows |= confirmed;
        self.touch(id, touched);
    }

    fn no_page(&mut self, now: Now, id: RoomId, request: HistoryRequest, code: ErrorCode) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.fetcher.fail(now.monotonic_ms, now.random);
        if !matches!(code, ErrorCode::NotFound | ErrorCode::Forbidden | ErrorCode::Invalid) {
            return;
        }
        // Asking again is no use. A hole is asked about again none the less, slowly: the server says that it is there.
        room.fetcher.give_up();
        if code == ErrorCode::NotFound && request == HistoryRequest::Newest {
            room.timeline = None;
        }
        self.touch(id, Touched { summary: false, rows: true });
    }
}
