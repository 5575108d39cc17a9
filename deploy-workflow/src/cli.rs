//! The command line: what is asked for, and how it went.

mod json_lines;
mod terminal;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use asl_core::Timestamp;
use asl_runtime::clock::{Clock, SystemClock, TokioClock};
use clap::{Parser, ValueEnum};

use self::json_lines::JsonLines;
use self::terminal::Terminal;
use crate::artifact::{check_path, pack, read_file};
use crate::definitions::Definition;
use crate::input::MachineInput;
use crate::names::full_stack_name;
use crate::rehearsal::{Notice, Rehearsal, RehearsalError, Report, play};
use crate::scenario::{INPUT, Scenario};

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
    after_help = "Exit codes: 0 every deployment succeeded; 1 one failed; 2 bad input; 3 the program itself failed."
)]
pub struct Arguments {
    /// The machine input: environmentName, stackName, templatePath, and optionally capabilities, parameters, changePolicy
    #[arg(long, value_name = "FILE.json")]
    input: Option<PathBuf>,
    /// The template to deploy instead of the scenario's
    #[arg(long, value_name = "FILE", conflicts_with = "artifact")]
    template: Option<PathBuf>,
    /// The zip archive to deploy instead of the scenario's, with the template at templatePath
    #[arg(long, value_name = "FILE.zip")]
    artifact: Option<PathBuf>,
    /// The situation to deploy in; see --list-scenarios
    #[arg(long, value_name = "NAME", default_value = "create")]
    scenario: String,
    /// List the scenarios
    #[arg(long)]
    list_scenarios: bool,
    /// The machine; by default the one that the scenario is made for
    #[arg(long, value_enum)]
    definition: Option<DefinitionName>,
    /// Let time pass for real
    #[arg(long)]
    real_time: bool,
    /// What random numbers are drawn from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one JSON object per line: job, pipeline, history (as GetExecutionHistory) and summary
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DefinitionName {
    Standard,
    BlueGreen,
    WaitForExecution,
}

impl From<DefinitionName> for Definition {
    fn from(name: DefinitionName) -> Self {
        match name {
            DefinitionName::Standard => Self::Standard,
            DefinitionName::BlueGreen => Self::BlueGreen,
            DefinitionName::WaitForExecution => Self::WaitForExecution,
        }
    }
}

/// Shows a person or a program what happens.
trait Display {
    fn begin(&mut self, rehearsal: &Rehearsal, is_real_time: RealTime) -> io::Result<()>;
    fn notice(&mut self, notice: &Notice<'_>) -> io::Result<()>;
    fn end(&mut self, reports: &[Report], took: std::time::Duration) -> io::Result<()>;
}

/// Which kind of time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RealTime {
    Yes,
    No,
}

/// Does what the arguments ask for; what happens goes to `out`, what is wrong to `err`.
pub fn run(arguments: &Arguments, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    ExitCode::from(match perform(arguments, out) {
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
        let help = match &error {
            RehearsalError::Preparation(_) => "give an input that fits the scenario's template",
            _ => "run it again with --json to see what happened before",
        };
        let code = if matches!(error, RehearsalError::Preparation(_)) { BAD_INPUT } else { BROKEN };
        Self { message: error.to_string(), help: help.into(), code }
    }
}

fn perform(arguments: &Arguments, out: &mut dyn Write) -> Result<u8, Problem> {
    if arguments.list_scenarios {
        for Scenario { name, definition, summary, .. } in Scenario::ALL {
            writeln!(out, "{name:<22} {:<19} {summary}", definition.name())?;
        }
        return Ok(SUCCEEDED);
    }
    let rehearsal = rehearsal(arguments)?;
    let real_time = if arguments.real_time { RealTime::Yes } else { RealTime::No };
    let mut display: Box<dyn Display> =
        if arguments.json { Box::new(JsonLines::new(out)) } else { Box::new(Terminal::new(out)) };
    display.begin(&rehearsal, real_time)?;
    let began = Instant::now();
    let reports = play_in(real_time, &rehearsal, &mut *display)?;
    display.end(&reports, began.elapsed())?;
    Ok(if reports.iter().all(Report::succeeded) { SUCCEEDED } else { FAILED })
}

fn rehearsal(arguments: &Arguments) -> Result<Rehearsal, Problem> {
    let scenario = Scenario::from_name(&arguments.scenario).ok_or_else(|| {
        let names: Vec<_> = Scenario::ALL.iter().map(|scenario| scenario.name).collect();
        bad_input(format!("there is no scenario `{}`", arguments.scenario), format!("one of {}", names.join(", ")))
    })?;
    let input = match &arguments.input {
        Some(path) => machine_input(&read_text(path)?, &path.display().to_string())?,
        None => machine_input(INPUT, "the scenario's input")?,
    };
    full_stack_name(&input.environment_name, &input.stack_name)
        .map_err(|failure| bad_input(failure.cause().unwrap_or_default(), "change environmentName or stackName"))?;
    let wrong_artifact = |error: &dyn std::fmt::Display| {
        bad_input(error.to_string(), "the artifact is a zip archive with the template at templatePath")
    };
    check_path(&input.template_path).map_err(|error| wrong_artifact(&error))?;
    let artifact = match (&arguments.artifact, &arguments.template) {
        (Some(path), _) => Some(read(path)?),
        (None, Some(path)) => {
            let archive = pack(&[(&input.template_path, &read(path)?)]);
            Some(archive.map_err(|error| wrong_artifact(&error))?)
        }
        (None, None) => None,
    };
    if let Some(artifact) = &artifact {
        read_file(artifact, &input.template_path).map_err(|error| wrong_artifact(&error))?;
    }
    let definition = arguments.definition.map_or(scenario.definition, Definition::from);
    Ok(Rehearsal { scenario, definition, input, artifact, seed: arguments.seed })
}

fn machine_input(text: &str, name: &str) -> Result<MachineInput, Problem> {
    MachineInput::parse(text).map_err(|error| {
        bad_input(
            format!("{name}:{error}"),
            "a machine input is a JSON object with environmentName, stackName and templatePath, \
             and optionally capabilities, parameters and changePolicy",
        )
    })
}

fn read_text(path: &Path) -> Result<String, Problem> {
    String::from_utf8(read(path)?)
        .map_err(|_| bad_input(format!("`{}` is not UTF-8 text", path.display()), "give a JSON file"))
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path)
        .map_err(|error| bad_input(format!("cannot read `{}`: {error}", path.display()), "give a file that is there"))
}

/// Plays in a runtime of its own, whose clock only moves on its own when time is virtual.
fn play_in(real_time: RealTime, rehearsal: &Rehearsal, display: &mut dyn Display) -> Result<Vec<Report>, Problem> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time();
    if real_time == RealTime::No {
        builder.start_paused(true);
    }
    builder.build()?.block_on(async {
        match real_time {
            RealTime::Yes => play_with(rehearsal, SystemClock, display).await,
            RealTime::No => play_with(rehearsal, TokioClock::starting_at(VIRTUAL_START), display).await,
        }
    })
}

async fn play_with(
    rehearsal: &Rehearsal,
    clock: impl Clock + Clone,
    display: &mut dyn Display,
) -> Result<Vec<Report>, Problem> {
    let mut shown = Ok(());
    let observe = |notice: Notice<'_>| {
        if shown.is_ok() {
            shown = display.notice(&notice);
        }
    };
    let reports = play(rehearsal, clock, observe).await?;
    shown?;
    Ok(reports)
}
