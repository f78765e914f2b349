//! The writer: one task per node that commits everything which queued up while its last transaction ran as the next one
//! (natural group commit: no timer, so no added latency at low load), then answers, then publishes. While the database works on
//! the next batch, the last one is answered and published: the two steps form a pipeline, so that a busy node waits for neither.
//! Messages for rooms that are locked by others go to the slow lane (module `slow`).

mod slow;

use crate::Error;
use crate::hub::{Connection, Hub, StreamPosition};
use crate::metrics::Metrics;
use futures_util::future::{BoxFuture, join};
use protocol::{ApiError, ClientId, Message, Rev, ServerFrame};
use slow::SlowLane;
use std::sync::Arc;
use std::time::Duration;
use store::{Append, Appended, Refusal, Store};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// Messages of one node that may wait to be stored.
pub const QUEUE_MAX: usize = 2_000;
/// Messages in one transaction.
pub const BATCH_MAX: usize = 500;
/// Messages that are answered and published before the task looks whether the database has answered.
const DELIVER_AT_ONCE: usize = 32;
/// How long a caller waits for room in a full queue, the longest waiting first. After that its message is refused with a retryable
/// `nack`, or 503. Until then nothing more is read from its connection: what a client sends meanwhile waits in the network, which
/// costs less processor time than refusing it.
pub const OVERLOAD_TIMEOUT: Duration = Duration::from_millis(250);
/// How long a message may wait to be stored. Clients drop a connection after 15 s without an answer and send the message again, so
/// an overloaded node that stored it later would do everything twice.
pub const QUEUE_TIMEOUT: Duration = Duration::from_secs(12);

/// Where the answer to a message goes.
pub(crate) enum Reply {
    /// To a request that waits.
    Wait(oneshot::Sender<Result<Appended, Error>>),
    /// To a socket, as an `ack` or `nack` frame.
    Socket(Arc<Connection>),
}

impl Reply {
    /// Answers that the message is not stored.
    pub(crate) fn refuse(self, client_id: ClientId, error: Error) {
        match self {
            Self::Wait(answer) => drop(answer.send(Err(error))),
            Self::Socket(connection) => connection.send(&nack(client_id, error)),
        }
    }

    fn answer(self, client_id: ClientId, appended: Appended) {
        match (self, appended) {
            (Self::Wait(answer), appended) => drop(answer.send(Ok(appended))),
            (Self::Socket(connection), Appended::Stored(message)) => connection.send(&ack(&message)),
            (Self::Socket(connection), Appended::Repeated(message)) => {
                // The device may show it otherwise: without the reference that it dropped in a new epoch, say, or as it was before a
                // revision. The row first, since an acknowledgement confirms what the device has.
                let ack = ack(&message);
                connection.send(&ServerFrame::New { message });
                connection.send(&ack);
            }
            (Self::Socket(connection), refused) => connection.send(&nack(client_id, refusal(&refused))),
        }
    }
}

/// Why the store refused a message.
pub(super) fn refusal(appended: &Appended) -> Error {
    match appended {
        Appended::Conflict => Error::Conflict("This message's id was used for another message."),
        Appended::Refused(Refusal::NotMember) => Error::NotFound("room"),
        Appended::Refused(refusal) => Error::Forbidden(refusal.sentence()),
        Appended::Locked => Error::Unavailable("the room is locked".into()),
        Appended::BadReply => Error::Invalid("reply_to: there is no such message in this room.".into()),
        Appended::Stored(_) | Appended::Repeated(_) => Error::Internal("a stored message is no refusal".into()),
    }
}

fn ack(message: &Message) -> ServerFrame {
    ServerFrame::Ack {
        client_id: message.client_id,
        room_id: message.room_id,
        seq: message.seq,
        rev: Rev(0),
        created_at: message.created_at,
    }
}

pub(super) fn nack(client_id: ClientId, error: Error) -> ServerFrame {
    let retry_after_ms = match &error {
        Error::RateLimited { retry_after, .. } => u64::try_from(retry_after.as_millis()).ok(),
        _ => None,
    };
    let ApiError { code, message } = error.into_api();
    ServerFrame::Nack { client_id, code, retryable: code.retryable(), message, retry_after_ms }
}

/// A message that waits to be stored.
pub(super) struct Entry {
    append: Append,
    reply: Reply,
    since: Instant,
}

impl Entry {
    fn refuse(self, error: Error) {
        self.reply.refuse(self.append.client_id, error);
    }
}

/// The way into the writer's queue.
pub(super) struct Writer(mpsc::Sender<Entry>);

impl Writer {
    /// Starts the task; it ends when the `Writer` is dropped and the queue is empty.
    pub(super) fn spawn(store: Arc<dyn Store>, hub: Arc<Hub>, metrics: Arc<Metrics>) -> (Self, JoinHandle<()>) {
        let (sender, queue) = mpsc::channel(QUEUE_MAX);
        let committer = Committer { store, hub, metrics };
        (Self(sender), tokio::spawn(committer.run(queue)))
    }

    /// Returns true if the task is running.
    pub(super) fn is_alive(&self) -> bool {
        !self.0.is_closed()
    }

    /// Queues a message, or refuses it after `OVERLOAD_TIMEOUT`.
    pub(super) async fn submit(&self, append: Append, reply: Reply) {
        let entry = Entry { append, reply, since: Instant::now() };
        match timeout(OVERLOAD_TIMEOUT, self.0.reserve()).await {
            Ok(Ok(room)) => room.send(entry),
            Ok(Err(_)) => entry.refuse(Error::Unavailable("the writer has stopped".into())),
            Err(_) => entry.refuse(Error::Unavailable("the writer's queue is full".into())),
        }
    }
}

/// The id of a message, where its answer goes, and what the store answered.
type Answered = (ClientId, Reply, Appended);

/// What came of a batch.
#[derive(Default)]
struct Stored {
    /// In the order of the batch.
    answered: Vec<Answered>,
    /// Entries whose rooms are locked.
    locked: Vec<Entry>,
}

/// Stores batches, answers and publishes.
struct Committer {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
}

impl Committer {
    /// Ends with the queue. Both lanes are one task: a fault in either of them ends the writer, which is noticed.
    async fn run(self, queue: mpsc::Receiver<Entry>) {
        let slow = SlowLane::default();
        tokio::select! {
            biased;
            () = self.take(queue, &slow) => {}
            () = slow.run(&self) => {}
        }
    }

    async fn take(&self, mut queue: mpsc::Receiver<Entry>, slow: &SlowLane) {
        let mut waiting = Vec::new();
        // The batch before, until it is delivered: before the results of a later one count, so that rooms keep their order.
        let mut last = Vec::new();
        loop {
            if last.is_empty() && queue.recv_many(&mut waiting, BATCH_MAX).await == 0 {
                return;
            }
            while waiting.len() < BATCH_MAX
                && let Ok(entry) = queue.try_recv()
            {
                waiting.push(entry);
            }
            let entries = slow.take_theirs(waiting.drain(..));
            // In this order: the database begins first.
            let (stored, ()) = join(self.store(entries), self.deliver(last)).await;
            last = stored.answered;
            for locked in stored.locked {
                slow.push(locked);
            }
        }
    }

    /// Stores a batch, in order, and delivers it. Returns the entries whose rooms are locked.
    async fn commit(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let stored = self.store(entries).await;
        self.deliver(stored.answered).await;
        stored.locked
    }

    async fn store(&self, mut entries: Vec<Entry>) -> Stored {
        for late in entries.extract_if(.., |entry| entry.since.elapsed() > QUEUE_TIMEOUT) {
            late.refuse(Error::Unavailable("the message waited too long to be stored".into()));
        }
        if entries.is_empty() {
            return Stored::default();
        }
        let (batch, replies): (Vec<_>, Vec<_>) =
            entries.into_iter().map(|entry| (entry.append, (entry.reply, entry.since))).unzip();
        let began = Instant::now();
        let answers = store(&*self.store, &batch).await;
        self.metrics.commit.observe(began.elapsed().as_secs_f64());
        self.metrics.batch.observe(batch.len() as f64);
        let mut stored = Stored::default();
        for ((append, (reply, since)), answer) in batch.into_iter().zip(replies).zip(answers) {
            match answer {
                Ok(Appended::Locked) => stored.locked.push(Entry { append, reply, since }),
                Ok(appended) => stored.answered.push((append.client_id, reply, appended)),
                Err(error) => reply.refuse(append.client_id, error),
            }
        }
        stored
    }

    /// Answers and publishes, in order.
    async fn deliver(&self, answered: Vec<Answered>) {
        for (number, (client_id, reply, appended)) in answered.into_iter().enumerate() {
            if number % DELIVER_AT_ONCE == DELIVER_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            self.publish(client_id, reply, appended);
        }
    }

    fn publish(&self, client_id: ClientId, reply: Reply, appended: Appended) {
        // The ack first: the sender's page should not receive the message as new before it is confirmed.
        let news = appended.stored().cloned();
        match &appended {
            Appended::Stored(_) => drop(self.metrics.stored.inc()),
            Appended::Repeated(_) => drop(self.metrics.repeated.inc()),
            _ => {}
        }
        reply.answer(client_id, appended);
        if let Some(message) = news {
            let position = StreamPosition::Message(message.seq);
            self.hub.deliver(message.room_id, position, &ServerFrame::New { message });
        }
    }
}

/// Stores a batch, in order; one answer each. After an internal error it is stored in halves, so that one entry that cannot be
/// stored does not fail the others.
fn store<'a>(store_in: &'a dyn Store, batch: &'a [Append]) -> BoxFuture<'a, Vec<Result<Appended, Error>>> {
    Box::pin(async move {
        let error = match store_in.append(batch).await {
            Ok(answers) => return answers.into_iter().map(Ok).collect(),
            Err(error) => error,
        };
        if matches!(error, store::Error::Internal(_)) && batch.len() > 1 {
            tracing::error!(messages = batch.len(), %error, "a batch was not stored, retrying in halves");
            let (first, second) = batch.split_at(batch.len() / 2);
            let mut answers = store(store_in, first).await;
            answers.extend(store(store_in, second).await);
            return answers;
        }
        let text = error.to_string();
        let unavailable = matches!(error, store::Error::Unavailable(_));
        tracing::warn!(messages = batch.len(), error = text, "a batch was not stored");
        let told = || if unavailable { Error::Unavailable(text.clone()) } else { Error::Internal(text.clone()) };
        batch.iter().map(|_| Err(told())).collect()
    })
}

#[cfg(test)]
mod tests;
