//! Authentication of the bus: a message authentication code on each frame.
//!
//! Without it, any client of Redis could send any frame to any connection. The key is derived from `JWT_SECRET` (HKDF-SHA256, RFC 5869),
//! the code is HMAC-SHA256, cut to 128 bits (RFC 2104, section 5). It covers the channel, the node, the position and the body, so that a
//! frame cannot be moved to another room either. Repeated frames are dropped by their numbers, as those that Redis doubles.

use super::envelope::Envelope;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::{Display, Write};
use uuid::Uuid;

/// Bytes of a code.
const CODE: usize = 16;
/// What the key is derived for: another use of the same secret gets another key.
const PURPOSE: &[u8] = b"jackdaw bus 1";

/// Keys of one deployment, made of those secrets that verify. The first one signs.
pub struct Keys(Vec<Hmac<Sha256>>);

impl Keys {
    /// Of the secrets that verify, the current one first; at least one.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(secrets.into_iter().map(derive).collect())
    }

    /// A frame as it is published on a channel: `CODE NODE POSITION\nBODY`. After the position of typing follows the typist.
    pub(super) fn seal(&self, channel: &str, node: Uuid, position: impl Display, body: &str) -> String {
        let mut payload = String::with_capacity(CODE * 2 + 64 + body.len());
        payload.extend(std::iter::repeat_n('0', CODE * 2));
        write!(payload, " {node} {position}\n{body}").expect("writing to a string does not fail");
        let code = code(&self.0[0], channel, &payload[CODE * 2..]).finalize().into_bytes();
        payload.replace_range(..CODE * 2, &hex(&code[..CODE]));
        payload
    }

    /// Returns true if the frame was published on this channel by a node with one of the keys.
    pub(super) fn verifies(&self, channel: &str, payload: &str) -> bool {
        let Some((sent, rest)) = payload.split_at_checked(CODE * 2) else { return false };
        let Some(sent) = unhex(sent) else { return false };
        self.0.iter().any(|key| code(key, channel, rest).verify_truncated_left(&sent).is_ok())
    }

    /// The parts of a frame, not verified.
    pub(super) fn open(payload: &str) -> Option<Envelope<'_>> {
        Envelope::read(payload.get(CODE * 2..)?.strip_prefix(' ')?)
    }
}

fn derive(secret: &[u8]) -> Hmac<Sha256> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret).expand(PURPOSE, &mut key).expect("32 bytes are not too many");
    Mac::new_from_slice(&key).expect("a key may have any length")
}

/// Channel names have no line break, so the signed texts of two frames never coincide.
fn code(key: &Hmac<Sha256>, channel: &str, rest: &str) -> Hmac<Sha256> {
    let mut code = key.clone();
    code.update(channel.as_bytes());
    code.update(b"\n");
    code.update(rest.as_bytes());
    code
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn unhex(text: &str) -> Option<[u8; CODE]> {
    let mut bytes = [0; CODE];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(bytes)
}

#[cfg(any(test, feature = "testing"))]
impl Default for Keys {
    fn default() -> Self {
        Self::new([&b"a secret of tests"[..]])
    }
}

#[cfg(test)]
mod tests {
    use super::super::envelope::StreamPosition;
    use super::*;
    use protocol::Seq;

    const NODE: Uuid = Uuid::from_u128(7);
    const POSITION: StreamPosition = StreamPosition::Message(Seq(12));

    fn keys(secret: &str, previous: Option<&str>) -> Keys {
        Keys::new(std::iter::once(secret).chain(previous).map(str::as_bytes))
    }

    #[test]
    fn a_frame_has_one_form() {
        // Nodes of two versions of the program read each other's frames.
        assert_eq!(
            keys("secret", None).seal("jackdaw:e:room:r", NODE, POSITION, "{\"a\":1}"),
            "7d9ead0b6987e0201f3557c076fdc8da 00000000-0000-0000-0000-000000000007 m12\n{\"a\":1}"
        );
    }

    #[test]
    fn what_was_changed_or_moved_is_not_believed() {
        let keys = keys("secret", None);
        let sealed = keys.seal("one", NODE, POSITION, "body");
        assert!(keys.verifies("one", &sealed) && !keys.verifies("two", &sealed));
        let opened = Keys::open(&sealed).unwrap();
        assert_eq!((opened.node, opened.position, opened.body), (NODE, POSITION, "body"));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] ^= 1;
            assert!(!keys.verifies("one", &String::from_utf8(changed).unwrap()), "byte {at}");
        }
        for cut in 0..sealed.len() {
            assert!(!keys.verifies("one", &sealed[..cut]), "the first {cut} bytes");
        }
        assert!(!keys.verifies("one", "") && Keys::open("").is_none() && !keys.verifies("one", &"ä".repeat(40)));
    }

    #[test]
    fn the_key_before_is_believed_and_no_other() {
        let (old, new) = (keys("old", None), keys("new", Some("old")));
        let sealed = old.seal("one", NODE, POSITION, "body");
        assert!(new.verifies("one", &sealed));
        assert!(!old.verifies("one", &new.seal("one", NODE, POSITION, "body")), "it does not sign");
        assert!(!keys("other", None).verifies("one", &sealed));
    }
}
