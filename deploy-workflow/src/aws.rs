//! CloudFormation, S3 and CodePipeline themselves, through the AWS SDK: the feature `aws`.
//!
//! Credentials come from the SDK's usual places (variables, profiles, web identity, containers, instances), the region
//! likewise; `AWS_ENDPOINT_URL` names another endpoint than AWS's.
//! A call is attempted three times, which takes less time than the Tasks of the machines have; then the machine retries.
//! An error keeps AWS's code and message, but nothing of what lies under it, which may name credentials.
//!
//! # Examples
//!
//! The handlers of the machines on the account that the environment names:
//!
//! ```no_run
//! # async fn example() {
//! let config = deploy_workflow::aws::config().load().await;
//! let registry = deploy_workflow::handlers::registry(&deploy_workflow::aws::services(&config));
//! # }
//! ```

mod artifacts;
mod cloudformation;
mod code_pipeline;
mod error;
mod words;

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

pub use self::artifacts::S3Artifacts;
pub use self::cloudformation::AwsCloudFormation;
pub use self::code_pipeline::AwsCodePipeline;
use crate::handlers::Services;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a call may take with all its attempts: less than the 30 s of the Tasks that make it.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a call is attempted; the machine tries again later.
const ATTEMPTS: u32 = 3;
/// The longest pause between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(4);

/// The configuration that the environment names, with timeouts and retries that fit the machines' Tasks.
///
/// What is set on the loader takes the place of both.
pub fn config() -> ConfigLoader {
    let http_client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(MAX_BACKOFF))
}

/// CloudFormation and S3 for the handlers.
pub fn services(config: &SdkConfig) -> Services {
    Services { cloudformation: Arc::new(AwsCloudFormation::new(config)), artifacts: Arc::new(S3Artifacts::new(config)) }
}
