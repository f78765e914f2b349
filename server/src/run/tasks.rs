//! The tasks that live as long as the node does. None of them ends by itself: where one does, by a panic for example, the node
//! stops with an error and is started again, since it would go on without what that task does and look as if nothing were wrong.

use super::RunError;
use super::timed::Timed;
use crate::accept::panicked;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::HashMap;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};

/// See the module's documentation. Dropping it aborts the tasks.
#[derive(Default)]
pub(super) struct Tasks {
    set: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// Starts a task.
    pub(super) fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.set.spawn(task).id();
        self.names.insert(id, name);
    }

    /// As [`Tasks::spawn`], for work that goes on beside deliveries: each poll is measured, in seconds.
    pub(super) fn spawn_timed(
        &mut self,
        name: &'static str,
        polls: &Histogram,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.spawn(name, Timed::new(task, polls.clone()));
    }

    /// Watches a task that runs already and is not aborted with these.
    pub(super) fn watch(&mut self, name: &'static str, task: JoinHandle<()>) {
        self.spawn(name, async move {
            if let Err(error) = task.await
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        });
    }

    /// Returns once one of the tasks has ended, with its name and how. May be dropped and called again.
    pub(super) async fn ended(&mut self) -> RunError {
        match self.set.join_next_with_id().await {
            Some(Ok((id, ()))) => self.error(id, "it returned"),
            Some(Err(error)) => {
                let id = error.id();
                self.error(id, &reason(error))
            }
            None => std::future::pending().await,
        }
    }

    /// Aborts what still runs.
    pub(super) async fn shutdown(mut self) {
        self.set.shutdown().await;
    }

    fn error(&self, id: Id, reason: &str) -> RunError {
        let name = self.names.get(&id).copied().unwrap_or("unknown");
        RunError::Task(format!("the task “{name}” ended: {reason}. Please report this; start Jackdaw again"))
    }
}

/// How a task ended, in the words of its panic where there are some.
pub(super) fn reason(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => panicked(&*panic),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat::bus::memory::Exchange;
    use chat::clock::SystemClock;
    use chat::hub::Keys;
    use chat::{Chat, Hub};
    use protocol::{ClientId, NewMessage, RoomId, UserId};
    use std::sync::{Arc, Mutex};
    use store::model::{Call, FaultHook, Model, Tables};
    use uuid::Uuid;

    /// A database at which a programming error shows with the first write.
    struct Broken;

    #[async_trait::async_trait]
    impl FaultHook for Broken {
        async fn enter(&self, call: Call) -> store::Result<()> {
            assert!(call == Call::Read, "nobody wrote this");
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_writer_that_panics_ends_the_node() {
        let room = RoomId(Uuid::from_u128(2));
        let tables = Arc::new(Mutex::new(Tables::new(Uuid::from_u128(9), room)));
        let hub = Hub::new(Arc::new(Exchange::default().bus()), Keys::default(), Arc::default());
        let store = Arc::new(Model::new(tables, Arc::new(Broken)));
        let chat = Chat::new(store, hub, Arc::new(SystemClock), Arc::default());
        let mut tasks = Tasks::default();
        for (name, task) in chat.take_tasks() {
            tasks.watch(name, task);
        }
        let new = NewMessage { client_id: ClientId(Uuid::now_v7()), body: "hello".into(), reply_to: None };
        assert!(chat.send_and_wait(UserId(Uuid::from_u128(1)), room, new).await.is_err());
        let ended = tasks.ended().await.to_string();
        assert!(ended.contains("“writer” ended: it panicked: nobody wrote this"), "{ended}");
    }

    #[tokio::test]
    async fn a_task_that_ends_is_named() {
        let mut tasks = Tasks::default();
        tasks.spawn("sleeper", std::future::pending());
        tasks.spawn("returner", std::future::ready(()));
        assert!(tasks.ended().await.to_string().starts_with("the task “returner” ended: it returned"));
        tasks.spawn("breaker", async { panic!("no more {}", "paper") });
        assert!(tasks.ended().await.to_string().contains("“breaker” ended: it panicked: no more paper"));
        tasks.watch("other", tokio::spawn(async { panic!("elsewhere") }));
        assert!(tasks.ended().await.to_string().contains("“other” ended: it panicked: elsewhere"));
        tasks.shutdown().await;
    }

    #[tokio::test]
    async fn as_long_as_all_run_nothing_is_told() {
        let mut tasks = Tasks::default();
        tasks.spawn("sleeper", std::future::pending());
        tasks.watch("other", tokio::spawn(std::future::pending()));
        let ended = tokio::time::timeout(std::time::Duration::from_millis(20), tasks.ended());
        assert!(ended.await.is_err());
    }
}
