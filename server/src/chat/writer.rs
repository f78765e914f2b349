//! The writer: one task a node that commits everything which queued up while its last transaction ran as the next one
//! (natural group commit: no timer, so no added latency at low load), then answers, then tells.

use crate::Error;
use crate::hub::{Connection, Hub, Place};
use crate::metrics::Metrics;
use crate::store::{Append, Appended, Store};
use protocol::{ApiError, ClientId, Message, Rev, ServerFrame};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Messages that may wait. Beyond it a sender is told to come back.
pub(crate) const WAITING: usize = 10_000;
/// Messages in one transaction.
pub(crate) const BATCH: usize = 500;

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
            Self::Socket(connection) => connection.send(&nack(client_id, error.into_api())),
        }
    }

    fn answer(self, client_id: ClientId, appended: Appended) {
        match (self, appended) {
            (Self::Wait(answer), appended) => drop(answer.send(Ok(appended))),
            (Self::Socket(connection), Appended::Stored(message) | Appended::Repeated(message)) => {
                connection.send(&ack(&message));
            }
            (Self::Socket(connection), refused) => connection.send(&nack(client_id, refusal(&refused).into_api())),
        }
    }
}

/// Why the store refused a message.
pub(super) fn refusal(appended: &Appended) -> Error {
    match appended {
        Appended::Conflict => Error::Conflict("This message's id was used for another message."),
        Appended::NotMember => Error::NotFound("room"),
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

pub(super) fn nack(client_id: ClientId, error: ApiError) -> ServerFrame {
    ServerFrame::Nack { client_id, code: error.code, retryable: error.code.retryable(), message: error.message }
}

/// The way into the writer's queue.
pub(super) struct Writer(mpsc::Sender<(Append, Reply)>);

impl Writer {
    /// Starts the task; it ends when the `Writer` is dropped and the queue is empty.
    pub(super) fn spawn(store: Arc<dyn Store>, hub: Arc<Hub>, metrics: Arc<Metrics>) -> Self {
        let (sender, queue) = mpsc::channel(WAITING);
        tokio::spawn(run(store, hub, metrics, queue));
        Self(sender)
    }

    /// Whether the task is there.
    pub(super) fn is_alive(&self) -> bool {
        !self.0.is_closed()
    }

    pub(super) fn submit(&self, append: Append, reply: Reply) {
        if let Err(error) = self.0.try_send((append, reply)) {
            let (append, reply) = error.into_inner();
            reply.refuse(append.client_id, Error::Unavailable("the writer's queue is full".into()));
        }
    }
}

async fn run(store: Arc<dyn Store>, hub: Arc<Hub>, metrics: Arc<Metrics>, mut queue: mpsc::Receiver<(Append, Reply)>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, BATCH).await > 0 {
        let (batch, replies): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        let began = Instant::now();
        let answer = store.append(&batch).await;
        metrics.commit.observe(began.elapsed().as_secs_f64());
        metrics.batch.observe(batch.len() as f64);
        if let Ok(answers) = &answer {
            metrics.stored.inc_by(answers.iter().filter(|answer| answer.stored().is_some()).count() as u64);
            let repeated = answers.iter().filter(|answer| matches!(answer, Appended::Repeated(_)));
            metrics.repeated.inc_by(repeated.count() as u64);
        }
        tell(&hub, &batch, replies, answer);
    }
}

fn tell(hub: &Hub, batch: &[Append], replies: Vec<Reply>, answer: crate::store::Result<Vec<Appended>>) {
    match answer {
        Ok(answers) => {
            for ((append, reply), appended) in batch.iter().zip(replies).zip(answers) {
                // Sender first: their screen should not show the message as news before it is confirmed.
                let news = appended.stored().cloned();
                reply.answer(append.client_id, appended);
                if let Some(message) = news {
                    let place = Place::Message(message.seq);
                    hub.deliver(message.room_id, place, &ServerFrame::New { message });
                }
            }
        }
        Err(error) => {
            let text = error.to_string();
            let unavailable = matches!(error, crate::store::Error::Unavailable(_));
            tracing::warn!(messages = batch.len(), error = text, "a batch was not stored");
            for (append, reply) in batch.iter().zip(replies) {
                let error = if unavailable { Error::Unavailable(text.clone()) } else { Error::Internal(text.clone()) };
                reply.refuse(append.client_id, error);
            }
        }
    }
}
