//! Begins to create the stack.

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Serialize;

use super::event::DeployEvent;
use super::{ResponseMetadata, Services, request};
use crate::cloudformation::{CreateStackInput, OnFailure};
use crate::names::client_token;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StackCreationDetails {
    response_metadata: ResponseMetadata,
    stack_id: String,
}

/// Returns what CloudFormation answered.
///
/// A stack that cannot be created is deleted again, so that it is not in the way of the next deployment.
pub(super) async fn handle(services: Services, task: TaskRequest) -> Result<StackCreationDetails, Failure> {
    let event: DeployEvent = task.deserialize()?;
    let stack_name = event.target.full_stack_name()?;
    let template = request::template(&services, &event).await?;
    let parameters = request::parameters(&services, &event, &template, &[]).await?;
    let input = CreateStackInput {
        client_request_token: Some(client_token(task.execution_arn(), "create-stack")),
        stack_name,
        template,
        parameters,
        capabilities: event.capabilities(),
        on_failure: OnFailure::Delete,
    };
    let output = services.cloudformation.create_stack(input).await?;
    Ok(StackCreationDetails { response_metadata: output.request_id.into(), stack_id: output.stack_id })
}
