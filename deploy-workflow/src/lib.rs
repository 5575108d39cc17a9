//! Deploys CloudFormation stacks with state machines: the reference application of the workflow engine.
//!
//! A pipeline's job comes to the [`trigger`], which starts an execution of one of the [`definitions`];
//! the [`worker`] fetches the jobs of custom actions.
//! Its Tasks call the [`handlers`], which take a template out of an [`artifact`] and work on [`cloudformation`].
//!
//! | to change | look at |
//! |---|---|
//! | what the machine does, and when it retries or gives up | `definitions/*.asl.json` |
//! | what one Task does | the file of that name under `handlers/` |
//! | which changes are safe | `handlers/inspect_change_set.rs` |
//! | how the in-process CloudFormation behaves | `cloudformation/in_process/` |
//! | what needs a replacement | `cloudformation/in_process/resource_types.rs` |
//! | a situation to try out | `scenario.rs`, `templates/`, `inputs/` |
//! | what is asked for and printed | `cli/`, one file per command |
//! | how jobs are taken from CodePipeline, and when an execution is stopped | `worker/` |
//! | how often something that fails is tried again | `trigger/attempts.rs`, `pauses.rs` |
//! | how AWS is called | `aws/`, in the feature `aws` |
//! | how deployments survive the process | `host.rs`, in the feature `durable` |
//! | what a Lambda function does | `function.rs`, in the feature `durable` |
//!
//! CloudFormation, S3, CodePipeline and Step Functions are behind the traits [`CloudFormation`], [`ArtifactStore`],
//! [`Pipeline`] and [`JobQueue`], and [`Executions`], each with an implementation in this process.
//! With the feature `aws` the module `aws` has CloudFormation, S3 and CodePipeline themselves.
//!
//! # Examples
//!
//! Deploying to an account of one's own, in no time:
//!
//! ```
//! use asl_runtime::Simulation;
//! use asl_runtime::clock::VirtualClock;
//! use deploy_workflow::artifact::pack;
//! use deploy_workflow::definitions::Definition;
//! use deploy_workflow::handlers;
//! use deploy_workflow::sandbox::{BUCKET, Sandbox};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = VirtualClock::default();
//! let sandbox = Sandbox::new(clock.clone());
//! let template = b"Resources: {Topic: {Type: AWS::SNS::Topic}}";
//! sandbox.artifacts.put(BUCKET, "revision.zip", pack(&[("template.yaml", template)])?);
//!
//! let program = Definition::Standard.program().map_err(|diagnostics| format!("{diagnostics:?}"))?;
//! let run = Simulation::new().clock(clock).registry(handlers::registry(&sandbox.services())).run(
//!     &program,
//!     json!({
//!         "environmentName": "test",
//!         "stackName": "topic",
//!         "templatePath": "template.yaml",
//!         "revisionS3Bucket": BUCKET,
//!         "revisionS3Key": "revision.zip",
//!     }),
//! )?;
//! assert_eq!(run.output().and_then(|output| output.get("stackCreationStatus")?.as_str()), Some("complete"));
//! # Ok(())
//! # }
//! ```
//!
//! [`CloudFormation`]: cloudformation::CloudFormation
//! [`ArtifactStore`]: artifact::ArtifactStore
//! [`Pipeline`]: trigger::Pipeline
//! [`JobQueue`]: trigger::JobQueue
//! [`Executions`]: trigger::Executions

pub mod artifact;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cli;
pub mod cloudformation;
pub mod definitions;
#[cfg(feature = "durable")]
pub mod function;
pub mod handlers;
pub mod host;
pub mod input;
#[cfg(feature = "lambda")]
pub mod lambda;
mod names;
mod pauses;
mod redacted;
pub mod rehearsal;
pub mod sandbox;
pub mod scenario;
pub mod trigger;
pub mod worker;

/// The guide, whose code is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/deploy-workflow/own-service.md")]
struct OwnService;
