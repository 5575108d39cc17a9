//! How Tasks wait for the world outside: while virtual time stands still, or while real time goes on.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use asl_core::{Failure, Value};
use asl_runtime::TaskRequest;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

/// The pace of an execution.
#[derive(Debug, Clone)]
pub(super) enum Pace {
    /// Whatever a Task waits for outside takes no time.
    Virtual(Arc<Outside>),
    /// The world outside has the same time.
    Real,
}

/// Where a simulation waits for the world outside.
#[derive(Debug)]
pub(super) struct Outside {
    runtime: Runtime,
    interrupt: Interrupt,
}

/// How waiting for the world outside ended.
enum Waited {
    Answered(Result<Value, Failure>),
    TooLong,
    Interrupted,
}

impl Pace {
    pub(super) fn simulated() -> io::Result<Self> {
        Ok(Self::Virtual(Arc::new(Outside { runtime: runtime()?, interrupt: Interrupt::new() })))
    }

    /// From now on Ctrl-C stops what waits for the world outside, instead of ending the process.
    pub(super) fn heed_interrupts(&self) {
        if let Self::Virtual(outside) = self {
            outside.runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = outside.interrupt.wait() => {}
                    () = std::future::ready(()) => {}
                }
            });
        }
    }

    /// What `answer` comes to, unless the Task times out before or the execution is stopped.
    pub(super) async fn wait(
        &self,
        request: &TaskRequest,
        answer: impl Future<Output = Result<Value, Failure>> + Send,
    ) -> Result<Value, Failure> {
        let Self::Virtual(outside) = self else { return answer.await };
        let now = request.clock().now();
        let timeout = request.deadline().since(now);
        let limit = request.heartbeat_seconds().map_or(timeout, |seconds| timeout.min(Duration::from_secs(seconds)));
        let waited = outside.runtime.block_on(async {
            tokio::select! {
                biased;
                () = outside.interrupt.wait() => Waited::Interrupted,
                answer = answer => Waited::Answered(answer),
                () = tokio::time::sleep(limit) => Waited::TooLong,
            }
        });
        match waited {
            Waited::Answered(answer) => answer,
            // At one instant an execution's deadlines go before handlers that sleep: the Task times out.
            Waited::TooLong => {
                request.clock().sleep_until(now.saturating_add(limit)).await;
                std::future::pending().await
            }
            Waited::Interrupted => {
                request.callbacks().stop_execution(request.execution_arn(), interrupted()).await?;
                std::future::pending().await
            }
        }
    }
}

pub(super) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// What an execution is stopped with when the person at the terminal interrupts it.
pub(super) fn interrupted() -> Failure {
    Failure::new("Interrupted", "Ctrl-C was pressed")
}

/// The first Ctrl-C since it was first waited for.
pub(super) struct Interrupt(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

impl Interrupt {
    pub(super) fn new() -> Self {
        let pressed = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        Self(Mutex::new(Some(Box::pin(pressed))))
    }

    /// Returns once Ctrl-C was pressed, and at once every time after that.
    pub(super) async fn wait(&self) {
        let mut pressed = self.0.lock().await;
        if let Some(waiting) = pressed.as_mut() {
            waiting.await;
            *pressed = None;
        }
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Interrupt")
    }
}
