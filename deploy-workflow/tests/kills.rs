//! A worker and its engine are killed at every step of a deployment, and others go on with the same files.
//!
//! A step is an append to the journal, or a call to CodePipeline that takes or answers a job; the kill comes before it,
//! or after it and before its answer. Time is virtual; CloudFormation and CodePipeline live on.

mod mortal;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use asl_core::Timestamp;
use asl_runtime::Engine;
use asl_runtime::clock::TokioClock;
use asl_runtime::engine::ListExecutions;
use asl_runtime::store::{Durability, SqliteOptions};
use deploy_workflow::artifact::pack;
use deploy_workflow::cloudformation::{CloudFormation as _, DescribeStackEventsInput, DescribeStacksInput};
use deploy_workflow::definitions::Definition;
use deploy_workflow::host::Host;
use deploy_workflow::sandbox::{BUCKET, Sandbox};
use deploy_workflow::trigger::{ActionState, ActionTypeId, InMemoryJobs, PendingJob, Trigger};
use deploy_workflow::worker::{Ledger, Worker};

use self::mortal::{Life, Mortal};
use crate::deployment::{RENAMED_TABLE, SAFE_UPDATE, SAMPLE, STACK};

const JOB: &str = "11111111-2222-4333-8444-555555555555";
const INPUT: &str = include_str!("../inputs/prod.json");

struct Scenario {
    definition: Definition,
    before: Option<&'static str>,
    template: &'static str,
    /// How often each status of a stack was reached, over all stacks there are in the end.
    reached: &'static [(&'static str, usize)],
}

/// What outlives the worker.
struct World {
    clock: TokioClock,
    sandbox: Sandbox,
    jobs: InMemoryJobs,
}

impl World {
    async fn new(scenario: &Scenario) -> Self {
        let clock = TokioClock::starting_at(Timestamp::from_millis(1_732_266_000_000));
        let sandbox = Sandbox::new(clock.clone());
        if let Some(template) = scenario.before {
            sandbox.create_stack(STACK, template, &[("environmentName", "prod")]).await.unwrap();
        }
        sandbox.artifacts.put(BUCKET, "prod.json", INPUT.as_bytes());
        let archive = pack(&[("infra/template.yaml", scenario.template.as_bytes())]).unwrap();
        sandbox.artifacts.put(BUCKET, "revision.zip", archive);
        let jobs = InMemoryJobs::new(ActionTypeId::deploy("StateMachine", "1"));
        jobs.add(PendingJob {
            id: JOB.to_owned(),
            user_parameters: format!(r#"{{"s3Bucket":"{BUCKET}","stateMachineFile":"prod.json"}}"#),
            bucket: BUCKET.to_owned(),
            key: "revision.zip".to_owned(),
        });
        Self { clock, sandbox, jobs }
    }

    async fn host(&self, scenario: &Scenario, directory: &Path, life: &Life) -> Host {
        let store = SqliteOptions::new(directory.join("store.db")).durability(Durability::Process).open().unwrap();
        let engine = Engine::builder().clock(self.clock.clone()).store(Mortal::new(store, life)).exclusive().seed(7);
        Host::start(engine, &self.sandbox.services(), scenario.definition).await.unwrap()
    }

    /// A worker and its engine, until the action has ended or they are killed.
    async fn live(&self, scenario: &Scenario, directory: &Path, life: &Life) {
        let host = self.host(scenario, directory, life).await;
        let jobs = Arc::new(Mortal::new(self.jobs.clone(), life));
        let trigger = Trigger {
            artifacts: Arc::new(self.sandbox.artifacts.clone()),
            pipeline: Arc::<Mortal<InMemoryJobs>>::clone(&jobs),
            executions: Arc::new(host.executions()),
        };
        let worker = Worker::new(trigger, jobs, ActionTypeId::deploy("StateMachine", "1"))
            .ledger(Ledger::open(directory.join("store.db.jobs")).unwrap())
            .poll_every(Duration::from_secs(10));
        let ended = async {
            while self.jobs.state(JOB) == Some(ActionState::InProgress) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            ended = worker.run(std::future::pending()) => panic!("{ended:?}"),
            () = life.ended() => {}
            () = ended => {}
            () = tokio::time::sleep(Duration::from_hours(2)) => panic!("the action has not ended"),
        }
    }

    async fn check(&self, scenario: &Scenario, directory: &Path, step: usize) {
        assert_eq!(self.jobs.state(JOB), Some(ActionState::Succeeded), "killed at step {step}");
        let mut tokens = self.jobs.tokens(JOB);
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "killed at step {step}");
        let host = self.host(scenario, directory, &Life::unending()).await;
        let request = ListExecutions::of(host.state_machine_arn());
        let executions = host.engine().list_executions(request).await.unwrap().executions;
        assert_eq!(executions.len(), 1, "killed at step {step}");
        let execution = host.engine().describe_execution(&executions[0].execution_arn).await.unwrap();
        let output = serde_json::to_value(execution.output.unwrap()).unwrap();
        let mut names = vec![STACK.to_owned(), format!("prod-{}", output["stackName"].as_str().unwrap())];
        names.dedup();
        let mut reached = Vec::new();
        for name in names {
            let cloudformation = &self.sandbox.cloudformation;
            let stacks = cloudformation.describe_stacks(DescribeStacksInput { stack_name: name.clone() }).await;
            let stack_id = stacks.unwrap().stacks.remove(0).stack_id;
            let events = DescribeStackEventsInput { stack_name: stack_id.clone(), next_token: None };
            let events = cloudformation.describe_stack_events(events).await.unwrap().stack_events;
            let of_the_stack = events.into_iter().filter(|event| event.physical_resource_id == stack_id);
            reached.extend(of_the_stack.map(|event| event.resource_status));
        }
        for (status, times) in scenario.reached {
            let found = reached.iter().filter(|it| it == status).count();
            assert_eq!(found, *times, "killed at step {step}: {status}: {reached:?}");
        }
        host.close(Duration::ZERO).await;
    }
}

/// Deploys once with a kill at `step`; returns how many steps there were until then.
fn deploy(scenario: &Scenario, step: usize) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::new(scenario).await;
        let life = Life::ending_at(step);
        world.live(scenario, directory.path(), &life).await;
        if life.has_ended() {
            world.live(scenario, directory.path(), &Life::unending()).await;
        }
        world.check(scenario, directory.path(), step).await;
        life.steps()
    })
}

fn deploy_with_a_kill_at_every_step(scenario: &Scenario) {
    let steps = deploy(scenario, usize::MAX);
    assert!(steps >= 30, "{steps}");
    for step in 1..=steps {
        deploy(scenario, step);
    }
}

#[test]
fn a_creation_is_done_once() {
    deploy_with_a_kill_at_every_step(&Scenario {
        definition: Definition::Standard,
        before: None,
        template: SAMPLE,
        reached: &[("CREATE_IN_PROGRESS", 1), ("CREATE_COMPLETE", 1), ("UPDATE_IN_PROGRESS", 0)],
    });
}

#[test]
fn a_safe_update_is_done_once() {
    deploy_with_a_kill_at_every_step(&Scenario {
        definition: Definition::Standard,
        before: Some(SAMPLE),
        template: SAFE_UPDATE,
        reached: &[("CREATE_COMPLETE", 1), ("UPDATE_IN_PROGRESS", 1)],
    });
}

#[test]
fn a_second_stack_is_created_once() {
    deploy_with_a_kill_at_every_step(&Scenario {
        definition: Definition::BlueGreen,
        before: Some(SAMPLE),
        template: RENAMED_TABLE,
        reached: &[("CREATE_IN_PROGRESS", 2), ("CREATE_COMPLETE", 2), ("UPDATE_IN_PROGRESS", 0)],
    });
}
