//! Everything that a deployment works with, in this process: an account with CloudFormation and a store of artifacts.

use std::sync::Arc;

use asl_runtime::clock::Clock;

use crate::artifact::InMemoryArtifacts;
use crate::cloudformation::in_process::Pace;
use crate::cloudformation::{
    ApiError, Capability, CloudFormation as _, CreateStackInput, InProcessCloudFormation, OnFailure, Parameter,
    TemplateSource,
};
use crate::handlers::Services;

/// The bucket of the artifacts and of the machine input file.
pub const BUCKET: &str = "deploy-artifacts";

/// An account of its own; clones share it.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Its CloudFormation.
    pub cloudformation: InProcessCloudFormation,
    /// Its S3.
    pub artifacts: InMemoryArtifacts,
}

impl Sandbox {
    /// An empty account that goes by `clock`.
    pub fn new(clock: impl Clock) -> Self {
        let artifacts = InMemoryArtifacts::new();
        let cloudformation = InProcessCloudFormation::new(Arc::new(clock), Arc::new(artifacts.clone()));
        Self { cloudformation, artifacts }
    }

    /// What the handlers work with.
    pub fn services(&self) -> Services {
        Services { cloudformation: Arc::new(self.cloudformation.clone()), artifacts: Arc::new(self.artifacts.clone()) }
    }

    /// Creates a stack at once, as if it had been there before; returns its id.
    ///
    /// # Errors
    ///
    /// When CloudFormation refuses.
    pub async fn create_stack(
        &self,
        full_stack_name: &str,
        template: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, ApiError> {
        self.cloudformation.set_pace(Pace::INSTANT);
        let input = CreateStackInput {
            stack_name: full_stack_name.to_owned(),
            template: TemplateSource::Body(template.to_owned()),
            parameters: parameters.iter().map(|(key, value)| Parameter::new(*key, *value)).collect(),
            capabilities: vec![Capability::CapabilityNamedIam, Capability::CapabilityAutoExpand],
            on_failure: OnFailure::Rollback,
            client_request_token: None,
        };
        let created = self.cloudformation.create_stack(input).await;
        self.cloudformation.set_pace(Pace::default());
        Ok(created?.stack_id)
    }
}
