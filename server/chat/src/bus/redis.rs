//! The bus of a cluster: Redis publish/subscribe through fred, one subscriber connection a node.

use super::{Bus, BusEvent};
use fred::clients::Client;
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike, EventInterface, KeysInterface, PubsubInterface};
use fred::types::config::{Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, Server};
use fred::types::{Builder, ExpireOptions, Message, Value};
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio::task::{JoinError, JoinHandle};

/// Events that may wait to be read. fred's own default of 32 loses messages in any burst. It reserves the room for each of
/// its channels at once, and several are never used: more than this is megabytes of nothing.
pub const CAPACITY: usize = 4_096;
/// Commands that may wait for a connection; fred's default has no bound.
pub const COMMAND_QUEUE_MAX: usize = 50_000;
/// How long a command may take, a subscription included.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(2);
/// Channels in one SUBSCRIBE, so that a node with very many rooms does not send one huge command.
pub const CHANNEL_BATCH: usize = 1_000;

/// The channels that this node is subscribed to. Locked while a command is sent, so that what Redis has been told is what stands here.
type Channels = Arc<tokio::sync::Mutex<HashSet<String>>>;

/// See [`Bus`].
pub struct RedisBus {
    publisher: mpsc::Sender<(String, String)>,
    /// Commands of its own connection, for `ping`.
    client: Client,
    subscriber: Client,
    /// Subscribed anew after each reconnect.
    channels: Channels,
    incoming: Mutex<Option<Incoming>>,
}

impl RedisBus {
    /// Starts connecting to `url` and goes on trying for ever; `ping` tells whether it is there.
    ///
    /// # Errors
    /// Says what is wrong with the URL.
    pub fn start(url: &str) -> Result<Self, String> {
        let mut config = Config::from_url(url).map_err(|error| format!("REDIS_URL: {error}"))?;
        // A Redis that is away at the start is tried again like one that goes away later.
        config.fail_fast = false;
        let mut builder = Builder::from_config(config);
        builder
            .set_policy(ReconnectPolicy::new_exponential(0, 100, 2_000, 2))
            .set_performance_config(PerformanceConfig {
                default_command_timeout: COMMAND_TIMEOUT,
                broadcast_channel_capacity: CAPACITY,
                ..PerformanceConfig::default()
            })
            .set_connection_config(ConnectionConfig {
                connection_timeout: COMMAND_TIMEOUT,
                max_command_buffer_len: COMMAND_QUEUE_MAX,
                // A PUBLISH that is tried again may be doubled, and one that is not is only late: others notice by their heads.
                max_command_attempts: 1,
                ..ConnectionConfig::default()
            });
        let build = |builder: &Builder| builder.build().map_err(|error| format!("redis: {error}"));
        let subscriber = build(&builder)?;
        // Nothing arrives on this one.
        builder.with_performance_config(|config| config.broadcast_channel_capacity = 1);
        let client = build(&builder)?;
        let channels = Channels::default();
        let (publisher, queue) = mpsc::channel(COMMAND_QUEUE_MAX);
        // Made before connecting, or the first connection could be missed, and with it what was subscribed until then.
        let (messages, connects) = (subscriber.message_rx(), subscriber.reconnect_rx());
        let (interruption, interruptions) = mpsc::channel(1);
        let incoming = Incoming {
            messages,
            interruptions,
            publisher: tokio::spawn(publish(client.clone(), queue)),
            subscriber: Task(tokio::spawn(resubscribe(
                subscriber.clone(),
                connects,
                Arc::clone(&channels),
                interruption,
            ))),
        };
        client.connect();
        subscriber.connect();
        Ok(Self { publisher, client, subscriber, channels, incoming: Mutex::new(Some(incoming)) })
    }
}

/// Sends what the node publishes, in order, as many at once as are waiting. Ends with the bus.
async fn publish(client: Client, mut queue: mpsc::Receiver<(String, String)>) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, 256).await > 0 {
        if !client.is_connected() {
            tracing::debug!(dropped = batch.len(), "redis is away, others will read the store");
            batch.clear();
            continue;
        }
        let pipeline = client.pipeline();
        for (channel, payload) in batch.drain(..) {
            // Within a pipeline this only queues the command; the answer comes with `all`.
            let _: Result<Value, _> = pipeline.publish(channel, payload).await;
        }
        if let Err(error) = pipeline.all::<Value>().await {
            tracing::warn!(%error, "publishing failed, others will read the store");
        }
    }
}

/// Subscribes again after each reconnect, and then says that something may have been lost. Ends with the bus.
async fn resubscribe(
    subscriber: Client,
    mut connects: broadcast::Receiver<Server>,
    channels: Channels,
    interruption: mpsc::Sender<()>,
) {
    // Of several reconnects only the last one matters.
    while !matches!(connects.recv().await, Err(broadcast::error::RecvError::Closed)) {
        let channels = channels.lock().await;
        subscribe_all(&subscriber, channels.iter().cloned().collect()).await;
        drop(channels);
        // One that waits already stands for this one too.
        if let Err(mpsc::error::TrySendError::Closed(())) = interruption.try_send(()) {
            return;
        }
    }
}

/// A task that ends with this.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What arrives on the subscriber's connection.
struct Incoming {
    messages: broadcast::Receiver<Message>,
    /// Reconnects after which everything is subscribed again.
    interruptions: mpsc::Receiver<()>,
    /// The tasks of the bus: when one of them ends, so do the events, and with them the node.
    publisher: JoinHandle<()>,
    subscriber: Task,
}

impl Incoming {
    /// The next event; `Interrupted` whenever something may have been lost. Ends with the bus.
    async fn next(mut self) -> Option<(BusEvent, Self)> {
        loop {
            let event = tokio::select! {
                message = self.messages.recv() => match message {
                    Ok(message) => match decode(message) {
                        Some(event) => event,
                        None => continue,
                    },
                    Err(broadcast::error::RecvError::Lagged(_)) => BusEvent::Interrupted,
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                Some(()) = self.interruptions.recv() => BusEvent::Interrupted,
                ended = &mut self.publisher => return ended_with(ended),
                ended = &mut self.subscriber.0 => return ended_with(ended),
            };
            return Some((event, self));
        }
    }
}

fn ended_with<T>(ended: Result<(), JoinError>) -> Option<T> {
    tracing::error!(?ended, "a task of the bus ended");
    None
}

fn decode(message: Message) -> Option<BusEvent> {
    let payload = message.value.into_string()?;
    Some(BusEvent::Message { channel: message.channel.to_string(), payload })
}

/// Failures need no handling: the reconnect that follows them subscribes again.
async fn subscribe_all(client: &Client, channels: Vec<String>) {
    for some in channels.chunks(CHANNEL_BATCH) {
        if let Err(error) = client.subscribe(some.to_vec()).await {
            tracing::debug!(%error, "subscribing failed");
            return;
        }
    }
    settle(client).await;
}

/// fred answers SUBSCRIBE and UNSUBSCRIBE once they are written, not once Redis has acted. It acts in order, so the answer
/// to a PING on the same connection says that it has. A failure means that the connection broke: a reconnect follows.
async fn settle(client: &Client) {
    if let Err(error) = client.ping::<Value>(None).await {
        tracing::debug!(%error, "redis did not confirm what is listened to");
    }
}

/// Whether a connection lives. One that counts as connected and says nothing in time, twice, has most likely died in silence, and
/// is made anew; fred's own watch for that begins again with each command that is written. Once is not enough: the question
/// may have been lost with a connection that is made anew already, and what is told while that is done again is missed.
async fn answer(client: &Client) -> Result<(), Error> {
    let mut answer = client.ping::<Value>(None).await;
    if is_silence(&answer) && client.is_connected() {
        answer = client.ping(None).await;
        if is_silence(&answer) && client.is_connected() {
            // Not waited for: it goes on until there is a connection.
            let client = client.clone();
            tokio::spawn(async move { client.force_reconnection().await });
        }
    }
    answer.map(drop)
}

fn is_silence(answer: &Result<Value, Error>) -> bool {
    answer.as_ref().is_err_and(|error| *error.kind() == ErrorKind::Timeout)
}

#[async_trait::async_trait]
impl Bus for RedisBus {
    fn publish(&self, channel: String, payload: String) {
        if self.publisher.try_send((channel, payload)).is_err() {
            tracing::warn!("the bus is too slow, others will read the store");
        }
    }

    async fn subscribe(&self, channels: Vec<String>) {
        let mut held = self.channels.lock().await;
        held.extend(channels.iter().cloned());
        if self.subscriber.is_connected() {
            subscribe_all(&self.subscriber, channels).await;
        }
    }

    async fn unsubscribe(&self, channels: Vec<String>) {
        let mut held = self.channels.lock().await;
        for channel in &channels {
            held.remove(channel);
        }
        if self.subscriber.is_connected() {
            let _ = self.subscriber.unsubscribe(channels).await;
            settle(&self.subscriber).await;
        }
    }

    fn take_events(&self) -> Option<BoxStream<'static, BusEvent>> {
        Some(unfold(self.incoming.lock().take()?, Incoming::next).boxed())
    }

    async fn count(&self, key: &str, window: Duration) -> Option<u64> {
        if !self.client.is_connected() {
            return None;
        }
        let key = format!("jackdaw:count:{key}");
        let seconds = i64::try_from(window.as_secs()).ok()?;
        let pipeline = self.client.pipeline();
        let _: Value = pipeline.incr(&key).await.ok()?;
        let _: Value = pipeline.expire(&key, seconds, Some(ExpireOptions::NX)).await.ok()?;
        match pipeline.all::<(u64, i64)>().await {
            Ok((count, _)) => Some(count),
            Err(error) => {
                tracing::debug!(%error, "redis does not count, each node counts for itself");
                None
            }
        }
    }

    async fn ping(&self) -> Result<(), String> {
        if !self.client.is_connected() || !self.subscriber.is_connected() {
            return Err("redis is not connected".into());
        }
        // Of both: nothing else is asked on the one that listens.
        let answers = tokio::join!(answer(&self.client), answer(&self.subscriber));
        answers.0.and(answers.1).map_err(|error| format!("redis: {error}"))
    }
}
