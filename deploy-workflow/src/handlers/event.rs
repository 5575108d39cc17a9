//! The parts of a state's input that several handlers read.

use std::collections::BTreeMap;

use asl_core::Failure;
use serde::Deserialize;

use crate::cloudformation::Capability;
use crate::names::full_stack_name;

/// Which stack it is about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) environment_name: String,
    pub(super) stack_name: String,
}

impl Target {
    /// The name that CloudFormation knows the stack by.
    pub(super) fn full_stack_name(&self) -> Result<String, Failure> {
        full_stack_name(&self.environment_name, &self.stack_name)
    }
}

/// Which change set it is about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeSetEvent {
    #[serde(flatten)]
    pub(super) target: Target,
    pub(super) change_set_name: String,
}

/// What to deploy; it has no debug form, for parameters may be secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeployEvent {
    #[serde(flatten)]
    pub(super) target: Target,
    pub(super) template_path: String,
    #[serde(flatten)]
    pub(super) revision: Revision,
    pub(super) capabilities: Option<Vec<Capability>>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, String>,
}

impl DeployEvent {
    /// What the template may do; the sample acknowledged `CAPABILITY_IAM` whatever it deployed.
    pub(super) fn capabilities(&self) -> Vec<Capability> {
        self.capabilities.clone().unwrap_or_else(|| vec![Capability::CapabilityIam])
    }
}

/// Where the artifact is.
#[derive(Debug, Deserialize)]
pub(super) struct Revision {
    #[serde(rename = "revisionS3Bucket")]
    pub(super) bucket: String,
    #[serde(rename = "revisionS3Key")]
    pub(super) key: String,
}

/// The ids that an earlier Task recorded.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StackDetails {
    pub(super) stack_id: Option<String>,
    pub(super) change_set_id: Option<String>,
}
