//! The table at the end: a line a run, of which most columns must be 0.

use std::time::Duration;
use testbed::Participants;
use testbed::check::Verdict;

/// What became of one run.
pub(crate) struct Report {
    name: &'static str,
    sent: usize,
    acknowledged: usize,
    /// Messages sent again that were stored already, and got their first answer once more.
    repeats: usize,
    verdict: Verdict,
    /// In ascending order.
    resumes: Vec<Duration>,
    /// What happened to a device that never should.
    troubles: Vec<String>,
}

impl Report {
    pub(crate) fn of(name: &'static str, participants: &Participants, verdict: Verdict) -> Self {
        let (sent, acknowledged) = participants.counts();
        let mut report =
            Self { name, sent, acknowledged, repeats: 0, verdict, resumes: Vec::new(), troubles: Vec::new() };
        for participant in &participants.all {
            participant.device.look(|_, journal| {
                report.repeats += journal.repeats;
                report.resumes.extend(&journal.resumes);
                report.troubles.extend(journal.troubles.iter().cloned());
            });
        }
        report.resumes.sort_unstable();
        report
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.verdict.is_clean() && self.troubles.is_empty()
    }

    /// Seconds from a loss of the connection until all was shown again.
    fn resume(&self, percent: usize) -> String {
        let place = (self.resumes.len() * percent / 100).min(self.resumes.len().saturating_sub(1));
        self.resumes.get(place).map_or_else(|| "-".to_owned(), |time| format!("{:.2} s", time.as_secs_f64()))
    }

    fn line(&self) -> String {
        let Verdict { missing, doubled, out_of_order, gaps, stale, unread, .. } = self.verdict;
        format!(
            "{:<9} {:>6} {:>6} {:>8} {missing:>8} {doubled:>8} {out_of_order:>8} {gaps:>6} {stale:>6} {unread:>7} {:>8} {:>9} {:>9}",
            self.name,
            self.sent,
            self.acknowledged,
            self.repeats,
            self.resumes.len(),
            self.resume(50),
            self.resume(99),
        )
    }
}

pub(crate) fn print(reports: &[Report]) {
    println!(
        "{:<9} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6} {:>7} {:>8} {:>9} {:>9}",
        "run",
        "sent",
        "acked",
        "repeats",
        "missing",
        "doubled",
        "disorder",
        "gaps",
        "stale",
        "unread",
        "resumes",
        "p50",
        "p99"
    );
    for report in reports {
        println!("{}", report.line());
        for told in report.verdict.told.iter().chain(&report.troubles) {
            println!("  {told}");
        }
    }
    let clean = reports.iter().all(Report::is_clean);
    println!(
        "{}",
        if clean { "Nothing was lost, doubled or out of order." } else { "The devices differ from the database." }
    );
}
