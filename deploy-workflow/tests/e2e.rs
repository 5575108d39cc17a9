//! Deployments by the whole machine against the emulator that `AWS_ENDPOINT_URL` names.
//!
//! `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are needed beside it;
//! without the first the tests say so and pass, so that nothing is ever created in an account.
//! Time is real: the machine's waits are shortened to a second.
#![cfg(test)]

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use asl_core::execution::Outcome;
use asl_runtime::Engine;
use aws_sdk_s3::config::Builder;
use deploy_workflow::artifact::pack;
use deploy_workflow::aws;
use deploy_workflow::cloudformation::{DeleteStackInput, DescribeStacksInput, ListChangeSetsInput, StackStatus};
use deploy_workflow::definitions::Definition;
use deploy_workflow::handlers::{self, Services};
use serde_json::{Value as Json, json};

const BUCKET: &str = "deploy-workflow-e2e";
const TOPIC: &str = "{Type: AWS::SNS::Topic}";

/// A stack of its own, and what deploys to it.
struct Stage {
    services: Services,
    engine: Engine,
    machine: String,
    stack_name: String,
    deployments: u32,
}

impl Stage {
    async fn build(name: &str) -> Option<Self> {
        if std::env::var_os("AWS_ENDPOINT_URL").is_none() {
            println!("skipped: AWS_ENDPOINT_URL names no emulator");
            return None;
        }
        let config = aws::config().load().await;
        let s3 = aws_sdk_s3::Client::from_conf(Builder::from(&config).force_path_style(true).build());
        // It may be there from a former run.
        let _ = s3.create_bucket().bucket(BUCKET).send().await;
        let services = aws::services(&config);
        let engine = Engine::builder().registry(handlers::registry(&services)).build().await.unwrap();
        let definition = Definition::Standard.text().replace("\"pollSeconds\": 10", "\"pollSeconds\": 1");
        let machine = engine.create_state_machine("deploy", &definition).await.unwrap().to_string();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let stack_name = format!("{name}-{}", since_epoch.as_millis());
        Some(Self { services, engine, machine, stack_name, deployments: 0 })
    }

    fn full_stack_name(&self) -> String {
        format!("e2e-{}", self.stack_name)
    }

    /// Deploys a template; returns the execution's output, or its error.
    async fn deploy(&mut self, template: &str) -> Result<Json, String> {
        self.deployments += 1;
        let key = format!("{}/revision-{}.zip", self.stack_name, self.deployments);
        let archive = pack(&[("template.yaml", template.as_bytes())]).unwrap();
        self.services.artifacts.put_object(BUCKET, &key, Arc::from(archive)).await.unwrap();
        let input = json!({
            "environmentName": "e2e",
            "stackName": self.stack_name,
            "templatePath": "template.yaml",
            "revisionS3Bucket": BUCKET,
            "revisionS3Key": key,
        });
        let name = format!("{}-{}", self.stack_name, self.deployments);
        let started = self.engine.start_execution(&self.machine, Some(&name), input).await.unwrap();
        match self.engine.wait(&started.execution_arn).await.unwrap() {
            Outcome::Succeeded(output) => Ok(serde_json::to_value(output).unwrap()),
            Outcome::Failed(failure) => Err(failure.to_string()),
            other => panic!("{other:?}"),
        }
    }

    /// Waits until nothing is going on with the stack.
    async fn settled(&self) -> StackStatus {
        for _ in 0..120 {
            let input = DescribeStacksInput { stack_name: self.full_stack_name() };
            let stacks = self.services.cloudformation.describe_stacks(input).await.unwrap().stacks;
            let status = stacks.first().unwrap().stack_status;
            if !status.as_str().ends_with("_IN_PROGRESS") {
                return status;
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        panic!("the stack does not settle");
    }

    async fn delete(&self) {
        let input = DeleteStackInput { stack_name: self.full_stack_name(), client_request_token: None };
        self.services.cloudformation.delete_stack(input).await.unwrap();
    }

    async fn change_sets(&self) -> Vec<String> {
        let input = ListChangeSetsInput { stack_name: self.full_stack_name() };
        let output = self.services.cloudformation.list_change_sets(input).await.unwrap();
        output.summaries.into_iter().map(|summary| summary.change_set_name).collect()
    }
}

#[tokio::test]
async fn a_template_over_the_limit_is_read_from_s3() {
    let Some(mut stage) = Stage::build("large").await else { return };
    let template = format!("# {}\nResources: {{Topic: {TOPIC}}}", "x".repeat(51_200));
    assert_eq!(stage.deploy(&template).await.unwrap()["stackCreationStatus"], "complete");
    stage.delete().await;
}

#[tokio::test]
async fn a_stack_is_created_updated_and_protected() {
    let Some(mut stage) = Stage::build("app").await else { return };
    let template = |queue: &str, more: &str| {
        format!(
            "Parameters: {{environmentName: {{Type: String}}}}\n\
             Resources: {{Queue: {{Type: AWS::SQS::Queue, Properties: {{{queue}}}}}{more}}}"
        )
    };
    let name = format!("QueueName: {}", stage.stack_name);
    let sample = template(&name, &format!(", Topic: {TOPIC}"));

    let output = stage.deploy(&sample).await.unwrap();
    assert_eq!((&output["doesStackExists"], &output["stackCreationStatus"]), (&json!(false), &json!("complete")));

    let output = stage.deploy(&sample).await.unwrap();
    assert_eq!(output["changeSetAction"], "NO-CHANGES");
    assert_eq!(stage.change_sets().await, Vec::<String>::new());

    let grown = template(&name, &format!(", Topic: {TOPIC}, Second: {TOPIC}"));
    let output = stage.deploy(&grown).await.unwrap();
    assert_eq!(output["changeSetAction"], "CAN-SAFELY-UPDATE-EXISTING-STACK");
    assert_eq!(stage.settled().await, StackStatus::UpdateComplete);

    let before = stage.change_sets().await;
    let renamed = template(&format!("{name}-renamed"), &format!(", Topic: {TOPIC}, Second: {TOPIC}"));
    for unsafe_template in [renamed, sample] {
        let failure = stage.deploy(&unsafe_template).await.unwrap_err();
        assert_eq!(failure, "Deployment Failed: Deployment Failed");
        assert_eq!(stage.settled().await, StackStatus::UpdateComplete);
        assert_eq!(stage.change_sets().await, before);
    }
    stage.delete().await;
}
