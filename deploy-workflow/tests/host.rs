//! The machine on the SQLite store: restarts, two processes, another definition.

use std::path::PathBuf;
use std::time::Duration;

use asl_core::execution::Outcome;
use asl_runtime::Engine;
use asl_runtime::clock::SystemClock;
use asl_runtime::store::SqliteStore;
use deploy_workflow::definitions::Definition;
use deploy_workflow::host::{Host, HostError};
use deploy_workflow::sandbox::Sandbox;
use deploy_workflow::trigger::Executions as _;
use serde_json::json;

/// A path in the folder that cargo keeps for tests, without a file.
pub(crate) fn store(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    path
}

#[tokio::test]
async fn one_process_at_a_time_has_the_file() {
    let path = store("in-use.db");
    let services = Sandbox::new(SystemClock).services();
    let host = Host::open(&path, &services, Definition::Standard).await.unwrap();
    let refused = Host::open(&path, &services, Definition::Standard).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("`{}` is in use by another process", path.display()));
    assert!(matches!(refused, HostError::InUse { .. }));
    host.close(Duration::ZERO).await;
    Host::open(&path, &services, Definition::Standard).await.unwrap().close(Duration::ZERO).await;
}

/// The machine of an older version, whose one state the newer one does not have.
#[tokio::test]
async fn executions_keep_their_definition_when_the_machine_gets_another() {
    let path = store("definitions.db");
    let asks = json!({
        "StartAt": "Ask",
        "States": {"Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:us-east-1:000000000000:activity:ask",
            "TimeoutSeconds": 86_400,
            "End": true,
        }},
    });
    let store = SqliteStore::open(&path).unwrap();
    let older = Engine::builder().store(store).build().await.unwrap();
    older.create_activity("ask").await.unwrap();
    let machine = older.create_state_machine("deploy-standard", &asks.to_string()).await.unwrap();
    let begun = older.start_execution(&machine, Some("begun"), json!({})).await.unwrap().execution_arn;
    older.shutdown(Duration::ZERO).await;
    drop(older);

    let services = Sandbox::new(SystemClock).services();
    let host = Host::open(&path, &services, Definition::Standard).await.unwrap();
    assert_eq!(host.state_machine_arn(), &*machine);
    let described = host.engine().describe_state_machine(&machine).await.unwrap();
    assert_eq!(&*described.definition, Definition::Standard.text());
    let activity = "arn:aws:states:us-east-1:000000000000:activity:ask";
    let task = host.engine().get_activity_task(activity, None).await.unwrap().unwrap();
    host.engine().send_task_success(&task.task_token, json!("answered")).await.unwrap();
    assert_eq!(host.engine().wait(&begun).await.unwrap(), Outcome::Succeeded(json!("answered").into()));

    let refused = host.executions().start_execution("begun", json!({"other": true})).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("ExecutionAlreadyExists: {begun}"));
    host.close(Duration::ZERO).await;
}
