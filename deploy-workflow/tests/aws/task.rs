//! One Task of the machines, carried out by the engine.

use std::time::Duration;

use asl_core::execution::Outcome;
use asl_runtime::Engine;
use deploy_workflow::handlers;
use deploy_workflow::handlers::Services;
use serde_json::{Value as Json, json};

/// How a Task ended, and what the engine keeps of it.
pub(crate) struct Ended {
    pub(crate) result: Result<Json, (String, String)>,
    /// The history in its serialized form.
    pub(crate) history: String,
}

/// Carries out the Task of `function`, with `more` beside what every input has.
pub(crate) async fn task(services: &Services, function: &str, more: Json) -> Ended {
    let mut input = json!({
        "environmentName": "prod",
        "stackName": "app",
        "templatePath": "infra/template.yaml",
        "revisionS3Bucket": "artifacts",
        "revisionS3Key": "source/revision 1.zip",
    });
    for (member, value) in more.as_object().unwrap() {
        input[member] = value.clone();
    }
    let definition = json!({
        "StartAt": "Task",
        "States": {"Task": {
            "Type": "Task",
            "Resource": format!("arn:aws:lambda:us-east-1:111122223333:function:{function}"),
            "End": true,
        }},
    });
    let engine = Engine::builder().registry(handlers::registry(services)).seed(7).build().await.unwrap();
    let machine = engine.create_state_machine("deploy", &definition.to_string()).await.unwrap();
    let execution = engine.start_execution(&machine, Some("execution-1"), input).await.unwrap().execution_arn;
    let outcome = engine.wait(&execution).await.unwrap();
    let history = serde_json::to_string(&engine.get_execution_history(&execution).await.unwrap()).unwrap();
    engine.shutdown(Duration::from_secs(1)).await;
    let result = match outcome {
        Outcome::Succeeded(output) => Ok(serde_json::to_value(output).unwrap()),
        Outcome::Failed(failure) => {
            let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
            Err((text(failure.error()), text(failure.cause())))
        }
        other => panic!("{other:?}"),
    };
    Ended { result, history }
}
