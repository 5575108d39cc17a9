//! Who answers the Tasks: mocks, commands, and the person at the terminal.

use std::path::Path;
use std::sync::Arc;

use asl_core::Program;
use asl_runtime::mock_config::MockedTestCase;
use asl_runtime::{MockConfig, Registry};

use super::Arguments;
use super::ask::Ask;
use super::pace::Pace;
use super::process::ProcessHandler;
use super::unanswered::Unanswered;
use crate::files;
use crate::outcome::Problem;
use crate::stderr::tell_faults;

/// `--handler NAME=COMMAND`.
#[derive(Debug, Clone)]
pub(super) struct Handler {
    name: Arc<str>,
    command: Arc<str>,
}

impl Handler {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, command)) if !name.is_empty() && !command.trim().is_empty() => {
                Ok(Self { name: name.into(), command: command.into() })
            }
            _ => Err("expected NAME=COMMAND, such as `Charge=./charge.sh`".to_owned()),
        }
    }
}

/// Who answers, and the state machine's name.
pub(super) struct Answers {
    pub(super) registry: Registry,
    pub(super) machine_name: String,
    pub(super) pace: Pace,
}

/// Who answers the Tasks of `program`, or nothing after the mock file's faults were told.
///
/// Somebody answers every Task; a test case may leave out those that it does not reach.
pub(super) fn of(arguments: &Arguments, program: &Program) -> Result<Option<Answers>, Problem> {
    let broken = |error: std::io::Error| Problem::Broken { message: format!("no runtime could be started: {error}") };
    let pace = if arguments.real_time { Pace::Real } else { Pace::simulated().map_err(broken)? };
    let mut registry = Registry::new();
    if arguments.ask {
        registry = registry.handler("*", Ask::new(pace.clone()));
    } else if arguments.mock.is_some() {
        registry = registry.handler("*", Unanswered);
    }
    for Handler { name, command } in &arguments.handler {
        registry = registry.handler(Arc::clone(name), ProcessHandler::new(command, pace.clone()));
    }
    let mut machine_name = arguments.machine.clone();
    if let Some(path) = &arguments.mock {
        let Some((name, test_case)) = test_case(arguments, path, program)? else { return Ok(None) };
        registry = registry.mock(&test_case);
        machine_name = Some(name);
    }
    check(program, &registry)?;
    if arguments.ask || !arguments.handler.is_empty() {
        pace.heed_interrupts();
    }
    let machine_name = machine_name.unwrap_or_else(|| "StateMachine".to_owned());
    Ok(Some(Answers { registry, machine_name, pace }))
}

/// The machine's name in the mock file at `path`, and the test case; nothing after the file's faults were told.
fn test_case(
    arguments: &Arguments,
    path: &Path,
    program: &Program,
) -> Result<Option<(String, MockedTestCase)>, Problem> {
    let text = files::read(path)?;
    let tell = |faults| tell_faults(&faults, path, &text, &arguments.colour);
    let config = match MockConfig::parse(&text) {
        Ok(config) => config,
        Err(faults) => {
            tell(faults);
            return Ok(None);
        }
    };
    let usage = |message: String| Problem::with(path, message);
    let machines: Vec<&str> = config.state_machines().collect();
    // As in the ARN that starts a test case of Step Functions Local.
    let qualified = arguments.test_case.as_ref().and_then(|test_case| test_case.split_once('#'));
    let said = qualified.map(|(machine, _)| machine).or(arguments.machine.as_deref());
    let machine = match (said, machines.as_slice()) {
        (Some(machine), _) => machine,
        (None, [machine]) => *machine,
        (None, []) => return Err(usage("the mock file has no state machine".to_owned())),
        (None, several) => {
            let message = format!("which state machine is meant? say --machine with one of {}", several.join(", "));
            return Err(usage(message));
        }
    };
    let Some(name) = qualified.map(|(_, name)| name).or(arguments.test_case.as_deref()) else {
        let names: Vec<&str> = config.test_cases(machine).collect();
        return Err(usage(format!("which test case is meant? say --test-case with one of {}", names.join(", "))));
    };
    let test_case = config.test_case(machine, name).map_err(|unknown| usage(unknown.to_string()))?;
    match test_case.check(program) {
        Ok(()) => Ok(Some((machine.to_owned(), test_case.clone()))),
        Err(faults) => {
            tell(faults);
            Ok(None)
        }
    }
}

/// Refuses to start what would stop at a Task that nobody answers.
fn check(program: &Program, registry: &Registry) -> Result<(), Problem> {
    let missing: Vec<_> =
        program.resources().filter(|(state_name, resource)| !registry.has_handler(state_name, resource)).collect();
    let Some((_, first)) = missing.first() else { return Ok(()) };
    let missing: Vec<String> = missing
        .iter()
        .map(|(state_name, resource)| format!("  state `{state_name}`, which calls `{resource}`"))
        .collect();
    let key = first.function_name().unwrap_or(first.as_str());
    let message = format!(
        "nobody answers these Tasks:\n{}\nhelp: run a command with `--handler '{key}=COMMAND'`, \
         mock them with `--mock FILE --test-case NAME`, or answer them yourself with `--ask`",
        missing.join("\n")
    );
    Err(Problem::Usage { message })
}
