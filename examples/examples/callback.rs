//! A human approval: a Task that waits until somebody outside answers its token.
//!
//! `.waitForTaskToken` gives the Task a token, `$$.Task.Token`, which the definition passes on.
//! The handler only delivers it, here into an inbox, and is done; the Task goes on, for days if need be, and costs
//! nothing. Whoever holds the token ends it with `send_task_success` or `send_task_failure`.
//!
//! `cargo run -p examples --example callback`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use asl_core::Failure;
use asl_runtime::{Engine, TaskRequest};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

const DEFINITION: &str = r#"{
    "StartAt": "AskForApproval",
    "States": {
        "AskForApproval": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {
                "QueueUrl": "approvals",
                "MessageBody": { "document.$": "$.document", "token.$": "$$.Task.Token" }
            },
            "TimeoutSeconds": 86400,
            "ResultPath": "$.approval",
            "Next": "Publish"
        },
        "Publish": { "Type": "Pass", "End": true }
    }
}"#;

/// The parameters of `sqs:sendMessage`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    message_body: Approval,
}

/// What a person is asked.
#[derive(Deserialize)]
struct Approval {
    document: String,
    token: String,
}

/// A person who approves what is short enough to be read.
async fn decide(engine: &Engine, approval: &Approval) -> Result<(), asl_runtime::Error> {
    if approval.document.len() < 20 {
        engine.send_task_success(&approval.token, json!({ "by": "Ada" })).await
    } else {
        engine.send_task_failure(&approval.token, Failure::new("Rejected", "too long")).await
    }
}

/// What came of the approvals, in the order of `documents`.
async fn publish(documents: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
    let (outbox, mut inbox) = mpsc::unbounded_channel();
    let deliver = move |request: TaskRequest| {
        let outbox = outbox.clone();
        async move {
            let SendMessage { message_body } = request.deserialize()?;
            outbox.send(message_body).map_err(|_| Failure::named("InboxClosed"))?;
            Ok(json!({ "MessageId": request.idempotency_key() }))
        }
    };
    let engine = Engine::builder().handler("arn:aws:states:::sqs:sendMessage.*", deliver).build().await?;
    let machine = engine.create_state_machine("publish", DEFINITION).await?;

    let mut started = Vec::new();
    for document in documents {
        started.push(engine.start_execution(&machine, None, json!({ "document": document })).await?);
    }
    for _ in &started {
        let approval = inbox.recv().await.ok_or("nobody asks")?;
        decide(&engine, &approval).await?;
    }
    let mut ends = Vec::new();
    for execution in started {
        let outcome = engine.wait(&execution.execution_arn).await?;
        let what = outcome.output().map(ToString::to_string).or(outcome.failure().map(ToString::to_string));
        ends.push(format!("{} {}", outcome.status(), what.unwrap_or_default()));
    }
    Ok(ends)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for end in publish(&["a haiku", "all volumes of an encyclopaedia"]).await? {
        println!("{end}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_approved_is_published() {
        let ends = publish(&["a haiku", "all volumes of an encyclopaedia"]).await.unwrap();
        let published = r#"SUCCEEDED {"document":"a haiku","approval":{"by":"Ada"}}"#;
        assert_eq!(ends, [published, "FAILED Rejected: too long"]);
    }

    #[test]
    fn runs() {
        main().unwrap();
    }
}
