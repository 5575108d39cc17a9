//! The process that kills the other.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::child::{LEDGER, OPEN, RESULTS};
use crate::ledger;
use crate::verdict::Run;

/// The longest time until a kill from the start of a process, and from when it goes on with what it found.
const LONGEST_OPENING_MILLIS: u64 = 60;
const LONGEST_LIFE_MILLIS: u64 = 150;

/// What happened to the processes.
#[derive(Debug, Default)]
pub(crate) struct Deaths {
    /// Killed, perhaps before the file was open.
    pub(crate) while_opening: usize,
    /// Killed at work.
    pub(crate) at_work: usize,
}

/// When a life ends.
#[derive(Debug, Clone, Copy)]
enum Death {
    AfterStart(Duration),
    AfterOpening(Duration),
}

/// One life after the other in `directory`: so many that are killed, and one to the end.
///
/// Executions begin over all lives, so that each kill finds some at their beginning and some at their end.
pub(crate) fn run(
    directory: &Path,
    seed: u64,
    executions: usize,
    kills: usize,
) -> Result<(Run, Deaths), Box<dyn Error>> {
    std::fs::create_dir_all(directory)?;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut deaths = Deaths::default();
    for life in 0..kills {
        let begun = (executions * (life + 1)).div_ceil(kills);
        let death = if random.u8(0..4) == 0 {
            Death::AfterStart(Duration::from_millis(random.u64(..LONGEST_OPENING_MILLIS)))
        } else {
            Death::AfterOpening(Duration::from_millis(random.u64(..LONGEST_LIFE_MILLIS)))
        };
        let mut child = child(directory, seed, begun).stdout(Stdio::piped()).spawn()?;
        let pipe = child.stdout.take();
        let ended = live(&mut child, pipe, death);
        // `kill` is SIGKILL: nothing of the process runs any more.
        child.kill()?;
        let status = child.wait()?;
        ended?;
        if let Some(code) = status.code() {
            return Err(format!("life {life} ended by itself, with exit code {code}").into());
        }
        match death {
            Death::AfterStart(_) => deaths.while_opening += 1,
            Death::AfterOpening(_) => deaths.at_work += 1,
        }
    }
    let status = child(directory, seed, executions).arg("--to-the-end").stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("the last life failed: {status}").into());
    }
    let results = serde_json::from_slice(&std::fs::read(directory.join(RESULTS))?)?;
    Ok((Run { results, effects: ledger::read(&directory.join(LEDGER))? }, deaths))
}

/// Returns when it is time to die.
fn live(child: &mut Child, pipe: Option<ChildStdout>, death: Death) -> Result<(), Box<dyn Error>> {
    match death {
        Death::AfterStart(after) => std::thread::sleep(after),
        Death::AfterOpening(after) => {
            let mut line = String::new();
            BufReader::new(pipe.ok_or("the child has no output")?).read_line(&mut line)?;
            if line.trim_end() != OPEN {
                return Err(format!("the child did not open the store: {}", child.wait()?).into());
            }
            std::thread::sleep(after);
        }
    }
    Ok(())
}

fn child(directory: &Path, seed: u64, executions: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_default());
    command.arg("--executions").arg(executions.to_string()).arg("--seed").arg(seed.to_string());
    command.arg("live").arg(directory);
    command
}
