//! The words on states and transitions, the same in every format.

use asl_core::graph::{Role, State, TransitionKind};
use asl_core::history::StateType;

use super::scene::Link;
use super::trace::Trace;

/// A state's type and what it does: `Task, Charge`.
pub(super) fn state(state: &State) -> String {
    let state_type = state.state_type.map_or("unknown type", StateType::as_str);
    match &state.summary {
        Some(summary) => format!("{state_type}, {}", visible(summary)),
        None => state_type.to_owned(),
    }
}

/// When a transition is taken; empty for `Next`, which needs no words.
pub(super) fn transition(kind: &TransitionKind) -> String {
    match kind {
        TransitionKind::Next => String::new(),
        TransitionKind::Default => "default".to_owned(),
        TransitionKind::Choice { condition } => visible(condition),
        TransitionKind::Catch { error_equals } => {
            format!("catch {}", visible(&error_equals.join(", "))).trim_end().to_owned()
        }
    }
}

/// When a link is taken, each reason for itself, and how often it was; empty where there is nothing to say.
pub(super) fn link(link: &Link<'_>) -> Vec<String> {
    let mut words: Vec<String> = link.kinds.iter().map(|kind| transition(kind)).collect();
    let times = times(link.taken);
    match words.last_mut() {
        Some(last) => last.push_str(&times),
        None => words.push(times),
    }
    words.retain(|words| !words.is_empty());
    words.iter().map(|words| words.trim_start().to_owned()).collect()
}

/// What a machine is to the state around it; `index` counts the machines of that state.
pub(super) fn machine(role: Role, index: usize) -> String {
    match role {
        Role::InlineItemProcessor => "for each item".to_owned(),
        Role::DistributedItemProcessor => "for each item, distributed".to_owned(),
        _ => format!("branch {}", index + 1),
    }
}

/// How often a state was entered, where that is not once: ` (x3)`.
pub(super) fn count(state: &State, trace: Option<&Trace>) -> String {
    times(trace.map_or(1, |trace| trace.state(&state.name).entered))
}

/// How often something happened, where that is neither never nor once.
pub(super) fn times(count: usize) -> String {
    if count > 1 { format!(" (x{count})") } else { String::new() }
}

/// `text` on one line and without characters that steer a terminal or the direction of writing.
pub(super) fn visible(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    text.chars().map(shown).collect()
}

/// The first `max` characters of `text`, with an ellipsis if that is not all.
pub(super) fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\nc\u{202e}d"), "a\u{fffd}[31mb c\u{fffd}d");
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        assert_eq!((shortened("żółw", 4), shortened("żółwie", 4)), ("żółw".to_owned(), "żół…".to_owned()));
    }
}
