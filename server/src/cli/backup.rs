//! `jackdaw backup`, `verify` and `restore`: where files are, what is printed, and how a signal ends them.

mod display;

use chat::clock::now;
use display::{date, file_size, show};
use server::bounds::grouped;
use server::config::StoreConfig;
use std::fs::DirBuilder;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::backup::{self, Form, Manifest, PartialFile, Progress};

/// A backup uses the processor that the server leaves (see nice(2)).
const NICENESS: i32 = 5;
/// How long work that was interrupted may take to remove what it has written.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes that are written to standard output at once.
const STREAM_BUFFER: usize = 1 << 20;

/// Writes a backup of the configured database.
pub(crate) fn backup(to: Option<PathBuf>) -> Result<(), String> {
    let config = store_config()?;
    // Without the permission it runs as everything else does.
    let _ = rustix::process::nice(NICENESS);
    if to.as_deref() == Some(Path::new("-")) {
        return stream(config);
    }
    let name = match to {
        Some(name) => name,
        None => default_name(&config)?,
    };
    let begun = Instant::now();
    let path = name.clone();
    let manifest = run(move |progress| async move {
        let partial = PartialFile::create(&path).map_err(text)?;
        let manifest = backup::write_file(&config.url, now(), &partial, &progress).await.map_err(text)?;
        partial.complete().map_err(text)?;
        Ok(manifest)
    })?;
    let file = name.display();
    println!("{file}: {}, {} in {}.", rows(&manifest), file_size(&name), seconds(begun));
    println!("Check it with: jackdaw verify {file}");
    Ok(())
}

/// Writes a backup to standard output.
fn stream(config: StoreConfig) -> Result<(), String> {
    if std::io::stdout().is_terminal() {
        return Err("standard output is a terminal. Redirect it to a file or a program, or use --to FILE".to_owned());
    }
    let begun = Instant::now();
    let manifest = run(move |progress| async move {
        let mut output = std::io::BufWriter::with_capacity(STREAM_BUFFER, std::io::stdout());
        let output: (&mut (dyn Write + Send), _) = (&mut output, Path::new("standard output"));
        backup::write_stream(&config.url, now(), output, &progress).await.map_err(text)
    })?;
    eprintln!("Standard output: {} in {}.", rows(&manifest), seconds(begun));
    Ok(())
}

/// Verifies a backup and prints what it contains.
pub(crate) fn verify(file: PathBuf) -> Result<(), String> {
    let begun = Instant::now();
    let path = file.clone();
    let manifest = run(move |progress| async move { backup::verify(&path, &progress).await.map_err(text) })?;
    println!("{}: {} of {}", file.display(), file_size(&file), manifest.engine);
    println!("made {}, epoch {}, schema {}", date(manifest.created_at.0), manifest.epoch, manifest.schema);
    for table in &manifest.tables {
        println!("{:>16} {}", grouped(table.rows), table.name);
    }
    println!("OK: {} verified in {}", rows(&manifest), seconds(begun));
    Ok(())
}

/// Restores a backup into a database.
pub(crate) fn restore(file: PathBuf, database: Option<String>, is_replaced: bool) -> Result<(), String> {
    let mut config = store_config()?;
    let is_configured = database.as_ref().is_none_or(|url| *url == config.url);
    config.url = database.unwrap_or(config.url);
    if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| config.url.starts_with(scheme)) {
        return Err("--database: must start with sqlite:// or postgres://".to_owned());
    }
    // The lock of the folder is that of its own database. Another file is locked by itself.
    let _lock = if is_configured { server::lock(&config).map_err(|error| error.to_string())? } else { None };
    let begun = Instant::now();
    let epoch = uuid::Uuid::new_v4();
    let restored = run(move |progress| async move {
        backup::restore(&file, (&config.url, is_replaced), epoch, &progress).await.map_err(text)
    })?;
    println!(
        "Restored {} of {} (made {}) in {}.",
        rows(&restored.manifest),
        restored.manifest.engine,
        date(restored.manifest.created_at.0),
        seconds(begun)
    );
    println!("The database has the new epoch {epoch}: devices drop what they cached and send lost messages again.");
    Ok(())
}

/// Runs work with its progress on standard error. SIGTERM and SIGINT end it: what it has begun to write is removed.
fn run<T, Work>(work: impl FnOnce(Arc<Progress>) -> Work) -> Result<T, String>
where
    T: Send + 'static,
    Work: Future<Output = Result<T, String>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime cannot be started: {error}"))?;
    let progress = Arc::<Progress>::default();
    let done = runtime.block_on(async {
        // Before anything is written.
        let stop = crate::stop_signal();
        // A task of its own, so that a signal is received while it writes.
        let mut task = tokio::spawn(work(Arc::clone(&progress)));
        let ended = |done: Result<_, tokio::task::JoinError>| {
            done.unwrap_or_else(|error| Err(format!("this should not happen: {error}")))
        };
        tokio::select! {
            done = &mut task => ended(done),
            // What is being completed goes on: else nobody would know whether it was changed.
            () = stop => {
                if progress.report().step == backup::COMPLETING {
                    return ended(task.await);
                }
                task.abort();
                // Longer than this only a reader of standard output can hold it up.
                drop(tokio::time::timeout(INTERRUPT_TIMEOUT, task).await);
                Err("interrupted. Nothing was changed; run it again".to_owned())
            }
            () = show(&progress) => Err("the display of the progress ended".to_owned()),
        }
    });
    runtime.shutdown_background();
    done
}

fn store_config() -> Result<StoreConfig, String> {
    StoreConfig::from_env().map_err(|error| error.to_string())
}

fn text(error: backup::Error) -> String {
    error.to_string()
}

/// A new file in the data folder, which only its owner may read.
fn default_name(config: &StoreConfig) -> Result<PathBuf, String> {
    let folder = config.data_dir.join("backups");
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| format!("{}: the folder cannot be made: {error}", folder.display()))?;
    let stamp: String = date(now().0).chars().filter(|letter| letter.is_ascii_digit() || *letter == ' ').collect();
    let stamp = stamp.trim_end().replace(' ', "-");
    Ok(folder.join(format!("jackdaw-{stamp}.{}", Form::of(&config.url).extension())))
}

fn rows(manifest: &Manifest) -> String {
    format!("{} rows in {} tables", grouped(manifest.rows()), manifest.tables.len())
}

fn seconds(begun: Instant) -> String {
    format!("{:.1} s", begun.elapsed().as_secs_f64())
}
