//! What is wanted: words and flags of the command line, over variables of the environment, over each scenario's own.

use crate::environment::Case;
use crate::target::Target;
use std::path::PathBuf;
use std::time::Duration;
use testbed::Error;

/// Printed by `--help`.
pub(crate) const HELP: &str = "\
Usage: end2end/load/run [SCENARIO…] [--FLAG VALUE…]       (or: make load LOAD=\"steady tenk\")

Measures nodes of its own, beside a PostgreSQL (fsync on) and a Redis of its own. Messages are due at fixed times,
and latency counts from then. Fails where anything is lost, doubled or out of order.

Scenarios
  steady     1 node, 1,000 sockets, rooms of 10: 500 messages a second, then 3,000
  rooms100   rooms of 100, 900 messages a second
  rooms1000  one room of 1,000, 60 messages a second
  knee       the highest rate with a delivery p99 of 250 ms at most, found by doubling and bisecting
  tenk       10,000 sockets on 4 nodes, 1,000 messages a second
  sockets    19,000 sockets on one node: memory
  storm      10,000 sockets on 3 nodes; the one with most of them is killed, and its clients come back
  slow       200 sockets and long messages; half of them stop reading: what the others notice
  rolling    three nodes are drained and started again one after the other, under real engines
  idle       10,000 sockets on which nothing is said: processor time and memory of each
  stalls     10,000 sockets, 1,000 messages a second: deliveries with and without background tasks
  churn      2,000 sockets come, talk for 3 s and go, 36 times (--rounds): memory after each round
  overload   one processor for the node; at twice its knee, what it takes and how it refuses the rest
  herd       300 people with 50 rooms and 25,000 unread messages each connect at once
  deletion   a room of 5 million messages (--millions) is deleted: what others notice
  backup     a backup of a million messages (--millions) is written: what others notice
  history    pages of 50 out of a million stored messages, over REST

Flags, or variables LOAD_NODES and so on; without one, a scenario's own value
  --nodes N         nodes of a cluster
  --connections N   sockets
  --members N       members of each room
  --rate N          messages a second
  --seconds N       how long each step lasts
  --pace N          new connections a second
  --processes N     client processes at least
  --body N          characters of a message
  --clients KIND    light (sockets that only count) or engine (the sync engine of the page)
  --rounds N        how often each row is repeated; rounds of `churn`
  --millions N      stored messages of `history` and `backup`, or of the room of `deletion`, in millions
  --target NAME     jackdaw or socketio
  --compare         rows that both targets can do, in turn, with ratios
  --json FILE       where the same goes as JSON
  --help            this text";

/// See the module's documentation. What is none is up to the scenario.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) scenarios: Vec<String>,
    pub(crate) is_comparison: bool,
    pub(crate) wants_help: bool,
    pub(crate) target: Option<Target>,
    pub(crate) json: Option<PathBuf>,
    nodes: Option<usize>,
    connections: Option<usize>,
    members: Option<usize>,
    rate: Option<f64>,
    seconds: Option<f64>,
    pace: Option<u32>,
    processes: Option<usize>,
    body: Option<usize>,
    are_engines: Option<bool>,
    pub(crate) rounds: Option<usize>,
    pub(crate) millions: Option<f64>,
}

impl Options {
    /// Reads both; the words win.
    pub(crate) fn read(
        words: impl Iterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        const NAMES: [&str; 10] =
            ["nodes", "connections", "members", "rate", "seconds", "pace", "processes", "millions", "target", "json"];
        let mut options = Self::default();
        for name in NAMES {
            if let Some(value) = variable(&format!("LOAD_{}", name.to_uppercase())).filter(|value| !value.is_empty()) {
                options.set(name, &value)?;
            }
        }
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some("help") => options.wants_help = true,
                Some("compare") => options.is_comparison = true,
                Some(name) => {
                    let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
                    options.set(name, &value)?;
                }
                None => options.scenarios.push(word),
            }
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let wrong = |_| format!("--{name} {value}: must be a number");
        let whole = || value.parse::<usize>().map_err(|_| format!("--{name} {value}: must be a whole number"));
        let number = || value.parse::<f64>().map_err(wrong);
        match name {
            "nodes" => self.nodes = Some(whole()?.max(1)),
            "connections" => self.connections = Some(whole()?.max(1)),
            "members" => self.members = Some(whole()?.max(1)),
            "pace" => self.pace = Some(u32::try_from(whole()?)?),
            "processes" => self.processes = Some(whole()?),
            "body" => self.body = Some(whole()?),
            "rounds" => self.rounds = Some(whole()?.max(1)),
            "clients" => {
                self.are_engines = Some(match value {
                    "light" => false,
                    "engine" => true,
                    _ => return Err(format!("--clients {value}: must be light or engine").into()),
                });
            }
            "rate" => self.rate = Some(number()?),
            "seconds" => self.seconds = Some(number()?),
            "millions" => self.millions = Some(number()?),
            "json" => self.json = Some(value.into()),
            "target" => {
                self.target = Some(match value {
                    "jackdaw" => Target::Jackdaw,
                    "socketio" => Target::SocketIo,
                    _ => return Err(format!("--target {value}: must be jackdaw or socketio").into()),
                });
            }
            _ => return Err(format!("--{name} is not known; see --help").into()),
        }
        Ok(())
    }

    /// Whether the rate is not up to the scenario.
    pub(crate) fn has_rate(&self) -> bool {
        self.rate.is_some()
    }

    /// A scenario's case, with what was asked for in place of its own.
    pub(crate) fn apply(&self, case: Case) -> Case {
        Case {
            target: self.target.unwrap_or(case.target),
            nodes: self.nodes.unwrap_or(case.nodes),
            connections: self.connections.unwrap_or(case.connections),
            members: self.members.unwrap_or(case.members),
            rate: self.rate.unwrap_or(case.rate),
            length: self.seconds.map_or(case.length, Duration::from_secs_f64),
            pace: self.pace.unwrap_or(case.pace),
            processes: self.processes.unwrap_or(case.processes),
            body: self.body.unwrap_or(case.body),
            are_engines: self.are_engines.unwrap_or(case.are_engines),
            ..case
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], variable: impl Fn(&str) -> Option<String>) -> Result<Options, Error> {
        Options::read(words.iter().map(|word| (*word).to_owned()), variable)
    }

    #[test]
    fn words_win_over_variables() {
        let variable = |name: &str| (name == "LOAD_NODES" || name == "LOAD_RATE").then(|| "3".to_owned());
        let options = read(&["steady", "--nodes", "2", "tenk"], variable).unwrap();
        assert_eq!(options.scenarios, ["steady", "tenk"]);
        assert_eq!((options.nodes, options.rate), (Some(2), Some(3.0)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for words in [["--nodes", "two"], ["--target", "xmpp"], ["--colour", "red"]] {
            assert!(read(&words, |_| None).is_err(), "{words:?}");
        }
        assert!(read(&["--nodes"], |_| None).is_err());
    }
}
