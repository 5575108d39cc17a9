//! What durability costs: appends to an SQLite file with a sync per commit, and steps of executions through the engine,
//! beside plain appends to a file of the same disk; and what histories and snapshots cost.
//! `cargo xtask bench-durable [DIRECTORY]`; the directory should be on the disk in question.

#![expect(clippy::print_stdout, reason = "figures are for the terminal")]

#[path = "durable/histories.rs"]
mod histories;
#[path = "durable/steps.rs"]
mod steps;

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asl_core::execution::Event;
use asl_core::{Failure, Timestamp};
use asl_runtime::store::{
    Batch, Durability, Inbound, JournalEntry, Opening, OwnerId, SqliteOptions, SqliteStore, Store,
};

use crate::steps::Looping;

/// What a plain append writes, and about what an entry takes.
const BYTES: usize = 200;
/// How many callers append at the same time, at most.
const CALLERS: usize = 64;
/// How long each figure is measured.
const TIME: Duration = Duration::from_secs(4);
/// The engine's default.
const SNAPSHOT_EVERY: u64 = 256;
/// How often the plain file and the store take turns, since disks have moods.
const TURNS: usize = 5;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    let directory = std::env::args().nth(1).filter(|argument| !argument.starts_with("--"));
    let directory = tempfile::tempdir_in(directory.unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").to_owned()))?;
    runtime.block_on(async {
        measure_steps(directory.path()).await?;
        histories::measure(directory.path()).await?;
        histories::measure_snapshots(directory.path()).await?;
        measure(directory.path()).await
    })
}

async fn measure(directory: &Path) -> Result<(), Failed> {
    println!("appends of one entry of {BYTES} bytes, each durable when it is answered");
    for durability in [Durability::Disk, Durability::Process] {
        let store = SqliteOptions::new(directory.join(format!("{durability:?}.db"))).durability(durability).open()?;
        let owner = store.join(Timestamp::from_millis(i64::MAX)).await?;
        let mut journals = open(&store, owner).await?;
        let (mut plain, mut alone) = (Vec::new(), Vec::new());
        for turn in 0..TURNS {
            let file = directory.join(format!("{durability:?}-{turn}"));
            plain.push(tokio::task::spawn_blocking(move || plain_appends(&file)).await??);
            let first = journals.first_mut().ok_or("no journal")?;
            alone.push(append(&store, owner, first, TIME / 5).await?);
        }
        let (plain, alone) = (median(plain), median(alone));
        println!("{durability:?}: plain file with fsync {:>7.0} µs", plain * 1e6);
        println!(
            "{durability:?}: one caller            {:>7.0} µs, {:.2} times the plain file",
            alone * 1e6,
            alone / plain
        );
        for callers in [8, CALLERS] {
            let rate = together(&store, owner, journals.get_mut(..callers).ok_or("too few journals")?).await?;
            println!("{durability:?}: {callers:>2} callers {rate:>15.0} appends/s");
        }
    }
    Ok(())
}

async fn measure_steps(directory: &Path) -> Result<(), Failed> {
    println!("steps through the engine, each durable before the next");
    let looping = Looping::open(&directory.join("steps.db"), Durability::Disk, SNAPSHOT_EVERY).await?;
    let (mut plain, mut alone, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let file = directory.join(format!("beside-steps-{turn}"));
        plain.push(tokio::task::spawn_blocking(move || plain_appends(&file)).await??);
        let pace = looping.run(1, steps::payload(100), TIME / 5).await?;
        alone.push(1.0 / pace.per_second);
        cpu.push(pace.cpu);
    }
    let (plain, alone, cpu) = (median(plain), median(alone), median(cpu));
    println!("  plain file with fsync {:>7.0} µs", plain * 1e6);
    println!(
        "  one execution         {:>7.0} µs a step, {:.2} times the plain file, {:.0} µs of processor time",
        alone * 1e6,
        alone / plain,
        cpu * 1e6
    );
    for executions in [8, 64, 256] {
        let pace = looping.run(executions, steps::payload(100), TIME).await?;
        println!(
            "  {executions:>3} executions        {:>7.0} steps/s, {:.0} µs of processor time each; \
             one sync for each of them would be {:.0} steps/s",
            pace.per_second,
            pace.cpu * 1e6,
            f64::from(executions) / plain
        );
    }
    Ok(())
}

/// A journal, and its version.
type Appended = (Arc<str>, u64);

async fn open(store: &SqliteStore, owner: OwnerId) -> Result<Vec<Appended>, Failed> {
    let mut journals = Vec::new();
    for number in 0..CALLERS {
        let arn: Arc<str> = format!("arn:aws:states:us-east-1:000000000000:execution:m:{number}").into();
        let opening = Opening {
            state_machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m".into(),
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            name: number.to_string().into(),
            start_date: Timestamp::UNIX_EPOCH,
            parent: None,
        };
        store.append(owner, &[Batch { opening: Some(opening), ..batch(&arn, 0) }]).await?;
        journals.push((arn, 1));
    }
    Ok(journals)
}

fn batch(arn: &Arc<str>, expected_version: u64) -> Batch {
    let event = Event::Stopped { failure: Failure::new("Stopped", "x".repeat(BYTES - 82)) };
    let entry = JournalEntry { at: Timestamp::from_millis(1_700_000_000_000), inbound: Inbound::Event(event) };
    Batch {
        execution_arn: Arc::clone(arn),
        expected_version,
        entries: vec![entry],
        opening: None,
        standing: None,
        received: Vec::new(),
    }
}

/// Appends to one journal for `time`, one after the other, and returns the seconds that one took.
async fn append(store: &SqliteStore, owner: OwnerId, journal: &mut Appended, time: Duration) -> Result<f64, Failed> {
    let (begin, mut appended) = (Instant::now(), 0_u32);
    while begin.elapsed() < time {
        store.append(owner, &[batch(&journal.0, journal.1)]).await?;
        journal.1 += 1;
        appended += 1;
    }
    Ok(begin.elapsed().as_secs_f64() / f64::from(appended))
}

/// Appends to every journal at the same time, and returns how many appends were done in a second.
async fn together(store: &SqliteStore, owner: OwnerId, journals: &mut [Appended]) -> Result<f64, Failed> {
    let before: u64 = journals.iter().map(|journal| journal.1).sum();
    let begin = Instant::now();
    let tasks: Vec<_> = journals
        .iter()
        .cloned()
        .map(|mut journal| {
            let store = store.clone();
            tokio::spawn(async move { append(&store, owner, &mut journal, TIME).await.map(|_| journal) })
        })
        .collect();
    for (journal, task) in journals.iter_mut().zip(tasks) {
        *journal = task.await??;
    }
    let after: u64 = journals.iter().map(|journal| journal.1).sum();
    Ok(f64::from(u32::try_from(after - before)?) / begin.elapsed().as_secs_f64())
}

/// Appends to a file with a sync after each, and returns the seconds that one took.
fn plain_appends(path: &Path) -> Result<f64, std::io::Error> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let (bytes, begin) = ([b'x'; BYTES], Instant::now());
    let mut appended = 0_u32;
    while begin.elapsed() < TIME / 5 {
        file.write_all(&bytes)?;
        file.sync_all()?;
        appended += 1;
    }
    Ok(begin.elapsed().as_secs_f64() / f64::from(appended))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
