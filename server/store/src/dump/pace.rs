//! Writing much without delaying others who write little: a server's transactions wait for the disk, and would wait for all that a
//! backup has left in the system's memory.

use std::fs::File;
use std::io::{self, Write};
use std::time::Instant;

/// Bytes after which a file is written to the disk. The disk takes them in a few milliseconds.
const STEP: u64 = 1024 * 1024;
/// The disk is left to others for so many times as long as a step took.
const PAUSES: u32 = 2;

/// Writes a growing file to the disk step by step, with pauses.
pub(crate) struct Pacer {
    file: File,
    synced: u64,
}

impl Pacer {
    pub(crate) fn new(file: File) -> Self {
        Self { file, synced: 0 }
    }

    /// Called when the file may have grown, from a thread that may wait.
    pub(crate) fn grown(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length < self.synced + STEP {
            return Ok(());
        }
        let begun = Instant::now();
        self.file.sync_data()?;
        self.synced = length;
        std::thread::sleep(begun.elapsed() * PAUSES);
        Ok(())
    }
}

impl Write for Pacer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.grown()?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
