//! The operations of the API, carried out on the world.

mod change_sets;
mod stacks;

use async_trait::async_trait;

use self::change_sets::{create_change_set, delete_change_set, execute_change_set};
use self::stacks::{create_stack, delete_stack};
use super::deployment::Deployment;
use super::stack::StackRecord;
use super::template::Template;
use super::{InProcessCloudFormation, Operation};
use crate::cloudformation::api::{
    Capability, CloudFormation, CreateChangeSetInput, CreateChangeSetOutput, CreateStackInput, CreateStackOutput,
    DeleteChangeSetInput, DeleteStackInput, DescribeChangeSetInput, DescribeChangeSetOutput, DescribeStackEventsInput,
    DescribeStackEventsOutput, DescribeStacksInput, DescribeStacksOutput, ExecuteChangeSetInput,
    GetTemplateSummaryInput, GetTemplateSummaryOutput, ListChangeSetsInput, ListChangeSetsOutput, RequestId,
};
use crate::cloudformation::error::{ApiError, ErrorCode};

/// How many events `DescribeStackEvents` returns in one page.
const EVENTS_PER_PAGE: usize = 100;

#[async_trait]
impl CloudFormation for InProcessCloudFormation {
    async fn describe_stacks(&self, input: DescribeStacksInput) -> Result<DescribeStacksOutput, ApiError> {
        self.call(Operation::DescribeStacks, |world| {
            let stack = world.stack(&input.stack_name).map(StackRecord::describe);
            let stack = stack.ok_or_else(|| no_stack_with_id(&input.stack_name))?;
            Ok(DescribeStacksOutput { stacks: vec![stack], request_id: world.request_id() })
        })
    }

    async fn describe_stack_events(
        &self,
        input: DescribeStackEventsInput,
    ) -> Result<DescribeStackEventsOutput, ApiError> {
        self.call(Operation::DescribeStackEvents, |world| {
            let offset = page_offset(input.next_token.as_deref())?;
            let stack = world.stack(&input.stack_name).ok_or_else(|| no_stack_named(&input.stack_name))?;
            let end = offset.saturating_add(EVENTS_PER_PAGE);
            let stack_events = stack.events.iter().rev().skip(offset).take(EVENTS_PER_PAGE).cloned().collect();
            let next_token = (end < stack.events.len()).then(|| end.to_string());
            Ok(DescribeStackEventsOutput { stack_events, next_token, request_id: world.request_id() })
        })
    }

    async fn get_template_summary(&self, input: GetTemplateSummaryInput) -> Result<GetTemplateSummaryOutput, ApiError> {
        let template = self.template(&input.template).await?;
        self.call(Operation::GetTemplateSummary, |world| {
            Ok(GetTemplateSummaryOutput {
                parameters: template.parameters.clone(),
                capabilities: template.required_capabilities(),
                resource_types: template.resources.iter().map(|resource| resource.resource_type.clone()).collect(),
                request_id: world.request_id(),
            })
        })
    }

    async fn create_stack(&self, input: CreateStackInput) -> Result<CreateStackOutput, ApiError> {
        check_name("stackName", &input.stack_name)?;
        let template = self.template(&input.template).await?;
        self.call_with_templates(Operation::CreateStack, |world, library| {
            create_stack(world, &input, &template, library)
        })
        .await
    }

    async fn delete_stack(&self, input: DeleteStackInput) -> Result<RequestId, ApiError> {
        self.call(Operation::DeleteStack, |world| delete_stack(world, &input))
    }

    async fn create_change_set(&self, input: CreateChangeSetInput) -> Result<CreateChangeSetOutput, ApiError> {
        check_name("changeSetName", &input.change_set_name)?;
        let template = self.template(&input.template).await?;
        self.call_with_templates(Operation::CreateChangeSet, |world, library| {
            create_change_set(world, &input, &template, library)
        })
        .await
    }

    async fn describe_change_set(&self, input: DescribeChangeSetInput) -> Result<DescribeChangeSetOutput, ApiError> {
        self.call(Operation::DescribeChangeSet, |world| {
            let offset = page_offset(input.next_token.as_deref())?;
            let request_id = world.request_id();
            let index = world.change_set(&input.change_set_name, input.stack_name.as_deref())?;
            let page = (offset, world.changes_per_page);
            let change_set = world.change_sets.get(index).ok_or_else(internal)?;
            Ok(change_set.describe(world.now, page, request_id))
        })
    }

    async fn list_change_sets(&self, input: ListChangeSetsInput) -> Result<ListChangeSetsOutput, ApiError> {
        self.call(Operation::ListChangeSets, |world| {
            let stack = world.stack(&input.stack_name).ok_or_else(|| no_stack_named(&input.stack_name))?;
            let of_stack = world.change_sets.iter().filter(|change_set| {
                change_set.stack_id == stack.id && change_set.has_name && change_set.parent_id.is_none()
            });
            let summaries = of_stack.map(|change_set| change_set.summary(world.now)).collect();
            Ok(ListChangeSetsOutput { summaries, request_id: world.request_id() })
        })
    }

    async fn execute_change_set(&self, input: ExecuteChangeSetInput) -> Result<RequestId, ApiError> {
        self.call(Operation::ExecuteChangeSet, |world| execute_change_set(world, &input))
    }

    async fn delete_change_set(&self, input: DeleteChangeSetInput) -> Result<RequestId, ApiError> {
        self.call(Operation::DeleteChangeSet, |world| delete_change_set(world, &input))
    }
}

fn check_capabilities(template: &Template, acknowledged: &[Capability]) -> Result<(), ApiError> {
    let is_acknowledged = |needed: &Capability| {
        acknowledged.contains(needed)
            || (*needed == Capability::CapabilityIam && acknowledged.contains(&Capability::CapabilityNamedIam))
    };
    let missing: Vec<_> = template
        .required_capabilities()
        .into_iter()
        .filter(|needed| !is_acknowledged(needed))
        .map(Capability::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Requires capabilities : [{}]", missing.join(", "));
    Err(ApiError::new(ErrorCode::InsufficientCapabilities, message))
}

fn check_nested_capabilities(deployment: &Deployment, acknowledged: &[Capability]) -> Result<(), ApiError> {
    deployment.resources.iter().filter_map(|resource| resource.nested.as_ref()).try_for_each(|nested| {
        check_capabilities(&nested.template, acknowledged)?;
        check_nested_capabilities(nested, acknowledged)
    })
}

/// Names of stacks and change sets: a letter, then letters, digits and hyphens, at most 128 in all.
fn check_name(field: &str, name: &str) -> Result<(), ApiError> {
    let constraint = if name.len() > 128 {
        "Member must have length less than or equal to 128"
    } else if name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Ok(());
    } else {
        "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    };
    Err(ApiError::validation(format!(
        "1 validation error detected: Value '{name}' at '{field}' failed to satisfy constraint: {constraint}"
    )))
}

fn page_offset(next_token: Option<&str>) -> Result<usize, ApiError> {
    next_token.map_or(Ok(0), |token| token.parse().map_err(|_| ApiError::validation("Invalid NextToken")))
}

fn no_stack_with_id(name: &str) -> ApiError {
    ApiError::validation(format!("Stack with id {name} does not exist"))
}

fn no_stack_named(name: &str) -> ApiError {
    ApiError::validation(format!("Stack [{name}] does not exist"))
}

fn internal() -> ApiError {
    ApiError::new(ErrorCode::InternalFailure, "the records of the in-process CloudFormation contradict each other")
}
