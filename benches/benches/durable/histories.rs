//! What a history costs that is worked out when somebody asks for it, beside what it would cost to keep it.

use std::path::Path;
use std::time::Instant;

use asl_runtime::store::Durability;

use crate::Failed;
use crate::steps::{Looping, payload};

/// How many events a step of the loop has.
const EVENTS_OF_A_STEP: u64 = 5;

pub(crate) async fn measure(directory: &Path) -> Result<(), Failed> {
    println!("histories, worked out from the journal when they are asked for");
    let looping = Looping::open(&directory.join("histories.db"), Durability::Process, 256).await?;
    for (events, bytes) in [(10, 0), (1_000, 0), (20_000, 0), (10, 200_000), (500, 200_000)] {
        let arn = looping.steps(events / EVENTS_OF_A_STEP, payload(bytes)).await?;
        let mut taken = Vec::new();
        let mut history = Vec::new();
        for _ in 0..5 {
            let begin = Instant::now();
            history = looping.engine().get_execution_history(&arn).await?;
            taken.push(begin.elapsed().as_secs_f64());
        }
        let begin = Instant::now();
        let text = serde_json::to_vec(&history)?;
        let writing = begin.elapsed().as_secs_f64();
        let (count, taken) = (f64::from(u32::try_from(history.len())?), crate::median(taken));
        let steps = count / f64::from(u32::try_from(EVENTS_OF_A_STEP)?);
        println!(
            "  {count:>6} events, payloads of {bytes:>6} bytes: {:>9.2} ms, {:>8.1} µs a step; \
             kept, a step would write {:>9.0} bytes more, {:>8.1} µs to make their text alone",
            taken * 1e3,
            taken / steps * 1e6,
            f64::from(u32::try_from(text.len())?) / steps,
            writing / steps * 1e6,
        );
    }
    Ok(())
}

/// What snapshots cost while steps are done.
pub(crate) async fn measure_snapshots(directory: &Path) -> Result<(), Failed> {
    println!("snapshots: processor time of a step, without syncs, 8 executions");
    for bytes in [200, 20_000, 200_000] {
        let mut line = format!("  payloads of {bytes:>6} bytes:");
        for every in [16, 64, 256, 1_024, 1_000_000] {
            let file = directory.join(format!("snapshots-{bytes}-{every}.db"));
            let looping = Looping::open(&file, Durability::Process, every).await?;
            let pace = looping.run(8, payload(bytes), crate::TIME / 4).await?;
            line = format!("{line}  every {every} {:.1} µs", pace.cpu * 1e6);
            std::fs::remove_file(&file)?;
        }
        println!("{line}");
    }
    Ok(())
}
