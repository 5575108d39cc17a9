//! The functions that the deployment's machines call, one file each.
//!
//! The first eight carry the names of the published sample and its contract: each takes the whole input of its state
//! and returns what the sample returned. The others are for what the sample left out.
//!
//! An error of CloudFormation or S3 fails the Task under the error's own code, for the machine to retry or not;
//! no handler ever takes an error for an answer.

mod check_change_set_creation_status;
mod check_change_set_execution_status;
mod check_stack_creation_status;
mod check_stack_deletion_status;
mod check_stack_exists;
mod choose_new_stack_name;
mod create_change_set;
mod create_stack;
mod delete_change_set;
mod delete_stack;
mod event;
mod execute_change_set;
mod find_active_stack;
mod inspect_change_set;
mod record_active_stack;
mod request;
mod stack;

use std::future::Future;
use std::sync::Arc;

use asl_core::Failure;
use asl_runtime::{Registry, TaskHandler, TaskRequest};
use serde::Serialize;

use crate::artifact::{ArtifactStore, StoreError};
use crate::cloudformation::{ApiError, CloudFormation, RequestId};

/// What the handlers work with.
#[derive(Debug, Clone)]
pub struct Services {
    /// Where the stacks are.
    pub cloudformation: Arc<dyn CloudFormation>,
    /// Where the artifacts are.
    pub artifacts: Arc<dyn ArtifactStore>,
}

/// Every handler, under the name of its function.
pub fn registry(services: &Services) -> Registry {
    Registry::new()
        .handler("CheckStackExistsStateMachineTask", bind(services, check_stack_exists::handle))
        .handler("CreateStackStateMachineTask", bind(services, create_stack::handle))
        .handler("CheckStackCreationStatusStateMachineTask", bind(services, check_stack_creation_status::handle))
        .handler("CreateChangeSetStateMachineTask", bind(services, create_change_set::handle))
        .handler(
            "CheckChangeSetCreationStatusStateMachineTask",
            bind(services, check_change_set_creation_status::handle),
        )
        .handler("InspectChangeSetStateMachineTask", bind(services, inspect_change_set::handle))
        .handler("ExecuteChangeSetStateMachineTask", bind(services, execute_change_set::handle))
        .handler("DeleteChangeSetStateMachineTask", bind(services, delete_change_set::handle))
        .handler(
            "CheckChangeSetExecutionStatusStateMachineTask",
            bind(services, check_change_set_execution_status::handle),
        )
        .handler("DeleteStackStateMachineTask", bind(services, delete_stack::handle))
        .handler("CheckStackDeletionStatusStateMachineTask", bind(services, check_stack_deletion_status::handle))
        .handler("FindActiveStackStateMachineTask", bind(services, find_active_stack::handle))
        .handler("ChooseNewStackNameStateMachineTask", bind(services, choose_new_stack_name::handle))
        .handler("RecordActiveStackStateMachineTask", bind(services, record_active_stack::handle))
}

/// A handler of a function that also takes the services.
fn bind<F, R, T>(services: &Services, handle: F) -> impl TaskHandler + use<F, R, T>
where
    F: Fn(Services, TaskRequest) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, Failure>> + Send + 'static,
    T: Serialize + Send + 'static,
{
    let services = services.clone();
    move |request: TaskRequest| handle(services.clone(), request)
}

/// The input does not say what to deploy where.
pub const INVALID_INPUT: &str = "InvalidInput";
/// The artifact, or the template in it, cannot be used.
pub const ARTIFACT_UNUSABLE: &str = "ArtifactUnusable";
/// Something else is going on with the stack; later the same may succeed.
pub const STACK_BUSY: &str = "StackBusy";
/// The stack was never in service or is half deleted; it must be deleted first.
pub const STACK_MUST_BE_DELETED: &str = "StackMustBeDeleted";
/// Only an operator can bring the stack into a state that can be updated.
pub const STACK_NEEDS_OPERATOR: &str = "StackNeedsOperator";
/// The stack could not be created.
pub const STACK_CREATION_FAILED: &str = "StackCreationFailed";
/// The stack could not be updated, and was rolled back.
pub const STACK_UPDATE_FAILED: &str = "StackUpdateFailed";
/// The stack could not be deleted.
pub const STACK_DELETION_FAILED: &str = "StackDeletionFailed";
/// The change set could not be made.
pub const CHANGE_SET_CREATION_FAILED: &str = "ChangeSetCreationFailed";
/// The change set cannot be executed.
pub const CHANGE_SET_NOT_AVAILABLE: &str = "ChangeSetNotAvailable";
/// The stack changed since the change set was made.
pub const CHANGE_SET_OBSOLETE: &str = "ChangeSetObsolete";

/// What the status handlers return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Progress {
    Complete,
    InProgress,
}

/// What every response of the API carries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResponseMetadata {
    request_id: String,
}

impl From<RequestId> for ResponseMetadata {
    fn from(RequestId(request_id): RequestId) -> Self {
        Self { request_id }
    }
}

/// The error's own code is the failure's name.
impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::new(error.code().as_str(), error.message())
    }
}

/// The error's own code is the failure's name.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.message())
    }
}
