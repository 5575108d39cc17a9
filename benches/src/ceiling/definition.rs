//! W10: reading the JSON of a definition, and looking for the targets of its transitions.

use std::collections::HashSet;

use serde_json::Value as Json;

/// How many transitions of the definition in `text` lead nowhere: what is checked of a definition as a rule.
///
/// # Errors
///
/// When the text is not JSON.
pub fn missing_targets(text: &str) -> serde_json::Result<usize> {
    serde_json::from_str(text).map(|definition| missing_targets_of(&definition))
}

fn missing_targets_of(machine: &Json) -> usize {
    let Some(states) = machine.get("States").and_then(Json::as_object) else { return 0 };
    let names: HashSet<&str> = states.keys().map(String::as_str).collect();
    let is_missing = |target: &&Json| target.as_str().is_some_and(|target| !names.contains(target));
    let of_state = |state: &Json| {
        let own = [state.get("Next"), state.get("Default")].into_iter().flatten();
        let ruled =
            elements(state, "Choices").iter().chain(elements(state, "Catch")).filter_map(|rule| rule.get("Next"));
        let processor = [state.get("ItemProcessor"), state.get("Iterator")].into_iter().flatten();
        let inner = elements(state, "Branches").iter().chain(processor).map(missing_targets_of).sum::<usize>();
        own.chain(ruled).filter(is_missing).count() + inner
    };
    machine.get("StartAt").iter().filter(|target| is_missing(target)).count()
        + states.values().map(of_state).sum::<usize>()
}

fn elements<'a>(state: &'a Json, field: &str) -> &'a [Json] {
    state.get(field).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}
