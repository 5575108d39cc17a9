//! Begins to execute the change set.

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Serialize;

use super::event::ChangeSetEvent;
use super::inspect_change_set::{check_available, first_page};
use super::{ResponseMetadata, Services};
use crate::cloudformation::{ExecuteChangeSetInput, ExecutionStatus};
use crate::names::client_token;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeSetExecutionDetails {
    response_metadata: ResponseMetadata,
    change_set_id: String,
    stack_id: String,
}

/// Returns what CloudFormation answered, and the ids by which the execution can be followed.
///
/// From here on the change set is known by its ARN.
/// One that is being executed already was so by an attempt of this Task, for its name is this execution's own.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<ChangeSetExecutionDetails, Failure> {
    let event: ChangeSetEvent = request.deserialize()?;
    let change_set = first_page(&services, &event).await?;
    let begun = [ExecutionStatus::ExecuteInProgress, ExecutionStatus::ExecuteComplete];
    let request_id = if begun.contains(&change_set.execution_status) {
        change_set.request_id
    } else {
        check_available(&change_set)?;
        let input = ExecuteChangeSetInput {
            change_set_name: change_set.change_set_id.clone(),
            stack_name: None,
            client_request_token: Some(client_token(request.execution_arn(), "execute-change-set")),
        };
        services.cloudformation.execute_change_set(input).await?
    };
    Ok(ChangeSetExecutionDetails {
        response_metadata: request_id.into(),
        change_set_id: change_set.change_set_id,
        stack_id: change_set.stack_id,
    })
}
