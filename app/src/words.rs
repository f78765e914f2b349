//! Sentences that several views share. Plain functions from data to text.

use crate::storage::Trouble;
use protocol::limits::UNREAD_MAX;
use protocol::{Message, MessageKind, Posting, Role, RoomKind, RoomSummary, SystemEvent, UserId};

/// `(3) Tea — Jackdaw`
pub(crate) fn title(unread: i64, page: &str) -> String {
    let name = if page.is_empty() { "Jackdaw".to_owned() } else { format!("{page} — Jackdaw") };
    if unread > 0 { format!("({}) {name}", count(unread)) } else { name }
}

/// An unread count, cut where the server stops to count.
pub(crate) fn count(unread: i64) -> String {
    if unread > UNREAD_MAX { format!("{UNREAD_MAX}+") } else { unread.to_string() }
}

/// `1 member`, `12 members`
pub fn members(count: i64) -> String {
    if count == 1 { "1 member".to_owned() } else { format!("{count} members") }
}

/// What sort of room it is, in words.
pub(crate) const fn kind(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Direct => "Direct chat",
        RoomKind::Group => "Group",
        RoomKind::Public => "Public room",
        RoomKind::Unknown => "Room",
    }
}

/// A role in words.
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::Member | Role::Unknown => "Member",
        Role::Admin => "Admin",
        Role::Owner => "Owner",
    }
}

/// What stands for the text of a person that the reader blocks.
pub(crate) const BLOCKED: &str = "Message from a person that you block";

/// The line under a room's name in the list. Messages of people that the reader blocks are folded, as in the room.
pub(crate) fn preview(room: &RoomSummary, me: UserId, blocks: impl Fn(UserId) -> bool) -> String {
    let Some(message) = &room.last_message else {
        return "No messages yet".to_owned();
    };
    if message.kind != MessageKind::Text {
        return system(message, me);
    }
    if blocks(message.sender_id) {
        return BLOCKED.to_owned();
    }
    let text = if message.deleted_at.is_some() {
        "Message deleted".to_owned()
    } else {
        message.body.split_whitespace().take(24).collect::<Vec<_>>().join(" ")
    };
    match (message.sender_id == me, room.kind) {
        (true, _) => format!("You: {text}"),
        (false, RoomKind::Direct) => text,
        (false, _) => format!("{}: {text}", first_name(&message.sender_name)),
    }
}

/// The whole name where it is told apart by a user name, which comes last.
fn first_name(name: &str) -> &str {
    let first = name.split_whitespace().next().unwrap_or(name);
    if name.contains('@') { name } else { first }
}

/// What stands for a message of a later version.
const UNREADABLE: &str = "This version of the page cannot show this message. Reload.";

/// What a system message tells, as a sentence without a full stop.
pub(crate) fn system(message: &Message, me: UserId) -> String {
    if !message.is_readable() {
        return UNREADABLE.to_owned();
    }
    let who = if message.sender_id == me { "You" } else { message.sender_name.as_str() };
    let whom = |id: UserId, name: &str| if id == me { "you".to_owned() } else { name.to_owned() };
    match &message.event {
        Some(SystemEvent::Created) => format!("{who} created the room"),
        Some(SystemEvent::Renamed { name }) => format!("{who} renamed the room to “{name}”"),
        Some(SystemEvent::Joined) => format!("{who} joined"),
        Some(SystemEvent::Added { user_id, display_name }) => format!("{who} added {}", whom(*user_id, display_name)),
        Some(SystemEvent::Left) => format!("{who} left"),
        Some(SystemEvent::Removed { user_id, display_name }) => {
            format!("{who} removed {}", whom(*user_id, display_name))
        }
        Some(SystemEvent::Banned { user_id, display_name }) => format!("{who} banned {}", whom(*user_id, display_name)),
        Some(SystemEvent::RoleChanged { user_id, display_name, role: now }) => {
            let article = if *now == Role::Member { "a" } else { "an" };
            let role = role(*now).to_ascii_lowercase();
            format!("{who} made {} {article} {role}", whom(*user_id, display_name))
        }
        Some(SystemEvent::TopicChanged { topic }) if topic.is_empty() => format!("{who} removed the topic"),
        Some(SystemEvent::TopicChanged { topic }) => format!("{who} changed the topic to “{topic}”"),
        Some(SystemEvent::Archived) => format!("{who} archived the room"),
        Some(SystemEvent::Restored) => format!("{who} restored the room"),
        Some(SystemEvent::PostingChanged { posting: Posting::Everybody }) => format!("{who} let everybody write here"),
        Some(SystemEvent::PostingChanged { .. }) => format!("{who} let only admins write here"),
        Some(SystemEvent::Unknown) | None => format!("{who} changed the room"),
    }
}

/// Who is typing, as a sentence; empty where nobody is.
pub(crate) fn typing(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("{one} is typing…"),
        [one, other] => format!("{one} and {other} are typing…"),
        _ => "Several people are typing…".to_owned(),
    }
}

/// One or two letters that stand for a name, without a user name at its end.
pub(crate) fn initials(name: &str) -> String {
    let name = name.rsplit_once(" @").map_or(name, |(name, _)| name);
    let mut words = name.split(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '.')).filter(|w| !w.is_empty());
    let first = words.next().and_then(|w| w.chars().find(|c| c.is_alphanumeric()));
    let last = words.next_back().and_then(|w| w.chars().find(|c| c.is_alphanumeric()));
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { "?".to_owned() } else { letters }
}

/// What waits because another tab of an earlier version sends for all tabs.
pub(crate) const OLDER_TAB: &str =
    "An older version of this page is open in another tab and cannot send this message. Reload or close that tab.";

/// Why an unsent message is only shown.
pub(crate) const fn unreadable(is_later: bool) -> &'static str {
    if is_later {
        "Not sent: a newer version of this page wrote this message. Reload the page to send it."
    } else {
        "Not sent: this page cannot read this message as it was saved. Copy the text and send it again."
    }
}

/// Why nothing is kept, and what that means.
pub(crate) fn not_kept(trouble: Trouble) -> String {
    let why = match trouble {
        Trouble::Refused => "This browser does not let the page keep anything, as in a private window.",
        Trouble::Full => "There is no space left on this device for the page.",
        Trouble::Later => "A later version of this page was used in this browser: reload the page to get it.",
        Trouble::Silent => "The browser's storage does not answer.",
        Trouble::Shared => "You signed in on a device that is not yours, so nothing is kept on it.",
    };
    format!("{why} Messages that are not sent yet will be lost when you close this page.")
}

/// A device in words, from what its browser says about itself.
pub(crate) fn device(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Headless Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if user_agent.trim().is_empty() => "Unknown device".to_owned(),
        (None, _) => user_agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_leads_with_what_is_unread() {
        assert_eq!(title(0, ""), "Jackdaw");
        assert_eq!(title(3, "Tea"), "(3) Tea — Jackdaw");
        assert_eq!(title(100, ""), "(99+) Jackdaw");
    }

    #[test]
    fn a_preview_names_its_sender_by_the_first_name_unless_it_is_told_apart() {
        assert_eq!(first_name("Ada Lovelace"), "Ada");
        assert_eq!(first_name("Ada Lovelace @ada2"), "Ada Lovelace @ada2");
    }

    #[test]
    fn what_a_later_version_says_asks_for_a_reload() {
        let id = uuid::Uuid::nil();
        let later = Message {
            room_id: protocol::RoomId(id),
            seq: protocol::Seq(4),
            rev: protocol::Rev(0),
            sender_id: UserId(id),
            sender_name: "Ada".into(),
            client_id: protocol::ClientId(id),
            kind: MessageKind::System,
            body: String::new(),
            event: Some(SystemEvent::Unknown),
            reply_to: None,
            created_at: protocol::UnixMillis(0),
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        };
        assert_eq!(system(&later, UserId(id)), UNREADABLE);
        assert_eq!(system(&Message { kind: MessageKind::Unknown, event: None, ..later }, UserId(id)), UNREADABLE);
    }

    #[test]
    fn a_preview_folds_what_a_blocked_person_wrote_and_nothing_else() {
        let room = |kind: &str| -> RoomSummary {
            let message = r#"{"room_id":"ID","seq":7,"rev":0,"sender_id":"ID","sender_name":"Bob Cat","client_id":"ID",
                "kind":"text","body":"buy my things","created_at":0}"#;
            let room = r#"{"id":"ID","kind":"KIND","name":"Tea","last_seq":7,"last_rev":0,"read_seq":6,"unread":1,
                "members_count":2,"role":"member","last_message":MESSAGE}"#;
            let json = room.replace("KIND", kind).replace("MESSAGE", message);
            serde_json::from_str(&json.replace("ID", &uuid::Uuid::nil().to_string())).unwrap()
        };
        let (bob, me) = (UserId(uuid::Uuid::nil()), UserId(uuid::Uuid::max()));
        for (kind, shown) in [("group", "Bob: buy my things"), ("direct", "buy my things")] {
            let mut room = room(kind);
            assert_eq!(preview(&room, me, |_| false), shown);
            assert_eq!(preview(&room, me, |user| user == bob), "Message from a person that you block");
            let message = room.last_message.as_mut().unwrap();
            (message.kind, message.event) = (MessageKind::System, Some(SystemEvent::Archived));
            assert_eq!(preview(&room, me, |user| user == bob), "Bob Cat archived the room");
        }
    }

    #[test]
    fn what_happens_to_a_room_is_told_in_a_sentence() {
        let told = |event: SystemEvent| {
            let json = r#"{"room_id":"ID","seq":4,"rev":0,"sender_id":"ID","sender_name":"Ada","client_id":"ID",
                "kind":"system","body":"","created_at":0}"#;
            let json = json.replace("ID", &uuid::Uuid::nil().to_string());
            let message: Message = serde_json::from_str(&json).unwrap();
            system(&Message { event: Some(event), ..message }, UserId(uuid::Uuid::max()))
        };
        let user_id = UserId(uuid::Uuid::max());
        for (event, sentence) in [
            (SystemEvent::Banned { user_id, display_name: "Bob".into() }, "Ada banned you"),
            (SystemEvent::TopicChanged { topic: "Tea".into() }, "Ada changed the topic to \u{201c}Tea\u{201d}"),
            (SystemEvent::TopicChanged { topic: String::new() }, "Ada removed the topic"),
            (SystemEvent::Archived, "Ada archived the room"),
            (SystemEvent::Restored, "Ada restored the room"),
            (SystemEvent::PostingChanged { posting: Posting::Admins }, "Ada let only admins write here"),
            (SystemEvent::PostingChanged { posting: Posting::Everybody }, "Ada let everybody write here"),
        ] {
            assert_eq!(told(event), sentence);
        }
    }

    #[test]
    fn who_is_typing_is_told_by_name_as_long_as_they_are_few() {
        let names: Vec<String> = ["Ada", "Bob", "Cy"].map(Into::into).into();
        assert_eq!(typing(&names[..0]), "");
        assert_eq!(typing(&names[..1]), "Ada is typing…");
        assert_eq!(typing(&names[..2]), "Ada and Bob are typing…");
        assert_eq!(typing(&names), "Several people are typing…");
    }

    #[test]
    fn initials_are_at_most_two_letters() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("ada"), "A");
        assert_eq!(initials("Ada Lovelace @bob"), "AL");
        assert_eq!(initials("Émile de la Tour"), "ÉT");
        assert_eq!(initials("ann-marie"), "AM");
        assert_eq!(initials("…"), "?");
    }

    #[test]
    fn devices_are_told_by_browser_and_system() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML) Chrome/126.0 Safari/537.36 Edg/126.0";
        assert_eq!(device(edge), "Edge on Windows");
        assert_eq!(device("curl/8.5"), "curl/8.5");
        assert_eq!(device(" "), "Unknown device");
    }
}
