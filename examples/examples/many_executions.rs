//! Ten thousand executions at once on a multi-thread runtime.
//!
//! No thread and no tokio task belongs to an execution; only a running handler has a task.
//! Here every handler waits at a gate until all executions run, so that they really run at the same time.
//!
//! `cargo run -p examples --example many_executions`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::num::NonZero;
use std::sync::Arc;

use asl_core::Failure;
use asl_runtime::engine::ListExecutions;
use asl_runtime::{Engine, TaskRequest};
use serde_json::json;
use tokio::sync::SetOnce;

const EXECUTIONS: u32 = 10_000;

const DEFINITION: &str = r#"{
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Work",
            "End": true
        }
    }
}"#;

/// Says how many executions of a machine have which status.
async fn count(engine: &Engine, machine: &str) -> Result<BTreeMap<String, usize>, asl_runtime::Error> {
    let mut counts = BTreeMap::new();
    let mut request = ListExecutions::of(machine).max_results(1_000);
    loop {
        let page = engine.list_executions(request).await?;
        for execution in page.executions {
            *counts.entry(execution.status.to_string()).or_default() += 1;
        }
        let Some(token) = page.next_token else { return Ok(counts) };
        request = ListExecutions::of(machine).max_results(1_000).next_token(token);
    }
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let gate = Arc::new(SetOnce::new());
    let work = {
        let gate = Arc::clone(&gate);
        move |request: TaskRequest| {
            let gate = Arc::clone(&gate);
            async move {
                gate.wait().await;
                Ok::<_, Failure>(request.parameters().clone())
            }
        }
    };
    let engine = Engine::builder()
        .handler("Work", work)
        .handler_limit(NonZero::new(EXECUTIONS).ok_or("no executions")?)
        .retain_ended(EXECUTIONS as usize)
        .build()
        .await?;
    let machine = engine.create_state_machine("many", DEFINITION).await?;

    let mut started = Vec::new();
    for number in 0..EXECUTIONS {
        started.push(engine.start_execution(&machine, None, json!({ "number": number })).await?);
    }
    println!("before the gate opens: {:?}", count(&engine, &machine).await?);

    gate.set(())?;
    for execution in &started {
        engine.wait(&execution.execution_arn).await?;
    }
    println!("at the end: {:?}", count(&engine, &machine).await?);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
