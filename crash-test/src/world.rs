//! What is around the engine in the child: handlers with effects, and a worker that answers tokens and activities.

use std::io;
use std::time::Duration;

use asl_core::Failure;
use asl_runtime::{Callbacks, Engine, Error, OrFail as _, TaskRequest};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::ledger::{Acknowledged, Effect, Ledger, Question};

/// The longest that a handler takes before, and after, its effect.
const LONGEST_WORK_MILLIS: u64 = 15;

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    /// Where to write down what the engine acknowledged.
    pub(crate) acknowledged: Ledger,
    /// To whom tokens are told.
    pub(crate) questions: mpsc::UnboundedSender<Question>,
}

impl World {
    /// Serves every function: has its effect, and fails as the parameters say.
    pub(crate) async fn serve(self, request: TaskRequest) -> Result<Value, Failure> {
        let parameters = request.parameters_json();
        work().await;
        self.record(&request, &parameters, None).await?;
        work().await;
        let flaky = parameters["flaky"].as_u64().unwrap_or_default();
        match request.state_name() {
            "Reserve" | "Work" if u64::from(request.retry_count()) < flaky => Err(Failure::named("Flaky")),
            "Charge" if parameters["declined"] == true => Err(Failure::named("Declined")),
            "Break" => Err(Failure::named("Broken")),
            state => Ok(did(state, &parameters)),
        }
    }

    /// Asks somebody outside, who answers later by the token.
    pub(crate) async fn ask(self, request: TaskRequest) -> Result<Value, Failure> {
        let body = &request.parameters_json()["MessageBody"];
        let question = Question {
            token: body["token"].as_str().unwrap_or_default().to_owned(),
            number: body["number"].as_u64().unwrap_or_default(),
            // In the machine of branches, everyone is of one mind.
            declined: body["declined"] == true && execution_name(&request).starts_with("approvals"),
        };
        self.record(&request, body, Some(question.clone())).await?;
        // Without a listener the engine is going away.
        let _ = self.questions.send(question);
        Ok(json!({}))
    }

    async fn record(
        &self,
        request: &TaskRequest,
        parameters: &Value,
        question: Option<Question>,
    ) -> Result<(), Failure> {
        // What a child does it does for the execution that is planned.
        let execution = parameters["for"].as_str().unwrap_or(execution_name(request)).to_owned();
        let (step, key) = (step(request, parameters), request.idempotency_key().to_owned());
        self.ledger.record(&Effect { execution, step, key, question }).await.or_fail("LedgerBroken")
    }
}

/// Answers questions until the engine goes; those of former lives first, whose answers were not acknowledged.
pub(crate) async fn answer(
    callbacks: Callbacks,
    mut questions: mpsc::UnboundedReceiver<Question>,
    acknowledged: Ledger,
) {
    while let Some(question) = questions.recv().await {
        let (callbacks, acknowledged) = (callbacks.clone(), acknowledged.clone());
        tokio::spawn(async move {
            work().await;
            let Question { token, number, declined } = question;
            let answered = if declined {
                callbacks.send_task_failure(&token, Failure::named("Rejected")).await
            } else {
                callbacks.send_task_success(&token, json!({"did": "answer", "number": number})).await
            };
            match answered {
                // One of a former life may have been taken in without having been acknowledged.
                Ok(()) | Err(Error::TaskTimedOut) => {
                    if let Err(error) = acknowledged.record(&Acknowledged::Answer(token)).await {
                        eprintln!("what was acknowledged could not be written down: {error}");
                    }
                }
                Err(Error::ShutDown) => {}
                Err(error) => eprintln!("an answer was refused: {error}"),
            }
        });
    }
}

/// Works for the activity. A Task that it has taken up is a question too, so a later life answers it again.
pub(crate) async fn work_for(engine: Engine, activity: String, world: World) -> io::Result<()> {
    loop {
        match engine.get_activity_task(&activity, Some("worker")).await {
            Ok(Some(task)) => {
                let input = Value::from(&task.input);
                let number = input["number"].as_u64().unwrap_or_default();
                let execution = format!("inspections-{number}");
                let token = task.task_token.to_string();
                let question = Question { token: token.clone(), number, declined: false };
                let step = "Inspect".to_owned();
                world.ledger.record(&Effect { execution, step, key: token, question: Some(question.clone()) }).await?;
                let _ = world.questions.send(question);
            }
            Ok(None) => {}
            Err(Error::ShutDown) => return Ok(()),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// Takes some time, so that a kill may fall in between.
async fn work() {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(..LONGEST_WORK_MILLIS))).await;
}

fn did(state: &str, parameters: &Value) -> Value {
    let mut did = json!({"did": state, "number": parameters["number"]});
    for member in ["item", "round"] {
        if let Some(value) = parameters.get(member) {
            did[member] = value.clone();
        }
    }
    did
}

/// What tells an attempt from all others of its execution, whatever comes before or after what.
fn step(request: &TaskRequest, parameters: &Value) -> String {
    let mut step = request.state_name().to_owned();
    for member in ["item", "round"] {
        if let Some(value) = parameters.get(member) {
            step = format!("{step} {member} {value}");
        }
    }
    format!("{step} attempt {}", request.retry_count())
}

fn execution_name(request: &TaskRequest) -> &str {
    request.execution_arn().rsplit(':').next().unwrap_or_default()
}
