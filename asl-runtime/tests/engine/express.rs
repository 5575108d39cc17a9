//! Express machines: in memory, at once, for five minutes.

use std::sync::Arc;
use std::time::Duration;

use asl_core::{Failure, MachineType, Options, Timestamp};
use asl_runtime::engine::{ExecutionStatus, ListExecutions};
use asl_runtime::store::{ExecutionQuery, MemoryStore, Store as _};
use asl_runtime::{Engine, Error};
use serde_json::{Value, json};

use super::{echo, virtual_engine};
use crate::{machine_of, task};

async fn express(engine: &Engine, definition: &Value) -> Arc<str> {
    let options = Options::new().machine_type(MachineType::Express);
    engine.create_state_machine_with("fast", &definition.to_string(), options).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_express_execution_is_run_without_a_journal() {
    let store = MemoryStore::new();
    let engine = virtual_engine().store(store.clone()).handler("Echo", echo).build().await.unwrap();
    let machine = express(&engine, &machine_of(&task("Echo"))).await;
    let done = engine.start_sync_execution(&machine, Some("n"), json!({"id": 7})).await.unwrap();
    assert_eq!((done.status, done.output), (ExecutionStatus::Succeeded, Some(json!({"id": 7}).into())));
    assert_eq!((&*done.state_machine_arn, &*done.name), (&*machine, "n"));
    let begins = "arn:aws:states:us-east-1:000000000000:express:fast:n:";
    assert!(done.execution_arn.strip_prefix(begins).is_some_and(|run| run.len() == 36), "{}", done.execution_arn);
    let again = engine.start_sync_execution(&machine, Some("n"), json!({"id": 7})).await.unwrap();
    assert_ne!(again.execution_arn, done.execution_arn);
    assert!(store.list(&ExecutionQuery::default()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_express_execution_lasts_five_minutes() {
    let engine = virtual_engine().build().await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 301, "End": true}));
    let machine = express(&engine, &wait).await;
    let done = engine.start_sync_execution(&machine, None, json!({})).await.unwrap();
    assert_eq!((done.status, done.stop_date), (ExecutionStatus::TimedOut, Timestamp::from_millis(300_000)));
}

#[tokio::test(start_paused = true)]
async fn an_express_execution_is_started_and_left_alone() {
    let engine = virtual_engine().handler("Echo", echo).build().await.unwrap();
    let machine = express(&engine, &machine_of(&json!({"Type": "Wait", "Seconds": 9, "End": true}))).await;
    let started = engine.start_execution(&machine, None, json!({"id": 7})).await.unwrap();
    assert_eq!(engine.wait(&started.execution_arn).await.unwrap().status(), "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn what_aws_does_not_do_for_a_type_is_refused() {
    let engine = virtual_engine().build().await.unwrap();
    let wait = machine_of(&json!({"Type": "Wait", "Seconds": 9, "End": true}));
    let machine = express(&engine, &wait).await;
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    let refused = [
        engine.describe_execution(&arn).await.err(),
        engine.get_execution_history(&arn).await.err(),
        engine.redrive_execution(&arn, None).await.err(),
        engine.stop_execution(&arn, Failure::named("Enough")).await.err(),
    ];
    for error in refused {
        let error = error.unwrap();
        assert_eq!(error.to_string(), "Invalid Arn: 'Resource type not valid in this context: express'");
        assert_eq!(error.api_name(), Some("InvalidArn"));
    }
    let error = engine.list_executions(ListExecutions::of(machine)).await.unwrap_err();
    assert!(matches!(error, Error::StateMachineTypeNotSupported), "{error}");
    let standard = engine.create_state_machine("slow", &wait.to_string()).await.unwrap();
    let error = engine.start_sync_execution(&standard, None, json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "This operation is not supported by this type of state machine");
    let callback = machine_of(&json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
    }));
    let options = Options::new().machine_type(MachineType::Express);
    let error = engine.create_state_machine_with("asks", &callback.to_string(), options).await.unwrap_err();
    assert_eq!(error.api_name(), Some("InvalidDefinition"));
}

#[tokio::test(start_paused = true)]
async fn a_task_starts_an_express_execution_but_does_not_wait_for_it() {
    let engine = virtual_engine().build().await.unwrap();
    let child = express(&engine, &machine_of(&json!({"Type": "Wait", "Seconds": 9, "End": true}))).await;
    for (pattern, status) in [("", "SUCCEEDED"), (".sync", "FAILED")] {
        let parent = machine_of(&json!({
            "Type": "Task", "Resource": format!("arn:aws:states:::states:startExecution{pattern}"),
            "Parameters": {"StateMachineArn": child}, "End": true,
        }));
        let name = format!("parent{pattern}");
        let machine = engine.create_state_machine(&name, &parent.to_string()).await.unwrap();
        let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
        assert_eq!(engine.wait(&arn).await.unwrap().status(), status);
    }
    engine.shutdown(Duration::ZERO).await;
}
