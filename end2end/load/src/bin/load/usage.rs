//! What processes use, as Linux tells: processor time of a whole tree of processes, and resident memory.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Of the clock in `/proc/*/stat`: 100 on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A line of `/proc/*/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// Own time and that of children that have ended, in user and kernel mode.
    ticks: u64,
}

/// Seconds of processor time that a process and all its descendants have used, those included that have ended. Zero
/// where the system does not tell.
pub(crate) fn cpu_seconds(root: u32) -> f64 {
    let stats = all();
    let ticks: u64 = tree_of(root, &stats).iter().filter_map(|pid| stats.get(pid)).map(|stat| stat.ticks).sum();
    ticks as f64 / TICKS_PER_SECOND
}

/// A process and all its descendants.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    tree_of(root, &all())
}

fn tree_of(root: u32, stats: &HashMap<u32, Stat>) -> Vec<u32> {
    let mut tree = vec![root];
    let mut place = 0;
    while let Some(parent) = tree.get(place).copied() {
        tree.extend(stats.iter().filter(|(_, stat)| stat.parent == parent).map(|(pid, _)| *pid));
        place += 1;
    }
    tree
}

/// The same of this process alone.
pub(crate) fn own_cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").ok().and_then(|line| parse(&line));
    stat.map_or(0.0, |(_, stat)| stat.ticks as f64 / TICKS_PER_SECOND)
}

/// Kilobytes of a process that are in memory.
pub(crate) fn resident_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Binds all threads of a process, and those that they will start, to these processors.
pub(crate) async fn pin(pid: Option<u32>, processors: &str) -> Result<(), testbed::Error> {
    let pid = pid.ok_or("a process to be bound does not run")?.to_string();
    done(tokio::process::Command::new("taskset").args(["-a", "-c", "-p", processors, &pid])).await
}

async fn done(command: &mut tokio::process::Command) -> Result<(), testbed::Error> {
    let done = command.output().await?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned().into()) }
}

/// Lets all threads of a process, and those that they will start, run only when no other wants the processor.
pub(crate) async fn run_when_idle(pid: u32) -> Result<(), testbed::Error> {
    done(tokio::process::Command::new("chrt").args(["-a", "-i", "-p", "0", &pid.to_string()])).await
}

/// Open descriptors of a process.
pub(crate) fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Microseconds since 1970, to compare between processes of one machine.
pub(crate) fn unix_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn all() -> HashMap<u32, Stat> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    let lines = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok());
    lines.filter_map(|entry| parse(&std::fs::read_to_string(entry.path().join("stat")).ok()?)).collect()
}

/// The name of a program, which may hold anything, stands in brackets.
fn parse(line: &str) -> Option<(u32, Stat)> {
    let (pid, rest) = line.split_once(" (")?;
    let fields: Vec<&str> = rest.rsplit_once(") ")?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some((pid.parse().ok()?, Stat { parent: fields.get(1)?.parse().ok()?, ticks }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whatever_the_program_is_called() {
        let line = "77 (a) b (c) S 12 77 77 0 -1 4194304 100 5 0 0 250 50 30 20 20 0 4 0 999 1000 200";
        assert_eq!(parse(line), Some((77, Stat { parent: 12, ticks: 350 })));
        assert_eq!(parse("77 broken"), None);
    }
}
