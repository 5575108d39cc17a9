//! The path that an execution took, from its history.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use asl_core::Value;

/// What a history says of each state and each transition.
#[derive(Debug, Default)]
pub(super) struct Trace {
    states: BTreeMap<Arc<str>, Visits>,
    started: BTreeMap<Arc<str>, usize>,
    taken: BTreeMap<Step, usize>,
}

/// How often a state was entered, and how that ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Visits {
    pub(super) entered: usize,
    succeeded: usize,
    caught: usize,
    failed: usize,
    stopped: usize,
    running: usize,
}

/// What became of a state, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Running,
    Failed,
    Caught,
    Stopped,
    Succeeded,
    NotVisited,
}

/// A move between two states of one machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    from: Arc<str>,
    to: Arc<str>,
    by: Way,
}

/// How a state was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// By any transition that is not a Catcher's.
    Transition,
    Catch,
}

impl Mark {
    /// Every mark.
    pub(super) const ALL: [Self; 6] =
        [Self::Running, Self::Failed, Self::Caught, Self::Stopped, Self::Succeeded, Self::NotVisited];

    /// The mark in a word or two.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Caught => "caught",
            Self::Stopped => "stopped",
            Self::Succeeded => "succeeded",
            Self::NotVisited => "not visited",
        }
    }
}

impl Visits {
    /// How often the state was left for where it leads when nothing fails.
    pub(super) fn left(self) -> usize {
        self.succeeded
    }

    /// The worst that became of the state.
    pub(super) fn mark(self) -> Mark {
        let counts = [self.running, self.failed, self.caught, self.stopped, self.succeeded];
        let worst = Mark::ALL.into_iter().zip(counts).find(|(_, count)| *count > 0);
        worst.map_or(Mark::NotVisited, |(mark, _)| mark)
    }
}

impl Trace {
    /// Reads a history: what `GetExecutionHistory` returns, or its events alone.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let root: Value = text.parse().map_err(|error| format!("it is not JSON: {error}"))?;
        let events = root.get("events").unwrap_or(&root);
        let events = events.as_array().ok_or("it has no array `events`")?;
        let mut events: Vec<Event<'_>> =
            events.iter().map(Event::read).collect::<Option<_>>().ok_or("an event has no `id` or no `type`")?;
        events.sort_by_key(|event| event.id);
        let mut replay = Replay::default();
        for event in &events {
            replay.handle(event);
        }
        Ok(replay.into_trace())
    }

    /// The states that were entered, in alphabetical order.
    pub(super) fn state_names(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(|name| &**name)
    }

    /// What became of the state called `name`.
    pub(super) fn state(&self, name: &str) -> Visits {
        self.states.get(name).copied().unwrap_or_default()
    }

    /// How often a machine started with the state called `name`.
    pub(super) fn started(&self, name: &str) -> usize {
        self.started.get(name).copied().unwrap_or(0)
    }

    /// How often the execution went from one state to another in this way.
    ///
    /// A history does not say which of two Choice rules, or of two Catchers, led to the same state.
    pub(super) fn taken(&self, from: &str, to: &str, by: Way) -> usize {
        self.taken.get(&Step { from: from.into(), to: to.into(), by }).copied().unwrap_or(0)
    }
}

/// What matters of an event.
#[derive(Debug)]
struct Event<'a> {
    id: i64,
    previous: i64,
    kind: &'a str,
    /// The state that it names.
    state: Option<&'a str>,
}

impl<'a> Event<'a> {
    fn read(value: &'a Value) -> Option<Self> {
        let details = |key| value.get(key)?.get("name")?.as_str();
        Some(Self {
            id: value.get("id")?.as_i64()?,
            previous: value.get("previousEventId").and_then(Value::as_i64).unwrap_or(0),
            kind: value.get("type")?.as_str()?,
            state: details("stateEnteredEventDetails").or_else(|| details("stateExitedEventDetails")),
        })
    }
}

/// One visit of a state.
#[derive(Debug)]
struct Visit {
    state: Arc<str>,
    /// The visit of the Parallel or Map around it.
    around: Option<usize>,
    has_inner: bool,
    failing: bool,
    ended: Option<Mark>,
}

/// Where an event left its strand: inside of a visit, and perhaps just out of another one.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    inside: Option<usize>,
    left: Option<usize>,
}

/// Follows a history event by event.
#[derive(Debug, Default)]
struct Replay {
    visits: Vec<Visit>,
    places: HashMap<i64, Place>,
    started: BTreeMap<Arc<str>, usize>,
    taken: BTreeMap<Step, usize>,
    is_over: bool,
}

impl Replay {
    fn handle(&mut self, event: &Event<'_>) {
        let before = self.places.get(&event.previous).copied().unwrap_or_default();
        let place = match event.kind {
            kind if kind.ends_with("StateEntered") => event.state.map(|state| self.enter(state, kind, before)),
            kind if kind.ends_with("StateExited") => event.state.and_then(|state| self.exit(state, before)),
            kind if kind.ends_with("StateAborted") => {
                self.change(before.inside, |visit| visit.ended = Some(Mark::Stopped));
                None
            }
            "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionAborted" | "ExecutionSucceeded" => {
                self.is_over = true;
                self.change(before.inside, |visit| visit.failing = event.kind == "ExecutionFailed");
                None
            }
            "ParallelStateFailed" | "MapStateFailed" | "MapRunFailed" => {
                let inside = self.around(before.inside, |visit| visit.has_inner);
                self.change(inside, |visit| visit.failing = true);
                inside.map(|inside| Place { inside: Some(inside), left: None })
            }
            "MapIterationFailed" | "MapIterationAborted" => None,
            kind => {
                let failed = kind.ends_with("Failed") || kind.ends_with("TimedOut");
                self.change(before.inside, |visit| visit.failing = failed);
                None
            }
        };
        self.places.insert(event.id, place.unwrap_or(Place { left: None, ..before }));
    }

    fn enter(&mut self, state: &str, kind: &str, before: Place) -> Place {
        let state: Arc<str> = state.into();
        if let Some(from) = before.left.and_then(|left| self.visits.get(left)) {
            let by = if from.ended == Some(Mark::Caught) { Way::Catch } else { Way::Transition };
            let step = Step { from: from.state.clone(), to: state.clone(), by };
            *self.taken.entry(step).or_default() += 1;
        } else {
            *self.started.entry(state.clone()).or_default() += 1;
        }
        let has_inner = matches!(kind, "ParallelStateEntered" | "MapStateEntered");
        let failing = kind == "FailStateEntered";
        self.visits.push(Visit { state, around: before.inside, has_inner, failing, ended: None });
        Place { inside: Some(self.visits.len() - 1), left: None }
    }

    fn exit(&mut self, state: &str, before: Place) -> Option<Place> {
        let left = self.around(before.inside, |visit| &*visit.state == state)?;
        let visit = self.visits.get(left)?;
        let (around, mark) = (visit.around, if visit.failing { Mark::Caught } else { Mark::Succeeded });
        self.change(Some(left), |visit| visit.ended = Some(mark));
        Some(Place { inside: around, left: Some(left) })
    }

    /// The innermost visit at `inside` or around it that `is_wanted`.
    fn around(&self, inside: Option<usize>, is_wanted: impl Fn(&Visit) -> bool) -> Option<usize> {
        let mut next = inside;
        while let Some(index) = next {
            let visit = self.visits.get(index)?;
            if is_wanted(visit) {
                return Some(index);
            }
            next = visit.around;
        }
        None
    }

    fn change(&mut self, visit: Option<usize>, change: impl FnOnce(&mut Visit)) {
        if let Some(visit) = visit.and_then(|visit| self.visits.get_mut(visit)) {
            change(visit);
        }
    }

    /// What became of a visit that its strand did not leave.
    fn unfinished(&self, visit: &Visit) -> Mark {
        let around = visit.around.and_then(|around| self.visits.get(around));
        let is_running = |around: &Visit| around.ended.is_none() && !around.failing;
        match visit {
            Visit { failing: true, .. } => Mark::Failed,
            _ if self.is_over || !around.is_none_or(is_running) => Mark::Stopped,
            _ => Mark::Running,
        }
    }

    fn into_trace(self) -> Trace {
        let mut states: BTreeMap<Arc<str>, Visits> = BTreeMap::new();
        for visit in &self.visits {
            let visits = states.entry(visit.state.clone()).or_default();
            visits.entered += 1;
            let count = match visit.ended.unwrap_or_else(|| self.unfinished(visit)) {
                Mark::Running => &mut visits.running,
                Mark::Failed => &mut visits.failed,
                Mark::Caught => &mut visits.caught,
                Mark::Stopped => &mut visits.stopped,
                Mark::Succeeded | Mark::NotVisited => &mut visits.succeeded,
            };
            *count += 1;
        }
        Trace { states, started: self.started, taken: self.taken }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// A history of which each line is an event: its previous event, its type, and the state that it names.
    fn trace(lines: &str) -> Trace {
        let events = lines.split_terminator('\n').enumerate().map(|(index, line)| {
            let mut words = line.split_whitespace();
            let (previous, kind) = (words.next().unwrap(), words.next().unwrap());
            let key = if kind.ends_with("Exited") { "stateExitedEventDetails" } else { "stateEnteredEventDetails" };
            let details = words.next().map(|name| format!(r#","{key}":{{"name":"{name}"}}"#)).unwrap_or_default();
            format!(r#"{{"id":{},"previousEventId":{previous},"type":"{kind}"{details}}}"#, index + 1)
        });
        Trace::read(&format!(r#"{{"events":[{}]}}"#, events.collect::<Vec<_>>().join(","))).unwrap()
    }

    /// Every state with what became of it, every step with how often it was taken.
    fn told(trace: &Trace) -> String {
        let mut text = String::new();
        for (state, visits) in &trace.states {
            writeln!(text, "{state}: {} of {}", visits.mark().name(), visits.entered).unwrap();
        }
        for (step, count) in &trace.taken {
            let arrow = if step.by == Way::Catch { "=>" } else { "->" };
            writeln!(text, "{} {arrow} {} {count}", step.from, step.to).unwrap();
        }
        text
    }

    #[test]
    fn a_caught_failure_is_told_from_one_that_was_not() {
        let trace = trace(
            "0 ExecutionStarted\n1 TaskStateEntered A\n2 TaskScheduled\n3 TaskFailed\n4 TaskScheduled\n5 TaskSucceeded\n\
             6 TaskStateExited A\n7 TaskStateEntered B\n8 TaskScheduled\n9 TaskTimedOut\n10 TaskStateExited B\n\
             11 FailStateEntered C\n12 ExecutionFailed\n",
        );
        assert_eq!(told(&trace), "A: succeeded of 1\nB: caught of 1\nC: failed of 1\nA -> B 1\nB => C 1\n");
        assert_eq!((trace.taken("B", "C", Way::Catch), trace.taken("B", "C", Way::Transition)), (1, 0));
    }

    #[test]
    fn branches_and_iterations_keep_their_own_steps() {
        let trace = trace(
            "0 ExecutionStarted\n1 MapStateEntered Each\n2 MapStateStarted\n3 MapIterationStarted\n4 PassStateEntered P\n\
             5 PassStateExited P\n6 PassStateEntered Q\n7 PassStateExited Q\n8 MapIterationSucceeded\n\
             3 MapIterationStarted\n10 PassStateEntered P\n11 PassStateExited P\n12 PassStateEntered Q\n\
             13 PassStateExited Q\n14 MapIterationSucceeded\n15 MapStateSucceeded\n16 MapStateExited Each\n\
             17 SucceedStateEntered Done\n18 SucceedStateExited Done\n19 ExecutionSucceeded\n",
        );
        let states = "Done: succeeded of 1\nEach: succeeded of 1\nP: succeeded of 2\nQ: succeeded of 2\n";
        assert_eq!(told(&trace), format!("{states}Each -> Done 1\nP -> Q 2\n"));
    }

    #[test]
    fn a_failed_branch_stops_the_others_and_fails_its_parallel() {
        let trace = trace(
            "0 ExecutionStarted\n1 ParallelStateEntered Fork\n2 ParallelStateStarted\n3 TaskStateEntered L\n\
             3 TaskStateEntered R\n4 TaskScheduled\n5 TaskScheduled\n6 TaskFailed\n8 ParallelStateFailed\n\
             9 ParallelStateExited Fork\n10 PassStateEntered Mend\n",
        );
        assert_eq!(
            told(&trace),
            "Fork: caught of 1\nL: failed of 1\nMend: running of 1\nR: stopped of 1\nFork => Mend 1\n"
        );
    }

    #[test]
    fn an_execution_under_way_runs_where_it_is() {
        let trace = trace("0 ExecutionStarted\n1 MapStateEntered Each\n2 MapStateStarted\n3 WaitStateEntered W\n");
        assert_eq!(told(&trace), "Each: running of 1\nW: running of 1\n");
        assert_eq!(trace.state("Other").mark(), Mark::NotVisited);
    }

    #[test]
    fn machines_count_their_starts() {
        let trace = trace("0 ExecutionStarted\n1 PassStateEntered A\n2 PassStateExited A\n3 PassStateEntered B\n");
        assert_eq!((trace.started("A"), trace.started("B")), (1, 0));
    }

    #[test]
    fn events_may_come_alone_and_backwards() {
        let entered = r#"{"id": 2, "type": "PassStateEntered", "stateEnteredEventDetails": {"name": "A"}}"#;
        let trace = Trace::read(&format!(r#"[{entered}, {{"id": 1, "type": "ExecutionStarted"}}]"#)).unwrap();
        assert_eq!(told(&trace), "A: running of 1\n");
    }

    #[test]
    fn what_is_no_history_is_refused() {
        for (text, reason) in [
            ("[", "it is not JSON: "),
            ("7", "it has no array `events`"),
            (r#"{"events": {}}"#, "it has no array `events`"),
            (r#"[{"type": "ExecutionStarted"}]"#, "an event has no `id` or no `type`"),
        ] {
            let refused = Trace::read(text).unwrap_err();
            assert!(refused.starts_with(reason), "{refused}");
        }
    }
}
