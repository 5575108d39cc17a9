//! An execution as it goes, one line for each thing that a person waits for.

use std::collections::HashMap;
use std::sync::Arc;

use asl_core::diagnostic::Colour;
use asl_core::history::{Elapsed, EventDetails, HistoryEvent, StateType};
use asl_core::{Failure, Timestamp};

/// How many characters of a cause are shown.
const SHOWN_CHARACTERS: usize = 120;

/// Makes lines of events.
pub(super) struct Progress {
    colour: Colour,
    started_at: Option<Timestamp>,
    /// Where each event belongs: an index of `visits`.
    places: HashMap<u64, usize>,
    visits: Vec<Visit>,
}

/// A state that was entered, or an iteration of a Map.
struct Visit {
    state_name: Arc<str>,
    entered_at: Timestamp,
    /// How many Tasks were scheduled.
    attempts: u32,
    /// The visit of the Map whose iteration this belongs to.
    map: Option<usize>,
    iterations: usize,
    ended_iterations: usize,
}

/// What a line is about.
#[derive(Clone, Copy)]
enum Mark {
    Entered,
    Succeeded,
    Failed,
    Again,
    Note,
}

impl Mark {
    fn sign(self) -> char {
        match self {
            Self::Entered => '▸',
            Self::Succeeded => '✓',
            Self::Failed => '✗',
            Self::Again => '↻',
            Self::Note => '·',
        }
    }

    fn ansi(self) -> &'static str {
        match self {
            Self::Entered => "\x1b[36m",
            Self::Succeeded => "\x1b[32m",
            Self::Failed => "\x1b[31m",
            Self::Again => "\x1b[33m",
            Self::Note => "\x1b[2m",
        }
    }
}

impl Progress {
    pub(super) fn new(colour: Colour) -> Self {
        Self { colour, started_at: None, places: HashMap::new(), visits: Vec::new() }
    }

    /// What to show of `event`, if anything; events must come in order.
    pub(super) fn line(&mut self, event: &HistoryEvent) -> Option<String> {
        let started_at = *self.started_at.get_or_insert(event.timestamp);
        let (mark, text) = self.note(event)?;
        let time = format!("+{}", Elapsed(event.timestamp.since(started_at)));
        let text: String =
            text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
        let sign = mark.sign();
        Some(if self.colour == Colour::Ansi {
            format!("\x1b[2m{time:>9}\x1b[0m {}{sign}\x1b[0m {text}", mark.ansi())
        } else {
            format!("{time:>9} {sign} {text}")
        })
    }

    fn note(&mut self, event: &HistoryEvent) -> Option<(Mark, String)> {
        let before = self.places.get(&event.previous_event_id.get()).copied();
        let place = self.place(event, before);
        if let Some(place) = place {
            self.places.insert(event.id.get(), place);
        }
        let visit = place.and_then(|place| self.visits.get_mut(place));
        // Why an execution did not succeed is told at the end.
        let (mark, ended) = match &event.details {
            EventDetails::ExecutionSucceeded { .. } => (Mark::Succeeded, "execution succeeded"),
            EventDetails::ExecutionFailed { .. } => (Mark::Failed, "execution failed"),
            EventDetails::ExecutionTimedOut { .. } => (Mark::Failed, "execution timed out"),
            EventDetails::ExecutionAborted { .. } => (Mark::Failed, "execution aborted"),
            _ => (Mark::Note, ""),
        };
        if !ended.is_empty() {
            return Some((mark, ended.to_owned()));
        }
        let visit = visit?;
        let is_in_map = visit.map.is_some();
        let name = Arc::clone(&visit.state_name);
        match &event.details {
            EventDetails::StateEntered { state_type, .. } if !is_in_map => entered(*state_type, &name),
            EventDetails::StateExited { .. } if !is_in_map => {
                let took = event.timestamp.since(visit.entered_at);
                Some((
                    Mark::Succeeded,
                    if took.is_zero() { name.to_string() } else { format!("{name} after {}", Elapsed(took)) },
                ))
            }
            EventDetails::LambdaFunctionScheduled(_)
            | EventDetails::ActivityScheduled(_)
            | EventDetails::TaskScheduled(_) => {
                visit.attempts += 1;
                let attempt = visit.attempts;
                (attempt > 1 && !is_in_map).then(|| (Mark::Again, format!("{name}, attempt {attempt}")))
            }
            EventDetails::LambdaFunctionFailed { failure }
            | EventDetails::LambdaFunctionTimedOut { failure }
            | EventDetails::ActivityFailed { failure }
            | EventDetails::ActivityTimedOut { failure }
            | EventDetails::TaskFailed { failure, .. }
            | EventDetails::TaskTimedOut { failure, .. }
            | EventDetails::EvaluationFailed { failure, .. } => {
                Some((Mark::Failed, format!("{name}: {}", shown(failure))))
            }
            EventDetails::MapStateStarted { length } => {
                visit.iterations = *length;
                (!is_in_map)
                    .then(|| (Mark::Note, format!("{name}: {length} iteration{}", if *length == 1 { "" } else { "s" })))
            }
            EventDetails::MapIterationSucceeded { .. }
            | EventDetails::MapIterationFailed { .. }
            | EventDetails::MapIterationAborted { .. } => {
                visit.ended_iterations += 1;
                let (ended, all) = (visit.ended_iterations, visit.iterations.max(1));
                // Ten lines are enough for a Map of any length.
                let is_shown = !is_in_map && ended * 10 / all != (ended - 1) * 10 / all;
                is_shown.then(|| (Mark::Note, format!("{name}: {ended} of {all} iterations ended")))
            }
            _ => None,
        }
    }

    /// The visit that `event` belongs to, given that of the event before it on its branch.
    fn place(&mut self, event: &HistoryEvent, before: Option<usize>) -> Option<usize> {
        match &event.details {
            EventDetails::StateEntered { name, .. } => {
                let map = before.and_then(|before| self.visits.get(before)?.map);
                Some(self.visit(name, event.timestamp, map))
            }
            EventDetails::MapIterationStarted { name, .. } => {
                let map = self.around(before, name);
                Some(self.visit(name, event.timestamp, map))
            }
            EventDetails::MapIterationSucceeded { name, .. }
            | EventDetails::MapIterationFailed { name, .. }
            | EventDetails::MapIterationAborted { name, .. } => self.around(before, name),
            // What a Parallel ends in is an event of a branch, beside the state itself.
            EventDetails::StateExited { name, .. } => {
                self.around(before, name).or_else(|| self.visits.iter().rposition(|visit| visit.state_name == *name))
            }
            _ => before,
        }
    }

    /// The visit of the state `name`: that at `place`, or a Map around it.
    fn around(&self, mut place: Option<usize>, name: &str) -> Option<usize> {
        while let Some(visit) = self.visits.get(place?) {
            // An iteration is named after its Map.
            let map = visit.map.filter(|map| self.visits.get(*map).is_some_and(|map| *map.state_name == *name));
            if map.is_none() && *visit.state_name == *name {
                return place;
            }
            place = visit.map;
        }
        None
    }

    fn visit(&mut self, state_name: &Arc<str>, entered_at: Timestamp, map: Option<usize>) -> usize {
        self.visits.push(Visit {
            state_name: Arc::clone(state_name),
            entered_at,
            attempts: 0,
            map,
            iterations: 0,
            ended_iterations: 0,
        });
        self.visits.len() - 1
    }
}

/// States that take no time are shown once they are over.
fn entered(state_type: StateType, name: &str) -> Option<(Mark, String)> {
    match state_type {
        StateType::Task | StateType::Parallel | StateType::Map => {
            Some((Mark::Entered, format!("{name} ({state_type})")))
        }
        StateType::Wait => Some((Mark::Entered, format!("{name} waits"))),
        StateType::Pass | StateType::Choice | StateType::Succeed | StateType::Fail => None,
    }
}

/// A failure on one line, its cause cut.
fn shown(failure: &Failure) -> String {
    let error = failure.error().unwrap_or("no error name");
    match failure.cause() {
        Some(cause) if !cause.is_empty() => {
            let cut: String = cause.chars().take(SHOWN_CHARACTERS).collect();
            let dots = if cut.len() < cause.len() { "…" } else { "" };
            format!("{error}: {cut}{dots}")
        }
        _ => error.to_owned(),
    }
}
