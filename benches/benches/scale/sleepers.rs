//! Executions that wait for a time or for a token, half of them each, and starting an engine on a store of them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use asl_runtime::store::SqliteStore;
use asl_runtime::{Engine, TaskRequest};
use benches::cpu_time::cpu_time;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Failed;

const TIMER: &str = r#"{"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "Seconds": 31536000, "End": true}}}"#;

const TOKEN: &str = r#"{"StartAt": "Ask", "States": {"Ask": {
    "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true, "TimeoutSeconds": 31536000,
    "Parameters": {"QueueUrl": "queue", "MessageBody": {"Order.$": "$", "Token.$": "$$.Task.Token"}}
}}}"#;

/// How many executions are started at the same time.
const STARTERS: u32 = 256;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Asleep {
    pub(crate) per_second: f64,
    pub(crate) bytes_each: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WokenUp {
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) bytes_each: f64,
}

/// Starts so many executions, and leaves them to the store.
pub(crate) async fn fall_asleep(directory: &Path, count: u32) -> Result<Asleep, Failed> {
    let before = crate::memory()?;
    let asked = Arc::new(AtomicU32::new(0));
    let engine = engine(directory, &asked).await?;
    let timer = engine.create_state_machine("timer", TIMER).await?;
    let token = engine.create_state_machine("token", TOKEN).await?;
    let begin = Instant::now();
    let starters: Vec<_> = (0..STARTERS)
        .map(|starter| {
            let (engine, machines) = (engine.clone(), [Arc::clone(&timer), Arc::clone(&token)]);
            tokio::spawn(async move {
                for number in (starter..count).step_by(STARTERS as usize) {
                    let machine = if number % 2 == 0 { &machines[0] } else { &machines[1] };
                    let input = json!({"orderId": number, "customer": "a text of some thirty characters"});
                    engine.start_execution(machine, None, input).await?;
                }
                Ok::<_, asl_runtime::Error>(())
            })
        })
        .collect();
    for starter in starters {
        starter.await??;
    }
    while asked.load(Ordering::Relaxed) < count / 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let seconds = begin.elapsed().as_secs_f64();
    engine.shutdown(Duration::from_secs(10)).await;
    Ok(Asleep {
        per_second: f64::from(count) / seconds,
        bytes_each: (crate::peak_memory()? - before) / f64::from(count),
    })
}

/// Starts an engine on the store that was left.
pub(crate) async fn wake_up(directory: &Path, count: u32) -> Result<WokenUp, Failed> {
    let (before, begin, cpu) = (crate::memory()?, Instant::now(), cpu_time());
    let asked = Arc::new(AtomicU32::new(0));
    let engine = engine(directory, &asked).await?;
    let (seconds, cpu) = (begin.elapsed().as_secs_f64(), cpu_time().saturating_sub(cpu));
    if asked.load(Ordering::Relaxed) > 0 {
        return Err("a Task was delivered again whose token was handed out".into());
    }
    let bytes_each = (crate::peak_memory()? - before) / f64::from(count);
    engine.shutdown(Duration::from_secs(10)).await;
    Ok(WokenUp { seconds, cpu_seconds: cpu.as_secs_f64(), bytes_each })
}

async fn engine(directory: &Path, asked: &Arc<AtomicU32>) -> Result<Engine, Failed> {
    let asked = Arc::clone(asked);
    let send = move |_: TaskRequest| {
        asked.fetch_add(1, Ordering::Relaxed);
        async { Ok(json!({"MessageId": "m"})) }
    };
    let store = SqliteStore::open(directory.join("store.db"))?;
    let builder = Engine::builder().store(store).handler("arn:aws:states:::sqs:sendMessage.waitForTaskToken", send);
    Ok(builder.build().await?)
}
