//! A handler's run of one attempt: found, called by its convention, guarded, and its answer made an event.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use asl_core::execution::{Event, ScheduleTask, TaskId};
use asl_core::program::IntegrationPattern;
use asl_core::value::Object;
use asl_core::{Failure, Value};
use tracing::Instrument as _;

use crate::handler::{Surroundings, TaskHandler, TaskRequest};
use crate::registry::{CallConvention, Registered, Registry, invoked_function};

/// A Task about to be run, or one that nobody here runs.
pub(crate) enum Invocation {
    /// A handler runs it.
    Run(HandlerRun),
    /// It fails at once, for what it calls does not exist.
    Refused(Event),
    /// A worker from outside takes it up.
    LeftToWorkers(Arc<ScheduleTask>),
}

pub(crate) struct HandlerRun {
    task: TaskId,
    handler: Arc<dyn TaskHandler>,
    convention: CallConvention,
    request: TaskRequest,
    span: tracing::Span,
}

impl Invocation {
    pub(crate) fn new(registry: &Registry, mut task: Arc<ScheduleTask>, surroundings: Surroundings) -> Self {
        let Some(Registered { handler, convention }) = registry.resolve(&task) else {
            return if task.resource.activity_name().is_some() {
                Self::LeftToWorkers(task)
            } else {
                Self::Refused(Event::TaskFailed { task: task.task, failure: not_found(&task) })
            };
        };
        if convention == CallConvention::Payload {
            let task = Arc::make_mut(&mut task);
            task.parameters = task.parameters.get("Payload").cloned().unwrap_or_else(Value::empty_object);
        }
        let id = task.task;
        let span = tracing::info_span!(
            "task",
            execution = &*surroundings.execution_arn,
            state = &*task.state_name,
            attempt = task.retry_count
        );
        let request = TaskRequest::new(task, surroundings);
        Self::Run(HandlerRun { task: id, handler, convention, request, span })
    }
}

/// Which of the handlers that live something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HandlerPlace(usize);

impl HandlerRun {
    pub(crate) fn handler_place(&self) -> HandlerPlace {
        HandlerPlace(Arc::as_ptr(&self.handler).addr())
    }

    /// Runs the handler to its end and returns what to tell the execution, if it was not told already.
    pub(crate) async fn answer(self) -> Option<Event> {
        let span = self.span.clone();
        self.run().instrument(span).await
    }

    async fn run(self) -> Option<Event> {
        let Self { task, handler, convention, request, span: _ } = self;
        if request.resource().activity_name().is_some() {
            // A Task that closed in the meantime shows when its answer is refused.
            let worker_name = handler.worker_name().map(Into::into);
            let _ = request.report(Event::TaskStarted { task, worker_name }).await;
        }
        match guarded(|| handler.handle(request.clone())).await {
            Err(failure) => {
                tracing::debug!(%failure, "task failed");
                Some(Event::TaskFailed { task, failure })
            }
            Ok(result) => {
                let output = match convention {
                    CallConvention::Whole => result,
                    CallConvention::Payload => invocation_result(result),
                };
                match request.resource().pattern() {
                    IntegrationPattern::WaitForTaskToken if request.was_submitted() => None,
                    IntegrationPattern::WaitForTaskToken => Some(Event::TaskSubmitted { task, output }),
                    _ => Some(Event::TaskSucceeded { task, output }),
                }
            }
        }
    }
}

/// What `lambda:invoke` returns for a function that returned `payload`.
fn invocation_result(payload: Value) -> Value {
    let mut result = Object::default();
    result.insert("ExecutedVersion", "$LATEST");
    result.insert("Payload", payload);
    result.insert("StatusCode", 200);
    result.into()
}

fn not_found(task: &ScheduleTask) -> Failure {
    match invoked_function(task).or_else(|| task.resource.function_name()) {
        Some(function) => Failure::new(
            "Lambda.ResourceNotFoundException",
            format!("no handler is registered for function `{function}`"),
        ),
        None => Failure::runtime(format!("no handler is registered for `{}`", task.resource)),
    }
}

/// The error name of a handler that panicked.
const HANDLER_PANICKED: &str = "HandlerPanicked";

/// Makes a panic of the handler a failure of its Task, whether it is called, polled or dropped.
async fn guarded<'a>(handle: impl Fn() -> HandlerFuture<'a>) -> Result<Value, Failure> {
    let mut running = None;
    std::future::poll_fn(|context| {
        // After a panic the handler's future is never polled again, so a broken invariant in it cannot be seen.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = running.get_or_insert_with(&handle).as_mut().poll(context);
            if polled.is_ready() {
                running = None;
            }
            polled
        }));
        polled.unwrap_or_else(|payload| Poll::Ready(Err(Failure::new(HANDLER_PANICKED, panic_message(&*payload)))))
    })
    .await
}

type HandlerFuture<'a> = Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send + 'a>>;

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("the handler panicked")
}
