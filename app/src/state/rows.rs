//! How the rows of a timeline stand to each other: where a day begins, where a sender's run begins, where "New" stands.

use client::Row;
use protocol::{MessageKind, Seq, UnixMillis, UserId};

/// Messages of one sender closer than this stand under one name.
const RUN_MS: i64 = 5 * 60_000;

/// A row as the timeline shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowView {
    pub(crate) row: Row,
    /// The first of its day: the day stands above it.
    pub(crate) opens_day: bool,
    /// The first that was unread when the room was opened: "New" stands above it.
    pub(crate) opens_unread: bool,
    /// The first of its sender's run: name and time stand above it.
    pub(crate) opens_run: bool,
}

/// Lays rows out. `read` is how far the person had read when they came; `day` tells days apart.
pub(crate) fn lay_out(rows: Vec<Row>, me: UserId, read: Option<Seq>, day: impl Fn(UnixMillis) -> i64) -> Vec<RowView> {
    let unread = read.and_then(|read| first_unread(&rows, me, read));
    let mut views: Vec<RowView> = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let previous = views.last().map(|view| &view.row);
        let opens_day = previous.is_none_or(|previous| day(previous.message.created_at) != day(row.message.created_at));
        let opens_unread = unread == Some(index);
        let opens_run = opens_day || opens_unread || previous.is_none_or(|previous| !same_run(previous, &row));
        views.push(RowView { row, opens_day, opens_unread, opens_run });
    }
    views
}

/// The first text by somebody else after `read`, if the rows reach back to it: else it stands further up.
fn first_unread(rows: &[Row], me: UserId, read: Seq) -> Option<usize> {
    let unread =
        |row: &Row| row.message.seq > read && row.message.kind == MessageKind::Text && row.message.sender_id != me;
    let reaches_back = rows.first().is_some_and(|row| row.message.seq.0 <= read.0 + 1);
    rows.iter().position(unread).filter(|_| reaches_back)
}

fn same_run(previous: &Row, row: &Row) -> bool {
    let (before, after) = (&previous.message, &row.message);
    before.kind == MessageKind::Text
        && after.kind == MessageKind::Text
        && before.sender_id == after.sender_id
        && (after.created_at.0 - before.created_at.0).abs() < RUN_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use client::RowState;
    use protocol::{ClientId, Message, Rev, RoomId};
    use uuid::Uuid;

    fn row(seq: i64, sender: u128, minute: i64) -> Row {
        let message = Message {
            room_id: RoomId(Uuid::nil()),
            seq: Seq(seq),
            rev: Rev(0),
            sender_id: UserId(Uuid::from_u128(sender)),
            sender_name: "A".into(),
            client_id: ClientId(Uuid::from_u128(seq as u128)),
            kind: MessageKind::Text,
            body: "hi".into(),
            event: None,
            reply_to: None,
            created_at: UnixMillis(minute * 60_000),
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        };
        Row { message, state: RowState::Sent, revising: false }
    }

    fn marks(rows: Vec<Row>, read: Option<Seq>) -> Vec<(bool, bool, bool)> {
        let me = UserId(Uuid::from_u128(1));
        let views = lay_out(rows, me, read, |at| at.0 / 86_400_000);
        views.iter().map(|v| (v.opens_day, v.opens_unread, v.opens_run)).collect()
    }

    #[test]
    fn a_run_ends_with_its_sender_its_day_and_a_pause() {
        let rows = vec![row(1, 1, 0), row(2, 1, 1), row(3, 2, 2), row(4, 2, 9), row(5, 2, 1_440)];
        let expected = [
            (true, false, true),
            (false, false, false),
            (false, false, true),
            (false, false, true),
            (true, false, true),
        ];
        assert_eq!(marks(rows, None), expected);
    }

    #[test]
    fn new_stands_above_the_first_unread_message_of_somebody_else() {
        let rows = vec![row(5, 2, 0), row(6, 1, 1), row(7, 2, 2)];
        assert!(marks(rows.clone(), Some(Seq(5)))[2].1);
        assert!(marks(rows.clone(), Some(Seq(4)))[0].1);
        assert!(marks(rows, Some(Seq(3))).iter().all(|mark| !mark.1), "the first unread row is not loaded");
    }
}
