//! A backup as lines of JSON: the manifest without sums; per table a line with its name and columns, then its rows; last the manifest
//! with sums and the hash of everything before. A file without its last line is recognized as truncated.

use super::manifest::hex;
use super::row::decode;
use super::sums::{Sink, sum_into};
use super::{Column, Error, Manifest, Progress, Result, Row, Rows, Table};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of one line at most: more than the longest message with all its reactions takes.
const LINE_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of the first and of the last line at most.
const MANIFEST_MAX: u64 = 256 * 1024;

/// The line before a table's rows.
#[derive(Serialize)]
struct TableLine<'a> {
    table: &'a str,
    columns: Vec<&'a str>,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct LastLine {
    manifest: Manifest,
    /// SHA-256 of all lines before this one.
    sha256: String,
}

fn line_of(value: &impl Serialize) -> Vec<u8> {
    // Structures of texts and numbers can always be written.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

fn table_line(table: &Table, columns: &[&Column]) -> Vec<u8> {
    line_of(&TableLine { table: table.name, columns: columns.iter().map(|column| column.name).collect() })
}

/// Writes and hashes.
struct Hashed<'a> {
    output: &'a mut (dyn Write + Send),
    name: &'a Path,
    hash: Sha256,
}

impl Hashed<'_> {
    fn write(&mut self, line: &[u8]) -> Result<()> {
        self.hash.update(line);
        self.output.write_all(line).map_err(Error::file(self.name, "the backup cannot be written"))
    }
}

impl Sink for Hashed<'_> {
    fn table(&mut self, table: &'static Table, schema: i64) -> Result<()> {
        self.write(&table_line(table, &table.columns_at(schema)))
    }

    fn row(&mut self, line: &[u8]) -> Result<()> {
        self.write(line)
    }

    /// A database server reads with the priority that it has: pauses leave its processors to those who send messages.
    fn pause(&self, took: Duration) -> Duration {
        took
    }
}

/// Writes all rows of `source` as lines to `output`, which `name` stands for in errors. Returns `manifest` with its sums.
pub(crate) async fn write_lines(
    source: &mut dyn Rows,
    mut manifest: Manifest,
    (output, name): (&mut (dyn Write + Send), &Path),
    progress: &Progress,
) -> Result<Manifest> {
    let mut output = Hashed { output, name, hash: Sha256::new() };
    output.write(&line_of(&manifest.without_sums()))?;
    manifest.tables = sum_into(source, manifest.schema, progress, &mut output).await?;
    let sha256 = hex(&output.hash.clone().finalize());
    output.write(&line_of(&LastLine { manifest: manifest.clone(), sha256 }))?;
    output.output.flush().map_err(Error::file(name, "the backup cannot be written"))?;
    Ok(manifest)
}

/// Whether a file may be a backup of lines: it begins as one.
pub(crate) fn is_lines(beginning: &[u8]) -> bool {
    beginning.starts_with(b"{\"format\":\"jackdaw-backup/")
}

/// Reads a backup of lines from its beginning to its end, once.
pub(crate) struct LineReader {
    path: PathBuf,
    reader: BufReader<File>,
    hash: Sha256,
    manifest: Manifest,
    sha256: String,
    /// Where the last line begins.
    end: u64,
    /// How far it is read.
    at: u64,
    /// The line that was read last, with its line break.
    line: Vec<u8>,
    /// That line is still to be used.
    is_pending: bool,
}

impl LineReader {
    /// Opens a file that [`is_lines`], and reads its first and its last line.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let fail = || Error::file(path, "the backup cannot be read");
        let mut file = File::open(path).map_err(fail())?;
        let length = file.seek(SeekFrom::End(0)).map_err(fail())?;
        let from = length.saturating_sub(MANIFEST_MAX);
        file.seek(SeekFrom::Start(from)).map_err(fail())?;
        let mut tail = Vec::new();
        (&mut file).take(MANIFEST_MAX).read_to_end(&mut tail).map_err(fail())?;
        file.seek(SeekFrom::Start(0)).map_err(fail())?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut first = Vec::new();
        (&mut reader).take(MANIFEST_MAX).read_until(b'\n', &mut first).map_err(fail())?;
        let truncated = || Error::Truncated(path.to_owned());
        let Some(manifest) = Manifest::read(&first, path)? else {
            let is_whole = first.ends_with(b"\n");
            return Err(if is_whole { Error::damaged(path, "its first line") } else { truncated() });
        };
        let tail = tail.strip_suffix(b"\n").ok_or_else(truncated)?;
        let start = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let last: LastLine = serde_json::from_slice(&tail[start..]).map_err(|_| truncated())?;
        if last.manifest.without_sums() != manifest {
            return Err(Error::damaged(path, "its first and its last line differ"));
        }
        let mut hash = Sha256::new();
        hash.update(&first);
        Ok(Self {
            path: path.to_owned(),
            reader,
            hash,
            manifest: last.manifest,
            sha256: last.sha256,
            end: from + start as u64,
            at: first.len() as u64,
            line: Vec::new(),
            is_pending: false,
        })
    }

    /// What the file says that it contains.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Checks that everything was read and has the hash of the last line.
    pub(crate) fn check_end(mut self) -> Result<()> {
        let is_at_end = !self.is_pending && self.at == self.end;
        if is_at_end && hex(&self.hash.finalize_reset()) == self.sha256 {
            return Ok(());
        }
        Err(Error::damaged(&self.path, "its hash is another one than it says"))
    }

    /// Moves to the next line; false at the end.
    fn next_line(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.is_pending) {
            return Ok(true);
        }
        if self.at >= self.end {
            return Ok(false);
        }
        self.line.clear();
        let read = (&mut self.reader).take(LINE_MAX).read_until(b'\n', &mut self.line);
        let read = read.map_err(Error::file(&self.path, "the backup cannot be read"))?;
        self.at += read as u64;
        self.hash.update(&self.line);
        Ok(read > 0)
    }

    /// The next row of a table; none where another one begins.
    fn next_row(&mut self, table: &Table, columns: &[&Column]) -> Result<Option<Row>> {
        if !self.next_line()? {
            return Ok(None);
        }
        if self.line.first() == Some(&b'{') {
            self.is_pending = true;
            return Ok(None);
        }
        let row = decode(&self.line, columns);
        row.map(Some).ok_or_else(|| Error::damaged(&self.path, format!("a row of table {}", table.name)))
    }

    fn begin(&mut self, table: &Table, columns: &[&Column]) -> Result<()> {
        if self.next_line()? && self.line == table_line(table, columns) {
            return Ok(());
        }
        Err(Error::damaged(&self.path, format!("the beginning of table {}", table.name)))
    }
}

impl Rows for LineReader {
    fn rows<'a>(&'a mut self, table: &'static Table, columns: &'a [&'static Column]) -> BoxStream<'a, Result<Row>> {
        let begun = self.begin(table, columns);
        let rows = move |reader: &'a mut Self| async move {
            let row = reader.next_row(table, columns)?;
            Ok(row.map(|row| (row, reader)))
        };
        match begun {
            Ok(()) => stream::try_unfold(self, rows).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}
