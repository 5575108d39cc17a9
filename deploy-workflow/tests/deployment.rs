//! A deployment under test: an account, a revision of the template, and one execution after the other.

use std::sync::LazyLock;

use asl_core::execution::Start;
use asl_core::history::EventDetails;
use asl_core::{Program, Value};
use asl_runtime::clock::VirtualClock;
use asl_runtime::{Run, Simulation};
use deploy_workflow::artifact::pack;
use deploy_workflow::cloudformation::{
    ChangeSetSummary, CloudFormation as _, DescribeStackEventsInput, DescribeStacksInput, ListChangeSetsInput, Stack,
    StackEvent,
};
use deploy_workflow::definitions::Definition;
use deploy_workflow::handlers;
use deploy_workflow::sandbox::{BUCKET, Sandbox};
use serde_json::{Value as Json, json};

pub(crate) const SAMPLE: &str = include_str!("../templates/sample.yaml");
pub(crate) const SAFE_UPDATE: &str = include_str!("../templates/safe-update.yaml");
pub(crate) const RENAMED_TABLE: &str = include_str!("../templates/renamed-table.yaml");
pub(crate) const WITHOUT_QUEUE: &str = include_str!("../templates/without-queue.yaml");
pub(crate) const FIXED_NAME: &str = include_str!("../templates/fixed-name.yaml");
pub(crate) const FIXED_NAME_RENAMED_TABLE: &str = include_str!("../templates/fixed-name-renamed-table.yaml");

/// The full name of the stack that is deployed.
pub(crate) const STACK: &str = "prod-sample-lambda-app";
const KEY: &str = "revision.zip";

pub(crate) struct Deployment {
    pub(crate) sandbox: Sandbox,
    clock: VirtualClock,
    executions: u32,
}

impl Deployment {
    /// An account without stacks.
    pub(crate) fn new() -> Self {
        let clock = VirtualClock::default();
        Self { sandbox: Sandbox::new(clock.clone()), clock, executions: 0 }
    }

    /// An account in which the stack was created from `template`.
    pub(crate) fn of_stack(template: &str) -> Self {
        let deployment = Self::new();
        wait(deployment.sandbox.create_stack(STACK, template, &[("environmentName", "prod")])).unwrap();
        deployment
    }

    /// Deploys `template` with the standard machine.
    pub(crate) fn deploy(&mut self, template: &str) -> Run {
        self.deploy_with(Definition::Standard, template, &json!({}))
    }

    /// Deploys `template`; the members of `more` are added to the machine's input.
    pub(crate) fn deploy_with(&mut self, definition: Definition, template: &str, more: &Json) -> Run {
        self.put_revision(&[("infra/template.yaml", template.as_bytes())]);
        self.execute(definition, more)
    }

    pub(crate) fn put_revision(&self, files: &[(&str, &[u8])]) {
        self.sandbox.artifacts.put(BUCKET, KEY, pack(files).unwrap());
    }

    pub(crate) fn execute(&mut self, definition: Definition, more: &Json) -> Run {
        self.simulate(definition, more, |_| {})
    }

    /// Executes while `meanwhile` is told every state that is entered.
    pub(crate) fn execute_while(
        &mut self,
        definition: Definition,
        meanwhile: impl FnMut(&str) + Send + 'static,
    ) -> Run {
        self.simulate(definition, &json!({}), meanwhile)
    }

    fn simulate(
        &mut self,
        definition: Definition,
        more: &Json,
        mut meanwhile: impl FnMut(&str) + Send + 'static,
    ) -> Run {
        self.executions += 1;
        let name = format!("execution-{}", self.executions);
        let mut input = input();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Simulation::new()
            .clock(self.clock.clone())
            .registry(handlers::registry(&self.sandbox.services()))
            .observe(move |event| {
                if let EventDetails::StateEntered { name, .. } = &event.details {
                    meanwhile(name);
                }
            })
            .run_start(&program(definition), Start::new(name, input))
            .unwrap()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds));
    }

    /// The stack of this name or id.
    pub(crate) fn stack(&self, name_or_id: &str) -> Option<Stack> {
        let input = DescribeStacksInput { stack_name: name_or_id.to_owned() };
        wait(self.sandbox.cloudformation.describe_stacks(input)).ok()?.stacks.pop()
    }

    pub(crate) fn status(&self, name_or_id: &str) -> String {
        self.stack(name_or_id).map_or("absent".to_owned(), |stack| stack.stack_status.to_string())
    }

    pub(crate) fn events(&self, name_or_id: &str) -> Vec<StackEvent> {
        let input = DescribeStackEventsInput { stack_name: name_or_id.to_owned(), next_token: None };
        wait(self.sandbox.cloudformation.describe_stack_events(input)).unwrap().stack_events
    }

    pub(crate) fn change_sets(&self) -> Vec<ChangeSetSummary> {
        let input = ListChangeSetsInput { stack_name: STACK.to_owned() };
        wait(self.sandbox.cloudformation.list_change_sets(input)).unwrap().summaries
    }
}

/// The program of a definition, compiled once.
fn program(definition: Definition) -> Program {
    static PROGRAMS: LazyLock<Vec<Program>> =
        LazyLock::new(|| Definition::ALL.iter().map(|definition| definition.program().unwrap()).collect());
    PROGRAMS[definition as usize].clone()
}

/// The machine's input as the trigger makes it.
pub(crate) fn input() -> Json {
    json!({
        "environmentName": "prod",
        "stackName": "sample-lambda-app",
        "templatePath": "infra/template.yaml",
        "revisionS3Bucket": BUCKET,
        "revisionS3Key": KEY,
    })
}

/// The names of the states that a run went through, in order.
pub(crate) fn states(run: &Run) -> Vec<&str> {
    run.history
        .iter()
        .filter_map(|event| match &event.details {
            EventDetails::StateEntered { name, .. } => Some(&**name),
            _ => None,
        })
        .collect()
}

/// The output of a run that succeeded, ids replaced by their kind.
pub(crate) fn output(run: &Run) -> Json {
    anonymous(run.output().unwrap_or_else(|| panic!("{}", run.render())))
}

/// `Error: Cause` of a run that failed.
pub(crate) fn failure(run: &Run) -> String {
    run.failure().unwrap_or_else(|| panic!("{}", run.render())).to_string()
}

/// A value with its ids replaced by their kind.
pub(crate) fn anonymous(value: &Value) -> Json {
    fn replace(value: &mut Json) {
        match value {
            Json::Array(elements) => elements.iter_mut().for_each(replace),
            Json::Object(members) => {
                for (key, value) in members {
                    match key.as_str() {
                        "RequestId" | "StackId" | "ChangeSetId" => *value = json!(format!("<{key}>")),
                        "changeSetName" => *value = json!("<changeSetName>"),
                        _ => replace(value),
                    }
                }
            }
            _ => {}
        }
    }
    let mut value: Json = value.into();
    replace(&mut value);
    value
}

/// Runs a future that never waits.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(result) => result,
        std::task::Poll::Pending => panic!("the future waits"),
    }
}
