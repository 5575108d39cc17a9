//! The operations of CloudFormation that a deployment needs, and what they take and give.

use std::fmt;

use asl_core::Timestamp;
use async_trait::async_trait;

use super::error::ApiError;
use super::status::{
    ChangeAction, ChangeSetStatus, ExecutionStatus, PolicyAction, Replacement, RequiresRecreation, StackStatus,
};
use crate::redacted::Redacted;

/// The operations of the CloudFormation API that a deployment needs.
///
/// Wherever an operation takes a stack or a change set, it takes its name or its ARN.
/// A name finds the living stack of that name; only an ARN finds one that is deleted.
/// Every operation fails with an [`ApiError`] whose code and message are those of the wire.
#[async_trait]
#[expect(missing_docs, reason = "the operations are the API's own")]
pub trait CloudFormation: fmt::Debug + Send + Sync {
    async fn describe_stacks(&self, input: DescribeStacksInput) -> Result<DescribeStacksOutput, ApiError>;
    async fn describe_stack_events(
        &self,
        input: DescribeStackEventsInput,
    ) -> Result<DescribeStackEventsOutput, ApiError>;
    async fn get_template_summary(&self, input: GetTemplateSummaryInput) -> Result<GetTemplateSummaryOutput, ApiError>;
    async fn create_stack(&self, input: CreateStackInput) -> Result<CreateStackOutput, ApiError>;
    async fn delete_stack(&self, input: DeleteStackInput) -> Result<RequestId, ApiError>;
    async fn create_change_set(&self, input: CreateChangeSetInput) -> Result<CreateChangeSetOutput, ApiError>;
    async fn describe_change_set(&self, input: DescribeChangeSetInput) -> Result<DescribeChangeSetOutput, ApiError>;
    async fn list_change_sets(&self, input: ListChangeSetsInput) -> Result<ListChangeSetsOutput, ApiError>;
    async fn execute_change_set(&self, input: ExecuteChangeSetInput) -> Result<RequestId, ApiError>;
    async fn delete_change_set(&self, input: DeleteChangeSetInput) -> Result<RequestId, ApiError>;
}

/// What AWS's support wants to know about a call: `ResponseMetadata.RequestId`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Where the template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateSource {
    /// In the request: `TemplateBody`, at most 51,200 bytes.
    Body(String),
    /// In S3: `TemplateURL`, at most 1,000,000 bytes.
    Url(String),
}

/// The `TemplateURL` of an object in S3.
pub fn template_url(bucket: &str, key: &str) -> String {
    format!("https://{bucket}.s3.amazonaws.com/{key}")
}

/// What the caller acknowledges that a template may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Capability {
    /// It may create IAM resources.
    #[serde(rename = "CAPABILITY_IAM")]
    CapabilityIam,
    /// It may create IAM resources with names of their own.
    #[serde(rename = "CAPABILITY_NAMED_IAM")]
    CapabilityNamedIam,
    /// Macros may rewrite it.
    #[serde(rename = "CAPABILITY_AUTO_EXPAND")]
    CapabilityAutoExpand,
}

impl Capability {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CapabilityIam => "CAPABILITY_IAM",
            Self::CapabilityNamedIam => "CAPABILITY_NAMED_IAM",
            Self::CapabilityAutoExpand => "CAPABILITY_AUTO_EXPAND",
        }
    }
}

/// A parameter's value in a request or in a stack.
#[derive(Clone, PartialEq, Eq)]
pub enum Parameter {
    /// `ParameterValue`.
    Value {
        /// The parameter.
        key: String,
        /// Its value.
        value: String,
    },
    /// `UsePreviousValue`: what the stack has now.
    UsePreviousValue {
        /// The parameter.
        key: String,
    },
}

/// Values may be secret.
impl fmt::Debug for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { key, .. } => {
                formatter.debug_struct("Value").field("key", key).field("value", &Redacted).finish()
            }
            Self::UsePreviousValue { key } => formatter.debug_struct("UsePreviousValue").field("key", key).finish(),
        }
    }
}

impl Parameter {
    /// A parameter with a value.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Value { key: key.into(), value: value.into() }
    }

    /// The parameter's name.
    pub fn key(&self) -> &str {
        match self {
            Self::Value { key, .. } | Self::UsePreviousValue { key } => key,
        }
    }

    /// The parameter's value, if it is given here.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Value { value, .. } => Some(value),
            Self::UsePreviousValue { .. } => None,
        }
    }
}

/// What `DescribeStacks` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DescribeStacksInput {
    pub stack_name: String,
}

/// What `DescribeStacks` gives.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DescribeStacksOutput {
    pub stacks: Vec<Stack>,
    pub request_id: RequestId,
}

/// A stack as `DescribeStacks` shows it.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct Stack {
    pub stack_id: String,
    pub stack_name: String,
    /// The change set that the stack was last changed by.
    pub change_set_id: Option<String>,
    pub stack_status: StackStatus,
    pub stack_status_reason: Option<String>,
    pub parameters: Vec<Parameter>,
    pub capabilities: Vec<Capability>,
    pub creation_time: Timestamp,
    pub last_updated_time: Option<Timestamp>,
    pub deletion_time: Option<Timestamp>,
}

/// What `DescribeStackEvents` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DescribeStackEventsInput {
    pub stack_name: String,
    pub next_token: Option<String>,
}

/// What `DescribeStackEvents` gives.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DescribeStackEventsOutput {
    /// The newest first.
    pub stack_events: Vec<StackEvent>,
    pub next_token: Option<String>,
    pub request_id: RequestId,
}

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct StackEvent {
    pub timestamp: Timestamp,
    /// The stack's name when it happened to the stack itself.
    pub logical_resource_id: String,
    pub physical_resource_id: String,
    pub resource_type: String,
    /// A word of [`StackStatus`] or of [`ResourceStatus`](super::ResourceStatus).
    pub resource_status: String,
    pub resource_status_reason: Option<String>,
}

impl StackEvent {
    /// Whether it happened to the stack of this id itself, and not to a resource of it, such as a nested stack.
    pub fn is_of_stack(&self, stack_id: &str) -> bool {
        self.physical_resource_id == stack_id
    }
}

/// What `GetTemplateSummary` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct GetTemplateSummaryInput {
    pub template: TemplateSource,
}

/// What `GetTemplateSummary` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct GetTemplateSummaryOutput {
    pub parameters: Vec<ParameterDeclaration>,
    /// What the caller must acknowledge.
    pub capabilities: Vec<Capability>,
    pub resource_types: Vec<String>,
    pub request_id: RequestId,
}

/// A parameter that a template declares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct ParameterDeclaration {
    pub parameter_key: String,
    pub parameter_type: String,
    pub default_value: Option<String>,
    /// The value is a secret.
    pub no_echo: bool,
    /// Empty: anything goes.
    pub allowed_values: Vec<String>,
}

/// What becomes of a stack that cannot be created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the API's own words")]
pub enum OnFailure {
    #[default]
    Rollback,
    Delete,
    DoNothing,
}

/// What `CreateStack` takes.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct CreateStackInput {
    pub stack_name: String,
    pub template: TemplateSource,
    pub parameters: Vec<Parameter>,
    pub capabilities: Vec<Capability>,
    pub on_failure: OnFailure,
    /// The same for every delivery of one request.
    pub client_request_token: Option<String>,
}

/// What `CreateStack` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct CreateStackOutput {
    pub stack_id: String,
    pub request_id: RequestId,
}

/// What `DeleteStack` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DeleteStackInput {
    pub stack_name: String,
    pub client_request_token: Option<String>,
}

/// Whether a change set makes a new stack or changes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the API's own words")]
pub enum ChangeSetType {
    Create,
    Update,
}

/// What `CreateChangeSet` takes.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct CreateChangeSetInput {
    pub stack_name: String,
    pub change_set_name: String,
    pub change_set_type: ChangeSetType,
    pub template: TemplateSource,
    pub parameters: Vec<Parameter>,
    pub capabilities: Vec<Capability>,
    /// The same for every delivery of one request.
    pub client_token: Option<String>,
    pub include_nested_stacks: bool,
}

/// What `CreateChangeSet` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct CreateChangeSetOutput {
    /// The ARN of the change set.
    pub id: String,
    pub stack_id: String,
    pub request_id: RequestId,
}

/// What `DescribeChangeSet` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DescribeChangeSetInput {
    pub change_set_name: String,
    /// Needed when the change set is given by name.
    pub stack_name: Option<String>,
    pub next_token: Option<String>,
}

/// What `DescribeChangeSet` gives: one page of it.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DescribeChangeSetOutput {
    pub change_set_id: String,
    pub change_set_name: String,
    pub stack_id: String,
    pub stack_name: String,
    pub creation_time: Timestamp,
    pub status: ChangeSetStatus,
    pub status_reason: Option<String>,
    pub execution_status: ExecutionStatus,
    pub parent_change_set_id: Option<String>,
    pub root_change_set_id: Option<String>,
    pub changes: Vec<Change>,
    pub next_token: Option<String>,
    pub request_id: RequestId,
}

/// One change of a change set.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// `Resource`: a resource is added, modified or removed.
    Resource(ResourceChange),
}

/// What a change set does to one resource.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct ResourceChange {
    pub action: ChangeAction,
    pub logical_resource_id: String,
    pub physical_resource_id: Option<String>,
    pub resource_type: String,
    pub replacement: Option<Replacement>,
    pub policy_action: Option<PolicyAction>,
    pub details: Vec<ChangeDetail>,
    /// The change set of a nested stack.
    pub change_set_id: Option<String>,
}

/// Why a resource is modified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct ChangeDetail {
    /// `Properties`, `Metadata`, `DeletionPolicy`, …
    pub attribute: String,
    /// The property, if it is one.
    pub name: Option<String>,
    pub requires_recreation: RequiresRecreation,
    pub evaluation: Evaluation,
}

/// Whether CloudFormation knows what a property will become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluation {
    /// It does.
    Static,
    /// That shows when the change set is executed.
    Dynamic,
}

/// What `ListChangeSets` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct ListChangeSetsInput {
    pub stack_name: String,
}

/// What `ListChangeSets` gives.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct ListChangeSetsOutput {
    pub summaries: Vec<ChangeSetSummary>,
    pub request_id: RequestId,
}

/// A change set in a list.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct ChangeSetSummary {
    pub change_set_id: String,
    pub change_set_name: String,
    pub status: ChangeSetStatus,
    pub execution_status: ExecutionStatus,
}

/// What `ExecuteChangeSet` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct ExecuteChangeSetInput {
    pub change_set_name: String,
    /// Needed when the change set is given by name.
    pub stack_name: Option<String>,
    pub client_request_token: Option<String>,
}

/// What `DeleteChangeSet` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the API's own")]
pub struct DeleteChangeSetInput {
    pub change_set_name: String,
    /// Needed when the change set is given by name.
    pub stack_name: Option<String>,
}
