//! Typing and presence: who hears of whom, across nodes.

use crate::harness::{Node, Options, Ws, fresh_postgres, redis_url, until};
use protocol::limits::FOCUS_USERS;
use protocol::{ClientFrame, ErrorCode, Presence, PresenceState, RoomId, ServerFrame, UnixMillis, UserId};
use serde_json::json;

async fn shows(socket: &mut Ws, room_id: Option<RoomId>, users: &[UserId], away: bool) {
    socket.send(&ClientFrame::Focus { room_id, users: users.to_vec(), away }).await;
}

/// Reads on until this person is told to be in this state.
async fn sees(socket: &mut Ws, who: UserId, wanted: PresenceState) {
    socket
        .find(&format!("{wanted:?}"), |frame| match frame {
            ServerFrame::Presence { users } => {
                users.iter().any(|users| users.0 == who && users.1 == wanted).then_some(())
            }
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_a_room_sees_who_is_typing_there() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    let (here, there) = tokio::join!(Node::start_with(options.clone()), Node::start_with(options));
    let (ada, bob) = (here.register("ada").await, here.register("bob").await);
    let tea = ada.create_group(&here, "Tea", &[&bob]).await;
    let (mut of_ada, rooms) = ada.connect(&here).await;
    let general = rooms.iter().find(|room| room.id != tea.id).unwrap().id;
    let (mut looks, _) = bob.connect(&there).await;
    let (mut elsewhere, _) = bob.connect(&here).await;
    shows(&mut looks, Some(tea.id), &[], false).await;
    shows(&mut elsewhere, Some(general), &[], false).await;
    // Handled in order: when this is answered, what was said before it has been taken in.
    for socket in [&mut looks, &mut elsewhere] {
        shows(socket, None, &vec![ada.id; FOCUS_USERS + 1], false).await;
        let error = socket.find("an error", |frame| match frame {
            ServerFrame::Error { code, message, .. } => Some((code, message)),
            _ => None,
        });
        let (code, message) = error.await;
        assert_eq!(code, ErrorCode::Invalid);
        assert!(message.starts_with("users: at most 200"), "{message}");
    }
    of_ada.send(&ClientFrame::TypingStart { room_id: tea.id }).await;
    let started = looks.find("typing", |frame| match frame {
        ServerFrame::TypingStart { room_id, user_id, name } => Some((room_id, user_id, name)),
        _ => None,
    });
    assert_eq!(started.await, (tea.id, ada.id, "Ada".to_owned()));
    of_ada.send(&ClientFrame::TypingStop { room_id: tea.id }).await;
    looks.find("the end", |frame| matches!(frame, ServerFrame::TypingStop { .. }).then_some(())).await;
    of_ada.send_message(tea.id, "done").await;
    let next = elsewhere
        .find("typing or the message", |frame| match frame {
            ServerFrame::TypingStart { .. } => Some("typing"),
            ServerFrame::New { message } if message.body == "done" => Some("the message"),
            _ => None,
        })
        .await;
    assert_eq!(next, "the message", "this device shows another room");

    // What comes right after a message is news; what is said twice is not.
    of_ada.send(&ClientFrame::TypingStart { room_id: tea.id }).await;
    looks.find("typing", |frame| matches!(frame, ServerFrame::TypingStart { .. }).then_some(())).await;
    of_ada.send(&ClientFrame::TypingStart { room_id: tea.id }).await;
    of_ada.send_message(tea.id, "again").await;
    let next = looks.find("typing or the message", |frame| match frame {
        ServerFrame::TypingStart { .. } => Some("typing"),
        ServerFrame::New { message } if message.body == "again" => Some("the message"),
        _ => None,
    });
    assert_eq!(next.await, "the message");

    of_ada.send(&ClientFrame::TypingStart { room_id: RoomId(uuid::Uuid::now_v7()) }).await;
    of_ada
        .find("a refusal", |frame| match frame {
            ServerFrame::Error { code: ErrorCode::NotFound, .. } => Some(()),
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_makes_others_draw_little_however_often_they_type_and_stop() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let tea = ada.create_group(&node, "Tea", &[&bob]).await;
    let (mut looks, _) = bob.connect(&node).await;
    shows(&mut looks, Some(tea.id), &[], false).await;
    let (mut of_ada, _) = ada.connect(&node).await;
    let mut drawn = 0;
    for round in 0..10 {
        for _ in 0..20 {
            of_ada.send(&ClientFrame::TypingStart { room_id: tea.id }).await;
            of_ada.send(&ClientFrame::TypingStop { room_id: tea.id }).await;
        }
        of_ada.send_message(tea.id, &round.to_string()).await;
    }
    looks
        .find("the last message", |frame| match frame {
            ServerFrame::New { message } if message.body == "9" => Some(()),
            ServerFrame::TypingStart { .. } | ServerFrame::TypingStop { .. } => {
                drawn += 1;
                None
            }
            _ => None,
        })
        .await;
    assert!(drawn < 100, "{drawn} of 400");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_a_room_hears_nothing_of_it() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let tea = ada.create_group(&node, "Tea", &[&bob]).await;
    let (mut of_ada, rooms) = ada.connect(&node).await;
    let general = rooms.iter().find(|room| room.id != tea.id).unwrap().id;
    let (mut of_bob, _) = bob.connect(&node).await;
    shows(&mut of_bob, Some(tea.id), &[], false).await;
    let path = format!("/api/rooms/{}/members/{}", tea.id, bob.id);
    assert_eq!(ada.delete(&node, &path).await.status, 204);
    of_bob.loses(tea.id).await;
    of_ada.send(&ClientFrame::TypingStart { room_id: tea.id }).await;
    of_ada.send_message(general, "later").await;
    let next = of_bob.find("typing or a message", |frame| match frame {
        ServerFrame::TypingStart { .. } => Some("typing".to_owned()),
        ServerFrame::New { message } if message.room_id == general => Some(message.body),
        _ => None,
    });
    assert_eq!(next.await, "later");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_known_on_all_nodes_to_those_who_show_them() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    let (here, there) = tokio::join!(Node::start_with(options.clone()), Node::start_with(options));
    let (ada, bob) = (here.register("ada").await, there.register("bob").await);
    let direct = json!({"kind": "direct", "user_id": ada.id});
    bob.post(&there, "/api/rooms", direct).await.ok().unwrap();
    let (mut of_bob, _) = bob.connect(&there).await;
    shows(&mut of_bob, None, &[ada.id], false).await;
    sees(&mut of_bob, ada.id, PresenceState::Offline).await;
    let (mut of_ada, _) = ada.connect(&here).await;
    sees(&mut of_bob, ada.id, PresenceState::Online).await;
    // A second device that is not looked at changes nothing; a third that asks now is told at once.
    let (mut phone, _) = ada.connect(&there).await;
    shows(&mut phone, None, &[bob.id], true).await;
    sees(&mut phone, bob.id, PresenceState::Online).await;
    shows(&mut of_ada, None, &[bob.id, ada.id], false).await;
    sees(&mut of_ada, ada.id, PresenceState::Online).await;
}

async fn types(socket: &mut Ws, room_id: RoomId) {
    socket.send(&ClientFrame::TypingStart { room_id }).await;
    socket.send(&ClientFrame::TypingStop { room_id }).await;
}

/// Reads on until a message. Returns whether this person was seen typing before it.
async fn saw_typing(socket: &mut Ws, who: UserId, until: &str) -> bool {
    let mut saw = false;
    let found = socket.find(until, |frame| match frame {
        ServerFrame::TypingStart { user_id, .. } => {
            saw |= user_id == who;
            None
        }
        ServerFrame::New { message } if message.body == until => Some(()),
        _ => None,
    });
    found.await;
    saw
}

/// Asks for somebody's presence until it is this one: another node follows a block within seconds.
async fn becomes(socket: &mut Ws, who: UserId, wanted: PresenceState) {
    until(&format!("{wanted:?}"), async || {
        shows(socket, None, &[who], false).await;
        let state = socket.find("presence", |frame| match frame {
            ServerFrame::Presence { users } => {
                users.iter().find(|users| users.0 == who).map(|users| (users.1, users.2))
            }
            _ => None,
        });
        let (state, seen) = state.await;
        assert_eq!(seen.0, 0, "of a person who is connected");
        (state == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_hides_presence_and_typing_of_both_at_once() {
    let node = Node::start().await;
    let (ada, bob, cy) = (node.register("ada").await, node.register("bob").await, node.register("cyd").await);
    let tea = ada.create_group(&node, "Tea", &[&bob, &cy]).await;
    let (mut of_ada, _) = ada.connect(&node).await;
    let (mut of_bob, _) = bob.connect(&node).await;
    let (mut of_cy, _) = cy.connect(&node).await;
    for (socket, other) in [(&mut of_ada, bob.id), (&mut of_bob, ada.id), (&mut of_cy, ada.id)] {
        shows(socket, Some(tea.id), &[ada.id, bob.id], false).await;
        sees(socket, other, PresenceState::Online).await;
    }
    let block = format!("/api/me/blocks/{}", bob.id);
    assert_eq!(ada.put(&node, &block).await.status, 204);
    sees(&mut of_bob, ada.id, PresenceState::Offline).await;
    sees(&mut of_ada, bob.id, PresenceState::Offline).await;
    // A device that asks now gets the same answer.
    let (mut phone, _) = bob.connect(&node).await;
    shows(&mut phone, Some(tea.id), &[ada.id, bob.id], false).await;
    sees(&mut phone, ada.id, PresenceState::Offline).await;
    for is_ada in [true, false] {
        let (typist, other) = if is_ada { (&mut of_ada, &mut of_bob) } else { (&mut phone, &mut of_ada) };
        let (who, text) = if is_ada { (ada.id, "of Ada") } else { (bob.id, "of Bob") };
        types(typist, tea.id).await;
        typist.send_message(tea.id, text).await;
        assert!(!saw_typing(other, who, text).await, "{text}");
        assert!(saw_typing(&mut of_cy, who, text).await, "a third person sees both: {text}");
    }
    assert_eq!(ada.delete(&node, &block).await.status, 204);
    sees(&mut of_bob, ada.id, PresenceState::Online).await;
    sees(&mut of_ada, bob.id, PresenceState::Online).await;
    types(&mut of_ada, tea.id).await;
    of_ada.send_message(tea.id, "again").await;
    assert!(saw_typing(&mut of_bob, ada.id, "again").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_hides_when_somebody_was_last_seen() {
    let url = fresh_postgres().await;
    let node = Node::start_with(Options::cluster(&url, &redis_url())).await;
    let store = store::open(&url, 1).unwrap();
    for (viewer, other, is_viewers) in [("ada", "bob", true), ("cyd", "dan", false)] {
        let (viewer, other) = (node.register(viewer).await, node.register(other).await);
        viewer.post(&node, "/api/rooms", json!({"kind": "direct", "user_id": other.id})).await.ok().unwrap();
        store.update_last_seen(&[other.id], UnixMillis(7_000)).await.unwrap();
        let (by, of) = if is_viewers { (&viewer, &other) } else { (&other, &viewer) };
        let block = format!("/api/me/blocks/{}", of.id);
        by.put(&node, &block).await;
        let (mut socket, _) = viewer.connect(&node).await;
        for seen in [0, 7_000] {
            shows(&mut socket, None, &[other.id], false).await;
            let found = socket.find("presence", |frame| match frame {
                ServerFrame::Presence { users } => Some(users),
                _ => None,
            });
            assert_eq!(found.await, [Presence(other.id, PresenceState::Offline, UnixMillis(seen))]);
            if seen == 0 {
                by.delete(&node, &block).await;
                // What the end of the block shows: when is only in the answer to `focus`.
                sees(&mut socket, other.id, PresenceState::Offline).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_nodes_hide_what_a_block_hides_within_seconds() {
    let options = Options::cluster(&fresh_postgres().await, &redis_url());
    let (here, there) = tokio::join!(Node::start_with(options.clone()), Node::start_with(options));
    let (ada, bob) = (here.register("ada").await, here.register("bob").await);
    let tea = ada.create_group(&here, "Tea", &[&bob]).await;
    let (mut of_ada, _) = ada.connect(&here).await;
    let (mut of_bob, _) = bob.connect(&there).await;
    becomes(&mut of_bob, ada.id, PresenceState::Online).await;
    becomes(&mut of_ada, bob.id, PresenceState::Online).await;
    // By the node that has neither of the connections that are to follow.
    let block = format!("/api/me/blocks/{}", bob.id);
    for (state, is_visible, text) in [(PresenceState::Offline, false, "one"), (PresenceState::Online, true, "two")] {
        let done = if is_visible { ada.delete(&there, &block).await } else { ada.put(&there, &block).await };
        assert_eq!(done.status, 204);
        // The connection that watches is sent it, without asking again.
        for (socket, other) in [(&mut of_ada, bob.id), (&mut of_bob, ada.id)] {
            sees(socket, other, state).await;
            shows(socket, Some(tea.id), &[ada.id, bob.id], false).await;
            sees(socket, other, state).await;
        }
        for is_ada in [true, false] {
            let (typist, other) = if is_ada { (&mut of_ada, &mut of_bob) } else { (&mut of_bob, &mut of_ada) };
            let (who, text) = (if is_ada { ada.id } else { bob.id }, format!("{text} {is_ada}"));
            types(typist, tea.id).await;
            typist.send_message(tea.id, &text).await;
            assert_eq!(saw_typing(other, who, &text).await, is_visible, "{text}");
        }
    }
}
