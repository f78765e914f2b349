//! Accounts that are managed: by their people, by administrators in the page, and by operators at the command line.

use crate::harness::{Answer, Node, Options, PASSWORD, fresh_postgres, plain_client, redis_url, until, until_within};
use protocol::{CloseCode, ServerFrame};
use serde_json::json;
use std::process::{Command, Output};
use std::time::Duration;

const REVOKED: Option<u16> = Some(CloseCode::SessionRevoked.code());

/// `jackdaw` with these words, on this node's database, in a process of its own.
async fn command(options: &[(&str, &str)], words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jackdaw"));
    command.env_clear().envs(options.iter().copied()).args(words);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

async fn sign_in(node: &Node, name: &str, password: &str) -> Answer {
    node.post("/api/auth/login", json!({"username": name, "password": password})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_signs_other_devices_out() {
    let node = Node::start().await;
    let here = node.register("ada").await;
    let there = here.sign_in_again(&node).await;
    let (mut lost, _) = there.connect(&node).await;
    let change = async |current: &str, new: &str| {
        here.post(&node, "/api/me/password", json!({"current_password": current, "new_password": new})).await
    };
    change("wrong horse", "a new password").await.refused(403, "forbidden", "not your password");
    change(PASSWORD, "short").await.refused(400, "invalid", "new_password");
    assert_eq!(change(PASSWORD, "a new password").await.status, 204);
    assert_eq!(lost.closed().await, REVOKED);
    assert_eq!(there.get(&node, "/api/me").await.status, 401);
    assert_eq!(here.get(&node, "/api/me").await.status, 200, "the device that changed it stays");
    assert_eq!(sign_in(&node, "ada", PASSWORD).await.status, 401);
    assert_eq!(sign_in(&node, "ada", "a new password").await.status, 200);
    let name = async |name: &str| here.post_form(&node, "/account/name", &format!("display_name={name}")).await;
    let hidden = name("Ada%E2%80%8B").await;
    assert!(hidden.status == 400 && hidden.text.contains("U+200B"), "as over the API: {}", hidden.text);
    assert!(name("Ada+Lovelace").await.text.contains("Your name was changed."));
    // The same as a form, and everywhere else at once.
    let form = here.post_form(&node, "/account/password", "current_password=a+new+password&new_password=correct+horse");
    assert!(form.await.text.contains("Your password was changed"));
    let there = here.sign_in_again(&node).await;
    let others = here.post_form(&node, "/account/sign-out-others", "").await;
    assert!(others.text.contains("One other device was signed out."), "{}", others.text);
    assert_eq!(there.get(&node, "/api/me").await.status, 401);
    assert_eq!(here.sign_in_again(&node).await.get(&node, "/api/me").await.status, 200);
    assert_eq!(here.delete(&node, "/api/auth/sessions").await.status, 204);
    assert_eq!(here.get(&node, "/api/auth/sessions").await.json()["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_of_an_open_session_are_limited_as_sign_ins_are() {
    let node = Node::start_with(Options::default().set("LOGINS_PER_MINUTE", "2")).await;
    let ada = node.register("ada").await;
    let guess = async || {
        ada.post(&node, "/api/me/password", json!({"current_password": "a bad guess", "new_password": "mine now!"}))
            .await
    };
    assert_eq!((guess().await.status, guess().await.status, guess().await.status), (403, 403, 429));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deletes_their_account_is_a_former_member_on_every_device() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = bob.create_group(&node, "Birds", &[&ada]).await;
    bob.send_message(&node, &room, "I was here").await;
    let (mut socket, _) = ada.connect(&node).await;
    let delete = async |password: &str| {
        let request = plain_client().delete(node.url("/api/me")).bearer_auth(&bob.token);
        Answer::of(request.json(&json!({"password": password, "messages": true}))).await
    };
    delete("wrong horse").await.refused(403, "forbidden", "not your password");
    assert_eq!(delete(PASSWORD).await.status, 204);
    let renamed = |frame| match frame {
        ServerFrame::PersonChanged { person } => Some((person.id, person.display_name)),
        _ => None,
    };
    assert_eq!(socket.find("person:changed", renamed).await, (bob.id, "Former member".to_owned()));
    assert_eq!(bob.get(&node, "/api/me").await.status, 401);
    assert_eq!(sign_in(&node, "bob", PASSWORD).await.status, 401);
    // Messages are deleted some time after the account.
    until_within(Duration::from_secs(90), "their message to be deleted and their membership to end", async || {
        let page = ada.get(&node, &format!("/api/messages/room/{}", room.id)).await.json();
        let rows = page["messages"].as_array().unwrap().clone();
        let is_deleted = rows.iter().any(|row| row["sender_id"] == json!(bob.id) && row["deleted_at"].is_i64());
        let members = ada.get(&node, &format!("/api/rooms/{}/members", room.id)).await.json();
        (is_deleted && members["members"].as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    let role = ada.get(&node, &format!("/api/rooms/{}", room.id)).await.json()["room"]["role"].clone();
    assert_eq!(role, "owner", "the room has an owner");
    // The administrator is the last one and stays.
    let stays = Answer::of(
        plain_client().delete(node.url("/api/me")).bearer_auth(&ada.token).json(&json!({"password": PASSWORD})),
    );
    stays.await.refused(409, "conflict", "last administrator");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_disables_and_enables_and_others_see_nothing() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    for path in ["/admin", "/admin/reports", "/admin/invites", "/admin/settings", "/admin/audit"] {
        assert_eq!(bob.open_page(&node, path).await.status, 404, "{path}");
        let shown = ada.open_page(&node, path).await;
        assert_eq!((shown.status, shown.text.contains("<script")), (200, false), "{path}");
        assert!(node.get(path).await.header("location").starts_with("/api/auth/refresh?next="), "{path}");
    }
    let act = |act: &str| format!("/admin/people/{}/{act}", bob.id);
    assert_eq!(bob.post_form(&node, &act("admin"), "").await.status, 404);
    let (mut socket, _) = bob.connect(&node).await;
    let disabled = ada.post_form(&node, &act("disable"), "").await;
    assert!(disabled.text.contains("@bob is disabled."), "{}", disabled.text);
    assert_eq!(socket.closed().await, REVOKED);
    assert_eq!(bob.get(&node, "/api/me").await.status, 401);
    sign_in(&node, "bob", PASSWORD).await.refused(403, "forbidden", "disabled");
    ada.post_form(&node, &act("enable"), "").await;
    assert_eq!(sign_in(&node, "bob", PASSWORD).await.status, 200);

    let linked = ada.post_form(&node, &act("reset-link"), "").await.text;
    let link = linked.split("/reset/").nth(1).unwrap()[..32].to_owned();
    let set = ada.post_form(&node, &format!("/reset/{link}"), "new_password=battery+staple").await;
    assert_eq!((set.status, set.header("location")), (303, "/login"));
    assert_eq!(sign_in(&node, "bob", "battery staple").await.status, 200);
    let again = ada.post_form(&node, &format!("/reset/{link}"), "new_password=battery+staple").await;
    assert_eq!((again.status, again.text.contains("not valid")), (403, true), "it works once");

    // Only a code gets into the address of the form: a link cannot send an administrator's password form elsewhere.
    let elsewhere = format!("/reset/..%2Fadmin%2Fpeople%2F{}%2Fadmin", bob.id);
    assert_eq!(ada.open_page(&node, &elsewhere).await.status, 404);
    assert_eq!(ada.post_form(&node, &elsewhere, "new_password=battery+staple").await.status, 404);
    assert_eq!(ada.post_form(&node, &act("dance"), "").await.status, 404);
    assert!(
        ada.post_form(&node, &format!("/admin/people/{}/no-admin", ada.id), "")
            .await
            .text
            .contains("last administrator")
    );
    let log = ada.open_page(&node, "/admin/audit").await.text;
    for word in ["user.disable", "user.enable", "user.reset-link", "user.password"] {
        assert!(log.contains(word), "{word} is not in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_is_open_or_by_invite_or_closed() {
    let node = Node::start_with(Options::default().set("JACKDAW_REGISTRATION", "")).await;
    let ada = node.register("ada").await;
    let set = async |policy: &str| ada.post_form(&node, "/admin/settings", &format!("registration={policy}")).await;
    let register = async |name: &str, code: Option<&str>| {
        let form = json!({"username": name, "password": PASSWORD, "code": code});
        node.post("/api/auth/register", form).await
    };
    assert_eq!(register("bob", None).await.status, 201, "it began on the machine itself: open");
    assert_eq!(set("invite").await.status, 200);
    register("cyd", None).await.refused(403, "forbidden", "invite");
    assert!(!node.get("/login").await.text.contains("/register"));

    let birds = ada.create_group(&node, "Birds", &[]).await;
    let made = ada.post_form(&node, "/admin/invites", &format!("uses=2&days=1&room={}", birds.id)).await.text;
    let code = made.split("/join/").nth(1).unwrap()[..32].to_owned();
    let form = node.get(&format!("/join/{code}")).await;
    assert!(form.status == 200 && form.text.contains(&format!("value=\"{code}\"")), "{}", form.text);
    let joined = Answer::of(
        plain_client()
            .post(node.url("/register"))
            .header("origin", node.url(""))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("username=cyd&password=correct+horse&code={code}")),
    );
    assert_eq!(joined.await.status, 303, "without JavaScript");
    assert_eq!(register("dan", Some(&code)).await.status, 201);
    let members = ada.get(&node, &format!("/api/rooms/{}/members", birds.id)).await.json();
    assert_eq!(members["members"].as_array().unwrap().len(), 3, "both joined the room of the invite");
    // Used up, wrong, and no code at all look the same.
    let answers = [code.as_str(), &"0".repeat(32), "nonsense"].map(|code| (code.to_owned(), format!("/join/{code}")));
    let mut told = Vec::new();
    for (code, path) in &answers {
        register("eve", Some(code)).await.refused(403, "forbidden", "not valid");
        told.push((node.get(path).await.status, node.get(path).await.text.contains("not valid")));
    }
    assert_eq!(told, [(403, true); 3]);
    for wrong in ["uses=0&days=1", "uses=1&days=91", "uses=x&days=1", "uses=1&days=1&room=x"] {
        assert_eq!(ada.post_form(&node, "/admin/invites", wrong).await.status, 400, "{wrong}");
    }

    let made = ada.post_form(&node, "/admin/invites", "uses=2&days=1").await.text;
    let code = made.split("/join/").nth(1).unwrap()[..32].to_owned();
    set("closed").await;
    register("eve", Some(&code)).await.refused(403, "forbidden", "closed");
    set("nonsense").await;
    register("eve", None).await.refused(403, "forbidden", "closed");
    let links = "imprint=https%3A%2F%2Fexample.org%2Fimprint&name=Jays";
    assert_eq!(ada.post_form(&node, "/admin/settings", links).await.status, 200);
    let login = node.get("/login").await.text;
    assert!(login.contains("href=\"https://example.org/imprint\"") && login.contains("Jays"), "{login}");
    let script = ada.post_form(&node, "/admin/settings", "imprint=javascript%3Aalert(1)").await;
    assert_eq!((script.status, script.text.contains("imprint:")), (400, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_does_not_make_the_first_account() {
    let node = Node::start().await;
    let form = json!({"username": "eve", "password": PASSWORD});
    for (header, value) in [("x-forwarded-for", "203.0.113.9"), ("host", "chat.example.org")] {
        let request = plain_client().post(node.url("/api/auth/register")).header(header, value);
        Answer::of(request.json(&form)).await.refused(403, "forbidden", "link in its log");
    }
    assert_eq!(node.post("/api/auth/register", form).await.status, 201, "who is on the machine itself does");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_work_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let options = [("DATA_DIR", data.as_str()), ("PUBLIC_URL", "https://chat.example.org")];
    let early = command(&options, &["user", "list"]).await;
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&early.stderr).contains("jackdaw migrate"), "{early:?}");
    let node = Node::start_with(Options::default().set("DATA_DIR", &data)).await;
    let (_, bob) = (node.register("ada").await, node.register("bob").await);
    let (mut socket, _) = bob.connect(&node).await;
    assert!(told(&command(&options, &["user", "disable", "@Bob"]).await).contains("bob is disabled"));
    assert_eq!(socket.closed().await, REVOKED);
    until("the session to end", async || (bob.get(&node, "/api/me").await.status == 401).then_some(())).await;
    let added = told(&command(&options, &["user", "add", "cyd", "--admin", "--display-name", "Cy Ng"]).await);
    let link = added.split("https://chat.example.org/reset/").nth(1).unwrap()[..32].to_owned();
    let cy = Answer::of(
        plain_client()
            .post(node.url(&format!("/reset/{link}")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("new_password=battery+staple"),
    );
    assert_eq!(cy.await.status, 303);
    let signed_in = sign_in(&node, "cyd", "battery staple").await.json();
    assert_eq!((&signed_in["user"]["is_admin"], &signed_in["user"]["display_name"]), (&json!(true), &json!("Cy Ng")));
    let list = told(&command(&options, &["user", "list"]).await);
    assert!(list.contains("ada") && list.contains("disabled") && list.contains("administrator"), "{list}");
    assert!(told(&command(&options, &["sessions", "cyd"]).await).lines().count() == 2);
    assert!(told(&command(&options, &["sessions", "cyd", "--end"]).await).contains("1 sessions"));
    assert!(
        told(&command(&options, &["invite", "create", "--uses", "3"]).await)
            .starts_with("https://chat.example.org/join/")
    );
    assert!(told(&command(&options, &["invite", "list"]).await).contains("command line"));
    let audit = told(&command(&options, &["audit"]).await);
    for word in ["user.disable", "user.create", "user.make-admin", "user.end-sessions", "invite.create"] {
        assert!(audit.contains(word), "{audit}");
    }
    let unknown = command(&options, &["user", "enable", "nobody"]).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no account \"nobody\""));
    told(&command(&options, &["user", "delete", "bob", "--yes"]).await);
    assert_eq!(command(&options, &["user", "delete", "bob", "--yes"]).await.status.code(), Some(1), "they are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_does_reaches_all_nodes_without_a_bus_of_its_own() {
    let url = fresh_postgres().await;
    let options = Options::cluster(&url, &redis_url());
    let (here, there) = (Node::start_with(options.clone()).await, Node::start_with(options).await);
    let (_, bob) = (here.register("ada").await, here.register("bob").await);
    let mut sockets = Vec::new();
    for node in [&here, &there] {
        sockets.push(bob.connect(node).await.0);
        assert_eq!(bob.get(node, "/api/me").await.status, 200);
    }
    let environment = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", "the secret of a test, 32 characters")];
    told(&command(&environment, &["user", "disable", "bob"]).await);
    for (node, mut socket) in [&here, &there].into_iter().zip(sockets) {
        assert_eq!(socket.closed().await, REVOKED);
        until("the session to end", async || (bob.get(node, "/api/me").await.status == 401).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_say_who_makes_public_rooms() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let form = json!({"kind": "public", "name": "Birds"});
    assert_eq!(ada.post_form(&node, "/admin/settings", "public_rooms=administrators").await.status, 200);
    bob.post(&node, "/api/rooms", form.clone()).await.refused(403, "forbidden", "public rooms");
    assert_eq!(ada.post(&node, "/api/rooms", form.clone()).await.status, 201);
    assert_eq!(ada.post_form(&node, "/admin/settings", "public_rooms=nobody").await.status, 400);
    assert_eq!(ada.post_form(&node, "/admin/settings", "public_rooms=everybody").await.status, 200);
    assert_eq!(bob.post(&node, "/api/rooms", form).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_managed_by_forms() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.rooms(&node).await.remove(0);
    let manage = format!("/rooms/{}/manage", room.id);
    assert!(bob.open_page(&node, &manage).await.text.contains("Only its admins and owners"));
    assert_eq!(bob.post_form(&node, &format!("{manage}/topic"), "topic=mine").await.status, 403);
    let changed = ada.post_form(&node, &format!("{manage}/topic"), "topic=Birds+of+the+city").await;
    assert!(changed.status == 200 && changed.text.contains("General: Birds of the city"), "{}", changed.text);
    ada.post_form(&node, &format!("{manage}/announcements"), "").await;
    bob.send_as(&node, &room, protocol::ClientId(uuid::Uuid::now_v7()), "hi").await.refused(403, "forbidden", "admins");
    ada.post_form(&node, &format!("{manage}/everybody"), "").await;
    bob.send_message(&node, &room, "hi").await;
    assert!(ada.post_form(&node, &format!("{manage}/archive"), "").await.text.contains("is archived"));
    bob.send_as(&node, &room, protocol::ClientId(uuid::Uuid::now_v7()), "hi").await.refused(
        403,
        "forbidden",
        "archive",
    );
    ada.post_form(&node, &format!("{manage}/restore"), "").await;
    assert_eq!(ada.post_form(&node, &format!("{manage}/dance"), "").await.status, 404);

    let nobody = ada.post_form(&node, &format!("{manage}/bans"), "username=nobody").await;
    assert!(nobody.status == 404 && nobody.text.contains("no such user"), "{}", nobody.text);
    let banned = ada.post_form(&node, &format!("{manage}/bans"), "username=%40bob").await;
    assert!(banned.text.contains("@bob is banned"), "{}", banned.text);
    assert_eq!(bob.open_page(&node, &manage).await.status, 404);
    let lifted = ada.post_form(&node, &format!("{manage}/bans/{}/lift", bob.id), "").await;
    assert_eq!((lifted.status, lifted.header("location")), (303, manage.as_str()));
    assert_eq!(bob.open_page(&node, &manage).await.status, 200);
    let direct = json!({"kind": "direct", "user_id": bob.id});
    let direct: protocol::RoomSummary = ada.post(&node, "/api/rooms", direct).await.get("room");
    assert_eq!(ada.open_page(&node, &format!("/rooms/{}/manage", direct.id)).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_report_and_block_by_forms() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room = ada.rooms(&node).await.remove(0);
    let message = bob.send_message(&node, &room, "<b>buy</b> my things").await;
    let path = format!("/rooms/{}/messages/{}/report", room.id, message.seq);
    let form = ada.open_page(&node, &path).await;
    assert!(form.text.contains("&lt;b&gt;buy&lt;/b&gt; my things"), "{}", form.text);
    assert_eq!(ada.post_form(&node, &path, "reason=").await.status, 400);
    assert!(ada.post_form(&node, &path, "reason=spam").await.text.contains("have your report"));
    bob.delete(&node, &format!("/api/messages/room/{}/{}", room.id, message.seq)).await;
    assert_eq!(bob.open_page(&node, "/admin/reports").await.status, 404);
    let reports = ada.open_page(&node, "/admin/reports").await.text;
    assert!(reports.contains("buy&lt;/b&gt; my things") && reports.contains("spam"), "as it was: {reports}");
    let id = reports.split("/admin/reports/").find_map(|rest| rest.split_once("/close")).unwrap().0.to_owned();
    ada.post_form(&node, &format!("/admin/reports/{id}/close"), "").await;
    assert!(ada.open_page(&node, "/admin/reports").await.text.contains("no open reports"));
    assert!(ada.open_page(&node, "/admin/audit").await.text.contains("report.close"));
    let elsewhere = format!("/rooms/{}/messages/999/report", room.id);
    assert_eq!(ada.open_page(&node, &elsewhere).await.status, 404);

    let block = format!("/people/{}", bob.id);
    assert!(ada.open_page(&node, &block).await.text.contains("Block"));
    ada.post_form(&node, &format!("{block}/block"), "").await;
    let direct = json!({"kind": "direct", "user_id": ada.id});
    bob.post(&node, "/api/rooms", direct.clone()).await.refused(403, "forbidden", "");
    assert!(ada.open_page(&node, "/account/blocks").await.text.contains("@bob"));
    ada.post_form(&node, &format!("{block}/unblock"), "").await;
    assert_eq!(bob.post(&node, "/api/rooms", direct).await.status, 201);
    assert_eq!(ada.post_form(&node, &format!("/people/{}/block", ada.id), "").await.status, 400, "oneself");
}
