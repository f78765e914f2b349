//! Somebody who is signed in and uses the REST interface, as a program does.

use super::{Node, Ws};
use protocol::{ClientId, Message, RoomSummary, UserId};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "correct horse";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The answer, if it is a success.
    pub(crate) fn ok(self) -> Option<Self> {
        (self.status < 300).then_some(self)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text))
    }

    /// What stands under `key` of a success.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> T {
        assert!(self.status < 300, "{} {}", self.status, self.text);
        serde_json::from_value(self.json()[key].clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this is a refusal in the one form of errors, and that its sentence names what is wrong.
    pub(crate) fn refused(&self, status: u16, code: &str, names: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        let error = &self.json()["error"];
        assert_eq!(error["code"], code, "{}", self.text);
        assert!(error["message"].as_str().unwrap().contains(names), "{:?} is not in {}", names, self.text);
    }
}

/// A client that keeps no cookies and follows nothing.
pub(crate) fn plain_client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A request without a session.
pub(crate) async fn anonymous(node: &Node, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = plain_client().request(method, node.url(path));
    Answer::of(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) token: String,
    http: reqwest::Client,
}

impl Person {
    pub(super) async fn register(node: &Node, name: &str) -> Self {
        let mut form = json!({"username": name, "password": PASSWORD, "display_name": capital(name)});
        let mut answer = node.post("/api/auth/register", form.clone()).await;
        if answer.status == 403 && answer.text.contains("link in its log") {
            form["code"] = node.setup_code().await.into();
            answer = node.post("/api/auth/register", form).await;
        }
        Self::from_answer(name, &answer)
    }

    /// The same person on another device.
    pub(crate) async fn sign_in_again(&self, node: &Node) -> Self {
        let form = json!({"username": self.name, "password": PASSWORD});
        Self::from_answer(&self.name, &node.post("/api/auth/login", form).await)
    }

    fn from_answer(name: &str, answer: &Answer) -> Self {
        let user: protocol::User = answer.get("user");
        Self { id: user.id, name: name.to_owned(), token: answer.get("access_token"), http: plain_client() }
    }

    /// The same person with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    async fn ask(&self, node: &Node, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.http.request(method, node.url(path)).bearer_auth(&self.token);
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, node: &Node, path: &str) -> Answer {
        self.ask(node, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, node: &Node, path: &str, body: Value) -> Answer {
        self.ask(node, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, node: &Node, path: &str, body: Value) -> Answer {
        self.ask(node, Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn put(&self, node: &Node, path: &str) -> Answer {
        self.ask(node, Method::PUT, path, None).await
    }

    pub(crate) async fn delete(&self, node: &Node, path: &str) -> Answer {
        self.ask(node, Method::DELETE, path, None).await
    }

    /// A request of a page of this site, with the person's session in a cookie.
    async fn ask_page(&self, node: &Node, method: Method, path: &str, fields: &str) -> Answer {
        let request = self.http.request(method, node.url(path)).header("origin", node.url(""));
        let request = request.header("cookie", format!("jackdaw_access={}", self.token));
        let form = "application/x-www-form-urlencoded";
        Answer::of(request.header("content-type", form).body(fields.to_owned())).await
    }

    /// A page as a browser opens it.
    pub(crate) async fn open_page(&self, node: &Node, path: &str) -> Answer {
        self.ask_page(node, Method::GET, path, "").await
    }

    /// A form as a page of this site posts it.
    pub(crate) async fn post_form(&self, node: &Node, path: &str, fields: &str) -> Answer {
        self.ask_page(node, Method::POST, path, fields).await
    }

    pub(crate) async fn rooms(&self, node: &Node) -> Vec<RoomSummary> {
        self.get(node, "/api/rooms").await.get("rooms")
    }

    /// Both have written in the direct room of two people: either may bring the other one into rooms. Does nothing where they have
    /// that room already.
    pub(crate) async fn acquaint(&self, node: &Node, other: &Self) {
        let open = self.post(node, "/api/rooms", json!({"kind": "direct", "user_id": other.id})).await;
        if open.status == 201 {
            let room: RoomSummary = open.get("room");
            for person in [self, other] {
                person.send_message(node, &room, "hello").await;
            }
        }
    }

    /// A closed room with these people, with whom this person has a direct room afterwards.
    pub(crate) async fn create_group(&self, node: &Node, name: &str, members: &[&Self]) -> RoomSummary {
        for member in members.iter().filter(|member| member.id != self.id) {
            self.acquaint(node, member).await;
        }
        let member_ids: Vec<UserId> = members.iter().map(|member| member.id).collect();
        let form = json!({"kind": "group", "name": name, "member_ids": member_ids});
        self.post(node, "/api/rooms", form).await.get("room")
    }

    pub(crate) async fn send_message(&self, node: &Node, room: &RoomSummary, body: &str) -> Message {
        self.send_as(node, room, ClientId(Uuid::now_v7()), body).await.get("message")
    }

    pub(crate) async fn send_as(&self, node: &Node, room: &RoomSummary, client_id: ClientId, body: &str) -> Answer {
        let path = format!("/api/messages/room/{}", room.id);
        self.post(node, &path, json!({"client_id": client_id, "body": body})).await
    }

    /// A socket that has said `hello`, and the rooms of its `welcome`.
    pub(crate) async fn connect(&self, node: &Node) -> (Ws, Vec<RoomSummary>) {
        let mut socket = Ws::open(node, &self.token).await;
        let rooms = socket.hello().await;
        (socket, rooms)
    }
}

/// `ada` as a name to show.
fn capital(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}
