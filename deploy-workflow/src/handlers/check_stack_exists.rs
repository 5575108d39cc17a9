//! Is there a stack that can be changed? If not, one can be created, unless something is in the way.

use asl_core::Failure;
use asl_runtime::TaskRequest;

use super::event::Target;
use super::{Services, stack};

/// Returns whether the stack exists; fails when it exists and cannot be changed as it is.
pub(super) async fn handle(services: Services, request: TaskRequest) -> Result<bool, Failure> {
    let target: Target = request.deserialize()?;
    match stack::find(&services, &target.full_stack_name()?).await? {
        Some(stack) => Ok(stack::accepted_change_set_type(&stack)?.is_some()),
        None => Ok(false),
    }
}
