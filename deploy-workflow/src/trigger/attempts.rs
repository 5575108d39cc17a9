//! Looking at a job and answering it with patience: what fails now may succeed later.

use tokio::time::Instant;

use super::event::Job;
use super::pipeline::{FailureDetails, FailureType, PipelineError};
use super::{Told, Trigger, look, tell};
use crate::pauses::Pauses;

/// How often something that is not available is asked before the job fails.
const LOOKS: u32 = 5;

/// Whether an earlier call whose answer is not known may have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    None,
    Possible,
}

/// What came of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Taken,
    /// The pipeline wants none, since an earlier answer may have been taken.
    Before(PipelineError),
    Refused(PipelineError),
    /// The time is up.
    Failed(PipelineError),
}

/// What there is to tell of a job; what is not available now is asked again before the job fails.
///
/// Nothing is asked again after `last`.
pub(crate) async fn look_patiently(
    trigger: &Trigger,
    job: &Job,
    last: Option<Instant>,
    trouble: impl Fn(String),
) -> Told {
    let mut pauses = Pauses::new();
    for _ in 1..LOOKS {
        match look(trigger, job).await {
            Told::Failed(FailureDetails { failure_type: FailureType::SystemUnavailable, message, .. })
                if pauses.has_time(last) =>
            {
                trouble(message);
                pauses.pause().await;
            }
            told => return told,
        }
    }
    look(trigger, job).await
}

/// Tells the pipeline, for as long as it takes, or until `last`: without an answer the action would wait for its timeout.
pub(crate) async fn answer(
    trigger: &Trigger,
    job_id: &str,
    told: &Told,
    mut earlier: Earlier,
    last: Option<Instant>,
    mut trouble: impl FnMut(&PipelineError),
) -> Answered {
    let mut pauses = Pauses::new();
    loop {
        let error = match tell(trigger, job_id, told).await {
            Ok(()) => return Answered::Taken,
            Err(error) => error,
        };
        if error.is_given_up() && earlier == Earlier::Possible {
            return Answered::Before(error);
        }
        if error.is_definite() {
            return Answered::Refused(error);
        }
        if !error.is_throttling() {
            earlier = Earlier::Possible;
        }
        if !pauses.has_time(last) {
            return Answered::Failed(error);
        }
        trouble(&error);
        pauses.pause().await;
    }
}
