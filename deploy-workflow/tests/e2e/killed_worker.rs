//! A worker, a process of its own, that is killed at each step of a deployment and started again.
//!
//! A step is a kind of line that it prints, or the first call of an operation of CloudFormation, which does not reach it.
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

const JOB: &str = "22222222-2222-4333-8444-555555555555";
/// The provider of the custom action.
const PROVIDER: &str = "StateMachine";
/// How long the deployment may take with all its kills.
const DONE_WITHIN: Duration = Duration::from_mins(2);
/// How often the calls are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The fewest steps that a deployment has.
const FEWEST_KILLS: usize = 4;

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
    let archive =
        pack(&[("template.yaml", Template::sample().text().as_bytes())]).map_err(|error| error.to_string())?;
    let (input_key, key) = (format!("{stack_name}/input.json"), format!("{stack_name}/revision.zip"));
    for (key, bytes) in [(&input_key, input.to_string().into_bytes()), (&key, archive)] {
        artifacts.put_object(BUCKET, key, bytes.into()).await.map_err(|error| error.to_string())?;
    }
    let code_pipeline = CodePipeline::start(InMemoryJobs::new(ActionTypeId::deploy(PROVIDER, "1"))).await;
    code_pipeline.jobs.add(PendingJob {
        id: JOB.to_owned(),
        user_parameters: json!({"s3Bucket": BUCKET, "stateMachineFile": input_key}).to_string(),
        bucket: BUCKET.to_owned(),
        key,
    });
    let proxy = Proxy::start(config, Interference::FirstCallsHeld).await?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let worker = Worker {
        store: directory.path().join("store.db"),
        code_pipeline: code_pipeline.endpoint_url(),
        cloudformation: proxy.endpoint().to_owned(),
    };
    let mut steps = HashSet::new();
    let mut lines = Vec::new();
    let mut kills = 0;
    let start = Instant::now();
    while code_pipeline.jobs.state(JOB) == Some(ActionState::InProgress) {
        if start.elapsed() > DONE_WITHIN {
            return Err(format!("the job is not done after {kills} kills; {lines:?}"));
        }
        let mut life = worker.start().map_err(|error| error.to_string())?;
        kills += life.until_a_new_step(&mut steps, &mut lines, &proxy, &code_pipeline).await;
    }
    let mut tokens = code_pipeline.jobs.tokens(JOB);
    tokens.dedup();
    let executions: HashSet<_> =
        lines.iter().filter_map(|line| line.split("execution ").nth(1)?.split(' ').next()).collect();
    // The first one was held.
    let created = proxy.calls().iter().filter(|call| *call == "CreateStack").count() - 1;
    let state = code_pipeline.jobs.state(JOB);
    let is_right = state == Some(ActionState::Succeeded) && tokens.len() == 1 && executions.len() == 1 && created == 1;
    if !is_right || kills < FEWEST_KILLS {
        let name = full_name(&stack_name);
        return Err(format!("{name}: {state:?}, {tokens:?}, {created} creations, {kills} kills: {lines:?}"));
    }
    Ok(kills)
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
        Ok(Life { process, printed })
    }
}

/// A worker that runs until it is killed, with this value at the latest.
struct Life {
    process: Child,
    printed: mpsc::Receiver<String>,
}

impl Life {
    /// Kills the worker at a step that is not among `steps`, or when the job is done; returns how often it was killed.
    async fn until_a_new_step(
        &mut self,
        steps: &mut HashSet<String>,
        lines: &mut Vec<String>,
        proxy: &Proxy,
        code_pipeline: &CodePipeline,
    ) -> usize {
        let start = Instant::now();
        while start.elapsed() < DONE_WITHIN {
            let before = steps.len();
            steps.extend(proxy.calls());
            // One line at a time, so that what is printed together makes as many steps.
            if let Ok(line) = self.printed.try_recv() {
                steps.insert(kind(&line).to_owned());
                lines.push(line);
            }
            if code_pipeline.jobs.state(JOB) != Some(ActionState::InProgress) {
                return 0;
            }
            if steps.len() > before {
                return usize::from(self.process.kill().is_ok());
            }
            if !matches!(self.process.try_wait(), Ok(None)) {
                return 0;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        0
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
