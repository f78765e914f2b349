//! How far people are: told to the room, kept to themselves where they want that.

use crate::harness::{Node, Ws};
use protocol::{ClientFrame, Mark, Member, MemberPage, RoomId, RoomSummary, Seq, ServerFrame};
use serde_json::json;

impl Ws {
    async fn marks(&mut self, room: RoomId) -> Vec<Mark> {
        self.find("message:status", |frame| match frame {
            ServerFrame::Status { room_id, marks } if room_id == room => Some(marks),
            _ => None,
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_is_told_how_far_its_members_are() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room: RoomSummary =
        ada.post(&node, "/api/rooms", json!({"kind": "direct", "user_id": bob.id})).await.get("room");
    assert_eq!(room.other_mark, Some(Mark(bob.id, Seq(0), Seq(0))));
    let ((mut of_ada, _), (mut of_bob, _)) = (ada.connect(&node).await, bob.connect(&node).await);
    let (mut phone, _) = bob.sign_in_again(&node).await.connect(&node).await;
    for text in ["one", "two"] {
        of_ada.send_message(room.id, text).await;
        of_bob.receives(text).await;
    }
    of_bob.send(&ClientFrame::Delivered { room_id: room.id, seq: Seq(2) }).await;
    assert_eq!(of_ada.marks(room.id).await, [Mark(bob.id, Seq(2), Seq(0))]);
    of_bob.send(&ClientFrame::Read { room_id: room.id, seq: Seq(1) }).await;
    of_bob.send(&ClientFrame::Read { room_id: room.id, seq: Seq(99) }).await;
    assert_eq!(of_ada.marks(room.id).await, [Mark(bob.id, Seq(2), Seq(2))], "both at once, not beyond the head");
    while phone.marks(room.id).await != [Mark(bob.id, Seq(2), Seq(2))] {}
    let (_, rooms) = ada.connect(&node).await;
    let mark = rooms.iter().find(|known| known.id == room.id).unwrap().other_mark;
    assert_eq!(mark, Some(Mark(bob.id, Seq(2), Seq(2))));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_want_it_is_not_told_of_and_is_not_told() {
    let node = Node::start().await;
    let (ada, bob) = (node.register("ada").await, node.register("bob").await);
    let room: RoomSummary =
        ada.post(&node, "/api/rooms", json!({"kind": "direct", "user_id": bob.id})).await.get("room");
    let off = bob.patch(&node, "/api/me", json!({"receipts": false})).await;
    assert_eq!(off.json()["user"]["receipts"], false);
    assert_eq!(off.json()["user"]["display_name"], "Bob", "the rest stays");
    let ((mut of_ada, _), (mut of_bob, _)) = (ada.connect(&node).await, bob.connect(&node).await);
    of_ada.send_message(room.id, "one").await;
    of_bob.receives("one").await;
    of_bob.send(&ClientFrame::Read { room_id: room.id, seq: Seq(1) }).await;
    assert_eq!(of_bob.marks(room.id).await, [Mark(bob.id, Seq(1), Seq(1))], "their own devices are told");
    of_bob.send_message(room.id, "two").await;
    let before = of_ada
        .find("two, and no mark before it", |frame| match frame {
            ServerFrame::Status { marks, .. } => Some(Err(marks)),
            ServerFrame::New { message } if message.body == "two" => Some(Ok(())),
            _ => None,
        })
        .await;
    assert_eq!(before, Ok(()));
    for person in [&ada, &bob] {
        let rooms = person.rooms(&node).await;
        assert_eq!(rooms.iter().find(|known| known.id == room.id).unwrap().other_mark, None);
        let page = person.get(&node, &format!("/api/rooms/{}/members", room.id)).await;
        let page: MemberPage = serde_json::from_value(page.json()).unwrap();
        let others = page.members.iter().filter(|member: &&Member| member.user.id != person.id);
        assert!(others.into_iter().all(|member| member.read_seq == Seq(0)), "both ways");
    }
}
