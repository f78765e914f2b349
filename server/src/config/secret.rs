//! The secrets that sign, and where they come from. The secret of a node that has no `JWT_SECRET` is made on the first
//! start and kept in the data folder, readable by its owner only.

use super::ConfigError;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const BYTES: usize = 32;

/// The current secret, and during a rotation the previous one. Architecture invariant: only the current secret signs;
/// both verify. So nodes that were restarted and nodes that were not accept each other's signatures.
#[derive(Clone)]
pub struct Secrets {
    current: Vec<u8>,
    previous: Option<Vec<u8>>,
}

impl Secrets {
    /// `current` (`JWT_SECRET`, 32 bytes at least) signs; `previous` (`JWT_SECRET_PREVIOUS`) verifies as well.
    #[must_use]
    pub fn new(current: Vec<u8>, previous: Option<Vec<u8>>) -> Self {
        Self { current, previous }
    }

    /// The secret that signs.
    #[must_use]
    pub fn current(&self) -> &[u8] {
        &self.current
    }

    /// The secrets that verify, the current one first.
    pub fn verifying(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.current()).chain(self.previous.as_deref())
    }
}

/// Neither secret is shown.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("has_previous", &self.previous.is_some()).finish_non_exhaustive()
    }
}

/// What `secret` in the data folder holds; written there first if it is missing.
pub(super) fn load_or_create(data_dir: &Path) -> Result<Vec<u8>, ConfigError> {
    let fail = |problem: String| ConfigError::new("DATA_DIR", Some(data_dir.display().to_string()), problem);
    fs::create_dir_all(data_dir).map_err(|error| fail(format!("the folder cannot be made: {error}")))?;
    let path = data_dir.join("secret");
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let mut secret = [0; BYTES];
            getrandom::fill(&mut secret).map_err(|error| fail(format!("no randomness for a secret: {error}")))?;
            file.write_all(&secret)
                .and_then(|()| file.sync_all())
                .map_err(|error| fail(format!("the secret cannot be written: {error}")))?;
            Ok(secret.to_vec())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let secret = fs::read(&path).map_err(|error| fail(format!("the file secret cannot be read: {error}")))?;
            if secret.len() < BYTES {
                return Err(fail(
                    "the file secret is damaged; delete it (everybody will have to sign in again)".into(),
                ));
            }
            Ok(secret)
        }
        Err(error) => Err(fail(format!("the folder cannot be written: {error}"))),
    }
}
