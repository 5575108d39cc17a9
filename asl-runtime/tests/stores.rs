//! Stores from outside: all of them against their contract, and SQLite against its disk.
#![cfg(test)]

#[path = "stores/conformance.rs"]
mod conformance;
#[path = "stores/damage.rs"]
mod damage;
#[path = "stores/faults.rs"]
mod faults;
#[path = "stores/golden.rs"]
mod golden;
#[path = "stores/map_runs.rs"]
mod map_runs;
#[path = "stores/model.rs"]
mod model;
#[path = "stores/processes.rs"]
mod processes;
#[path = "stores/takeover.rs"]
mod takeover;

use std::sync::Arc;

use asl_core::execution::{Event, Outcome};
use asl_core::{Failure, Timestamp};
use asl_runtime::store::{Batch, End, Inbound, JournalEntry, Opening, Standing};

const LONG: Timestamp = Timestamp::from_millis(1_000_000);
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

fn arn(name: &str) -> Arc<str> {
    format!("arn:aws:states:us-east-1:000000000000:execution:m:{name}").into()
}

/// An entry that differs from others by its text.
fn entry(text: &str) -> JournalEntry {
    let event = Event::Stopped { failure: Failure::new("Stopped", text) };
    JournalEntry { at: Timestamp::from_millis(5), inbound: Inbound::Event(event) }
}

/// A batch of one entry; the one at version 0 opens the execution.
fn batch(name: &str, expected_version: u64, text: &str) -> Batch {
    let opening = Opening {
        state_machine_arn: MACHINE.into(),
        name: name.into(),
        start_date: Timestamp::from_millis(7),
        parent: None,
    };
    Batch {
        execution_arn: arn(name),
        expected_version,
        entries: vec![entry(text)],
        opening: (expected_version == 0).then_some(opening),
        standing: None,
        received: Vec::new(),
    }
}

fn ended() -> Standing {
    Standing::Ended(End { outcome: Outcome::Succeeded(7.into()), stop_date: Timestamp::from_millis(9) })
}
