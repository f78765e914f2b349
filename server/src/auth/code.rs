//! Codes of links that stand for a right: invites, one-time links. 128 random bits as 32 hexadecimal digits. The database has only the
//! SHA-256 of a code; with that much randomness nothing slower is needed.

use sha2::{Digest, Sha256};
use std::fmt;

const BYTES: usize = 16;

/// A code, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Code(u128);

impl Code {
    /// A fresh one.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub(crate) fn generate() -> Result<Self, chat::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| chat::Error::Internal(format!("no randomness: {error}")))?;
        Ok(Self(u128::from_be_bytes(bytes)))
    }

    /// Reads what a person or a browser sent. None where it cannot be a code.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_code = text.len() == 2 * BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_code { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }

    /// What the database has of it.
    #[must_use]
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.to_be_bytes()).to_vec()
    }
}

/// As it stands in a link.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A code is a secret.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_and_never_shown_in_a_log() {
        let code = Code::generate().unwrap();
        assert_eq!(Code::parse(&code.to_string()), Some(code.clone()));
        assert_eq!((code.to_string().len(), code.hash().len()), (32, 32));
        assert_ne!(Code::generate().unwrap(), code);
        assert!(!format!("{code:?}").contains(&code.to_string()));
        for text in ["", "1", "+1111111111111111111111111111111", &"g".repeat(32), &"1".repeat(33)] {
            assert_eq!(Code::parse(text), None, "{text}");
        }
    }
}
