//! A file that appears under its name only once it is complete and on the disk.

use super::{Error, Pacer, Result};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What SQLite may leave beside a file.
const COMPANIONS: [&str; 4] = ["", "-journal", "-wal", "-shm"];

/// A file under a temporary name (`NAME.partial`) that only its owner may read. Dropped before [`PartialFile::complete`], it is removed,
/// and a file that has the name already stays.
#[derive(Debug)]
pub struct PartialFile {
    name: PathBuf,
    path: PathBuf,
    /// Holds the lock for as long as this lives.
    file: File,
    is_complete: bool,
}

/// `path` with this at its end.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The folder that has this file.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the names of a file's folder to the disk.
fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(Error::file(folder, "the folder cannot be written to the disk"))
}

impl PartialFile {
    /// Creates the file, empty. A remainder of an earlier attempt is overwritten.
    ///
    /// # Errors
    /// `File` where the folder cannot be written; `InUse` where the name is that of a folder, or another process writes the same file.
    pub fn create(name: &Path) -> Result<Self> {
        if name.is_dir() {
            return Err(Error::InUse(format!("{}: this is a folder. Name a file in it", name.display())));
        }
        let path = with_suffix(name, ".partial");
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(Error::file(&path, "the file cannot be created"))?;
        if file.try_lock().is_err() {
            let name = name.display();
            return Err(Error::InUse(format!(
                "{name}: another backup or restore writes this file at this moment. Wait until it has ended"
            )));
        }
        let partial = Self { name: name.to_owned(), path, file, is_complete: false };
        let emptied = partial.file.set_len(0).and_then(|()| {
            // A remainder may have another mode.
            partial.file.set_permissions(std::fs::Permissions::from_mode(0o600))
        });
        emptied.map_err(Error::file(&partial.path, "the file cannot be written"))?;
        for companion in &COMPANIONS[1..] {
            drop(std::fs::remove_file(with_suffix(&partial.path, companion)));
        }
        Ok(partial)
    }

    /// The temporary name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what the file has to the disk as it grows.
    pub(crate) fn pacer(&self) -> Result<Pacer> {
        self.file.try_clone().map(Pacer::new).map_err(Error::file(&self.path, "the file cannot be written"))
    }

    /// Gives the file the owner of the one whose name it will have, or of the folder. Only root may, and only root needs it.
    pub(crate) fn inherit_owner(&self) {
        let owner = self.name.metadata().or_else(|_| folder_of(&self.name).metadata());
        if let Ok(owner) = owner {
            drop(std::os::unix::fs::fchown(&self.file, Some(owner.uid()), Some(owner.gid())));
        }
    }

    /// Writes everything to the disk and gives the file its name.
    ///
    /// # Errors
    /// `File`; the name then has what it had before.
    pub fn complete(mut self) -> Result<()> {
        self.file.sync_all().map_err(Error::file(&self.path, "the file cannot be written to the disk"))?;
        std::fs::rename(&self.path, &self.name).map_err(Error::file(&self.name, "the file cannot get its name"))?;
        self.is_complete = true;
        sync_folder_of(&self.name)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_complete {
            for companion in COMPANIONS {
                drop(std::fs::remove_file(with_suffix(&self.path, companion)));
            }
        }
    }
}
