//! Tasks that nobody answers, in a test case that was not expected to reach them.

use asl_core::{Failure, Value};
use asl_runtime::{TaskHandler, TaskRequest};
use async_trait::async_trait;

/// Stops the execution, so that no Catcher takes the gap in the test case for a failure of the workflow.
#[derive(Debug)]
pub(super) struct Unanswered;

#[async_trait]
impl TaskHandler for Unanswered {
    async fn handle(&self, request: TaskRequest) -> Result<Value, Failure> {
        let cause = format!(
            "the test case does not mock state `{}`, which calls `{}`, and no `--handler` answers it",
            request.state_name(),
            request.resource()
        );
        request.callbacks().stop_execution(request.execution_arn(), Failure::new("Unanswered", cause)).await?;
        std::future::pending().await
    }
}
