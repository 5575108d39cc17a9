//! Is the change set made?

use asl_core::Failure;
use asl_runtime::TaskRequest;

use super::event::ChangeSetEvent;
use super::inspect_change_set::{first_page, has_no_changes};
use super::{CHANGE_SET_CREATION_FAILED, Progress, Services};
use crate::cloudformation::ChangeSetStatus;

/// Returns how far it is; fails when it cannot be made.
///
/// A change set without changes fails in CloudFormation; here it is complete, and its inspection says what it is.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<Progress, Failure> {
    let event: ChangeSetEvent = request.deserialize()?;
    let change_set = first_page(&services, &event).await?;
    match change_set.status {
        ChangeSetStatus::CreateComplete => Ok(Progress::Complete),
        ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress => Ok(Progress::InProgress),
        ChangeSetStatus::Failed if has_no_changes(&change_set) => Ok(Progress::Complete),
        status => {
            let name = &change_set.change_set_name;
            let reason = change_set.status_reason.as_deref().unwrap_or("CloudFormation gives no reason");
            Err(Failure::new(CHANGE_SET_CREATION_FAILED, format!("change set `{name}` is {status}: {reason}")))
        }
    }
}
