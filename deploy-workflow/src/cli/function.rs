//! `deploy-workflow function`: the function of CodePipeline's Lambda action, with an event from a file.

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
#[cfg(feature = "aws")]
use std::{sync::Arc, time::Duration};

use asl_runtime::clock::TokioClock;
use clap::Args;
use serde_json::{Value as Json, json};

#[cfg(feature = "aws")]
use super::BROKEN;
use super::files::read;
use super::situation::SituationArguments;
use super::{FAILED, Problem, SUCCEEDED, VIRTUAL_START, bad_input};
use crate::rehearsal::{Call, play_job};
use crate::trigger::JobResult;
#[cfg(feature = "aws")]
use crate::{
    aws::{self, AwsCodePipeline},
    definitions::Definition,
    function::{Function, Outcome},
    trigger::Told,
};

/// Hands a job's event to the function for CodePipeline's Lambda action
///
/// CloudFormation, S3 and the pipeline are in this process, and time is virtual.
/// They do not outlive the process: the function is called again with the continuation token, as CodePipeline does,
/// until the pipeline is told how the job ended.
/// The machine input and the artifact are where the event says.
/// There is a line for each call and each answer; samples of events are in `deploy-workflow/events`.
#[derive(Debug, Args)]
pub(super) struct FunctionArguments {
    /// The event; `-` is standard input
    #[arg(value_name = "EVENT.json", default_value = "-")]
    event: PathBuf,
    /// Call the function once on AWS, with credentials from the environment and the executions in this directory
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "DIRECTORY")]
    store: Option<PathBuf>,
    #[command(flatten)]
    situation: SituationArguments,
}

pub(super) fn perform(arguments: &FunctionArguments, out: &mut dyn Write) -> Result<u8, Problem> {
    let event = event(&arguments.event)?;
    let rehearsal = arguments.situation.rehearsal(0)?;
    #[cfg(feature = "aws")]
    if let Some(directory) = &arguments.store {
        return call(directory, rehearsal.definition, &event, out);
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build()?;
    let mut shown = Ok(());
    let played = runtime.block_on(async {
        let clock = TokioClock::starting_at(VIRTUAL_START);
        let observe = |call: Call<'_>| {
            if shown.is_ok() {
                shown = show(&call, out);
            }
        };
        play_job(&rehearsal, event, clock, observe).await
    })?;
    shown?;
    Ok(if played == JobResult::Succeeded { SUCCEEDED } else { FAILED })
}

/// Calls the function as Lambda does; it may take as long as Lambda allows at most.
#[cfg(feature = "aws")]
fn call(directory: &Path, definition: Definition, event: &Json, out: &mut dyn Write) -> Result<u8, Problem> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let outcome = runtime.enable_all().build()?.block_on(async {
        let config = aws::config().load().await;
        let pipeline = Arc::new(AwsCodePipeline::new(&config));
        let function = Function::new(directory, aws::services(&config), pipeline).definition(definition);
        function.call(event, Duration::from_mins(15)).await
    });
    let outcome = outcome.map_err(|error| Problem {
        message: error.to_string(),
        help: "nothing is lost: hand in the same event again".to_owned(),
        code: BROKEN,
    })?;
    writeln!(out, "{}", outcome.to_json())?;
    Ok(if matches!(outcome, Outcome::Told(Told::Failed(_))) { FAILED } else { SUCCEEDED })
}

fn event(path: &Path) -> Result<Json, Problem> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| bad_input(format!("cannot read standard input: {error}"), "give the event's file"))?;
        bytes
    } else {
        read(path)?
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        bad_input(format!("the event is not JSON: {error}"), "give the event of a CodePipeline job, in JSON")
    })
}

/// A line for the call and one for the answer.
fn show(Call { at, event, result }: &Call<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let job_id = event.pointer("/CodePipeline.job/id").unwrap_or(&Json::Null);
    let token = event.pointer("/CodePipeline.job/data/continuationToken");
    let job = match token {
        None => json!({ "id": job_id }),
        Some(token) => json!({ "id": job_id, "continuationToken": token }),
    };
    writeln!(out, "{at}  CodePipeline.job        {job}")?;
    match result {
        JobResult::Created => Ok(()),
        JobResult::Succeeded => writeln!(out, "{at}  PutJobSuccessResult     {}", json!({ "jobId": job_id })),
        JobResult::InProgress { continuation_token } => {
            let told = json!({ "jobId": job_id, "continuationToken": continuation_token });
            writeln!(out, "{at}  PutJobSuccessResult     {told}")
        }
        JobResult::Failed(details) => {
            let told = json!({ "jobId": job_id, "failureDetails": details });
            writeln!(out, "{at}  PutJobFailureResult     {told}")
        }
    }
}
