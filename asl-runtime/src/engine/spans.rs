//! The `tracing` spans of the states that an execution is in; the attempts of their Tasks run inside of them.

use std::collections::HashMap;
use std::sync::Arc;

use asl_core::history::{EventDetails, HistoryEvent};
use tracing::Span;

/// One span for each name of a state that is entered, shared by iterations that are in it at the same time.
///
/// Nothing is kept while nobody listens.
/// A state that is given up without being left stays open until it is left by others, or its execution ends;
/// where an execution is loaded from its journal, the states that it was in have none.
#[derive(Debug, Default)]
pub(super) struct StateSpans(HashMap<Arc<str>, Entered>);

#[derive(Debug)]
struct Entered {
    span: Span,
    times: usize,
}

impl StateSpans {
    /// Enters and leaves states as `history` tells, inside of the current span.
    pub(super) fn follow(&mut self, history: &[HistoryEvent]) {
        for event in history {
            match &event.details {
                EventDetails::StateEntered { state_type, name, .. } => {
                    let _entered = self.enter(name).entered();
                    tracing::debug!(state = &**name, r#type = state_type.as_str(), "state entered");
                }
                EventDetails::StateExited { name, .. } => {
                    let _entered = self.leave(name).entered();
                    tracing::debug!(state = &**name, "state exited");
                }
                _ => {}
            }
        }
    }

    /// The span of a state that is entered; one without effect if there is none.
    pub(super) fn of(&self, state_name: &str) -> Span {
        self.0.get(state_name).map_or_else(Span::none, |entered| entered.span.clone())
    }

    fn enter(&mut self, name: &Arc<str>) -> Span {
        if let Some(entered) = self.0.get_mut(name) {
            entered.times += 1;
            return entered.span.clone();
        }
        let span = tracing::debug_span!("state", name = &**name);
        if !span.is_disabled() {
            self.0.insert(Arc::clone(name), Entered { span: span.clone(), times: 1 });
        }
        span
    }

    fn leave(&mut self, name: &str) -> Span {
        let Some(entered) = self.0.get_mut(name) else { return Span::none() };
        entered.times -= 1;
        let span = entered.span.clone();
        if entered.times == 0 {
            self.0.remove(name);
        }
        span
    }
}
