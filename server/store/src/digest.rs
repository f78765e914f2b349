//! The digest of a message's first text. Edits and deletions replace the text; with the digest a repeated send is still distinguished
//! from another message with the same id, for ever.

use protocol::Message;
use sha2::{Digest, Sha256};

/// SHA-256 of a text.
pub(super) fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

/// What a revision has to keep: the digest of the first text, where it is the one that replaces it.
pub(super) fn first_digest(before: &Message, after: &Message) -> Option<Vec<u8>> {
    (has_first_text(before) && !has_first_text(after)).then(|| digest(&before.body))
}

/// Whether nobody has edited or deleted the message. Reactions leave its text alone.
pub(super) const fn has_first_text(message: &Message) -> bool {
    message.edited_at.is_none() && message.deleted_at.is_none()
}
