//! CloudFormation itself.

use std::fmt;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::RequestId as _;
use aws_sdk_cloudformation::types;

use super::error::unusable;
use super::words;
use crate::cloudformation::{
    ApiError, ChangeSetType, CloudFormation, CreateChangeSetInput, CreateChangeSetOutput, CreateStackInput,
    CreateStackOutput, DeleteChangeSetInput, DeleteStackInput, DescribeChangeSetInput, DescribeChangeSetOutput,
    DescribeStackEventsInput, DescribeStackEventsOutput, DescribeStacksInput, DescribeStacksOutput,
    ExecuteChangeSetInput, GetTemplateSummaryInput, GetTemplateSummaryOutput, ListChangeSetsInput,
    ListChangeSetsOutput, OnFailure, RequestId, TemplateSource,
};

/// How many pages of change sets are listed.
const MAX_PAGES: usize = 100;

/// The stacks of an account and region.
#[derive(Clone)]
pub struct AwsCloudFormation {
    client: Client,
}

impl AwsCloudFormation {
    /// CloudFormation at the configured endpoint.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

/// The configuration names an access key.
impl fmt::Debug for AwsCloudFormation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AwsCloudFormation").finish_non_exhaustive()
    }
}

#[async_trait]
impl CloudFormation for AwsCloudFormation {
    async fn describe_stacks(&self, input: DescribeStacksInput) -> Result<DescribeStacksOutput, ApiError> {
        let output = self.client.describe_stacks().stack_name(input.stack_name).send().await?;
        let request_id = request_id(output.request_id());
        let stacks = output.stacks.unwrap_or_default().into_iter().map(words::stack).collect::<Result<_, _>>()?;
        Ok(DescribeStacksOutput { stacks, request_id })
    }

    async fn describe_stack_events(
        &self,
        input: DescribeStackEventsInput,
    ) -> Result<DescribeStackEventsOutput, ApiError> {
        let request = self.client.describe_stack_events().stack_name(input.stack_name);
        let output = request.set_next_token(input.next_token).send().await?;
        let request_id = request_id(output.request_id());
        let events = output.stack_events.unwrap_or_default().into_iter();
        let stack_events = events.map(words::stack_event).collect::<Result<_, _>>()?;
        Ok(DescribeStackEventsOutput { stack_events, next_token: output.next_token, request_id })
    }

    async fn get_template_summary(&self, input: GetTemplateSummaryInput) -> Result<GetTemplateSummaryOutput, ApiError> {
        let (body, url) = template(input.template);
        let request = self.client.get_template_summary().set_template_body(body).set_template_url(url);
        let output = request.send().await?;
        let request_id = request_id(output.request_id());
        let parameters = output.parameters.unwrap_or_default();
        Ok(GetTemplateSummaryOutput {
            parameters: parameters.into_iter().filter_map(words::parameter_declaration).collect(),
            capabilities: words::capabilities(output.capabilities),
            resource_types: output.resource_types.unwrap_or_default(),
            request_id,
        })
    }

    async fn create_stack(&self, input: CreateStackInput) -> Result<CreateStackOutput, ApiError> {
        let (body, url) = template(input.template);
        let request = self
            .client
            .create_stack()
            .stack_name(input.stack_name)
            .set_template_body(body)
            .set_template_url(url)
            .set_parameters(Some(input.parameters.into_iter().map(words::to_parameter).collect()))
            .set_capabilities(Some(input.capabilities.into_iter().map(words::to_capability).collect()))
            .on_failure(match input.on_failure {
                OnFailure::Rollback => types::OnFailure::Rollback,
                OnFailure::Delete => types::OnFailure::Delete,
                OnFailure::DoNothing => types::OnFailure::DoNothing,
            })
            .set_client_request_token(input.client_request_token);
        let output = request.send().await?;
        let request_id = request_id(output.request_id());
        Ok(CreateStackOutput { stack_id: words::required("CreateStack", "StackId", output.stack_id)?, request_id })
    }

    async fn delete_stack(&self, input: DeleteStackInput) -> Result<RequestId, ApiError> {
        let request = self.client.delete_stack().stack_name(input.stack_name);
        let output = request.set_client_request_token(input.client_request_token).send().await?;
        Ok(request_id(output.request_id()))
    }

    async fn create_change_set(&self, input: CreateChangeSetInput) -> Result<CreateChangeSetOutput, ApiError> {
        const OPERATION: &str = "CreateChangeSet";
        let (body, url) = template(input.template);
        let request = self
            .client
            .create_change_set()
            .stack_name(input.stack_name)
            .change_set_name(input.change_set_name)
            .change_set_type(match input.change_set_type {
                ChangeSetType::Create => types::ChangeSetType::Create,
                ChangeSetType::Update => types::ChangeSetType::Update,
            })
            .set_template_body(body)
            .set_template_url(url)
            .set_parameters(Some(input.parameters.into_iter().map(words::to_parameter).collect()))
            .set_capabilities(Some(input.capabilities.into_iter().map(words::to_capability).collect()))
            .set_client_token(input.client_token)
            .include_nested_stacks(input.include_nested_stacks);
        let output = request.send().await?;
        let request_id = request_id(output.request_id());
        Ok(CreateChangeSetOutput {
            id: words::required(OPERATION, "Id", output.id)?,
            stack_id: words::required(OPERATION, "StackId", output.stack_id)?,
            request_id,
        })
    }

    async fn describe_change_set(&self, input: DescribeChangeSetInput) -> Result<DescribeChangeSetOutput, ApiError> {
        const OPERATION: &str = "DescribeChangeSet";
        let request = self.client.describe_change_set().change_set_name(input.change_set_name);
        let output = request.set_stack_name(input.stack_name).set_next_token(input.next_token).send().await?;
        let request_id = request_id(output.request_id());
        let changes = output.changes.unwrap_or_default().into_iter();
        Ok(DescribeChangeSetOutput {
            change_set_id: words::required(OPERATION, "ChangeSetId", output.change_set_id)?,
            change_set_name: words::required(OPERATION, "ChangeSetName", output.change_set_name)?,
            stack_id: words::required(OPERATION, "StackId", output.stack_id)?,
            stack_name: words::required(OPERATION, "StackName", output.stack_name)?,
            creation_time: words::timestamp(words::required(OPERATION, "CreationTime", output.creation_time)?),
            status: words::change_set_status(OPERATION, output.status)?,
            status_reason: output.status_reason,
            execution_status: words::execution_status(OPERATION, output.execution_status)?,
            parent_change_set_id: output.parent_change_set_id,
            root_change_set_id: output.root_change_set_id,
            changes: changes.map(words::change).collect::<Result<_, _>>()?,
            next_token: output.next_token,
            request_id,
        })
    }

    async fn list_change_sets(&self, input: ListChangeSetsInput) -> Result<ListChangeSetsOutput, ApiError> {
        let mut summaries = Vec::new();
        let mut next_token = None;
        for _ in 0..MAX_PAGES {
            let request = self.client.list_change_sets().stack_name(&input.stack_name);
            let output = request.set_next_token(next_token).send().await?;
            let request_id = request_id(output.request_id());
            for summary in output.summaries.unwrap_or_default() {
                summaries.push(words::change_set_summary(summary)?);
            }
            next_token = output.next_token;
            if next_token.is_none() {
                return Ok(ListChangeSetsOutput { summaries, request_id });
            }
        }
        Err(unusable("ListChangeSets", &format!("has more than {MAX_PAGES} pages")))
    }

    async fn execute_change_set(&self, input: ExecuteChangeSetInput) -> Result<RequestId, ApiError> {
        let request = self
            .client
            .execute_change_set()
            .change_set_name(input.change_set_name)
            .set_stack_name(input.stack_name)
            .set_client_request_token(input.client_request_token);
        Ok(request_id(request.send().await?.request_id()))
    }

    async fn delete_change_set(&self, input: DeleteChangeSetInput) -> Result<RequestId, ApiError> {
        let request = self.client.delete_change_set().change_set_name(input.change_set_name);
        let output = request.set_stack_name(input.stack_name).send().await?;
        Ok(request_id(output.request_id()))
    }
}

fn request_id(request_id: Option<&str>) -> RequestId {
    RequestId(request_id.unwrap_or_default().to_owned())
}

/// `TemplateBody` and `TemplateURL`, of which one is given.
fn template(source: TemplateSource) -> (Option<String>, Option<String>) {
    match source {
        TemplateSource::Body(body) => (Some(body), None),
        TemplateSource::Url(url) => (None, Some(url)),
    }
}
