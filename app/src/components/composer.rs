//! Where a message is written. What was typed and not sent stays the room's own, see `state::Drafts`.

use crate::components::icon::{self, Icon};
use crate::dom::{clock, document, text_area};
use crate::state::{Chat, Drafts};
use crate::view::IntoAny;
use crate::words;
use client::Input;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use protocol::RoomId;
use protocol::limits::BODY_CHARS;

/// From so many characters before the limit on, how many are left is told.
const NEAR_LIMIT: usize = 500;

/// What input methods report instead of a key while they compose.
const COMPOSING: u32 = 229;

/// `to_end` is counted up with every message that is sent.
#[component]
pub(crate) fn Composer(room: RoomId, to_end: RwSignal<u32>) -> impl IntoView {
    let chat = expect_context::<Chat>();
    let draft = Draft::new(chat, room, to_end);
    let length = draft.length;
    let label = move || chat.room.with(|room| room.as_ref().map(|room| format!("Message to {}", room.name)));
    let typing = Memo::new(move |_| {
        chat.awareness.track();
        words::typing(&chat.engine.with_value(|engine| engine.typing(room)))
    });
    view! {
        <div class="composer">
            <p class="typing" aria-live="polite">
                {typing}
            </p>
            <label class="sr-only" for="composer">
                {label}
            </label>
            <form
                class="composer-box"
                method="post"
                action=format!("/rooms/{room}/messages")
                data-room=room.to_string()
                on:submit=move |event| {
                    event.prevent_default();
                    draft.send();
                }
            >
                // Read only where there are no scripts. `autocomplete` keeps a browser from putting a used one back.
                <input type="hidden" name="client_id" value=clock::new_client_id().to_string() autocomplete="off" />
                <textarea
                    id="composer"
                    name="body"
                    class="composer-text"
                    node_ref=draft.area
                    rows="1"
                    placeholder="Write a message"
                    enterkeyhint="send"
                    autocomplete="off"
                    aria-describedby="composer-left"
                    prop:value=draft.text
                    on:input=move |event| draft.write(event_target_value(&event))
                    on:keydown=move |event| draft.press(&event)
                ></textarea>
                <button type="submit" class="send" aria-label="Send">
                    <Icon path=icon::SEND />
                </button>
            </form>
            <p
                class="composer-left"
                class:composer-over=move || { length.get() > BODY_CHARS.1 }
                id="composer-left"
                role="status"
            >
                {move || left(length.get())}
            </p>
        </div>
    }
    .into_any()
}

/// What is being written in one room.
#[derive(Clone, Copy)]
struct Draft {
    chat: Chat,
    room: RoomId,
    /// Keeps the text when the person goes to another room and comes back.
    drafts: Drafts,
    text: RwSignal<String>,
    /// Characters that would be sent.
    length: Memo<usize>,
    area: NodeRef<html::Textarea>,
    to_end: RwSignal<u32>,
}

impl Draft {
    fn new(chat: Chat, room: RoomId, to_end: RwSignal<u32>) -> Self {
        let drafts = expect_context::<Drafts>();
        let text = RwSignal::new(drafts.get(room));
        let length = Memo::new(move |_| text.with(|text| text.trim().chars().count()));
        let area = NodeRef::<html::Textarea>::new();
        // After every change of the text, wherever it comes from.
        Effect::new(move |_| {
            text.track();
            if let Some(area) = area.get() {
                text_area::fit(&area);
            }
        });
        let draft = Self { chat, room, drafts, text, length, area, to_end };
        // What was typed until the listeners were there. An empty area may not show the draft yet.
        Effect::new(move |_| {
            let typed = area.get().map(|area| text_area::text(&area));
            if let Some(typed) = typed.filter(|typed| !typed.is_empty() && text.with_untracked(|text| text != typed)) {
                draft.type_in(typed);
            }
        });
        draft
    }

    fn type_in(self, text: String) {
        self.drafts.set(self.room, text.clone());
        self.text.set(text);
    }

    /// The person writes, and others see that they do.
    fn write(self, text: String) {
        let typing = !text.trim().is_empty();
        self.type_in(text);
        self.chat.dispatch(Input::Typing { room_id: self.room, typing });
    }

    /// Enter sends, Shift and Enter break the line; while an input method composes, Enter is the method's own.
    fn press(self, event: &KeyboardEvent) {
        let composing = event.is_composing() || event.key_code() == COMPOSING;
        if event.key() == "Enter" && !event.shift_key() && !composing {
            event.prevent_default();
            self.send();
        }
    }

    /// Sends what is fit to be sent; of anything else the counter below tells why not.
    fn send(self) {
        let Ok(body) = self.text.with_untracked(|text| protocol::body(text)) else {
            return;
        };
        self.chat.send(self.room, body);
        self.type_in(String::new());
        self.to_end.update(|count| *count += 1);
        document::focus("composer");
    }
}

/// How much still fits, where that begins to matter.
fn left(length: usize) -> Option<String> {
    match BODY_CHARS.1.checked_sub(length) {
        None if length == BODY_CHARS.1 + 1 => Some("1 character too many".to_owned()),
        None => Some(format!("{} characters too many", length - BODY_CHARS.1)),
        Some(1) => Some("1 character left".to_owned()),
        Some(left) if left <= NEAR_LIMIT => Some(format!("{left} characters left")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_told_when_it_is_near() {
        let told = |length| left(length).unwrap_or_default();
        assert_eq!(told(7_499), "");
        assert_eq!(told(7_500), "500 characters left");
        assert_eq!(told(7_999), "1 character left");
        assert_eq!(told(8_001), "1 character too many");
        assert_eq!(told(8_002), "2 characters too many");
    }
}
