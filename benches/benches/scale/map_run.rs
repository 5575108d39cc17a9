//! A Distributed Map over the lines of a CSV in a folder, with a handler that answers at once and results as files.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asl_core::execution::Outcome;
use asl_runtime::engine::ListExecutions;
use asl_runtime::map_run::FolderObjects;
use asl_runtime::store::SqliteStore;
use asl_runtime::{Engine, TaskRequest};
use benches::cpu_time::cpu_time;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Failed;

/// How often the Map Run is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many executions that ended are kept; all others are removed.
const RETAINED: usize = 1_000;
const MIB: f64 = 1_048_576.0;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) items_per_second: f64,
    pub(crate) children_seconds: f64,
    pub(crate) results_seconds: f64,
    pub(crate) removal_seconds: f64,
    /// Processor time of everything in the process, in seconds.
    pub(crate) cpu_of_item: f64,
    pub(crate) store_mib: f64,
    pub(crate) peak_mib: f64,
}

/// Runs a Distributed Map over so many lines, with children of a kind.
pub(crate) async fn measure(directory: &Path, kind: &str, lines: u32) -> Result<Figures, Failed> {
    write_lines(&directory.join("data"), lines)?;
    let store = directory.join("store.db");
    let engine = Engine::builder()
        .store(SqliteStore::open(&store)?)
        .objects(FolderObjects::new(directory))
        .retain_ended(RETAINED)
        .handler("Price", |request: TaskRequest| async move { Ok(request.parameters().clone()) })
        .build()
        .await?;
    let machine = engine.create_state_machine("prices", &definition(kind).to_string()).await?;
    let (begin, cpu) = (Instant::now(), cpu_time());
    let execution_arn = engine.start_execution(&machine, None, json!({})).await?.execution_arn;
    let children_seconds = children_end(&engine, &execution_arn, lines, begin).await?;
    let outcome = engine.wait(&execution_arn).await?;
    let seconds = begin.elapsed().as_secs_f64();
    let map_run_arn = map_run_of(&engine, &execution_arn).await?.ok_or("there is no Map Run")?;
    let counts = engine.describe_map_run(&map_run_arn).await?.item_counts;
    if !matches!(outcome, Outcome::Succeeded(_)) || counts.results_written != u64::from(lines) {
        return Err(format!("the Map Run came to {outcome:?}, {counts:?}").into());
    }
    let store_bytes = fs::metadata(&store)?.len();
    while is_more_than_retained(&engine, &map_run_arn).await? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let removal_seconds = begin.elapsed().as_secs_f64() - seconds;
    let cpu = cpu_time().saturating_sub(cpu).as_secs_f64();
    engine.shutdown(Duration::from_secs(10)).await;
    let lines = f64::from(lines);
    Ok(Figures {
        items_per_second: lines / seconds,
        children_seconds,
        results_seconds: seconds - children_seconds,
        removal_seconds,
        cpu_of_item: cpu / lines,
        store_mib: f64::from(u32::try_from(store_bytes >> 20)?),
        peak_mib: crate::peak_memory()? / MIB,
    })
}

/// Returns once every child has ended, with the seconds since `begin`.
async fn children_end(engine: &Engine, execution_arn: &str, lines: u32, begin: Instant) -> Result<f64, Failed> {
    loop {
        if let Some(arn) = map_run_of(engine, execution_arn).await? {
            let counts = engine.describe_map_run(&arn).await?.execution_counts;
            if counts.succeeded == u64::from(lines) {
                return Ok(begin.elapsed().as_secs_f64());
            }
            if counts.failed + counts.aborted + counts.timed_out > 0 {
                return Err(format!("children did not succeed: {counts:?}").into());
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn map_run_of(engine: &Engine, execution_arn: &str) -> Result<Option<Arc<str>>, Failed> {
    let page = engine.list_map_runs(execution_arn, 1, None).await?;
    Ok(page.map_runs.into_iter().next().map(|map_run| map_run.map_run_arn))
}

async fn is_more_than_retained(engine: &Engine, map_run_arn: &str) -> Result<bool, Failed> {
    let request = ListExecutions::of_map_run(map_run_arn).max_results(RETAINED);
    Ok(engine.list_executions(request).await?.next_token.is_some())
}

fn definition(kind: &str) -> serde_json::Value {
    json!({"StartAt": "Prices", "States": {"Prices": {
        "Type": "Map", "Label": "prices", "End": true,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket": "data", "Key": "lines.csv"}
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "data", "Prefix": "results"}
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
            "StartAt": "Price",
            "States": {"Price": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Price", "End": true
            }}
        }
    }}})
}

fn write_lines(bucket: &Path, lines: u32) -> Result<(), std::io::Error> {
    fs::create_dir(bucket)?;
    let mut file = BufWriter::new(File::create(bucket.join("lines.csv"))?);
    writeln!(file, "id,name,category,price,quantity")?;
    for number in 0..lines {
        writeln!(file, "{number},article {number},category {},{}.99,{}", number % 100, number % 1_000, number % 7)?;
    }
    file.flush()
}
