//! What a refusal says beside its reason.

use protocol::{ClientId, ErrorCode, ServerFrame};
use uuid::Uuid;

const CLIENT_ID: ClientId = ClientId(Uuid::from_u128(3));

#[test]
fn a_refusal_may_say_how_long_to_wait() {
    let (code, message) = (ErrorCode::RateLimited, "Later.".to_owned());
    let retry_after_ms = Some(1_500);
    let frame = ServerFrame::Nack { client_id: CLIENT_ID, code, message, retryable: true, retry_after_ms };
    let json = serde_json::to_string(&frame).expect("a frame is JSON");
    assert!(json.ends_with(r#""retryable":true,"retry_after_ms":1500}}"#), "{json}");
    assert_eq!(ServerFrame::read(&json), Ok(frame));
}
