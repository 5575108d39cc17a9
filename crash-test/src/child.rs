//! The process that is killed: an engine on an SQLite file, which starts executions and goes on with those it finds.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use asl_runtime::engine::ListExecutions;
use asl_runtime::store::SqliteStore;
use asl_runtime::{Engine, TaskRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::ledger::{self, Acknowledged, Effect, Ledger};
use crate::machines::{ACTIVITY, Ending, MACHINES, PARCELS, Plan};
use crate::world::{self, World};

/// The files of a run, in its directory.
pub(crate) const LEDGER: &str = "effects.jsonl";
pub(crate) const RESULTS: &str = "results.json";
const ACKNOWLEDGED: &str = "acknowledged.jsonl";
const DATABASE: &str = "store.db";

/// What the child says once the engine goes on with what it found.
pub(crate) const OPEN: &str = "open";

/// How long the last life may take; what has not ended by then is stuck.
const PATIENCE: Duration = Duration::from_mins(3);

/// How many entries come before a snapshot: few, so that lives begin from snapshots too.
const SNAPSHOT_EVERY: NonZero<u64> = NonZero::<u64>::MIN.saturating_add(6);

/// What became of an execution.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) ending: Ending,
    pub(crate) history: Vec<Value>,
}

/// What became of every execution, by its name.
pub(crate) type Results = BTreeMap<String, Finding>;

/// Whether a life is to be ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    UntilKilled,
    /// Until every execution has ended; then their results are written.
    ToTheEnd,
}

/// Lives one life in `directory`, with the first so many executions of a seed.
pub(crate) fn live(directory: &Path, seed: u64, executions: usize, life: Life) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    runtime.block_on(async {
        let (ledger_path, acknowledged_path) = (directory.join(LEDGER), directory.join(ACKNOWLEDGED));
        let former: BTreeSet<_> = ledger::read(&acknowledged_path)?.into_iter().collect();
        let (questions, asked) = mpsc::unbounded_channel();
        for effect in ledger::read::<Effect>(&ledger_path)? {
            let question = effect.question.filter(|it| !former.contains(&Acknowledged::Answer(it.token.clone())));
            question.into_iter().try_for_each(|question| questions.send(question))?;
        }
        let (ledger, acknowledged) = (Ledger::open(&ledger_path)?, Ledger::open(&acknowledged_path)?);
        let world = World { ledger, acknowledged, questions };
        let engine = open(directory, seed, &world).await?;
        let plans = Plan::of(seed, executions);
        let arns = begin(&engine, &plans, &former, asked, world).await?;
        match life {
            Life::UntilKilled => std::future::pending().await,
            Life::ToTheEnd => conclude(&engine, directory, &arns).await,
        }
    })
}

async fn open(directory: &Path, seed: u64, world: &World) -> Result<Engine, Box<dyn Error>> {
    let (served, asked) = (world.clone(), world.clone());
    let engine = Engine::builder()
        .store(SqliteStore::open(directory.join(DATABASE))?)
        .seed(seed)
        .snapshot_every(SNAPSHOT_EVERY)
        // The former life is over, whatever its lease says.
        .exclusive()
        .handler("Effect", move |request: TaskRequest| served.clone().serve(request))
        .handler("arn:aws:states:::sqs:sendMessage.waitForTaskToken", move |request| asked.clone().ask(request))
        .build()
        .await?;
    let mut out = io::stdout().lock();
    writeln!(out, "{OPEN}")?;
    out.flush()?;
    Ok(engine)
}

/// Starts what was not started before, and the workers; returns the executions' ARNs by their names.
async fn begin(
    engine: &Engine,
    plans: &[Plan],
    former: &BTreeSet<Acknowledged>,
    asked: mpsc::UnboundedReceiver<ledger::Question>,
    world: World,
) -> Result<BTreeMap<String, Arc<str>>, Box<dyn Error>> {
    let activity = engine.create_activity(ACTIVITY).await?;
    tokio::spawn(world::answer(engine.callbacks(), asked, world.acknowledged.clone()));
    tokio::spawn(world::work_for(engine.clone(), activity.to_string(), world.clone()));
    let (mut machines, mut arns) = (BTreeMap::new(), BTreeMap::new());
    engine.create_state_machine(PARCELS.0, PARCELS.1).await?;
    for (name, definition) in MACHINES {
        let machine = engine.create_state_machine(name, definition).await?;
        let listed = engine.list_executions(ListExecutions::of(Arc::clone(&machine)).max_results(1_000)).await?;
        arns.extend(listed.executions.into_iter().map(|one| (one.name.to_string(), one.execution_arn)));
        machines.insert(name, machine);
    }
    let known: BTreeSet<_> = arns.keys().cloned().collect();
    let mut starting = Vec::new();
    for plan in plans.iter().filter(|plan| !known.contains(&plan.name)) {
        let machine = machines.get(plan.machine).ok_or("a plan names no machine")?.to_string();
        let start = Acknowledged::Start(plan.name.clone());
        if former.contains(&start) {
            return Err(format!("{} was started, and is not there any more", plan.name).into());
        }
        let (engine, acknowledged) = (engine.clone(), world.acknowledged.clone());
        let (name, input) = (plan.name.clone(), plan.input());
        starting.push(tokio::spawn(async move {
            let started = engine.start_execution(&machine, Some(&name), input).await.map_err(io::Error::other)?;
            acknowledged.record(&start).await?;
            Ok::<_, io::Error>((name, started.execution_arn))
        }));
    }
    for started in starting {
        let (name, arn) = started.await??;
        arns.insert(name, arn);
    }
    Ok(arns)
}

/// Waits for every execution, and writes what became of them.
async fn conclude(engine: &Engine, directory: &Path, arns: &BTreeMap<String, Arc<str>>) -> Result<(), Box<dyn Error>> {
    let all_end = async {
        for arn in arns.values() {
            engine.wait(arn).await?;
        }
        Ok::<_, asl_runtime::Error>(())
    };
    match tokio::time::timeout(PATIENCE, all_end).await {
        Ok(ended) => ended?,
        Err(_) => return Err(stuck(engine, arns).await?.into()),
    }
    let mut results = Results::new();
    for (name, arn) in arns {
        let description = engine.describe_execution(arn).await?;
        let history = engine.get_execution_history(arn).await?;
        let ending = Ending {
            status: description.status.to_string(),
            output: description.output.as_ref().map(Value::from),
            error: description.failure.as_ref().and_then(|failure| failure.error()).map(ToOwned::to_owned),
        };
        let history = history.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        results.insert(name.clone(), Finding { ending, history });
    }
    std::fs::write(directory.join(RESULTS), serde_json::to_vec(&results)?)?;
    engine.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

/// What the executions that did not end wait for.
async fn stuck(engine: &Engine, arns: &BTreeMap<String, Arc<str>>) -> Result<String, Box<dyn Error>> {
    let mut report = format!("executions have not ended after {} s:", PATIENCE.as_secs());
    for (name, arn) in arns {
        if engine.describe_execution(arn).await?.stop_date.is_none() {
            report = format!("{report}\n{name}: {:?}", engine.why_waiting(arn).await?);
        }
    }
    Ok(report)
}
