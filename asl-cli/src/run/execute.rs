//! Runs an execution to its end, and shows how it goes.

use std::time::Duration;

use asl_core::execution::{Limits, Outcome, Start};
use asl_core::history::HistoryEvent;
use asl_core::{MachineType, Program, Timestamp, Value};
use asl_runtime::clock::{Clock as _, SystemClock};
use asl_runtime::{Engine, Error, Simulation};

use super::Arguments;
use super::answers::Answers;
use super::definition::Definition;
use super::pace::{Interrupt, Pace, interrupted, runtime};
use super::progress::Progress;
use crate::outcome::Problem;
use crate::stderr::tell;

/// How often progress is shown in real time.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long an Express workflow may run, in seconds.
const EXPRESS_SECONDS: u64 = 300;

/// An execution that has ended.
pub(super) struct Run {
    pub(super) outcome: Outcome,
    pub(super) history: Vec<HistoryEvent>,
}

/// Executes `definition`.
pub(super) fn execute(
    arguments: &Arguments,
    definition: &Definition,
    input: Value,
    answers: &Answers,
) -> Result<Run, Problem> {
    let Definition { program, machine_type } = definition;
    let mut limits = Limits::default();
    if *machine_type == MachineType::Express {
        limits.execution_seconds = EXPRESS_SECONDS;
    }
    let mut shown =
        Shown { progress: (!arguments.quiet).then(|| Progress::new(arguments.colour.on_stderr())), count: 0 };
    match &answers.pace {
        Pace::Virtual(_) => {
            let start_at = arguments.start_at.unwrap_or_else(|| SystemClock.now());
            let start = Start { seed: arguments.seed, limits, ..start(arguments, &answers.machine_name, input) };
            simulate(program, start, start_at, answers, shown)
        }
        Pace::Real => {
            let failed = |error: std::io::Error| Problem::Broken { message: error.to_string() };
            let runtime = runtime().map_err(failed)?;
            let run = runtime.block_on(host(arguments, program, input, limits, answers, &mut shown));
            runtime.shutdown_background();
            run.map_err(|error| problem(&error))
        }
    }
}

fn start(arguments: &Arguments, machine_name: &str, input: Value) -> Start {
    Start {
        id: format!("arn:aws:states:us-east-1:000000000000:execution:{machine_name}:{}", arguments.name).into(),
        state_machine_id: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{machine_name}").into(),
        state_machine_name: machine_name.into(),
        role_arn: format!("arn:aws:iam::000000000000:role/{machine_name}").into(),
        ..Start::new(&*arguments.name, input)
    }
}

fn simulate(
    program: &Program,
    start: Start,
    start_at: Timestamp,
    answers: &Answers,
    mut shown: Shown,
) -> Result<Run, Problem> {
    let mut simulation = Simulation::new()
        .seed(start.seed)
        .start_at(start_at)
        .registry(answers.registry.clone())
        .observe(move |event| shown.show(event));
    match simulation.run_start(program, start) {
        Ok(run) => Ok(Run { outcome: run.outcome, history: run.history }),
        Err(error) => Err(Problem::Usage { message: error.to_string() }),
    }
}

async fn host(
    arguments: &Arguments,
    program: &Program,
    input: Value,
    limits: Limits,
    answers: &Answers,
    shown: &mut Shown,
) -> Result<Run, Error> {
    let interrupt = Interrupt::new();
    let engine =
        Engine::builder().registry(answers.registry.clone()).seed(arguments.seed).limits(limits).build().await?;
    let machine = engine.create_state_machine_from_program(&answers.machine_name, program).await?;
    let started = engine.start_execution(&machine, Some(&arguments.name), input).await?;
    let arn = &started.execution_arn;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut stopped = false;
    let outcome = loop {
        tokio::select! {
            biased;
            () = interrupt.wait(), if !stopped => {
                stopped = true;
                engine.stop_execution(arn, interrupted()).await?;
            }
            outcome = engine.wait(arn) => break outcome?,
            _ = looks.tick() => shown.show_all(&engine.get_execution_history(arn).await?),
        }
    };
    let history = engine.get_execution_history(arn).await?;
    shown.show_all(&history);
    engine.shutdown(Duration::ZERO).await;
    Ok(Run { outcome, history })
}

fn problem(error: &Error) -> Problem {
    let message = error.to_string();
    match error {
        Error::InvalidName(_) | Error::MissingHandlers(_) | Error::MissingObjects(_) => Problem::Usage { message },
        _ => Problem::Broken { message },
    }
}

/// What of a history was shown.
struct Shown {
    progress: Option<Progress>,
    count: usize,
}

impl Shown {
    fn show(&mut self, event: &HistoryEvent) {
        if let Some(line) = self.progress.as_mut().and_then(|progress| progress.line(event)) {
            tell(&line);
        }
    }

    fn show_all(&mut self, history: &[HistoryEvent]) {
        history.iter().skip(self.count).for_each(|event| self.show(event));
        self.count = history.len();
    }
}
