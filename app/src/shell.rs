//! The whole HTML document, rendered on the server only.
//!
//! Inline scripts carry the nonce of the response (provide it with `leptos::nonce::provide_nonce` before rendering);
//! there are no inline styles, so the policy can be strict.

use crate::routes::App;
use crate::{Boot, BootPage, words};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::HashedStylesheet;

/// Handles what a person does before the page is live.
const EARLY: &str = include_str!("early.js");

/// The document for `boot`. Render it inside an `Owner`; it provides the boot data itself.
pub fn shell(options: LeptosOptions, boot: Boot) -> impl IntoView {
    let json = embed(&boot);
    let title = title(&boot);
    let early = boot.user.as_ref().map(|_| view! { <script nonce=use_nonce() inner_html=EARLY></script> });
    provide_context(boot);

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f1ea" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0d111a" />
                <meta name="description" content="Jackdaw, a self-hosted real-time chat." />
                <title>{title}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icons/180.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                {early}
                <HashedStylesheet options=options.clone() />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <script type="application/json" id="boot" inner_html=json></script>
            </head>
            <body>
                <App />
                // Text only, and after everything that the browser takes over: to a browser with scripts it is no markup.
                <noscript>"Without JavaScript you can read, write and start chats. Load the page anew to see what is new."</noscript>
            </body>
        </html>
    }
}

/// The title until the page is live; from then on the layout keeps it.
fn title(boot: &Boot) -> String {
    let unread = boot.rooms.iter().map(|room| room.unread).sum();
    match &boot.page {
        BootPage::Login { .. } => words::title(0, "Sign in"),
        BootPage::Register { .. } => words::title(0, "Create an account"),
        BootPage::Home => words::title(unread, ""),
        BootPage::Room { room, .. } => words::title(unread, &room.name),
        BootPage::Devices { .. } => words::title(unread, "Devices"),
        BootPage::NotFound => words::title(0, "Not found"),
        BootPage::Error { .. } => words::title(0, "Something went wrong"),
    }
}

/// JSON that is safe inside a script element: a `<` could end it early.
fn embed(boot: &Boot) -> String {
    protocol::to_json(boot).replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Form;
    use protocol::from_json;

    #[test]
    fn embedded_json_cannot_end_its_script_and_reads_back() {
        let form = Form { username: "</script><b>".into(), ..Form::default() };
        let about = crate::About { name: "<b>".into(), ..crate::About::default() };
        let boot = Boot { registration_open: true, about, ..Boot::new(BootPage::Login { form }) };
        let json = embed(&boot);
        assert!(!json.contains('<'));
        assert_eq!(from_json(&json), Ok(boot));
    }

    #[test]
    fn the_browser_reads_every_page() {
        let room: protocol::RoomSummary = serde_json::from_str(ROOM).unwrap();
        let history =
            protocol::HistoryPage { messages: vec![], next_cursor: Some(protocol::Seq(7)), rev: protocol::Rev(0) };
        let session = r#"{"id":"01980000-0000-7000-8000-000000000001","user_agent":"A \"b\"","created_at":1,"last_seen_at":2,"current":true}"#;
        let pages = [
            BootPage::Login { form: Form::default() },
            BootPage::Register { form: Form { error: Some("No.".into()), ..Form::default() } },
            BootPage::Home,
            BootPage::Room { room: room.clone(), history },
            BootPage::Devices { sessions: vec![serde_json::from_str(session).unwrap()] },
            BootPage::NotFound,
            BootPage::Error { message: "Später.".into() },
        ];
        for page in pages {
            let (user, epoch) = (room.other.clone(), Some(uuid::Uuid::from_u128(5)));
            let (rooms, blocked) = (vec![room.clone()], vec![protocol::UserId(uuid::Uuid::from_u128(6))]);
            let boot = Boot { user, rooms, epoch, shared: true, blocked, ..Boot::new(page) };
            assert_eq!(from_json(&embed(&boot)), Ok(boot));
        }
    }

    const ROOM: &str = r#"{"id":"01980000-0000-7000-8000-000000000001","kind":"direct","name":"Bob <3","last_seq":7,"last_rev":0,
        "read_seq":6,"unread":1,"last_message":null,"members_count":2,"role":"member","other":{"id":
        "01980000-0000-7000-8000-000000000002","username":"bob","display_name":"Bob","is_admin":false,"created_at":5}}"#;
}
