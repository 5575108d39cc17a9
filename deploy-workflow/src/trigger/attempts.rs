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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use async_trait::async_trait;
    use serde_json::json;

    use super::*;
    use crate::artifact::{ArtifactStore, InMemoryArtifacts, StoreError};
    use crate::trigger::{InMemoryExecutions, InMemoryPipeline};

    /// Objects that cannot be read at first.
    #[derive(Debug)]
    struct Unavailable(InMemoryArtifacts, Mutex<VecDeque<StoreError>>);

    #[async_trait]
    impl ArtifactStore for Unavailable {
        async fn get_object(&self, bucket: &str, key: &str) -> Result<Arc<[u8]>, StoreError> {
            let error = self.1.lock().unwrap().pop_front();
            match error {
                Some(error) => Err(error),
                None => self.0.get_object(bucket, key).await,
            }
        }

        async fn put_object(&self, bucket: &str, key: &str, bytes: Arc<[u8]>) -> Result<(), StoreError> {
            self.0.put_object(bucket, key, bytes).await
        }

        async fn template_url(&self, bucket: &str, key: &str) -> Result<String, StoreError> {
            self.0.template_url(bucket, key).await
        }
    }

    /// Looks at a new job while the machine input cannot be read so often; `None` if it is read in the end.
    async fn look_while(code: &str, times: usize, last: Option<Instant>) -> (Option<FailureType>, Duration) {
        let input = r#"{"environmentName":"prod","stackName":"app","templatePath":"template.yaml"}"#;
        let objects = InMemoryArtifacts::new().with("config", "prod.json", input.as_bytes());
        let errors = vec![StoreError::new(code, "one moment"); times].into();
        let trigger = Trigger {
            artifacts: Arc::new(Unavailable(objects, Mutex::new(errors))),
            pipeline: Arc::new(InMemoryPipeline::new()),
            executions: Arc::new(InMemoryExecutions::new()),
        };
        let event = json!({"CodePipeline.job": {"id": "job-1", "data": {
            "actionConfiguration": {
                "configuration": {"UserParameters": r#"{"s3Bucket":"config","stateMachineFile":"prod.json"}"#},
            },
            "inputArtifacts": [
                {"location": {"type": "S3", "s3Location": {"bucketName": "artifacts", "objectKey": "revision.zip"}}},
            ],
        }}});
        let begun = Instant::now();
        let told = look_patiently(&trigger, &Job::from_event(&event).unwrap(), last, |_| {}).await;
        let failure_type = match told {
            Told::Failed(details) => Some(details.failure_type),
            _ => None,
        };
        (failure_type, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn objects_that_cannot_be_read_for_a_moment_fail_no_job() {
        let seconds = Duration::from_secs;
        assert_eq!(look_while("ServiceUnavailable", 4, None).await, (None, seconds(15)));
        let unavailable = Some(FailureType::SystemUnavailable);
        assert_eq!(look_while("ServiceUnavailable", 5, None).await, (unavailable, seconds(15)));
        assert_eq!(look_while("AccessDenied", 1, None).await, (Some(FailureType::PermissionError), seconds(0)));
        let last = Some(Instant::now() + seconds(5));
        assert_eq!(look_while("Throttling", 4, last).await, (unavailable, seconds(3)));
    }
}
