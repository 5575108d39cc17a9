//! Calls that look at executions, and those of workers of activities.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_core::history::HistoryEvent;
use asl_runtime::engine::{ExecutionStatus, ListExecutions};
use asl_runtime::store::MemoryStore;
use asl_runtime::{Engine, TaskRequest};
use serde_json::{Value, json};

use super::virtual_engine;
use crate::{function_arn, machine_of, task, with};

#[tokio::test(start_paused = true)]
async fn executions_are_listed_by_status_and_in_pages() {
    let engine = virtual_engine().build().await.unwrap();
    let definition = json!({"StartAt": "Choose", "States": {
        "Choose": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 3, "Next": "Fail"}], "Default": "Wait"},
        "Fail": {"Type": "Fail"},
        "Wait": {"Type": "Wait", "Seconds": 100, "End": true},
    }});
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    for number in 0..6 {
        engine.start_execution(&machine, Some(&number.to_string()), json!(number)).await.unwrap();
    }
    let names = async |request: ListExecutions| {
        let page = engine.list_executions(request).await.unwrap();
        let names: Vec<_> = page.executions.iter().map(|execution| execution.name.to_string()).collect();
        (names.concat(), page.next_token)
    };
    let all = || ListExecutions::of(Arc::clone(&machine));
    assert_eq!(names(all()).await, ("543210".into(), None));
    assert_eq!(names(all().status(ExecutionStatus::Failed)).await.0, "210");
    assert_eq!(names(all().status(ExecutionStatus::Running)).await.0, "543");
    let (first, token) = names(all().max_results(4)).await;
    let (rest, end) = names(all().max_results(4).next_token(token.unwrap())).await;
    assert_eq!((&*first, &*rest, end), ("5432", "10", None));
    let error = engine.list_executions(all().next_token("nonsense")).await.unwrap_err();
    assert_eq!(error.api_name(), Some("InvalidToken"));
}

#[tokio::test(start_paused = true)]
async fn what_an_execution_waits_for_is_told() {
    let flaky = |_: TaskRequest| async { Err::<(), _>(asl_core::Failure::named("Flaky")) };
    let slow = |_: TaskRequest| std::future::pending::<Result<(), asl_core::Failure>>();
    let ask = |_: TaskRequest| async { Ok(json!({"MessageId": "m"})) };
    let engine = virtual_engine()
        .handler("Flaky", flaky)
        .handler("Slow", slow)
        .handler("arn:aws:states:::sqs:sendMessage.waitForTaskToken", ask)
        .resource_limit("*:function:Slow", NonZero::<u32>::MIN)
        .build()
        .await
        .unwrap();
    let activity = engine.create_activity("approve").await.unwrap();
    let branch = |name: &str, state: &Value| json!({"StartAt": name, "States": {name: state}});
    let definition = machine_of(&json!({"Type": "Parallel", "End": true, "Branches": [
        branch("Nap", &json!({"Type": "Wait", "Seconds": 100, "End": true})),
        branch("Again", &with(task("Flaky"), json!({"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 50}]}))),
        branch("Runs", &with(task("Slow"), json!({"TimeoutSeconds": 200, "HeartbeatSeconds": 90}))),
        branch("Queued", &with(task("Slow"), json!({"TimeoutSeconds": 200}))),
        branch("Approve", &json!({"Type": "Task", "Resource": &*activity, "TimeoutSeconds": 300, "End": true})),
        branch("Ask", &json!({
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 400,
            "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}}, "End": true,
        })),
    ]}));
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    tokio::time::sleep(Duration::from_secs(5)).await;
    insta::assert_snapshot!(engine.why_waiting(&arn).await.unwrap());
    engine.stop_execution(&arn, asl_core::Failure::named("Enough")).await.unwrap();
    assert_eq!(engine.why_waiting(&arn).await.unwrap().to_string(), "the execution waits for nothing\n");
}

#[tokio::test(start_paused = true)]
async fn handlers_of_a_limited_resource_wait_for_each_other_and_hold_no_others_up() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, peak) = (Arc::clone(&running), Arc::clone(&most));
    let engine = virtual_engine()
        .resource_limit("*:function:Scarce", NonZero::new(2).unwrap())
        .handler("Scarce", move |request: TaskRequest| {
            let (counter, peak) = (Arc::clone(&counter), Arc::clone(&peak));
            async move {
                peak.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                request.clock().sleep(Duration::from_secs(10)).await;
                counter.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        })
        .handler("Plenty", super::echo)
        .build()
        .await
        .unwrap();
    let each = |name: &str| {
        let processor = json!({"StartAt": name, "States": {name: {
            "Type": "Task", "Resource": function_arn(name), "End": true,
        }}});
        machine_of(&json!({"Type": "Map", "End": true, "ItemProcessor": processor})).to_string()
    };
    let scarce = engine.create_state_machine("scarce", &each("Scarce")).await.unwrap();
    let plenty = engine.create_state_machine("plenty", &each("Plenty")).await.unwrap();
    let held_up = engine.start_execution(&scarce, None, json!([1, 2, 3, 4, 5])).await.unwrap().execution_arn;
    let free = engine.start_execution(&plenty, None, json!([1, 2, 3])).await.unwrap().execution_arn;
    engine.wait(&free).await.unwrap();
    assert_eq!(engine.describe_execution(&held_up).await.unwrap().status, ExecutionStatus::Running);
    assert_eq!(engine.wait(&held_up).await.unwrap().status(), "SUCCEEDED");
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

/// A machine of one Task of an activity.
async fn activity_machine(engine: &Engine) -> (Arc<str>, Arc<str>) {
    let activity = engine.create_activity("approve").await.unwrap();
    let definition = machine_of(&json!({"Type": "Task", "Resource": &*activity, "TimeoutSeconds": 600, "End": true}));
    (engine.create_state_machine("m", &definition.to_string()).await.unwrap(), activity)
}

#[tokio::test(start_paused = true)]
async fn workers_that_wait_are_served_in_order() {
    let engine = virtual_engine().build().await.unwrap();
    let (machine, activity) = activity_machine(&engine).await;
    let worker = |name: &'static str| {
        let (engine, activity) = (engine.clone(), Arc::clone(&activity));
        tokio::spawn(
            async move { engine.get_activity_task(&activity, Some(name)).await.unwrap().map(|work| work.input) },
        )
    };
    let (first, gone, second) = (worker("first"), worker("gone"), worker("second"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    gone.abort();
    for number in [1, 2] {
        engine.start_execution(&machine, None, json!(number)).await.unwrap();
    }
    assert_eq!(first.await.unwrap(), Some(1.into()));
    assert_eq!(second.await.unwrap(), Some(2.into()));
}

#[tokio::test(start_paused = true)]
async fn tasks_of_activities_survive_the_engine() {
    let store = MemoryStore::new();
    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    let (machine, activity) = activity_machine(&engine).await;
    let taken_up = engine.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    let work = engine.get_activity_task(&activity, None).await.unwrap().unwrap();
    let queued = engine.start_execution(&machine, None, json!(2)).await.unwrap().execution_arn;
    engine.shutdown(Duration::ZERO).await;

    let engine = virtual_engine().store(store).build().await.unwrap();
    engine.send_task_success(&work.task_token, json!("first")).await.unwrap();
    assert_eq!(engine.wait(&taken_up).await.unwrap(), Outcome::Succeeded("first".into()));
    let work = engine.get_activity_task(&activity, None).await.unwrap().unwrap();
    assert_eq!(work.input, 2.into());
    engine.send_task_success(&work.task_token, json!("second")).await.unwrap();
    assert_eq!(engine.wait(&queued).await.unwrap(), Outcome::Succeeded("second".into()));
}

#[tokio::test(start_paused = true)]
async fn activities_are_described_listed_and_deleted() {
    let engine = virtual_engine().build().await.unwrap();
    let (machine, activity) = activity_machine(&engine).await;
    assert_eq!(engine.create_activity("approve").await.unwrap(), activity);
    let described = engine.describe_activity(&activity).await.unwrap();
    assert_eq!(&*described.name, "approve");
    assert_eq!(engine.list_activities().await.unwrap(), [described]);
    engine.delete_activity(&activity).await.unwrap();
    let errors = [
        engine.describe_activity(&activity).await.unwrap_err(),
        engine.get_activity_task(&activity, None).await.unwrap_err(),
        engine.get_activity_task("no_an_activity_arn", None).await.unwrap_err(),
        engine.create_activity("a b").await.unwrap_err(),
    ];
    let text: Vec<_> = errors.iter().map(|error| format!("{}: {error}\n", error.api_name().unwrap())).collect();
    insta::assert_snapshot!(text.concat());
    let arn = engine.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    engine.wait(&arn).await.unwrap();
    let history = engine.get_execution_history(&arn).await.unwrap();
    insta::assert_snapshot!("without_its_activity", asl_core::history::render(&history));
}

#[tokio::test(start_paused = true)]
async fn whether_an_activity_exists_is_found_out_whenever_a_task_of_it_is_scheduled() {
    for client_token in [None, Some("again")] {
        let history = asl_core::history::render(&history_without_the_activity_for_a_while(client_token).await);
        insta::assert_snapshot!("with_its_activity_again", history);
    }
}

/// An execution whose activity is deleted, and made again before the execution is redriven.
async fn history_without_the_activity_for_a_while(client_token: Option<&str>) -> Vec<HistoryEvent> {
    let store = MemoryStore::new();
    let build = || virtual_engine().store(store.clone()).build();
    let engine = build().await.unwrap();
    let activity = &*engine.create_activity("approve").await.unwrap();
    let definition = json!({"StartAt": "First", "States": {
        "First": {"Type": "Task", "Resource": activity, "TimeoutSeconds": 600, "Next": "Nap"},
        "Nap": {"Type": "Wait", "Seconds": 60, "Next": "Second"},
        "Second": {"Type": "Task", "Resource": activity, "TimeoutSeconds": 600, "End": true},
    }});
    let machine = engine.create_state_machine("m", &definition.to_string()).await.unwrap();
    let arn = &*engine.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    let answer = async |engine: &Engine| {
        let work = engine.get_activity_task(activity, None).await.unwrap().unwrap();
        engine.send_task_success(&work.task_token, json!(2)).await.unwrap();
    };
    answer(&engine).await;
    engine.delete_activity(activity).await.unwrap();
    assert_eq!(engine.wait(arn).await.unwrap().failure().unwrap().error(), Some("States.Runtime"));
    engine.shutdown(Duration::ZERO).await;

    let engine = build().await.unwrap();
    engine.create_activity("approve").await.unwrap();
    engine.redrive_execution(arn, client_token).await.unwrap();
    answer(&engine).await;
    assert_eq!(engine.wait(arn).await.unwrap(), Outcome::Succeeded(2.into()));
    engine.delete_activity(activity).await.unwrap();
    engine.get_execution_history(arn).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn payloads_that_are_too_long_are_refused_before_anything_happens() {
    let engine = virtual_engine().build().await.unwrap();
    let (machine, activity) = activity_machine(&engine).await;
    let long = json!("x".repeat(262_143));
    let refused = |member: &str| {
        format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: \
             Member must have length less than or equal to 262144"
        )
    };
    let error = engine.start_execution(&machine, Some("e"), long.clone()).await.unwrap_err();
    assert_eq!((error.api_name(), error.to_string()), (Some("ValidationException"), refused("input")));
    let arn = engine.start_execution(&machine, Some("e"), json!(1)).await.unwrap().execution_arn;
    let token = engine.get_activity_task(&activity, None).await.unwrap().unwrap().task_token;
    assert_eq!(engine.send_task_success(&token, long).await.unwrap_err().to_string(), refused("output"));
    let longest = json!("x".repeat(262_142));
    engine.send_task_success(&token, longest.clone()).await.unwrap();
    assert_eq!(engine.wait(&arn).await.unwrap(), Outcome::Succeeded(longest.into()));
}

#[tokio::test(start_paused = true)]
async fn tokens_that_were_never_given_out_are_told_from_those_of_executions_that_are_gone() {
    let engine = virtual_engine().retain_ended(0).build().await.unwrap();
    let (machine, activity) = activity_machine(&engine).await;
    let arn = engine.start_execution(&machine, None, json!(1)).await.unwrap().execution_arn;
    let token = engine.get_activity_task(&activity, None).await.unwrap().unwrap().task_token;
    let mut forged = token.to_string();
    forged.pop();
    assert_eq!(engine.send_task_success(&forged, json!(1)).await.unwrap_err().api_name(), Some("InvalidToken"));
    engine.send_task_success(&token, json!(1)).await.unwrap();
    assert_eq!(engine.wait(&arn).await.unwrap_err().api_name(), Some("ExecutionDoesNotExist"));
    assert_eq!(engine.send_task_success(&token, json!(1)).await.unwrap_err().api_name(), Some("TaskDoesNotExist"));
}
