//! The table at the end: a line for each attack.

use crate::honest::Effect;

/// What an attack came to.
#[derive(Debug)]
pub(crate) struct Finding {
    /// What was met, with its figures.
    pub(crate) met: String,
    /// Whether the bound held.
    pub(crate) holds: bool,
}

impl Finding {
    pub(crate) fn new(holds: bool, met: impl Into<String>) -> Self {
        Self { met: met.into(), holds }
    }
}

/// One line.
pub(crate) struct Row {
    pub(crate) attack: &'static str,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    Played {
        finding: Finding,
        effect: Effect,
    },
    /// It cannot be played here; why.
    Skipped(String),
    /// It could not be played to its end, which counts as fallen.
    Broken(String),
}

impl Row {
    pub(crate) fn is_good(&self) -> bool {
        match &self.outcome {
            Outcome::Played { finding, effect } => finding.holds && effect.is_bearable(),
            Outcome::Skipped(_) => true,
            Outcome::Broken(_) => false,
        }
    }

    pub(crate) fn line(&self) -> String {
        let (met, effect) = match &self.outcome {
            Outcome::Played { finding, effect } => (finding.met.clone(), effect.to_string()),
            Outcome::Skipped(reason) => (format!("skipped: {reason}"), String::new()),
            Outcome::Broken(reason) => (format!("could not be played: {reason}"), String::new()),
        };
        let mark = if self.is_good() { "" } else { "  FELL" };
        format!("{:<17} | {met:<72} | {effect}{mark}", self.attack)
    }
}

pub(crate) fn head() {
    println!("{:<17} | {:<72} | effect on an honest person beside it", "attack", "bound met");
}

pub(crate) fn print(rows: &[Row]) {
    let fallen: Vec<_> = rows.iter().filter(|row| !row.is_good()).map(|row| row.attack).collect();
    let played = rows.iter().filter(|row| matches!(row.outcome, Outcome::Played { .. })).count();
    if fallen.is_empty() {
        println!("{played} attacks were played; every bound held.");
    } else {
        println!("{played} attacks were played; {} fell: {}", fallen.len(), fallen.join(", "));
    }
}
