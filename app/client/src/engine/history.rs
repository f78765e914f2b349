//! Pages of history: what came of a request.

use super::Engine;
use crate::answer::Touched;
use crate::fetcher::Request;
use crate::{HistoryRequest, Now};
use protocol::{ApiError, ErrorCode, HistoryPage, Message, RoomId};

impl Engine {
    pub(super) fn history(
        &mut self,
        now: Now,
        id: RoomId,
        request: HistoryRequest,
        result: Result<HistoryPage, ApiError>,
    ) {
        self.dirty.insert(id);
        let Some(room) = self.rooms.get_mut(id).filter(|room| room.fetcher.is_waiting_for(Request::Page(request)))
        else {
            return;
        };
        room.fetcher.answered();
        match result {
            Ok(page) => self.page(id, request, page),
            Err(error) => self.no_page(now, id, request, error.code),
        }
    }

    fn page(&mut self, id: RoomId, request: HistoryRequest, page: HistoryPage) {
        let me = self.me.id;
        self.confirm(&page.messages);
        self.meet_in_rows(&page.messages);
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.fetcher.succeed();
        let touched = match request {
            HistoryRequest::Newest => room.load(me, page),
            HistoryRequest::Before(_) => {
                room.load_older(page);
                Touched::ROWS
            }
        };
        self.touch(id, touched);
    }

    /// Messages of one's own among a room's rows are stored, whether the room is here or not.
    pub(super) fn confirm(&mut self, rows: &[Message]) {
        let me = self.me.id;
        for row in rows.iter().filter(|row| row.sender_id == me) {
            if self.outbox.store(row.client_id, row.seq, row.created_at).is_some() {
                self.touch(row.room_id, Touched::ROWS);
            }
        }
    }

    fn no_page(&mut self, now: Now, id: RoomId, request: HistoryRequest, code: ErrorCode) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.fetcher.fail(now.monotonic_ms, now.random);
        if !matches!(code, ErrorCode::NotFound | ErrorCode::Forbidden | ErrorCode::Invalid) {
            return;
        }
        // Asking again is no use. A gap is asked about again none the less, slowly: the server says that it is there.
        room.fetcher.give_up();
        if code == ErrorCode::NotFound && request == HistoryRequest::Newest {
            room.timeline = None;
        }
        self.touch(id, Touched::ROWS);
    }
}
