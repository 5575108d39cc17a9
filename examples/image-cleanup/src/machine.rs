//! The machine, which is a file: `definitions/image-cleanup.asl.json`.

use std::num::NonZero;
use std::sync::Arc;

use asl_core::Failure;
use asl_runtime::clock::Clock;
use asl_runtime::{Engine, Error};
use serde::{Deserialize, Serialize};

use crate::handlers;
use crate::registry::ContainerRegistry;

/// The machine's definition.
pub const DEFINITION: &str = include_str!("../definitions/image-cleanup.asl.json");

/// What the machine takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The repository to clean up.
    pub repository_name: String,
    /// The policy; the repository's own if there is none here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy_text: Option<String>,
    /// Whether nothing is changed; anything but `false` means that nothing is.
    pub dry_run: bool,
}

/// What the machine gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// The repository.
    pub repository_name: String,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// How many images the plan expires.
    pub expiring_image_total_count: usize,
    /// How many images the plan archives.
    pub transitioning_image_total_count: usize,
    /// How many images the policy marks that a manifest list refers to which stays.
    pub held_back_image_total_count: usize,
    /// How many images of the plan are left to later executions.
    pub remaining_image_total_count: usize,
    /// How many images were deleted, those included that somebody else had deleted.
    pub expired_image_total_count: usize,
    /// How many images were archived.
    pub archived_image_total_count: usize,
    /// What was not done, by its reason.
    pub failures: Vec<FailedImages>,
}

/// Images with which the same went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FailedImages {
    /// ECR's failure code, or the name of the error that the call ended in.
    pub failure_code: String,
    /// What is said about it, of the first image and shortened.
    #[serde(default)]
    pub failure_reason: String,
    /// The images.
    pub image_digests: Vec<String>,
}

/// Runs the machine on `registry` to its end, by `clock`.
///
/// # Errors
///
/// When the engine cannot run it. An execution that fails is no error, but a failure.
pub async fn clean_up(
    registry: &Arc<dyn ContainerRegistry>,
    input: &Input,
    clock: impl Clock,
) -> Result<Result<Report, Failure>, Error> {
    let engine = Engine::builder()
        .clock(clock)
        .registry(handlers::registry(registry))
        .workers(NonZero::<usize>::MIN)
        .build()
        .await?;
    let machine = engine.create_state_machine("image-cleanup", DEFINITION).await?;
    let input = serde_json::to_value(input).unwrap_or_default();
    let started = engine.start_execution(&machine, None, input).await?;
    let outcome = engine.wait(&started.execution_arn).await?;
    Ok(match (outcome.output(), outcome.failure()) {
        (Some(output), _) => serde_json::from_value(output.into())
            .map_err(|error| Failure::new("InvalidReport", format!("the machine's output is no report: {error}"))),
        (None, failure) => Err(failure.cloned().unwrap_or_else(|| Failure::new("States.Runtime", "no output"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_valid_without_a_warning() {
        let compiled = asl_core::compile(DEFINITION);
        assert!(compiled.diagnostics.is_empty(), "{:#?}", compiled.diagnostics);
    }

    #[test]
    fn every_task_has_a_timeout_and_retries_what_is_transient() {
        fn check(states: &serde_json::Value) {
            for (name, state) in states.as_object().unwrap() {
                if state["Type"] == "Task" {
                    assert!(state["TimeoutSeconds"].is_u64(), "{name}");
                    assert_eq!(state["Retry"][0]["ErrorEquals"][0], "Ecr.ThrottlingException", "{name}");
                }
                if state["Type"] == "Map" {
                    check(&state["ItemProcessor"]["States"]);
                }
            }
        }
        let document: serde_json::Value = serde_json::from_str(DEFINITION).unwrap();
        assert!(document["TimeoutSeconds"].is_u64());
        check(&document["States"]);
    }
}
