//! What a person may report, and how often. Pure.

use crate::bounds::REPORTS_PER_DAY;
use crate::{Error, Result};
use protocol::{Message, MessageKind, UserId};

/// Permission check: whether a person who sees a message may report it. `reports_today` are the person's within the last day.
pub(crate) fn may_report(message: &Message, reporter: UserId, reports_today: i64) -> Result<()> {
    if message.kind != MessageKind::Text {
        return Err(Error::Forbidden("Only messages of people can be reported."));
    }
    if message.sender_id == reporter {
        return Err(Error::Forbidden("This message is your own. Delete it instead."));
    }
    if message.deleted_at.is_some() {
        return Err(Error::Conflict("This message was deleted."));
    }
    if reports_today >= REPORTS_PER_DAY {
        return Err(Error::Conflict("You have reported as many messages as one can in a day. Try again tomorrow."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Append;
    use crate::rules::append::stored;
    use protocol::{ClientId, RoomId, Seq, UnixMillis};
    use uuid::Uuid;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BOB: UserId = UserId(Uuid::from_u128(2));

    #[test]
    fn texts_of_others_are_reported_and_not_too_often() {
        let (room_id, client_id) = (RoomId(Uuid::from_u128(3)), ClientId(Uuid::from_u128(4)));
        let created_at = UnixMillis(1);
        let append = Append { room_id, sender_id: ADA, client_id, body: "rude".into(), reply_to: None, created_at };
        let text = stored(&append, Seq(1), "Ada".into());
        assert!(may_report(&text, BOB, REPORTS_PER_DAY - 1).is_ok());
        assert!(matches!(may_report(&text, BOB, REPORTS_PER_DAY), Err(Error::Conflict(_))));
        assert!(matches!(may_report(&text, ADA, 0), Err(Error::Forbidden(_))));
        let deleted = Message { deleted_at: Some(UnixMillis(2)), ..text.clone() };
        assert!(matches!(may_report(&deleted, BOB, 0), Err(Error::Conflict(_))));
        for kind in [MessageKind::System, MessageKind::Unknown] {
            assert!(matches!(may_report(&Message { kind, ..text.clone() }, BOB, 0), Err(Error::Forbidden(_))));
        }
    }
}
