//! A scenario played from end to end: pipeline, trigger, engine and CloudFormation in this process.
//!
//! One path for virtual and for real time: which of them it is depends on the clock alone.

mod job;

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use asl_core::history::HistoryEvent;
use asl_core::{Timestamp, Value};
use asl_runtime::clock::Clock;
use asl_runtime::engine::ExecutionDescription;
use asl_runtime::{Engine, Error};

pub use self::job::{Call, play_job};
use crate::artifact::{PackError, pack};
use crate::cloudformation::{
    ApiError, ChangeSetSummary, CloudFormation as _, DescribeStacksInput, ListChangeSetsInput, Stack,
};
use crate::definitions::Definition;
use crate::host::{Host, HostError};
use crate::input::MachineInput;
use crate::names::full_stack_name;
use crate::sandbox::{BUCKET, Sandbox};
use crate::scenario::{Revision, Scenario};
use crate::trigger::{InMemoryPipeline, JobResult, PendingJob, Told, Trigger, TriggerError, handle_event};

/// How often the history is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the pipeline calls the trigger with a job that goes on.
const CALL_EVERY: Duration = Duration::from_secs(30);
/// Where the machine input file lies.
const INPUT_KEY: &str = "deploy.json";

/// What to play.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The situation.
    pub scenario: &'static Scenario,
    /// The machine.
    pub definition: Definition,
    /// What to deploy where.
    pub input: MachineInput,
    /// The archive to deploy instead of the scenario's.
    pub artifact: Option<Vec<u8>>,
    /// What random numbers are drawn from.
    pub seed: u64,
}

/// Something that happened, in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A deployment begins: the pipeline has a job.
    Job {
        /// The number of the deployment, from 1.
        number: usize,
        /// The job's id.
        id: &'a str,
        /// When.
        at: Timestamp,
    },
    /// The trigger told the pipeline how the job goes.
    Told {
        /// What it told.
        told: &'a Told,
        /// When.
        at: Timestamp,
    },
    /// The execution went on.
    History(&'a HistoryEvent),
}

/// How a deployment ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The execution, if one was started.
    pub execution: Option<ExecutionDescription>,
    /// What the last state passed on, whether the execution succeeded or not.
    pub accumulated: Option<Value>,
    /// What the pipeline knows of the job.
    pub result: JobResult,
    /// The time from the job to its end.
    pub elapsed: Duration,
    /// The stacks concerned, as they are then: the one asked for, and the one that took over.
    pub stacks: Vec<Stack>,
    /// The change sets that the stack asked for still has.
    pub change_sets: Vec<ChangeSetSummary>,
}

impl Report {
    /// Whether the pipeline was told of a success.
    pub fn succeeded(&self) -> bool {
        self.result == JobResult::Succeeded
    }
}

/// Why a scenario could not be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] Error),
    /// The engine could not be built.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The trigger could not tell the pipeline.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// CloudFormation refused what the scenario needs before it begins.
    #[error("the stack that the scenario begins with cannot be created: {0}")]
    Preparation(#[from] ApiError),
    /// An artifact could not be packed.
    #[error("the artifact cannot be packed: {0}")]
    Artifact(#[from] PackError),
}

/// Plays a rehearsal by `clock`, telling `observe` what happens; returns how each of its deployments ended.
///
/// # Errors
///
/// When the scenario cannot be played. A deployment that fails is not an error.
pub async fn play(
    rehearsal: &Rehearsal,
    clock: impl Clock + Clone,
    mut observe: impl FnMut(Notice<'_>),
) -> Result<Vec<Report>, RehearsalError> {
    let stage = Stage::build(rehearsal, clock).await?;
    let mut reports = Vec::new();
    for (index, revision) in rehearsal.scenario.revisions.iter().enumerate() {
        let archive = match &rehearsal.artifact {
            Some(archive) => archive.clone(),
            None => packed(revision, &rehearsal.input.template_path)?,
        };
        reports.push(stage.deploy(index + 1, archive, &mut observe).await?);
    }
    Ok(reports)
}

fn packed(revision: &Revision, path: &str) -> Result<Vec<u8>, PackError> {
    match revision {
        Revision::Template(template) => pack(&[(path, template.as_bytes())]),
        Revision::Unsafe(template) => pack(&[(path, template.as_bytes()), ("../../etc/cron.d/evil", b"")]),
    }
}

/// Everything that a deployment needs.
struct Stage<C> {
    clock: C,
    sandbox: Sandbox,
    host: Host,
    pipeline: InMemoryPipeline,
    trigger: Trigger,
    environment_name: String,
    stack_name: String,
}

impl<C: Clock + Clone> Stage<C> {
    async fn build(rehearsal: &Rehearsal, clock: C) -> Result<Self, RehearsalError> {
        let Rehearsal { scenario, definition, input, seed, .. } = rehearsal;
        let sandbox = Sandbox::new(clock.clone());
        if let (Some(template), Ok(name)) =
            (scenario.before, full_stack_name(&input.environment_name, &input.stack_name))
        {
            let parameters = [("environmentName", input.environment_name.as_str())];
            sandbox.create_stack(&name, template, &parameters).await?;
        }
        for fault in (scenario.faults)() {
            sandbox.cloudformation.inject(fault);
        }
        sandbox.artifacts.put(BUCKET, INPUT_KEY, serde_json::to_vec(input).unwrap_or_default());
        let engine =
            Engine::builder().clock(clock.clone()).account("111122223333").seed(*seed).workers(NonZero::<usize>::MIN);
        let host = Host::start(engine, &sandbox.services(), *definition).await?;
        let pipeline = InMemoryPipeline::new();
        let trigger = Trigger {
            artifacts: Arc::new(sandbox.artifacts.clone()),
            pipeline: Arc::new(pipeline.clone()),
            executions: Arc::new(host.executions()),
        };
        let (environment_name, stack_name) = (input.environment_name.clone(), input.stack_name.clone());
        Ok(Self { clock, sandbox, host, pipeline, trigger, environment_name, stack_name })
    }

    async fn deploy(
        &self,
        number: usize,
        archive: Vec<u8>,
        observe: &mut impl FnMut(Notice<'_>),
    ) -> Result<Report, RehearsalError> {
        let key = format!("source/revision-{number}.zip");
        self.sandbox.artifacts.put(BUCKET, &key, archive);
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let user_parameters = serde_json::json!({ "s3Bucket": BUCKET, "stateMachineFile": INPUT_KEY }).to_string();
        self.pipeline.add(PendingJob { id: id.clone(), user_parameters, bucket: BUCKET.to_owned(), key });
        let started_at = self.clock.now();
        observe(Notice::Job { number, id: &id, at: started_at });
        let mut execution_arn = None;
        let mut shown = 0;
        loop {
            let event = self.pipeline.event(&id).unwrap_or_default();
            let told = handle_event(&self.trigger, &event).await?;
            observe(Notice::Told { told: &told, at: self.clock.now() });
            let Told::Running { execution_arn: running } = told else { break };
            let next_call = self.clock.now().saturating_add(CALL_EVERY);
            while self.clock.now() < next_call {
                self.clock.sleep(LOOK_EVERY).await;
                for event in self.host.engine().get_execution_history(&running).await?.iter().skip(shown) {
                    observe(Notice::History(event));
                    shown += 1;
                }
            }
            execution_arn = Some(running);
        }
        self.report(&id, execution_arn, started_at).await
    }

    async fn report(
        &self,
        job_id: &str,
        execution_arn: Option<String>,
        started_at: Timestamp,
    ) -> Result<Report, RehearsalError> {
        let elapsed = self.clock.now().since(started_at);
        let (execution, accumulated) = match &execution_arn {
            None => (None, None),
            Some(arn) => {
                let history = self.host.engine().get_execution_history(arn).await?;
                (Some(self.host.engine().describe_execution(arn).await?), history.iter().rev().find_map(passed_on))
            }
        };
        let new_name = accumulated.as_ref().and_then(|value| value.get("stackName")?.as_str().map(str::to_owned));
        let mut names = vec![self.stack_name.clone()];
        names.extend(new_name.filter(|name| *name != self.stack_name));
        let mut stacks = Vec::new();
        let mut change_sets = Vec::new();
        for name in names.iter().filter_map(|name| full_stack_name(&self.environment_name, name).ok()) {
            let input = DescribeStacksInput { stack_name: name.clone() };
            stacks.extend(self.sandbox.cloudformation.describe_stacks(input).await.into_iter().flat_map(|o| o.stacks));
            let listed = self.sandbox.cloudformation.list_change_sets(ListChangeSetsInput { stack_name: name }).await;
            change_sets.extend(listed.into_iter().flat_map(|output| output.summaries));
        }
        let result = self.pipeline.result(job_id).unwrap_or(JobResult::Created);
        Ok(Report { execution, accumulated, result, elapsed, stacks, change_sets })
    }
}

/// The output of a state, or the input of one that the execution ended in.
fn passed_on(event: &HistoryEvent) -> Option<Value> {
    use asl_core::history::EventDetails::{StateEntered, StateExited};
    match &event.details {
        StateEntered { input, .. } => Some(input.clone()),
        StateExited { output, .. } => Some(output.clone()),
        _ => None,
    }
}
