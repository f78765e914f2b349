//! How progress, sizes and times are shown.

use server::bounds::grouped;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;
use store::backup::{Progress, Report};

/// How often a terminal is shown the progress, and how often a log.
const TERMINAL_INTERVAL: Duration = Duration::from_millis(500);
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Shows the progress on standard error for ever.
pub(super) async fn show(progress: &Progress) {
    let is_terminal = std::io::stderr().is_terminal();
    let _end = is_terminal.then(|| EndOfLine);
    loop {
        tokio::time::sleep(if is_terminal { TERMINAL_INTERVAL } else { LOG_INTERVAL }).await;
        let text = line(progress.report());
        if is_terminal {
            // Over the line before.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        } else {
            eprintln!("{text}");
        }
    }
}

/// Clears the progress, so that what is printed next begins a line.
struct EndOfLine;

impl Drop for EndOfLine {
    fn drop(&mut self) {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

fn line(report: Report) -> String {
    let Report { step, done, total, is_bytes } = report;
    let done_text = if is_bytes { size(done) } else { format!("{} rows", grouped(done)) };
    match total {
        Some(total) if total > 0 => format!("{step}: {done_text}, {} %", (done.saturating_mul(100) / total).min(100)),
        _ => format!("{step}: {done_text}"),
    }
}

/// Bytes in a unit that fits.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// The size of a file.
pub(super) fn file_size(file: &Path) -> String {
    size(file.metadata().map_or(0, |metadata| metadata.len()))
}

/// Milliseconds since the Unix epoch as a date and a time in UTC.
pub(super) fn date(millis: i64) -> String {
    app::iso_time(millis).replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_shown_as_people_read_them() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
        assert_eq!([12, 1_500, 2_000_000, 3_210_000_000].map(size), ["12 bytes", "1.5 kB", "2.0 MB", "3.21 GB"]);
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(1_709_164_799_999), "2024-02-28 23:59:59 UTC");
        assert_eq!(date(1_709_164_800_000), "2024-02-29 00:00:00 UTC");
        assert_eq!(date(1_767_225_599_000), "2025-12-31 23:59:59 UTC");
        let report = Report { step: "copying", done: 50, total: Some(200), is_bytes: true };
        assert_eq!(line(report), "copying: 50 bytes, 25 %");
        assert_eq!(line(Report { total: None, is_bytes: false, ..report }), "copying: 50 rows");
    }
}
