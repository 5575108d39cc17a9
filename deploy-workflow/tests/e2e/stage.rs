//! Where a scenario is played: an account in this process, or the one of an emulator.

use std::sync::Arc;
use std::time::Duration;

use asl_core::Timestamp;
use asl_core::execution::Outcome;
use asl_core::history::HistoryEvent;
use asl_runtime::Engine;
use asl_runtime::clock::{Clock, SystemClock, TokioClock};
use aws_config::SdkConfig;
use aws_sdk_s3::config::Builder;
use deploy_workflow::aws;
use deploy_workflow::cloudformation::{
    CreateStackInput, DeleteStackInput, DescribeStacksInput, ListChangeSetsInput, OnFailure, Parameter, StackStatus,
    TemplateSource,
};
use deploy_workflow::handlers::{self, Services};
use deploy_workflow::sandbox::{BUCKET, Sandbox};
use serde_json::{Value as Json, json};

use crate::interference::{Interference, Proxy};
use crate::scenarios::{Archive, Scenario};

/// The environment of every stack, the first part of its name.
pub(crate) const ENVIRONMENT: &str = "e2e";
/// Where the virtual clock begins.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// How long a stack may take to settle.
const SETTLED_WITHIN: Duration = Duration::from_secs(90);

/// The histories of a scenario's deployments, in order.
pub(crate) type Histories = Vec<Vec<HistoryEvent>>;

/// Plays a scenario in this process, in virtual time.
pub(crate) async fn play_in_process(scenario: &Scenario, run: &str) -> Result<Histories, String> {
    let clock = TokioClock::starting_at(START);
    let sandbox = Sandbox::new(clock.clone());
    let stage = Stage::build(sandbox.services(), clock, scenario, run).await?;
    stage.prepare(scenario).await?;
    for fault in scenario.interference.faults() {
        sandbox.cloudformation.inject(fault);
    }
    stage.play(scenario).await
}

/// Plays a scenario in the account of an emulator, whose answers the scenario's interference changes on the way.
pub(crate) async fn play_on_emulator(config: &SdkConfig, scenario: &Scenario, run: &str) -> Result<Histories, String> {
    let s3 = aws_sdk_s3::Client::from_conf(Builder::from(config).force_path_style(true).build());
    // It may be there from a former run.
    let _ = s3.create_bucket().bucket(BUCKET).send().await;
    let direct = aws::services(config);
    let stage = Stage::build(direct.clone(), SystemClock, scenario, run).await?;
    stage.prepare(scenario).await?;
    if matches!(scenario.interference, Interference::None) {
        return stage.play(scenario).await;
    }
    let proxy = Proxy::start(config, scenario.interference.clone()).await?;
    let config = aws::config().endpoint_url(proxy.endpoint()).load().await;
    let services = Services { cloudformation: aws::services(&config).cloudformation, ..direct };
    Stage::build(services, SystemClock, scenario, run).await?.play(scenario).await
}

struct Stage<C> {
    services: Services,
    clock: C,
    engine: Engine,
    machine: String,
    stack_name: String,
}

impl<C: Clock + Clone> Stage<C> {
    async fn build(services: Services, clock: C, scenario: &Scenario, run: &str) -> Result<Self, String> {
        let registry = handlers::registry(&services);
        let engine = Engine::builder().clock(clock.clone()).registry(registry).account("111122223333").seed(7).build();
        let engine = engine.await.map_err(|error| error.to_string())?;
        let machine = engine.create_state_machine("deploy", &scenario.machine()).await;
        let machine = machine.map_err(|error| error.to_string())?.to_string();
        Ok(Self { services, clock, engine, machine, stack_name: scenario.stack_name(run) })
    }

    /// Creates the stacks that are there before.
    async fn prepare(&self, scenario: &Scenario) -> Result<(), String> {
        for (suffix, template) in &scenario.before {
            let name = format!("{}{suffix}", full_name(&self.stack_name));
            let input = CreateStackInput {
                stack_name: name.clone(),
                template: TemplateSource::Body(template.clone()),
                parameters: vec![Parameter::new("environmentName", ENVIRONMENT)],
                capabilities: Vec::new(),
                on_failure: OnFailure::DoNothing,
                client_request_token: None,
            };
            let created = self.services.cloudformation.create_stack(input).await;
            created.map_err(|error| format!("{name} cannot be created: {error}"))?;
            match self.settled(&name).await?.as_deref() {
                Some("CREATE_COMPLETE") => {}
                status => return Err(format!("{name} is {status:?} before the first deployment")),
            }
        }
        Ok(())
    }

    /// Carries out the scenario's deployments, and checks how each ended.
    async fn play(&self, scenario: &Scenario) -> Result<Histories, String> {
        let mut histories = Vec::new();
        let mut stacks = vec![full_name(&self.stack_name)];
        for (index, revision) in scenario.revisions.iter().enumerate() {
            let number = index + 1;
            let fault = |what: String| format!("deployment {number}: {what}");
            let (outcome, history) = self.deploy(number, &revision.archive).await.map_err(fault)?;
            let ending = &revision.ending;
            ending.check(&outcome).map_err(fault)?;
            if let Ok(output) = &outcome {
                stacks.extend(output["stackName"].as_str().map(full_name).filter(|name| !stacks.contains(name)));
            }
            if scenario.shows_what_is_left() {
                let status = self.settled(&full_name(&self.stack_name)).await.map_err(fault)?;
                if status.as_deref() != ending.stack_status {
                    return Err(fault(format!("the stack is {status:?}, and not {:?}", ending.stack_status)));
                }
                let left = self.unexecuted_change_sets().await.map_err(fault)?;
                if !left.is_empty() {
                    return Err(fault(format!("change sets were left behind: {left:?}")));
                }
            }
            histories.push(history);
        }
        if stacks.len() != scenario.stacks {
            return Err(format!("there are {} stacks, and not {}: {stacks:?}", stacks.len(), scenario.stacks));
        }
        self.clean_up(scenario, stacks).await;
        Ok(histories)
    }

    async fn deploy(
        &self,
        number: usize,
        archive: &Archive,
    ) -> Result<(Result<Json, String>, Vec<HistoryEvent>), String> {
        let key = format!("{}/revision-{number}.zip", self.stack_name);
        let bytes = Arc::from(archive.bytes());
        self.services.artifacts.put_object(BUCKET, &key, bytes).await.map_err(|error| error.to_string())?;
        let input = json!({
            "environmentName": ENVIRONMENT,
            "stackName": self.stack_name,
            "templatePath": "template.yaml",
            "revisionS3Bucket": BUCKET,
            "revisionS3Key": key,
        });
        let name = format!("{}-{number}", self.stack_name);
        let started = self.engine.start_execution(&self.machine, Some(&name), input).await;
        let execution = started.map_err(|error| error.to_string())?.execution_arn;
        let outcome = match self.engine.wait(&execution).await.map_err(|error| error.to_string())? {
            Outcome::Succeeded(output) => Ok(serde_json::to_value(output).map_err(|error| error.to_string())?),
            Outcome::Failed(failure) => Err(failure.to_string()),
            other => return Err(format!("the execution ended with {other:?}")),
        };
        let history = self.engine.get_execution_history(&execution).await.map_err(|error| error.to_string())?;
        Ok((outcome, history))
    }

    /// The status of a stack once nothing is going on with it; `None` of one that does not exist.
    async fn settled(&self, name: &str) -> Result<Option<String>, String> {
        let deadline = self.clock.now().saturating_add(SETTLED_WITHIN);
        loop {
            let input = DescribeStacksInput { stack_name: name.to_owned() };
            let status = match self.services.cloudformation.describe_stacks(input).await {
                Ok(output) => output.stacks.first().map(|stack| stack.stack_status),
                Err(error) if error.says_stack_does_not_exist() => None,
                Err(error) => return Err(error.to_string()),
            };
            match status {
                Some(status) if status.as_str().ends_with("_IN_PROGRESS") => {
                    if self.clock.now() >= deadline {
                        return Err(format!("{name} is {status} for ever"));
                    }
                    self.clock.sleep(Duration::from_millis(500)).await;
                }
                Some(StackStatus::DeleteComplete) | None => return Ok(None),
                Some(status) => return Ok(Some(status.to_string())),
            }
        }
    }

    /// The change sets of the stack that could still be executed.
    async fn unexecuted_change_sets(&self) -> Result<Vec<String>, String> {
        let input = ListChangeSetsInput { stack_name: full_name(&self.stack_name) };
        let summaries = match self.services.cloudformation.list_change_sets(input).await {
            Ok(output) => output.summaries,
            Err(error) if error.says_stack_does_not_exist() => return Ok(Vec::new()),
            Err(error) => return Err(error.to_string()),
        };
        let unexecuted =
            summaries.into_iter().filter(|summary| !summary.execution_status.as_str().starts_with("EXECUTE_"));
        Ok(unexecuted.map(|summary| summary.change_set_name).collect())
    }

    /// Deletes the stacks; an emulator is stopped anyway, so that it is no fault if it does not.
    async fn clean_up(&self, scenario: &Scenario, mut stacks: Vec<String>) {
        let requested = full_name(&self.stack_name);
        stacks.extend(scenario.before.iter().map(|(suffix, _)| format!("{requested}{suffix}")));
        for stack_name in stacks {
            let input = DeleteStackInput { stack_name, client_request_token: None };
            let _ = self.services.cloudformation.delete_stack(input).await;
        }
    }
}

/// The name that CloudFormation knows a stack by.
pub(crate) fn full_name(stack_name: &str) -> String {
    format!("{ENVIRONMENT}-{stack_name}")
}
