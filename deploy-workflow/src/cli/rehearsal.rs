//! Without a command: a scenario played from end to end, every state as it happens.

mod json_lines;
mod terminal;

use std::io::{self, Write};
use std::time::Instant;

use asl_runtime::clock::{Clock, SystemClock, TokioClock};
use clap::Args;

use self::json_lines::JsonLines;
use self::terminal::Terminal;
use super::situation::SituationArguments;
use super::{FAILED, Problem, SUCCEEDED, VIRTUAL_START};
use crate::rehearsal::{Notice, Rehearsal, Report, play};
use crate::scenario::Scenario;

#[derive(Debug, Args)]
pub(super) struct RehearsalArguments {
    #[command(flatten)]
    situation: SituationArguments,
    /// List the scenarios
    #[arg(long)]
    list_scenarios: bool,
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

pub(super) fn perform(arguments: &RehearsalArguments, out: &mut dyn Write) -> Result<u8, Problem> {
    if arguments.list_scenarios {
        for Scenario { name, definition, summary, .. } in Scenario::ALL {
            writeln!(out, "{name:<22} {:<19} {summary}", definition.name())?;
        }
        return Ok(SUCCEEDED);
    }
    let rehearsal = arguments.situation.rehearsal(arguments.seed)?;
    let real_time = if arguments.real_time { RealTime::Yes } else { RealTime::No };
    let mut display: Box<dyn Display> =
        if arguments.json { Box::new(JsonLines::new(out)) } else { Box::new(Terminal::new(out)) };
    display.begin(&rehearsal, real_time)?;
    let began = Instant::now();
    let reports = play_in(real_time, &rehearsal, &mut *display)?;
    display.end(&reports, began.elapsed())?;
    Ok(if reports.iter().all(Report::succeeded) { SUCCEEDED } else { FAILED })
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
