//! How fast the store takes messages, and how much room they take: `make bench`.
//!
//! Measures the real [`store::Messages::append`] on a private PostgreSQL and on a SQLite file, both with everything on that
//! keeps an acknowledged message through a power cut. Prints a table beside the targets and asserts nothing: a busy
//! machine is no bug.

mod crowd;
mod database;
mod resume;
mod unread;

use crowd::Crowd;
use database::Database;
use resume::Resume;
use std::time::{Duration, Instant};
use store::Store;
use unread::Unread;

/// As many as the writer puts into one transaction.
const BATCH: usize = 500;
/// Messages stored in batches: enough for the indexes to have the fill that they will keep.
const MESSAGES: usize = 300_000;
/// Transactions of one message, as they are at low load.
const SINGLES: usize = 1_000;
/// What a database may need for a message with a body of 100 bytes, all indexes included.
const BYTES_TARGET: u64 = 350;

/// What was measured on one database.
struct Figures {
    name: &'static str,
    /// Messages a second that the database must at least take.
    target: u64,
    /// One for each batch, in ascending order.
    batches: Vec<Duration>,
    /// One for each single message, in ascending order.
    singles: Vec<Duration>,
    bytes_a_message: u64,
    resume: Resume,
    unread: Unread,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo bench` adds `--bench` to whatever was asked for.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!("{MESSAGES} messages of {} bytes, {BATCH} in a transaction:", crowd::BODY_BYTES);
    println!("{:<11} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "msg/s", "median", "1 p50", "1 p99", "bytes/msg");
    let mut measured = Vec::new();
    for (name, target) in [("postgres", 30_000), ("sqlite", 15_000)] {
        if only.as_deref().is_none_or(|only| only == name) {
            measured.push(measure(&Database::create(name).await?, name, target).await?);
            measured.iter().last().inspect(|figures| figures.print());
        }
    }
    println!("\na device comes back, 20 rooms: nothing new (target ≤ 2 ms), 1,000 messages missed in 20 batches:");
    println!("{:<11} {:>9} {:>9} {:>12}", "", "p50", "p99", "missed");
    for figures in &measured {
        figures.resume.print(figures.name);
    }
    println!("\na person comes back to 50 rooms with 500 unread messages each, the list of rooms:");
    println!("{:<11} {:>9} {:>9} {:>9}", "", "p50", "p99", "target");
    for figures in &measured {
        figures.unread.print(figures.name);
    }
    Ok(())
}

async fn measure(database: &Database, name: &'static str, target: u64) -> Result<Figures, Box<dyn std::error::Error>> {
    let store = database.store();
    let mut crowd = Crowd::gather(store).await?;
    let before = database.bytes().await?;
    let mut batches = time(store, &mut crowd, MESSAGES / BATCH, BATCH).await?;
    let bytes_a_message = (database.bytes().await? - before) / MESSAGES as u64;
    let mut singles = time(store, &mut crowd, SINGLES, 1).await?;
    batches.sort_unstable();
    singles.sort_unstable();
    let resume = resume::measure(store, &mut crowd).await?;
    let unread = unread::measure(store, &crowd).await?;
    Ok(Figures { name, target, batches, singles, bytes_a_message, resume, unread })
}

/// How long each of so many transactions of `size` messages takes.
async fn time(
    store: &dyn Store,
    crowd: &mut Crowd,
    transactions: usize,
    size: usize,
) -> Result<Vec<Duration>, store::Error> {
    let mut times = Vec::with_capacity(transactions);
    for _ in 0..transactions {
        let batch = crowd.talk(size);
        let begun = Instant::now();
        let answers = store.append(&batch).await?;
        times.push(begun.elapsed());
        assert!(answers.iter().all(|answer| answer.stored().is_some()), "everybody may write in these rooms");
    }
    Ok(times)
}

impl Figures {
    fn print(&self) {
        let whole: f64 = self.batches.iter().map(Duration::as_secs_f64).sum();
        let middle = self.batches[self.batches.len() / 2].as_secs_f64();
        let single = |percent: usize| self.singles[self.singles.len() * percent / 100].as_secs_f64() * 1e3;
        println!(
            "{:<11} {:>9.0} {:>9.0} {:>6.2} ms {:>6.2} ms {:>9}",
            self.name,
            (self.batches.len() * BATCH) as f64 / whole,
            BATCH as f64 / middle,
            single(50),
            single(99),
            self.bytes_a_message,
        );
        let (target, bytes) = (format!("≥ {}", self.target), format!("≤ {BYTES_TARGET}"));
        println!("{:<11} {target:>9} {:>9} {:>9} {:>9} {bytes:>9}", "  target", "", "", "");
    }
}
