//! The program for AWS Lambda; see [`deploy_workflow::lambda`].
//!
//! `DEPLOY_WORKFLOW_STORE` names the directory of the executions, on a file system that outlives the function;
//! `DEPLOY_WORKFLOW_DEFINITION` the definition, `standard` if it is not set.

use std::sync::Arc;

use deploy_workflow::aws::{self, AwsCodePipeline};
use deploy_workflow::definitions::Definition;
use deploy_workflow::function::Function;
use deploy_workflow::lambda::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let store = std::env::var_os("DEPLOY_WORKFLOW_STORE").ok_or("DEPLOY_WORKFLOW_STORE names no directory")?;
    let definition = match std::env::var("DEPLOY_WORKFLOW_DEFINITION") {
        Ok(name) => Definition::from_name(&name).ok_or("DEPLOY_WORKFLOW_DEFINITION names no definition")?,
        Err(_) => Definition::default(),
    };
    let config = aws::config().load().await;
    let pipeline = Arc::new(AwsCodePipeline::new(&config));
    serve(&Function::new(store, aws::services(&config), pipeline).definition(definition)).await
}
