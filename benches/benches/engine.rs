//! What the engine adds to an execution on the memory store, and many executions at once.
//! `cargo bench -p benches --bench engine` prints both with their targets.
//!
//! The engine's figures are the CPU time of the whole process, of all its threads together.

#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::error::Error;
use std::hint::black_box;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Instant;

use asl_core::execution::HistoryLevel;
use asl_runtime::{Engine, TaskRequest};
use benches::Workload;
use benches::cpu_time::{cpu_time, median};
use benches::generate::{Generated, leading_to};
use serde_json::{Map, Value as Json, json};
use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

type Failed = Box<dyn Error + Send + Sync>;

/// How many Tasks an execution does, of those that measure a step.
const STEPS: u32 = 1_000;
/// How often they are measured.
const TURNS: usize = 15;
/// What the engine may add to a step, in seconds.
const ADDED: f64 = 3e-6;
/// How many executions run at once.
const EXECUTIONS: u32 = 100_000;
/// How many of them are started at the same time.
const STARTERS: u32 = 256;

fn main() -> Result<(), Failed> {
    let runtime = Builder::new_multi_thread().enable_time().build()?;
    runtime.block_on(async {
        println!("| what | figure | at most | |");
        println!("|---|--:|--:|---|");
        steps().await?;
        at_once().await
    })
}

/// A machine with `count` Tasks of the function `Step` in a row, which gives its input on.
fn tasks(count: u32) -> Generated {
    let state = |number: u32| {
        let state = json!({
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Step", "ResultPath": "$.last",
        });
        (format!("S{number}"), leading_to(state, (number + 1 < count).then(|| format!("S{}", number + 1))))
    };
    let states: Map<_, _> = (0..count).map(state).collect();
    Generated {
        name: "tasks",
        definition: json!({"StartAt": "S0", "States": states}),
        input: json!({"k": "v"}),
        expected: json!({"k": "v", "last": {"ok": true}}),
        transitions: count,
        functions: [("Step".to_owned(), json!({"ok": true}))].into_iter().collect(),
        note: "",
    }
}

/// Measures Task steps with and without the engine, one execution and sixty-four at a time.
async fn steps() -> Result<(), Failed> {
    let workload = Workload::new(tasks(STEPS))?;
    let engine = Engine::builder().registry(workload.handlers()).retain_ended(256).build().await?;
    let machine = engine.create_state_machine("tasks", &workload.definition).await?;
    for count in [1, 64] {
        let (mut bare, mut driven) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            let before = cpu_time();
            for _ in 0..count {
                let outcome = workload.execute(workload.input.clone(), HistoryLevel::All);
                drop(black_box(outcome));
            }
            bare.push(cpu_time().saturating_sub(before).as_secs_f64());
            let before = cpu_time();
            let mut started = Vec::new();
            for _ in 0..count {
                started.push(engine.start_execution(&machine, None, workload.input.clone()).await?.execution_arn);
            }
            for arn in started {
                let outcome = engine.wait(&arn).await?;
                if outcome.output() != Some(&workload.expected) {
                    return Err(format!("{outcome:?}").into());
                }
            }
            driven.push(cpu_time().saturating_sub(before).as_secs_f64());
        }
        let of_step = |samples| median(samples) / f64::from(STEPS * count);
        let (bare, driven) = (of_step(bare), of_step(driven));
        println!("| a Task step, {count} executions, bare | {:.2} µs | | |", bare * 1e6);
        println!("| with the engine | {:.2} µs | | |", driven * 1e6);
        row("which adds", (driven - bare) * 1e6, "µs", Some(ADDED * 1e6));
    }
    engine.shutdown(std::time::Duration::from_secs(1)).await;
    Ok(())
}

/// Lets many executions of three Tasks wait for their first function together, and then go on to their ends.
async fn at_once() -> Result<(), Failed> {
    let (open, gate) = watch::channel(false);
    let step = move |request: TaskRequest| {
        let mut gate = gate.clone();
        let is_first = request.parameters().get("last").is_none();
        async move {
            if is_first {
                // The gate is only gone when nobody waits for what comes of it.
                let _ = gate.wait_for(|is_open| *is_open).await;
            }
            Ok(json!({"ok": true}))
        }
    };
    let limit = NonZero::new(EXECUTIONS).ok_or("no executions")?;
    let engine =
        Engine::builder().handler("Step", step).handler_limit(limit).retain_ended(EXECUTIONS as usize).build().await?;
    let workload = Workload::new(tasks(3))?;
    let machine = engine.create_state_machine("tasks", &workload.definition).await?;
    let (begin, cpu, idle) = (Instant::now(), cpu_time(), Handle::current().metrics().num_alive_tasks());
    let arns = start(&engine, &machine, &workload).await?;
    let waiting = Handle::current().metrics().num_alive_tasks().saturating_sub(idle);
    let started = begin.elapsed().as_secs_f64();
    open.send(true)?;
    for arn in arns {
        let outcome = engine.wait(&arn).await?;
        if outcome.output() != Some(&workload.expected) {
            return Err(format!("{outcome:?}").into());
        }
    }
    let (seconds, cpu) = (begin.elapsed().as_secs_f64(), cpu_time().saturating_sub(cpu).as_secs_f64());
    row("executions of three Tasks at once", f64::from(EXECUTIONS), "", None);
    row("started, all waiting for a function", started, "s", None);
    row("  tokio tasks for each while they wait", f64::from(u32::try_from(waiting)?) / f64::from(EXECUTIONS), "", None);
    row("all ended", seconds, "s", None);
    row("  CPU time of an execution", cpu / f64::from(EXECUTIONS) * 1e6, "µs", None);
    let alive = Handle::current().metrics().num_alive_tasks().saturating_sub(idle);
    row("  tokio tasks left", f64::from(u32::try_from(alive)?), "", None);
    Ok(())
}

async fn start(engine: &Engine, machine: &Arc<str>, workload: &Workload) -> Result<Vec<Arc<str>>, Failed> {
    let input: Json = serde_json::from_str(&workload.input_text)?;
    let starters: Vec<_> = (0..STARTERS)
        .map(|starter| {
            let (engine, machine, input) = (engine.clone(), Arc::clone(machine), input.clone());
            tokio::spawn(async move {
                let mut arns = Vec::new();
                for _ in (starter..EXECUTIONS).step_by(STARTERS as usize) {
                    arns.push(engine.start_execution(&machine, None, input.clone()).await?.execution_arn);
                }
                Ok::<_, asl_runtime::Error>(arns)
            })
        })
        .collect();
    let mut arns = Vec::new();
    for starter in starters {
        arns.extend(starter.await??);
    }
    Ok(arns)
}

fn row(what: &str, figure: f64, unit: &str, at_most: Option<f64>) {
    let target = at_most.map_or_else(
        || "| |".to_owned(),
        |at_most| format!("{at_most} {unit} | {} |", if figure <= at_most { "met" } else { "MISSED" }),
    );
    println!("| {what} | {figure:.2} {unit} | {target}");
}
