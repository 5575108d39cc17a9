//! Deployments by the whole machine, in this process and on the emulator that `AWS_ENDPOINT_URL` names.
//!
//! `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are needed beside it;
//! without the first only the side in this process is played, so that nothing is ever created in an account.
//! On `LocalStack` time is real: the machine's pauses are shortened to a second.
#![cfg(test)]

mod accepted;
mod compare;
mod interference;
mod killed_worker;
mod scenarios;
mod stage;
mod table;
mod templates;

/// Doubles that other tests use, too.
#[path = "../doubles"]
#[expect(dead_code, reason = "other tests ask them for more")]
mod doubles {
    pub(crate) mod code_pipeline;
    pub(crate) mod http;
}

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use tokio::runtime::Builder;

use crate::scenarios::Scenario;
use crate::stage::{play_in_process, play_on_emulator};
use crate::table::{Histories, Ran, Row};

#[test]
fn scenarios_end_alike_in_this_process_and_on_localstack() {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let run = since_epoch.as_millis().to_string();
    let scenarios = scenarios::all(&run);
    let real_time = Builder::new_current_thread().enable_all().build().unwrap();
    let config = std::env::var_os("AWS_ENDPOINT_URL")
        .map(|_| real_time.block_on(async { deploy_workflow::aws::config().load().await }));
    let mut rows: Vec<_> = scenarios
        .iter()
        .map(|scenario| {
            let virtual_time = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            let here = timed(|| virtual_time.block_on(play_in_process(scenario, &run)));
            let emulator = config.as_ref().filter(|_| scenario.in_process_only.is_none());
            let there = emulator.map(|config| played(&real_time, config, scenario, &run));
            row(scenario, here, there)
        })
        .collect();
    rows.push(killed_worker::row(&real_time, config.as_ref(), &run));
    table::print(&rows);
    if config.is_none() {
        println!("LocalStack is left out: AWS_ENDPOINT_URL names none");
    }
    let faults: Vec<_> = rows.iter().flat_map(Row::faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The histories of a scenario's deployments and how long they took, or what went wrong.
type Played = (Result<stage::Histories, String>, std::time::Duration);

fn played(runtime: &tokio::runtime::Runtime, config: &SdkConfig, scenario: &Scenario, run: &str) -> Played {
    timed(|| runtime.block_on(play_on_emulator(config, scenario, run)))
}

fn timed(play: impl FnOnce() -> Result<stage::Histories, String>) -> Played {
    let start = Instant::now();
    let histories = play();
    (histories, start.elapsed())
}

fn row(scenario: &Scenario, here: Played, there: Option<Played>) -> Row {
    let histories = match (&here.0, there.as_ref().map(|there| &there.0)) {
        (Ok(here), Some(Ok(there))) => compared(scenario, here, there),
        _ => Histories::NotCompared,
    };
    let ran = |(histories, duration): Played| histories.map_or_else(Ran::Failed, |_| Ran::Passed(duration));
    Row {
        name: scenario.name,
        in_process: ran(here),
        emulator: there.map_or(Ran::LeftOut, ran),
        histories,
        remark: scenario.in_process_only.unwrap_or(scenario.remark).to_owned(),
    }
}

fn compared(scenario: &Scenario, here: &stage::Histories, there: &stage::Histories) -> Histories {
    for (here, there) in here.iter().zip(there) {
        if let Err(difference) = compare::compare(here, there, &scenario.known) {
            return Histories::Different(difference);
        }
    }
    if scenario.known.is_empty() {
        return Histories::Same;
    }
    Histories::SameButFor(scenario.known.iter().map(|known| known.what).collect())
}
