//! The crash test with a few kills; what it waits for is real, some seconds in all.
#![cfg(test)]

use std::process::Command;

#[test]
fn a_few_kills_lose_nothing() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crash-test"));
    let output = command.args(["--kills", "12", "--executions", "24", "--seed", "7"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
