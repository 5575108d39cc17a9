//! A worker, a process of its own, that is killed at each step of two deployments and started again.
//!
//! A step is a kind of line that it prints, or an operation of CloudFormation that it calls, and has a kill of its own:
//! a call does not reach CloudFormation before there was one, and is held until no new kind of line shows.
//! Kills of which it is not seen from outside what they interrupt are those of `tests/kills.rs`, in virtual time.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use deploy_workflow::artifact::pack;
use deploy_workflow::aws;
use deploy_workflow::sandbox::BUCKET;
use deploy_workflow::trigger::{ActionState, ActionTypeId, InMemoryJobs, PendingJob};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::doubles::code_pipeline::CodePipeline;
use crate::interference::{Interference, Proxy};
use crate::stage::{ENVIRONMENT, full_name};
use crate::table::{Histories, Ran, Row};
use crate::templates::Template;

/// The provider of the custom action.
const PROVIDER: &str = "StateMachine";
/// How long a deployment may take with all its kills.
const DONE_WITHIN: Duration = Duration::from_mins(2);
/// How often the worker is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a call is held before the worker is killed: the worker polls meanwhile, and prints what there is to print.
const HELD_FOR: Duration = Duration::from_millis(1_500);
/// The kinds of line that a worker always gets to print: a job is taken, found to be taken, and answered.
const FEWEST_LINES: usize = 3;

/// A deployment, which waits for its execution's end.
struct Deployment {
    job_id: &'static str,
    template: Template,
    /// Every operation that it calls.
    operations: &'static [&'static str],
    /// Those that may be carried out once only.
    changes: &'static [&'static str],
}

fn deployments() -> [Deployment; 2] {
    [
        Deployment {
            job_id: "22222222-2222-4333-8444-555555555555",
            template: Template::sample(),
            operations: &["DescribeStacks", "GetTemplateSummary", "CreateStack"],
            changes: &["CreateStack"],
        },
        Deployment {
            job_id: "33333333-2222-4333-8444-555555555555",
            template: Template::safe_update(),
            operations: &[
                "DescribeStacks",
                "GetTemplateSummary",
                "CreateChangeSet",
                "DescribeChangeSet",
                "ExecuteChangeSet",
            ],
            changes: &["CreateChangeSet", "ExecuteChangeSet"],
        },
    ]
}

/// Plays it on the emulator, if there is one.
pub(crate) fn row(runtime: &Runtime, config: Option<&SdkConfig>, run: &str) -> Row {
    let start = Instant::now();
    let played = config.map(|config| runtime.block_on(play(config, run)));
    let (emulator, remark) = match played {
        None => (Ran::LeftOut, String::new()),
        Some(Err(reason)) => (Ran::Failed(reason), String::new()),
        Some(Ok(kills)) => (Ran::Passed(start.elapsed()), format!("LocalStack: a process, {kills} kills; ")),
    };
    let name = "worker killed at each step";
    let remark = format!("{remark}in this process: target `main`, module `kills`");
    Row { name, in_process: Ran::Elsewhere, emulator, histories: Histories::NotCompared, remark }
}

/// Returns how often the worker was killed.
async fn play(config: &SdkConfig, run: &str) -> Result<usize, String> {
    let stack_name = format!("worker-{run}");
    let artifacts = aws::services(config).artifacts;
    let input = json!({"environmentName": ENVIRONMENT, "stackName": stack_name, "templatePath": "template.yaml"});
    let input_key = format!("{stack_name}/input.json");
    let put = async |key: &str, bytes: Vec<u8>| {
        artifacts.put_object(BUCKET, key, bytes.into()).await.map_err(|error| error.to_string())
    };
    put(&input_key, input.to_string().into_bytes()).await?;
    let code_pipeline = CodePipeline::start(InMemoryJobs::new(ActionTypeId::deploy(PROVIDER, "1"))).await;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut kills = 0;
    for deployment in deployments() {
        let job_id = deployment.job_id;
        let key = format!("{stack_name}/{job_id}.zip");
        let template = deployment.template.text();
        let archive = pack(&[("template.yaml", template.as_bytes())]).map_err(|error| error.to_string())?;
        put(&key, archive).await?;
        code_pipeline.jobs.add(PendingJob {
            id: job_id.to_owned(),
            user_parameters: json!({"s3Bucket": BUCKET, "stateMachineFile": input_key}).to_string(),
            bucket: BUCKET.to_owned(),
            key,
        });
        let proxy = Proxy::start(config, Interference::Held).await?;
        let worker = Worker {
            store: directory.path().join("store.db"),
            code_pipeline: code_pipeline.endpoint_url(),
            cloudformation: proxy.endpoint().to_owned(),
        };
        let mut course = Course { job_id, proxy: &proxy, code_pipeline: &code_pipeline, steps: vec![], lines: vec![] };
        course.run(&worker).await?;
        let steps = &course.steps;
        course
            .check(&deployment)
            .map_err(|fault| format!("{}: {fault}; {steps:?}, {:?}", full_name(&stack_name), course.lines))?;
        kills += steps.len();
    }
    Ok(kills)
}

/// What became of a deployment so far.
struct Course<'a> {
    job_id: &'static str,
    proxy: &'a Proxy,
    code_pipeline: &'a CodePipeline,
    /// At each of them the worker was killed once.
    steps: Vec<String>,
    lines: Vec<String>,
}

impl Course<'_> {
    /// Runs workers until the pipeline is told the end.
    async fn run(&mut self, worker: &Worker) -> Result<(), String> {
        let start = Instant::now();
        while self.goes_on() {
            let mut life = worker.start().map_err(|error| error.to_string())?;
            while self.goes_on() {
                if start.elapsed() > DONE_WITHIN {
                    return Err(format!("the job is not done after kills at {:?}; {:?}", self.steps, self.lines));
                }
                if let Some(step) = self.new_step(&mut life) {
                    self.lines.extend(life.end());
                    self.proxy.let_pass(step.clone());
                    self.steps.push(step);
                    break;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
            self.lines.extend(life.end());
        }
        Ok(())
    }

    fn goes_on(&self) -> bool {
        self.code_pipeline.jobs.state(self.job_id) == Some(ActionState::InProgress)
    }

    /// A step at which no worker was killed yet.
    fn new_step(&mut self, life: &mut Life) -> Option<String> {
        while let Ok(line) = life.printed.try_recv() {
            let kind = kind(&line).to_owned();
            self.lines.push(line);
            if !self.steps.contains(&kind) {
                return Some(kind);
            }
        }
        let held = self.proxy.held();
        if held.is_none() {
            life.held_since = None;
        }
        held.filter(|_| life.held_since.get_or_insert_with(Instant::now).elapsed() > HELD_FOR)
    }

    fn check(&self, deployment: &Deployment) -> Result<(), String> {
        let state = self.code_pipeline.jobs.state(self.job_id);
        let mut tokens = self.code_pipeline.jobs.tokens(self.job_id);
        tokens.dedup();
        let executions: HashSet<_> =
            self.lines.iter().filter_map(|line| line.split("execution ").nth(1)?.split(' ').next()).collect();
        if state != Some(ActionState::Succeeded) || tokens.len() != 1 || executions.len() != 1 {
            return Err(format!("{state:?}, {tokens:?}, {executions:?}"));
        }
        let passed = self.proxy.passed();
        for change in deployment.changes {
            let times = passed.iter().filter(|operation| *operation == change).count();
            if times != 1 {
                return Err(format!("{times} times {change}"));
            }
        }
        let is_call = |step: &&String| deployment.operations.contains(&step.as_str());
        let (calls, lines): (Vec<_>, Vec<_>) = self.steps.iter().partition(is_call);
        let every_call = calls.len() == deployment.operations.len();
        if every_call && lines.len() >= FEWEST_LINES { Ok(()) } else { Err("a step is missing".to_owned()) }
    }
}

/// How to start a worker.
struct Worker {
    store: PathBuf,
    code_pipeline: String,
    cloudformation: String,
}

impl Worker {
    fn start(&self) -> std::io::Result<Life> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_deploy-workflow"))
            .args(["worker", "--action-provider", PROVIDER, "--poll-every", "1", "--store"])
            .arg(&self.store)
            .env("AWS_ENDPOINT_URL_CODEPIPELINE", &self.code_pipeline)
            .env("AWS_ENDPOINT_URL_CLOUDFORMATION", &self.cloudformation)
            .stdout(Stdio::piped())
            .spawn()?;
        let (sender, printed) = mpsc::channel();
        if let Some(stdout) = process.stdout.take() {
            std::thread::spawn(move || {
                BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        Ok(Life { process, printed, held_since: None })
    }
}

/// A worker that runs until it is killed, with this value at the latest.
struct Life {
    process: Child,
    printed: mpsc::Receiver<String>,
    /// When a call of it was held first.
    held_since: Option<Instant>,
}

impl Life {
    /// Kills the worker; returns what it had printed and nobody had looked at.
    fn end(&mut self) -> Vec<String> {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.printed.iter().collect()
    }
}

/// What a line says, whatever the number of the job.
fn kind(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(_, kind)| kind)
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
