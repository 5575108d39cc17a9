//! The engine: the API's calls, tokens, timeouts, stops, the journal, and many executions at once.

mod calls;
mod express;
mod journal;
mod map_run_redrive;
mod map_runs;
mod metrics;
mod nested;
mod owners;
mod recovery;
mod redrive;
mod releases;
mod troubled;

use std::num::NonZero;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_core::{Failure, Timestamp};
use asl_runtime::clock::TokioClock;
use asl_runtime::engine::{EngineBuilder, ExecutionStatus, ListExecutions};
use asl_runtime::store::{ExecutionQuery, Store as _};
use asl_runtime::{Engine, Error, OrFail as _, TaskHandler, TaskRequest};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{function_arn, machine_of, task, with};

/// An engine on tokio's clock, which stands still in a paused runtime while anything runs.
fn virtual_engine() -> EngineBuilder {
    Engine::builder().clock(TokioClock::starting_at(Timestamp::UNIX_EPOCH)).seed(7)
}

async fn echo(request: TaskRequest) -> Result<Value, Failure> {
    Ok(request.parameters_json())
}

/// Starts `definition` and waits for its end.
async fn run(engine: &Engine, definition: &Value, input: Value) -> Outcome {
    let machine = engine.create_state_machine("machine", &definition.to_string()).await.unwrap();
    let started = engine.start_execution(&machine, None, input).await.unwrap();
    engine.wait(&started.execution_arn).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_started_described_and_listed_as_on_aws() {
    let engine =
        virtual_engine().handler("Echo", echo).region("eu-west-1").account("111111111111").build().await.unwrap();
    let machine = engine.create_state_machine("orders", &machine_of(&task("Echo")).to_string()).await.unwrap();
    assert_eq!(&*machine, "arn:aws:states:eu-west-1:111111111111:stateMachine:orders");
    let arn = engine.start_execution(&machine, Some("o-7"), json!({"id": 7})).await.unwrap().execution_arn;
    assert_eq!(&*arn, "arn:aws:states:eu-west-1:111111111111:execution:orders:o-7");
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(json!({"id": 7}).into()));
    let description = engine.describe_execution(&arn).await.unwrap();
    assert_eq!(description.status, ExecutionStatus::Succeeded);
    assert_eq!(description.output, Some(json!({"id": 7}).into()));
    assert_eq!(description.stop_date, Some(Timestamp::UNIX_EPOCH));
    let unnamed = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    let listed: Vec<_> = engine
        .list_executions(ListExecutions::of(Arc::clone(&machine)))
        .await
        .unwrap()
        .executions
        .into_iter()
        .map(|one| one.execution_arn)
        .collect();
    assert_eq!(listed, [unnamed, Arc::clone(&arn)]);
    insta::assert_snapshot!(asl_core::history::render(&engine.get_execution_history(&arn).await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn waits_and_timeouts_follow_the_clock() {
    let engine = virtual_engine()
        .handler("Slow", |request: TaskRequest| async move {
            request.clock().sleep(Duration::from_secs(100)).await;
            Ok(json!(null))
        })
        .build()
        .await
        .unwrap();
    let definition = json!({"StartAt": "Pause", "States": {
        "Pause": {"Type": "Wait", "Seconds": 3600, "Next": "Slow"},
        "Slow": with(task("Slow"), json!({"TimeoutSeconds": 30})),
    }});
    let outcome = run(&engine, &definition, json!({})).await;
    assert_eq!(outcome.failure().unwrap().error(), Some("States.Timeout"));
    let machine = &engine.list_state_machines().await.unwrap()[0].state_machine_arn;
    let execution = &engine.list_executions(ListExecutions::of(Arc::clone(machine))).await.unwrap().executions[0];
    assert_eq!(execution.stop_date, Some(Timestamp::from_millis(3_630_000)));
}

/// Counts its own end.
struct Counter(Arc<AtomicUsize>);
impl Drop for Counter {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_nobody_waits_for_is_dropped() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dropped);
    let engine = virtual_engine()
        .handler("Forever", move |_: TaskRequest| {
            let counter = Counter(Arc::clone(&counter));
            async move {
                let _counter = counter;
                std::future::pending::<Result<Value, Failure>>().await
            }
        })
        .build()
        .await
        .unwrap();
    run(&engine, &machine_of(&with(task("Forever"), json!({"TimeoutSeconds": 5}))), json!({})).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_a_task_alive() {
    let engine = virtual_engine()
        .handler("Job", |request: TaskRequest| async move {
            for _ in 0..10 {
                request.clock().sleep(Duration::from_secs(4)).await;
                request.heartbeat().await?;
            }
            Ok(json!("alive"))
        })
        .build()
        .await
        .unwrap();
    let definition = machine_of(&with(task("Job"), json!({"TimeoutSeconds": 100, "HeartbeatSeconds": 5})));
    assert_eq!(run(&engine, &definition, json!({})).await, Outcome::Succeeded("alive".into()));
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_the_task_and_not_the_engine() {
    let engine = virtual_engine()
        .handler("Echo", echo)
        .handler("Broken", |_: TaskRequest| async { if true { panic!("out of cheese") } else { Ok(()) } })
        .handler("NeverBegins", NeverBegins)
        .build()
        .await
        .unwrap();
    let outcome = run(&engine, &machine_of(&task("Broken")), json!({})).await;
    assert_eq!(outcome.failure().unwrap().to_string(), "HandlerPanicked: out of cheese");
    let never_begins = machine_of(&task("NeverBegins")).to_string();
    let machine = engine.create_state_machine("never-begins", &never_begins).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    let outcome = engine.wait(&arn).await.unwrap();
    assert_eq!(outcome.failure().unwrap().to_string(), "HandlerPanicked: out of bread");
    let machine = engine.create_state_machine("other", &machine_of(&task("Echo")).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(1.into()));
}

/// Panics before there is a future.
struct NeverBegins;

impl TaskHandler for NeverBegins {
    fn handle<'life0, 'async_trait>(
        &'life0 self,
        _: TaskRequest,
    ) -> Pin<Box<dyn Future<Output = Result<asl_core::Value, Failure>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        panic!("out of bread")
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_start_again_is_the_same_execution() {
    let engine = virtual_engine().build().await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 10, "End": true})).to_string();
    let machine = engine.create_state_machine("waits", &wait).await.unwrap();
    let first = engine.start_execution(&machine, Some("a"), json!({"x": 1})).await.unwrap();
    assert_eq!(engine.start_execution(&machine, Some("a"), json!({"x": 1})).await.unwrap(), first);
    let other_input = engine.start_execution(&machine, Some("a"), json!({"x": 2})).await.unwrap_err();
    assert_eq!(other_input.to_string(), format!("Execution Already Exists: '{}'", first.execution_arn));
    engine.wait(&first.execution_arn).await.unwrap();
    let ended = engine.start_execution(&machine, Some("a"), json!({"x": 1})).await.unwrap_err();
    assert_eq!(ended.api_name(), Some("ExecutionAlreadyExists"));
}

#[tokio::test]
async fn wrong_calls_are_refused_in_the_words_of_aws() {
    let engine = Engine::builder().build().await.unwrap();
    let pass = machine_of(&json!({"Type": "Pass", "End": true})).to_string();
    let machine = engine.create_state_machine("a", &pass).await.unwrap();
    assert_eq!(engine.create_state_machine("a", &pass).await.unwrap(), machine);
    let other = machine_of(&json!({"Type": "Succeed"})).to_string();
    let errors = [
        engine.create_state_machine("a", &other).await.unwrap_err(),
        engine.create_state_machine("a b", &pass).await.unwrap_err(),
        engine
            .create_state_machine("c", r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}"#)
            .await
            .unwrap_err(),
        engine.start_execution("arn:nothing", None, json!({})).await.unwrap_err(),
        engine.start_execution(&machine, Some("a/b"), json!({})).await.unwrap_err(),
        engine.describe_execution("arn:nothing").await.unwrap_err(),
        engine.get_execution_history("arn:nothing").await.unwrap_err(),
        engine.stop_execution("arn:nothing", Failure::named("E")).await.unwrap_err(),
        engine.send_task_success("nonsense", json!({})).await.unwrap_err(),
        engine.create_state_machine("d", &machine_of(&task("Charge")).to_string()).await.unwrap_err(),
    ];
    let text: Vec<_> =
        errors.iter().map(|error| format!("{}: {error}\n", error.api_name().unwrap_or("none"))).collect();
    insta::assert_snapshot!(text.concat());
}

#[test]
fn an_engine_needs_a_runtime() {
    let mut built = std::pin::pin!(Engine::builder().build());
    let built = built.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(built, Poll::Ready(Err(Error::NoRuntime))));
}

#[tokio::test(start_paused = true)]
async fn a_stop_aborts_and_may_be_repeated() {
    let engine = virtual_engine().build().await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 100, "End": true})).to_string();
    let machine = engine.create_state_machine("waits", &wait).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let stop_date = engine.stop_execution(&arn, Failure::new("Cancelled", "by hand")).await.unwrap();
    assert_eq!(stop_date, Timestamp::from_millis(30_000));
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Aborted(Failure::new("Cancelled", "by hand")));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(engine.stop_execution(&arn, Failure::named("Again")).await.unwrap(), stop_date);
}

/// An engine whose handler hands the tokens out, and the machine that waits for one for 60 seconds.
async fn token_engine() -> (Engine, Arc<str>, mpsc::UnboundedReceiver<String>) {
    let (sender, tokens) = mpsc::unbounded_channel();
    let engine = virtual_engine()
        .handler("arn:aws:states:::sqs:sendMessage.waitForTaskToken", move |request: TaskRequest| {
            sender.send(request.task_token().unwrap().to_owned()).unwrap();
            async { Ok(json!({"MessageId": "m"})) }
        })
        .build()
        .await
        .unwrap();
    let definition = machine_of(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}}, "TimeoutSeconds": 60,
    }));
    let machine = engine.create_state_machine("approval", &definition.to_string()).await.unwrap();
    (engine, machine, tokens)
}

#[tokio::test(start_paused = true)]
async fn a_token_is_answered_once() {
    let (engine, machine, mut tokens) = token_engine().await;
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    let token = tokens.recv().await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    engine.send_task_heartbeat(&token).await.unwrap();
    engine.send_task_success(&token, json!({"approved": true})).await.unwrap();
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(json!({"approved": true}).into()));
    for error in [
        engine.send_task_success(&token, json!({})).await.unwrap_err(),
        engine.send_task_failure(&token, Failure::named("Late")).await.unwrap_err(),
        engine.send_task_heartbeat(&token).await.unwrap_err(),
    ] {
        assert_eq!(error.api_name(), Some("TaskTimedOut"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_fails_its_task_or_comes_too_late() {
    let (engine, machine, mut tokens) = token_engine().await;
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    let token = tokens.recv().await.unwrap();
    engine.callbacks().send_task_failure(&token, Failure::new("Refused", "no")).await.unwrap();
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Failed(Failure::new("Refused", "no")));

    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    let token = tokens.recv().await.unwrap();
    assert_eq!(engine.wait(&arn).await.unwrap().failure().unwrap().error(), Some("States.Timeout"));
    assert_eq!(engine.send_task_success(&token, json!(1)).await.unwrap_err().api_name(), Some("TaskTimedOut"));
}

#[tokio::test(start_paused = true)]
async fn workers_from_outside_take_up_activities() {
    let engine = virtual_engine().build().await.unwrap();
    let arn = &*engine.create_activity("approve").await.unwrap();
    assert_eq!(arn, "arn:aws:states:us-east-1:000000000000:activity:approve");
    let definition = machine_of(&json!({"Type": "Task", "Resource": arn, "TimeoutSeconds": 60, "End": true}));
    let machine = engine.create_state_machine("approval", &definition.to_string()).await.unwrap();
    assert!(engine.get_activity_task(arn, None).await.unwrap().is_none());
    let left_alone = engine.start_execution(&machine, Some("left-alone"), json!(1)).await.unwrap().execution_arn;
    engine.wait(&left_alone).await.unwrap();
    let taken_up = engine.start_execution(&machine, Some("taken-up"), json!(2)).await.unwrap().execution_arn;
    let work = engine.get_activity_task(arn, Some("worker-1")).await.unwrap().unwrap();
    assert_eq!(work.input, 2.into());
    engine.send_task_success(&work.task_token, json!("yes")).await.unwrap();
    assert_eq!(engine.wait(&taken_up).await.unwrap(), Outcome::Succeeded("yes".into()));
    assert!(engine.get_activity_task(arn, None).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn no_more_handlers_run_at_once_than_allowed() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, peak) = (Arc::clone(&running), Arc::clone(&most));
    let engine = virtual_engine()
        .handler_limit(NonZero::new(3).unwrap())
        .handler("Work", move |request: TaskRequest| {
            let (counter, peak) = (Arc::clone(&counter), Arc::clone(&peak));
            async move {
                peak.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                request.clock().sleep(Duration::from_secs(1)).await;
                counter.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        })
        .build()
        .await
        .unwrap();
    let definition = machine_of(&json!({
        "Type": "Map", "End": true, "ItemProcessor": {"StartAt": "W", "States": {"W": task("Work")}},
    }));
    let items: Vec<u32> = (0..20).collect();
    assert_eq!(run(&engine, &definition, json!(items)).await.status(), "SUCCEEDED");
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn an_update_leaves_running_executions_alone() {
    let engine = virtual_engine().build().await.unwrap();
    let ending = |result: &str| {
        json!({"StartAt": "Wait", "States": {
            "Wait": {"Type": "Wait", "Seconds": 10, "Next": "End"},
            "End": {"Type": "Pass", "Result": result, "End": true},
        }})
        .to_string()
    };
    let machine = engine.create_state_machine("m", &ending("old")).await.unwrap();
    let before = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    engine.update_state_machine(&machine, &ending("new")).await.unwrap();
    let after = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    assert_eq!(engine.wait(&before).await.unwrap(), Outcome::Succeeded("old".into()));
    assert_eq!(engine.wait(&after).await.unwrap(), Outcome::Succeeded("new".into()));
}

#[tokio::test(start_paused = true)]
async fn shutdown_lets_handlers_end_and_takes_nothing_new() {
    let engine = virtual_engine()
        .handler("Slow", |request: TaskRequest| async move {
            request.clock().sleep(Duration::from_secs(5)).await;
            Ok("done")
        })
        .build()
        .await
        .unwrap();
    let machine = engine.create_state_machine("m", &machine_of(&task("Slow")).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    tokio::time::sleep(Duration::from_secs(1)).await;
    engine.shutdown(Duration::from_mins(1)).await;
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded("done".into()));
    assert!(matches!(engine.start_execution(&machine, None, json!({})).await, Err(Error::ShutDown)));
}

#[tokio::test(start_paused = true)]
async fn shutdown_aborts_handlers_after_its_grace() {
    let engine = virtual_engine().handler("Forever", |_: TaskRequest| std::future::pending::<Result<(), Failure>>());
    let engine = engine.build().await.unwrap();
    let machine = engine.create_state_machine("m", &machine_of(&task("Forever")).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    engine.shutdown(Duration::from_secs(1)).await;
    assert!(matches!(engine.wait(&arn).await, Err(Error::ShutDown)));
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_dropped_takes_its_handlers_along() {
    let (sender, mut receiver) = mpsc::channel::<()>(1);
    let engine = virtual_engine()
        .handler("Forever", move |_: TaskRequest| {
            let sender = sender.clone();
            async move {
                sender.send(()).await.or_fail("Gone")?;
                std::future::pending::<Result<(), Failure>>().await
            }
        })
        .build()
        .await
        .unwrap();
    let machine = engine.create_state_machine("m", &machine_of(&task("Forever")).to_string()).await.unwrap();
    engine.start_execution(&machine, None, json!({})).await.unwrap();
    receiver.recv().await.unwrap();
    drop(engine);
    assert_eq!(receiver.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_ended_executions_are_forgotten() {
    let store = asl_runtime::store::MemoryStore::new();
    let engine = virtual_engine().retain_ended(2).store(store.clone()).build().await.unwrap();
    let pass = machine_of(&json!({"Type": "Pass", "End": true})).to_string();
    let machine = engine.create_state_machine("m", &pass).await.unwrap();
    for name in ["a", "b", "c", "d"] {
        let arn = engine.start_execution(&machine, Some(name), json!({})).await.unwrap().execution_arn;
        engine.wait(&arn).await.unwrap();
    }
    let kept: Vec<_> = engine
        .list_executions(ListExecutions::of(Arc::clone(&machine)))
        .await
        .unwrap()
        .executions
        .into_iter()
        .map(|one| one.name.to_string())
        .collect();
    assert_eq!(kept, ["d", "c"]);
    engine.start_execution(&machine, Some("a"), json!({})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_ended_before_the_engine_was_built_counts_as_ended() {
    let store = asl_runtime::store::MemoryStore::new();
    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    let pass = machine_of(&json!({"Type": "Pass", "End": true})).to_string();
    let machine = engine.create_state_machine("m", &pass).await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 1_000, "End": true})).to_string();
    let waiting = engine.create_state_machine("w", &wait).await.unwrap();
    engine.start_execution(&waiting, Some("runs"), json!({})).await.unwrap();
    for name in ["a", "b", "c", "d"] {
        let arn = engine.start_execution(&machine, Some(name), json!({})).await.unwrap().execution_arn;
        engine.wait(&arn).await.unwrap();
    }
    engine.shutdown(Duration::ZERO).await;
    let names = || async {
        let records = store.list(&ExecutionQuery::default()).await.unwrap();
        records.into_iter().map(|record| record.opening.name.to_string()).collect::<Vec<_>>()
    };
    let engine = virtual_engine().retain_ended(2).store(store.clone()).build().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(names().await, ["d", "c", "runs"]);
    let arn = engine.start_execution(&machine, Some("e"), json!({})).await.unwrap().execution_arn;
    engine.wait(&arn).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(names().await, ["e", "d", "runs"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_executions_run_at_once() {
    let engine =
        Engine::builder().handler("Echo", echo).handler_limit(NonZero::new(64).unwrap()).build().await.unwrap();
    let definition = json!({"StartAt": "Both", "States": {"Both": {
        "Type": "Parallel", "End": true,
        "Branches": [
            {"StartAt": "L", "States": {"L": task("Echo")}},
            {"StartAt": "R", "States": {"R": {"Type": "Task", "Resource": function_arn("Echo"), "End": true}}},
        ],
    }}});
    let machine = engine.create_state_machine("both", &definition.to_string()).await.unwrap();
    let starts = (0..10_000).map(|number| {
        let (engine, machine) = (engine.clone(), Arc::clone(&machine));
        tokio::spawn(async move {
            let started = engine.start_execution(&machine, None, json!(number)).await.unwrap();
            (number, engine.wait(&started.execution_arn).await.unwrap())
        })
    });
    for running in starts.collect::<Vec<_>>() {
        let (number, outcome) = running.await.unwrap();
        assert_eq!(outcome, Outcome::Succeeded(json!([number, number]).into()));
    }
}
