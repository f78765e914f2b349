//! Reports of messages over REST: who may, how it is answered, and who reads them.

use crate::harness::Node;
use protocol::{ReportId, ReportPage, Seq};
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn people_report_and_administrators_read_and_close() {
    let node = Node::start().await;
    let (ada, bob, cy) = (node.register("ada").await, node.register("bob").await, node.register("cyd").await);
    let general = ada.rooms(&node).await.remove(0);
    let rude = bob.send_message(&node, &general, "rude").await;
    let report = format!("/api/messages/room/{}/{}/report", general.id, rude.seq);
    let reason = json!({"reason": " insults "});
    let first: ReportId = cy.post(&node, &report, reason.clone()).await.get("id");
    assert_eq!(cy.post(&node, &report, reason.clone()).await.get::<ReportId>("id"), first, "once is enough");
    bob.post(&node, &report, reason.clone()).await.refused(403, "forbidden", "your own");
    cy.post(&node, &report, json!({"reason": " "})).await.refused(400, "invalid", "reason");
    cy.post(&node, &report, json!({"reason": "x".repeat(501)})).await.refused(400, "invalid", "reason");
    cy.post(&node, &report, json!({})).await.refused(400, "invalid", "reason");
    let nowhere = format!("/api/messages/room/{}/1/report", Uuid::now_v7());
    cy.post(&node, &nowhere, reason.clone()).await.refused(404, "not_found", "message");
    let system = format!("/api/messages/room/{}/1/report", general.id);
    cy.post(&node, &system, reason).await.refused(403, "forbidden", "messages of people");

    let edit = format!("/api/messages/room/{}/{}", general.id, rude.seq);
    bob.patch(&node, &edit, json!({"body": "polite"})).await;
    cy.get(&node, "/api/reports").await.refused(403, "forbidden", "administrator");
    let page: ReportPage = serde_json::from_value(ada.get(&node, "/api/reports").await.json()).unwrap();
    let [found] = page.reports.as_slice() else { panic!("{page:?}") };
    assert_eq!((found.id, found.seq, found.body.as_str(), found.reason.as_str()), (first, rude.seq, "rude", "insults"));
    assert!(found.seq > Seq(1) && page.next_cursor.is_none());
    let close = format!("/api/reports/{first}/close");
    cy.post(&node, &close, json!({})).await.refused(403, "forbidden", "administrator");
    assert_eq!(ada.post(&node, &close, json!({})).await.status, 204);
    ada.post(&node, &close, json!({})).await.refused(404, "not_found", "report");
    assert!(ada.get(&node, "/api/reports").await.get::<Vec<protocol::Report>>("reports").is_empty());
}
