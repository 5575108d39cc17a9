//! The command line: what is asked for, and how it went.

mod files;
mod function;
mod rehearsal;
mod situation;
#[cfg(feature = "aws")]
mod worker;

use std::io::{self, Write};
use std::process::ExitCode;

use asl_core::Timestamp;
use clap::{Parser, Subcommand};

use self::function::FunctionArguments;
use self::rehearsal::RehearsalArguments;
#[cfg(feature = "aws")]
use self::worker::WorkerArguments;
use crate::rehearsal::RehearsalError;

/// Every deployment succeeded.
const SUCCEEDED: u8 = 0;
/// A deployment failed.
const FAILED: u8 = 1;
/// What was asked for makes no sense; clap uses the same code.
const BAD_INPUT: u8 = 2;
/// The program itself failed.
const BROKEN: u8 = 3;

/// The time that virtual clocks begin with: 2024-11-22T09:00:00Z.
const VIRTUAL_START: Timestamp = Timestamp::from_millis(1_732_266_000_000);

/// Deploys a CloudFormation stack with a state machine, against a CloudFormation in this process.
///
/// A pipeline's job starts an execution of the machine and follows it to its end.
/// Time is virtual unless asked otherwise, so waiting takes no time.
#[derive(Debug, Parser)]
#[command(
    name = "deploy-workflow",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 every deployment succeeded; 1 one failed; 2 bad input; 3 the program itself failed."
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    rehearsal: RehearsalArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    Function(FunctionArguments),
    #[cfg(feature = "aws")]
    Worker(WorkerArguments),
}

/// Does what the arguments ask for; what happens goes to `out`, what is wrong to `err`.
pub fn run(arguments: &Arguments, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let performed = match &arguments.command {
        None => rehearsal::perform(&arguments.rehearsal, out),
        Some(Command::Function(arguments)) => function::perform(arguments, out),
        #[cfg(feature = "aws")]
        Some(Command::Worker(arguments)) => worker::perform(arguments, out),
    };
    ExitCode::from(match performed {
        Ok(code) => code,
        Err(problem) => {
            // There is nobody left to tell when that fails as well.
            let _ = problem.report(err);
            problem.code
        }
    })
}

/// What went wrong, and what to do about it.
struct Problem {
    message: String,
    help: String,
    code: u8,
}

impl Problem {
    /// Says nothing when whoever read the output has gone away.
    fn report(&self, err: &mut dyn Write) -> io::Result<()> {
        if self.message.is_empty() {
            return Ok(());
        }
        writeln!(err, "error: {}\nhelp: {}", self.message, self.help)
    }
}

fn bad_input(message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem { message: message.into(), help: help.into(), code: BAD_INPUT }
}

/// Who reads no further, such as `head`, has what was wanted.
impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        let (message, code) = match error.kind() {
            io::ErrorKind::BrokenPipe => (String::new(), SUCCEEDED),
            _ => (format!("cannot write: {error}"), BROKEN),
        };
        Self { message, help: "look at where the output goes".into(), code }
    }
}

impl From<RehearsalError> for Problem {
    fn from(error: RehearsalError) -> Self {
        let (help, code) = match &error {
            RehearsalError::Preparation(_) => ("give an input that fits the scenario's template", BAD_INPUT),
            RehearsalError::Trigger(_) => ("give an event of a CodePipeline job", BAD_INPUT),
            _ => ("run it again with --json to see what happened before", BROKEN),
        };
        Self { message: error.to_string(), help: help.into(), code }
    }
}
