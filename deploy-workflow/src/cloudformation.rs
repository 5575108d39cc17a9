//! CloudFormation as the deployment uses it: the API behind a trait, and one in this process that behaves like it.
//!
//! Operations, fields, statuses and error codes carry the names that they have on the wire,
//! so that AWS's SDK fits behind [`CloudFormation`] without a translation of meaning.
//! See the [API reference](https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/).

mod api;
mod error;
pub mod in_process;
mod status;

pub use self::api::{
    Capability, Change, ChangeDetail, ChangeSetSummary, ChangeSetType, CloudFormation, CreateChangeSetInput,
    CreateChangeSetOutput, CreateStackInput, CreateStackOutput, DeleteChangeSetInput, DeleteStackInput,
    DescribeChangeSetInput, DescribeChangeSetOutput, DescribeStackEventsInput, DescribeStackEventsOutput,
    DescribeStacksInput, DescribeStacksOutput, Evaluation, ExecuteChangeSetInput, GetTemplateSummaryInput,
    GetTemplateSummaryOutput, ListChangeSetsInput, ListChangeSetsOutput, OnFailure, Parameter, ParameterDeclaration,
    RequestId, ResourceChange, Stack, StackEvent, TemplateSource, template_url,
};
pub use self::error::{ApiError, ErrorCode};
pub use self::in_process::InProcessCloudFormation;
pub use self::status::{
    ChangeAction, ChangeSetStatus, ExecutionStatus, PolicyAction, Replacement, RequiresRecreation, ResourceStatus,
    StackCondition, StackStatus,
};
