//! The client processes of an environment: this program again, each with a share of the rooms, told what to do over a pipe.

use crate::environment::Case;
use crate::pipe::{Job, Order, RoomPlan, Tally, Word};
use crate::usage::unix_micros;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;
use testbed::Error;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The argument that makes this program a client process.
pub(crate) const ROLE: &str = "client-process";
/// Connections of one process: descriptors are limited, often to 20,000, and one thread serves them all.
const CONNECTIONS_EACH: usize = 7_000;
/// How long the connections of an environment may take, beyond their pace.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// A process, which ends with its input.
struct Client {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// Its share of the messages.
    share: f64,
}

/// See the module's documentation. Dropping it ends them.
pub(crate) struct ClientProcesses {
    clients: Vec<Client>,
}

impl ClientProcesses {
    /// Returns once everybody is connected.
    pub(crate) async fn enter(case: &Case, nodes: &[SocketAddr], rooms: Vec<RoomPlan>) -> Result<Self, Error> {
        let pace = case.pace;
        let connections: usize = rooms.iter().map(|room| room.members.len()).sum();
        let count = case.processes.max(connections.div_ceil(CONNECTIONS_EACH)).min(rooms.len()).max(1);
        let all = rooms.len() as f64;
        let mut clients = Vec::new();
        for (number, rooms) in deal(rooms, count).into_iter().enumerate() {
            let share = rooms.len() as f64 / all;
            let last = u8::try_from(2 + number).map_err(|_| "there are too many client processes")?;
            let job = Job {
                target: case.target,
                nodes: nodes.to_vec(),
                salt: ((unix_micros() / 1_000) << 16) | number as u64,
                source: Ipv4Addr::new(127, 0, 0, last),
                pace: (pace / count as u32).max(1),
                length: case.body,
                are_engines: case.are_engines,
                rooms,
            };
            clients.push(Client::start(&job, share).await?);
        }
        let mut client_processes = Self { clients };
        let timeout = CONNECT_TIMEOUT + Duration::from_secs(connections as u64) / pace.max(1);
        tokio::time::timeout(timeout, client_processes.wait_for_all())
            .await
            .map_err(|_| format!("{connections} connections were not open after {} s", timeout.as_secs()))??;
        Ok(client_processes)
    }

    async fn wait_for_all(&mut self) -> Result<(), Error> {
        for client in &mut self.clients {
            match client.receive().await? {
                Word::Connected => {}
                Word::Done(_) => return Err("a client process spoke out of turn".into()),
            }
        }
        Ok(())
    }

    /// Everybody sends for so long, `rate` messages a second together, and waits until all has arrived.
    pub(crate) async fn go(&mut self, rate: f64, length: Duration, timeout: Duration) -> Result<Tally, Error> {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        for client in &mut self.clients {
            let rate = rate * client.share;
            client.send(&Order::Go { rate, millis: millis(length), patience_millis: millis(timeout) }).await?;
        }
        let mut tally = Tally::default();
        for client in &mut self.clients {
            match client.receive().await? {
                Word::Done(done) => tally.merge(&done),
                Word::Connected => return Err("a client process spoke out of turn".into()),
            }
        }
        Ok(tally)
    }

    /// Everybody goes. Returns once their connections are gone.
    pub(crate) async fn leave(&mut self) {
        for client in &mut self.clients {
            // An error says that the process has ended already.
            let _ = client.child.kill().await;
        }
        self.clients.clear();
    }

    /// Slow participants read nothing from now on.
    pub(crate) async fn stall(&mut self) -> Result<(), Error> {
        for client in &mut self.clients {
            client.send(&Order::Stall).await?;
        }
        Ok(())
    }
}

impl Client {
    async fn start(job: &Job, share: f64) -> Result<Self, Error> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ROLE).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let input = child.stdin.take().ok_or("a client process has no input")?;
        let output = child.stdout.take().ok_or("a client process has no output")?;
        let mut client = Self { child, input, output: BufReader::new(output).lines(), share };
        client.write(serde_json::to_string(job)?).await?;
        Ok(client)
    }

    async fn send(&mut self, order: &Order) -> Result<(), Error> {
        self.write(serde_json::to_string(order)?).await
    }

    async fn write(&mut self, mut line: String) -> Result<(), Error> {
        line.push('\n');
        Ok(self.input.write_all(line.as_bytes()).await?)
    }

    async fn receive(&mut self) -> Result<Word, Error> {
        let line = self.output.next_line().await?.ok_or("a client process has ended")?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Rooms in so many hands, evenly.
fn deal<T>(rooms: Vec<T>, hands: usize) -> Vec<Vec<T>> {
    let mut dealt: Vec<Vec<T>> = (0..hands).map(|_| Vec::new()).collect();
    for (number, room) in rooms.into_iter().enumerate() {
        dealt[number % hands].push(room);
    }
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_dealt_evenly_and_each_once() {
        let dealt = deal((0..10).collect(), 3);
        assert_eq!(dealt.iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 3]);
        let mut all = dealt.concat();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }
}
