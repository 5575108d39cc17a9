//! Killing a process that runs executions, again and again.

use crate::step::{Steps, cargo};

/// Kills the process so often, while it runs so many executions.
pub(crate) fn run(steps: &mut Steps, kills: u32, executions: u32, seed: Option<u64>) {
    let mut test = cargo(["run", "--quiet", "--package", "crash-test", "--"]);
    test.args(["--kills", &kills.to_string(), "--executions", &executions.to_string()]);
    if let Some(seed) = seed {
        test.args(["--seed", &seed.to_string()]);
    }
    steps.command("crash test", test);
}
