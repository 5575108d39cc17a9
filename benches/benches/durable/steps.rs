//! Task steps through the whole engine: a Task is scheduled, its handler answers at once, and that is journalled.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use asl_core::Value;
use asl_runtime::store::{Durability, SqliteOptions};
use asl_runtime::{Engine, TaskRequest};
use benches::cpu_time::cpu_time;
use serde_json::json;

use crate::Failed;

/// A Task after the other, until the history is full: 5,000 of them.
const LOOP: &str = r#"{"StartAt": "Step", "States": {"Step": {
    "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:Step", "Next": "Step",
    "Catch": [{"ErrorEquals": ["Never"], "Next": "Done"}]
}, "Done": {"Type": "Succeed"}}}"#;

/// An engine on a new file, and how many steps it has done.
pub(crate) struct Looping {
    engine: Engine,
    machine: Arc<str>,
    steps: Arc<AtomicU64>,
}

/// What steps took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) per_second: f64,
    /// Processor time of one step, in seconds; that of everything in the process.
    pub(crate) cpu: f64,
}

impl Looping {
    pub(crate) async fn open(file: &Path, durability: Durability, snapshot_every: u64) -> Result<Self, Failed> {
        let steps = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&steps);
        let step = move |request: TaskRequest| {
            counted.fetch_add(1, Ordering::Relaxed);
            async move { Ok(request.parameters().clone()) }
        };
        let engine = Engine::builder()
            .store(SqliteOptions::new(file).durability(durability).open()?)
            .snapshot_every(NonZero::new(snapshot_every).ok_or("no interval")?)
            .handler("Step", step)
            .build()
            .await?;
        let machine = engine.create_state_machine("loop", LOOP).await?;
        Ok(Self { engine, machine, steps })
    }

    /// Lets so many new executions step for `time`.
    pub(crate) async fn run(&self, executions: u32, input: Value, time: Duration) -> Result<Pace, Failed> {
        let mut arns = Vec::new();
        for _ in 0..executions {
            arns.push(self.engine.start_execution(&self.machine, None, input.clone()).await?.execution_arn);
        }
        let (begin, cpu, before) = (Instant::now(), cpu_time(), self.steps.load(Ordering::Relaxed));
        tokio::time::sleep(time).await;
        let steps = self.steps.load(Ordering::Relaxed) - before;
        let (seconds, cpu) = (begin.elapsed().as_secs_f64(), cpu_time().saturating_sub(cpu).as_secs_f64());
        for arn in arns {
            // One that is full has ended by itself.
            let _ = self.engine.stop_execution(&arn, asl_core::Failure::named("Enough")).await;
        }
        let steps = f64::from(u32::try_from(steps)?);
        Ok(Pace { per_second: steps / seconds, cpu: cpu / steps })
    }

    /// Lets one execution do so many steps, stops it, and returns its ARN.
    pub(crate) async fn steps(&self, steps: u64, input: Value) -> Result<Arc<str>, Failed> {
        let before = self.steps.load(Ordering::Relaxed);
        let arn = self.engine.start_execution(&self.machine, None, input).await?.execution_arn;
        while self.steps.load(Ordering::Relaxed) < before + steps {
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
        let _ = self.engine.stop_execution(&arn, asl_core::Failure::named("Enough")).await;
        Ok(arn)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// An object of about so many bytes.
pub(crate) fn payload(bytes: usize) -> Value {
    let members: serde_json::Map<_, _> =
        (0..bytes / 50).map(|number| (format!("member{number}"), json!("a text of some thirty characters"))).collect();
    serde_json::Value::Object(members).into()
}
