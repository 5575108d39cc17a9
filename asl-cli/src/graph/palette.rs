//! The colours of states and links, the same in every format.

use asl_core::graph::State;
use asl_core::history::StateType;

use super::trace::{Mark, Trace};

/// The colour of links that nothing is said of.
pub(super) const LINK: &str = "#5b6670";
/// The colour of links that failures follow.
pub(super) const CATCH: &str = "#b3452f";
/// The colour of links that an execution took.
pub(super) const TAKEN: &str = "#1b7a3a";
/// The colour of links that an execution did not take.
pub(super) const NOT_TAKEN: &str = "#b8c0c8";

/// How a state is filled, framed and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) fill: &'static str,
    pub(super) stroke: &'static str,
    pub(super) text: &'static str,
}

const fn paint(fill: &'static str, stroke: &'static str) -> Paint {
    Paint { fill, stroke, text: "#1c2733" }
}

impl Paint {
    /// What is missing or of no known type.
    pub(super) const FAULT: Self = paint("#ffffff", "#c03a2b");

    /// By what became of the state, or by its type where nothing is known.
    pub(super) fn of(state: &State, trace: Option<&Trace>) -> Self {
        match trace {
            Some(trace) => Self::marked(trace.state(&state.name).mark()),
            None => state.state_type.map_or(Self::FAULT, Self::typed),
        }
    }

    /// By what became of a state.
    pub(super) fn marked(mark: Mark) -> Self {
        match mark {
            Mark::Running => paint("#cfe4ff", "#1f66c1"),
            Mark::Failed => paint("#fbd5d1", "#c03a2b"),
            Mark::Caught => paint("#ffe3c2", "#c96a12"),
            Mark::Stopped => paint("#e4dff0", "#6d5a94"),
            Mark::Succeeded => paint("#d9f2e0", "#2e8b47"),
            Mark::NotVisited => Self { text: "#5b6670", ..paint("#ffffff", "#b8c0c8") },
        }
    }

    fn typed(state_type: StateType) -> Self {
        match state_type {
            StateType::Task => paint("#e3f0ff", "#2f6db5"),
            StateType::Choice => paint("#fff3d6", "#b07d10"),
            StateType::Wait => paint("#efe6fb", "#7a4fb3"),
            StateType::Pass => paint("#eef0f2", "#6b7680"),
            StateType::Succeed => paint("#dff5e3", "#2e8b47"),
            StateType::Fail => paint("#fde3e1", "#c03a2b"),
            StateType::Parallel | StateType::Map => paint("#f6f8fa", "#4f5f6f"),
        }
    }
}
