//! Deletes the change set.

use asl_core::Failure;
use asl_runtime::TaskRequest;
use serde::Serialize;

use super::event::ChangeSetEvent;
use super::{ResponseMetadata, Services};
use crate::cloudformation::DeleteChangeSetInput;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeSetDeletionDetails {
    response_metadata: ResponseMetadata,
}

/// Returns what CloudFormation answered.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<ChangeSetDeletionDetails, Failure> {
    let event: ChangeSetEvent = request.deserialize()?;
    let input = DeleteChangeSetInput {
        stack_name: Some(event.target.full_stack_name()?),
        change_set_name: event.change_set_name,
    };
    let request_id = services.cloudformation.delete_change_set(input).await?;
    Ok(ChangeSetDeletionDetails { response_metadata: request_id.into() })
}
