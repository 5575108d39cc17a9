//! `deploy-workflow worker`: deployments for the jobs of a custom action of CodePipeline.

use std::io::{self, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;

use super::situation::DefinitionName;
use super::{BROKEN, Problem, SUCCEEDED, bad_input};
use crate::aws::{self, AwsCodePipeline};
use crate::host::Host;
use crate::trigger::{ActionTypeId, Trigger};
use crate::worker::{Ledger, Worker, WorkerError};

/// How long Tasks that run have to end when the process is to.
const GRACE: Duration = Duration::from_secs(30);

/// Deploys for the jobs of a custom action of CodePipeline, on AWS, until it is interrupted
///
/// Credentials, region and endpoint come from the environment.
/// Deployments that are interrupted go on when the store is opened again.
/// There is a line for everything that happens.
#[derive(Debug, Args)]
pub(super) struct WorkerArguments {
    /// The SQLite file of the executions; the worker's ledger is beside it, with `.jobs` at its end
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The machine
    #[arg(long, value_enum, default_value = "standard")]
    definition: DefinitionName,
    /// The provider of the custom action, whose category is Deploy
    #[arg(long, value_name = "NAME")]
    action_provider: String,
    /// The version of the custom action
    #[arg(long, value_name = "VERSION", default_value = "1")]
    action_version: String,
    /// Take only jobs of actions with this value; needed if the action type has a queryable property, and only then
    #[arg(long, value_name = "NAME=VALUE", value_parser = query)]
    query: Option<(String, String)>,
    /// How many jobs are worked on at once
    #[arg(long, value_name = "JOBS", default_value = "10")]
    at_most: NonZero<usize>,
    /// How many seconds to wait between two polls
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    poll_every: u64,
    /// After how many seconds without a job an execution is stopped, because its pipeline must have stopped
    #[arg(long, value_name = "SECONDS", default_value = "1800", value_parser = clap::value_parser!(u64).range(60..))]
    patience: u64,
}

fn query(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

pub(super) fn perform(arguments: &WorkerArguments, out: &mut dyn Write) -> Result<u8, Problem> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work(arguments, out))
}

async fn work(arguments: &WorkerArguments, out: &mut dyn Write) -> Result<u8, Problem> {
    let interrupted = interrupted()?;
    let config = aws::config().load().await;
    let services = aws::services(&config);
    let code_pipeline = Arc::new(AwsCodePipeline::new(&config));
    let unusable = |error: &dyn std::fmt::Display| {
        bad_input(error.to_string(), "give a file of this command, or none, that no other process has")
    };
    let opened = Host::open(&arguments.store, &services, arguments.definition.into()).await;
    let host = opened.map_err(|error| unusable(&error))?;
    let mut ledger = arguments.store.clone().into_os_string();
    ledger.push(".jobs");
    let ledger = Ledger::open(ledger).map_err(|error| unusable(&error))?;
    let trigger = Trigger {
        artifacts: services.artifacts,
        pipeline: Arc::<AwsCodePipeline>::clone(&code_pipeline),
        executions: Arc::new(host.executions()),
    };
    let action_type_id = ActionTypeId::deploy(&arguments.action_provider, &arguments.action_version);
    writeln!(out, "polling for jobs of {action_type_id}")?;
    out.flush()?;
    let (notices, mut to_show) = mpsc::unbounded_channel();
    let mut worker = Worker::new(trigger, code_pipeline, action_type_id)
        .ledger(ledger)
        .at_most(arguments.at_most)
        .poll_every(Duration::from_secs(arguments.poll_every))
        .patience(Duration::from_secs(arguments.patience))
        .observe(move |notice| {
            // Who shows them is gone only when nothing can be shown.
            let _ = notices.send(notice.to_string());
        });
    if let Some((name, value)) = &arguments.query {
        worker = worker.query_param(name, value);
    }
    let (unread, stop) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        tokio::select! {
            () = interrupted => {}
            _ = stop => {}
        }
    };
    let show = async {
        let mut shown = Ok(());
        // Whoever drops the sender tells the worker to stop: nobody reads any further.
        let mut unread = Some(unread);
        while let Some(line) = to_show.recv().await {
            if shown.is_ok() {
                shown = writeln!(out, "{line}").and_then(|()| out.flush());
            }
            if shown.is_err() {
                unread = None;
            }
        }
        drop(unread);
        shown
    };
    let (ended, shown) = tokio::join!(worker.run(shutdown), show);
    host.close(GRACE).await;
    ended?;
    shown?;
    Ok(SUCCEEDED)
}

/// Done when the process is to end.
fn interrupted() -> io::Result<impl Future<Output = ()> + Send> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Without a handler the process just ends.
        let _ = tokio::signal::ctrl_c().await;
    })
}

impl From<WorkerError> for Problem {
    fn from(error: WorkerError) -> Self {
        let help = "look at the action type, the role's permissions, the region and the endpoint";
        Self { message: error.to_string(), help: help.into(), code: BROKEN }
    }
}
