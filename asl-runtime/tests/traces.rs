//! What the engine and simulations say through `tracing`.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use asl_core::{Failure, Timestamp};
use asl_runtime::clock::TokioClock;
use asl_runtime::{Engine, Reply, Simulation, TaskRequest, scripted};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::{machine_of, program, task};

/// Writes one line per span and event, behind the spans around it.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Recording>>);

#[derive(Default)]
struct Recording {
    /// The path of every span; ids count from 1.
    spans: Vec<String>,
    entered: Vec<Id>,
    lines: Vec<String>,
}

impl Recorder {
    /// Records what happens on this thread, for as long as what is returned lives.
    ///
    /// With one dispatcher alone, `tracing` asks whichever thread comes to a callsite first and remembers its answer,
    /// which on the threads of other tests is no; hence the second one.
    fn subscribe(&self) -> (Dispatch, DefaultGuard) {
        (Dispatch::new(NoSubscriber::new()), tracing::subscriber::set_default(self.clone()))
    }

    fn lines(&self) -> String {
        self.0.lock().unwrap().lines.join("\n")
    }
}

impl Recording {
    /// The path of the span around something: its `parent`, or the one that is entered if it follows the context.
    fn path(&self, parent: Option<&Id>, is_contextual: bool) -> String {
        let around = parent.or_else(|| self.entered.last().filter(|_| is_contextual));
        around.map(|id| format!("{} > ", self.spans[usize::try_from(id.into_u64()).unwrap() - 1])).unwrap_or_default()
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("asl_runtime")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut recording = self.0.lock().unwrap();
        let mut path = recording.path(span.parent(), span.is_contextual()) + span.metadata().name();
        span.record(&mut Fields(&mut path));
        recording.lines.push(path.clone());
        recording.spans.push(path);
        Id::from_u64(recording.spans.len() as u64)
    }

    fn event(&self, event: &Event<'_>) {
        let mut recording = self.0.lock().unwrap();
        let mut line = recording.path(event.parent(), event.is_contextual()) + event.metadata().level().as_str();
        event.record(&mut Fields(&mut line));
        recording.lines.push(line);
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(span.clone());
    }

    fn exit(&self, _span: &Id) {
        self.0.lock().unwrap().entered.pop();
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
}

/// The fields of a span or event, written behind it.
struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn executions_and_tasks_have_spans() {
    let recorder = Recorder::default();
    let _subscribed = recorder.subscribe();
    let charge = |_: TaskRequest| async { Err::<(), _>(Failure::new("CardDeclined", "insufficient funds")) };
    let clock = TokioClock::starting_at(Timestamp::UNIX_EPOCH);
    let engine = Engine::builder().clock(clock).handler("Charge", charge).build().await.unwrap();
    let machine = engine.create_state_machine("orders", &machine_of(&task("Charge")).to_string()).await.unwrap();
    let started = engine.start_execution(&machine, Some("o-7"), json!({})).await.unwrap();
    engine.wait(&started.execution_arn).await.unwrap();
    insta::assert_snapshot!(recorder.lines());
}

#[test]
fn tasks_of_a_simulation_have_spans() {
    let recorder = Recorder::default();
    let charge = scripted([Reply::success(json!(1))]);
    let _subscribed = recorder.subscribe();
    Simulation::new().handler("Charge", charge).run(&program(&machine_of(&task("Charge"))), json!({})).unwrap();
    insta::assert_snapshot!(recorder.lines());
}
