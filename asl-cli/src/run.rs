//! `asl run`: executes a definition, in virtual time or in real time.

mod answers;
mod ask;
mod definition;
mod execute;
mod pace;
mod process;
mod progress;
mod snapshot;
mod unanswered;

use std::io::Write;
use std::path::{Path, PathBuf};

use asl_core::execution::Outcome;
use asl_core::{Failure, Timestamp, Value, history, syntax};

use self::execute::Run;
use crate::deployment::Deployment;
use crate::outcome::{End, Problem};
use crate::stderr::{tell, tell_faults};
use crate::{colour, files};

const HELP: &str = "\
Who answers the Tasks, in this order:
  --mock FILE --test-case NAME   the states that the test case of a Step Functions Local mock file names
  --handler NAME=COMMAND         a shell command: the Task's input on standard input, its result on standard output,
                                 both JSON; when it exits with anything but 0 the Task fails, with the error that it
                                 printed as {\"Error\": …, \"Cause\": …}, or else with `HandlerFailed` and the end of what
                                 it wrote to standard error; the environment has ASL_STATE_NAME, ASL_RESOURCE,
                                 ASL_RETRY_COUNT, ASL_INVOCATION, ASL_EXECUTION_ARN, ASL_IDEMPOTENCY_KEY and, where the
                                 Task has one, ASL_TASK_TOKEN; what the command leaves running is not waited for
  --ask                          you
What they answer is the end of the Task: of a `.sync` job, of a task token, of an activity.

What is written where: the output to standard output; with --history the history instead, whose last event has the
output; with --snapshot the differences instead. Progress, and why an execution failed, go to standard error.

Examples:
  asl run order.asl.json --input '{\"amount\": 5}' --handler 'Charge=./charge.sh'
  asl run order.asl.json --mock MockConfigFile.json --test-case CardDeclined --history table
  asl run order.asl.json --mock MockConfigFile.json --test-case CardDeclined --snapshot declined.history.txt --update";

/// Execute a definition: in virtual time, in which a year of waiting takes no time, or in real time
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Arguments {
    /// The definition in JSON or YAML, or a template that has or names one; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The input: a file, `-` for standard input, or JSON itself
    #[arg(long, value_name = "FILE|JSON", default_value = "{}", allow_hyphen_values = true)]
    input: String,
    /// Answer Tasks from a mock file of Step Functions Local
    #[arg(long, value_name = "FILE")]
    mock: Option<PathBuf>,
    /// The test case of the mock file; `MACHINE#NAME` if the machine is called otherwise there than by --machine
    #[arg(long, value_name = "NAME", requires = "mock")]
    test_case: Option<String>,
    /// The state machine's name, in a template, in the mock file and in ARNs [default: the only one]
    #[arg(long, value_name = "NAME")]
    machine: Option<String>,
    /// Answer the Tasks of a Lambda function or resource by a command; `*` in NAME stands for any text
    #[arg(long, value_name = "NAME=COMMAND", value_parser = answers::Handler::parse)]
    handler: Vec<answers::Handler>,
    /// Ask for the result of every Task that nothing else answers
    #[arg(long)]
    ask: bool,
    /// Let waits and retries take the time that they take; Ctrl-C stops the execution
    #[arg(long)]
    real_time: bool,
    /// Write the history instead of the output
    #[arg(long, value_name = "FORM", value_enum)]
    history: Option<HistoryForm>,
    /// Compare the history, without what differs from run to run, with a file; fail if it differs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["history", "real_time"])]
    snapshot: Option<PathBuf>,
    /// Write the snapshot's file instead of comparing with it
    #[arg(long, requires = "snapshot")]
    update: bool,
    #[command(flatten)]
    deployment: Deployment,
    /// What random numbers, UUIDs and jitter are drawn from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The virtual time at which the execution starts, such as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIMESTAMP", conflicts_with = "real_time")]
    start_at: Option<Timestamp>,
    /// The execution's name
    #[arg(long, value_name = "NAME", default_value = "run")]
    name: String,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    colour: colour::Choice,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum HistoryForm {
    /// As `GetExecutionHistory` returns it
    Json,
    /// One line for each event
    Table,
}

/// Executes the definition.
pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<End, Problem> {
    check_stdin(arguments)?;
    let Some(definition) = definition::read(arguments)? else { return Ok(End::Bad) };
    let Some(input) = input(arguments)? else { return Ok(End::Bad) };
    let Some(answers) = answers::of(arguments, &definition.program)? else { return Ok(End::Bad) };
    let run = execute::execute(arguments, &definition, input, &answers)?;
    if let Some(path) = &arguments.snapshot {
        return snapshot::compare(path, &run.history, arguments, out);
    }
    match arguments.history {
        Some(HistoryForm::Json) => {
            let history = serde_json::json!({ "events": run.history });
            writeln!(out, "{history:#}")?;
        }
        Some(HistoryForm::Table) => out.write_all(history::render(&run.history).as_bytes())?,
        None => {
            if let Some(output) = run.outcome.output() {
                writeln!(out, "{output}")?;
            }
        }
    }
    Ok(end(&run))
}

/// Says why the execution did not succeed, if it did not.
fn end(run: &Run) -> End {
    let ended = match &run.outcome {
        Outcome::Succeeded(_) => return End::Good,
        Outcome::Failed(_) => "failed",
        Outcome::TimedOut(_) => "timed out",
        Outcome::Aborted(_) => "was aborted",
    };
    let failure = run.outcome.failure();
    let mut text = format!("the execution {ended}");
    if let Some(error) = failure.and_then(Failure::error) {
        text.push_str(": ");
        text.push_str(error);
    }
    if let Some(cause) = failure.and_then(Failure::cause).filter(|cause| !cause.is_empty()) {
        text.push_str("\ncause: ");
        text.push_str(cause);
    }
    tell(&text);
    End::Bad
}

/// Standard input is one thing only.
fn check_stdin(arguments: &Arguments) -> Result<(), Problem> {
    let readers = [
        (files::is_stdin(&arguments.file), "the definition"),
        (arguments.input == "-", "the input"),
        (arguments.ask, "the answers of --ask"),
    ];
    let readers: Vec<&str> = readers.into_iter().filter(|(reads, _)| *reads).map(|(_, what)| what).collect();
    match readers.as_slice() {
        [] | [_] => Ok(()),
        several => {
            let message = format!("standard input cannot be {} at once", several.join(" and "));
            Err(Problem::Usage { message })
        }
    }
}

/// The input, or nothing after its faults were told.
fn input(arguments: &Arguments) -> Result<Option<Value>, Problem> {
    let path = Path::new(&arguments.input);
    let is_file = files::is_stdin(path) || path.is_file();
    let text = if is_file { files::read(path)? } else { arguments.input.clone() };
    let (root, faults) = syntax::parse(&text);
    match root {
        Some(root) if !faults.has_errors() => Ok(Some(Value::from(&root))),
        _ if is_file => {
            tell_faults(&faults, path, &text, &arguments.colour);
            Ok(None)
        }
        _ => {
            let first = faults.iter().next();
            let reason = first.map_or("it is empty".to_owned(), |fault| fault.message.clone());
            let message = format!("`--input` is neither a file nor JSON: {reason}");
            Err(Problem::Usage { message })
        }
    }
}
