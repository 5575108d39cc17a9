//! The normal form of a history: the same for every run of an execution, killed or not.
//!
//! What it leaves out, and nothing else:
//!
//! - `timestamp`;
//! - `id` and `previousEventId`, in place of which an event stands below the one that it follows, so that what runs in
//!   other branches and iterations meanwhile makes no difference. The events that end a Parallel or a Map, and those
//!   that start a Map's iterations, stand below the event that started it, whoever was last to end inside;
//! - `TaskSubmitted`, for a token may be answered before its call's answer is in the journal;
//! - task tokens inside of parameters;
//! - when a child started and stopped, in the result of the Task that started it;
//! - attempts of an activity that timed out because its worker had been killed.

use std::collections::BTreeMap;

use serde_json::Value;

/// An event while the tree is made.
struct Node {
    parent: u64,
    kind: String,
    text: String,
}

/// The events of a history, each below the one that it follows, in one order.
pub(crate) fn normal_form(history: &[Value]) -> String {
    let mut nodes: BTreeMap<u64, Node> = history.iter().map(node).collect();
    for id in nodes.keys().copied().collect::<Vec<_>>() {
        if let Some(parent) = block_of(&nodes, id)
            && let Some(node) = nodes.get_mut(&id)
        {
            node.parent = parent;
        }
    }
    leave_out(&mut nodes);
    let mut below: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (id, node) in &nodes {
        below.entry(node.parent).or_default().push(*id);
    }
    render(&nodes, &below, 0)
}

/// How many attempts of activities timed out.
pub(crate) fn timed_out(history: &[Value]) -> usize {
    history.iter().filter(|event| event["type"] == "ActivityTimedOut").count()
}

fn node(event: &Value) -> (u64, Node) {
    let mut event = event.clone();
    let id = event["id"].as_u64().unwrap_or_default();
    let parent = event["previousEventId"].as_u64().unwrap_or_default();
    if let Some(members) = event.as_object_mut() {
        members.retain(|name, _| !["timestamp", "id", "previousEventId"].contains(&name.as_str()));
        for details in members.values_mut() {
            hide_token(details);
            hide_dates(details);
        }
    }
    let kind = event["type"].as_str().unwrap_or_default().to_owned();
    (id, Node { parent, kind, text: event.to_string() })
}

fn hide_token(details: &mut Value) {
    let Some(parameters) = details.get("parameters").and_then(Value::as_str) else { return };
    let Ok(mut parameters) = serde_json::from_str::<Value>(parameters) else { return };
    if let Some(token) = parameters.pointer_mut("/MessageBody/token") {
        *token = "<token>".into();
        details["parameters"] = parameters;
    }
}

fn hide_dates(details: &mut Value) {
    let Some(output) = details.get("output").and_then(Value::as_str) else { return };
    let Ok(Value::Object(mut output)) = serde_json::from_str(output) else { return };
    if output.contains_key("ExecutionArn") {
        output.retain(|name, _| !["StartDate", "StopDate"].contains(&name.as_str()));
        details["output"] = output.into();
    }
}

/// The start of the Parallel or Map that an event belongs to as a whole.
fn block_of(nodes: &BTreeMap<u64, Node>, id: u64) -> Option<u64> {
    let node = nodes.get(&id)?;
    if !ends_block(&node.kind) && node.kind != "MapIterationStarted" {
        return None;
    }
    let mut at = node.parent;
    loop {
        let before = nodes.get(&at)?;
        if starts_block(&before.kind) {
            return Some(at);
        }
        // An event that ends a block inside has been moved below the start of that block, which is passed over.
        let inside = nodes.get(&before.parent).filter(|start| ends_block(&before.kind) && starts_block(&start.kind));
        at = inside.map_or(before.parent, |start| start.parent);
    }
}

fn starts_block(kind: &str) -> bool {
    ["ParallelStateStarted", "MapStateStarted"].contains(&kind)
}

fn ends_block(kind: &str) -> bool {
    ["Succeeded", "Failed", "Exited"]
        .iter()
        .filter_map(|end| kind.strip_suffix(end))
        .any(|state| ["ParallelState", "MapState"].contains(&state))
}

/// Takes out what another run need not have; what follows it follows the one before it then.
fn leave_out(nodes: &mut BTreeMap<u64, Node>) {
    let mut superfluous = Vec::new();
    for (id, node) in &*nodes {
        match node.kind.as_str() {
            "TaskSubmitted" => superfluous.push(*id),
            "ActivityTimedOut" => {
                let mut at = *id;
                while let Some(node) = nodes.get(&at).filter(|node| node.kind.starts_with("Activity")) {
                    superfluous.push(at);
                    if node.kind == "ActivityScheduled" {
                        break;
                    }
                    at = node.parent;
                }
            }
            _ => {}
        }
    }
    for id in superfluous {
        let Some(gone) = nodes.remove(&id) else { continue };
        for node in nodes.values_mut().filter(|node| node.parent == id) {
            node.parent = gone.parent;
        }
    }
}

/// What stands below an event; a single one at the same depth, several indented and sorted.
fn render(nodes: &BTreeMap<u64, Node>, below: &BTreeMap<u64, Vec<u64>>, mut at: u64) -> String {
    let mut rendered = String::new();
    loop {
        match below.get(&at).map(Vec::as_slice) {
            None | Some([]) => return rendered,
            Some([next]) => {
                rendered.push_str(&line(nodes, *next));
                at = *next;
            }
            Some(several) => {
                let mut blocks: Vec<_> = several
                    .iter()
                    .map(|id| format!("{}{}", line(nodes, *id), render(nodes, below, *id)).replace('\n', "\n  "))
                    .collect();
                blocks.sort_unstable();
                for block in blocks {
                    rendered.push_str("  ");
                    rendered.push_str(block.trim_end_matches("  "));
                }
                return rendered;
            }
        }
    }
}

fn line(nodes: &BTreeMap<u64, Node>, id: u64) -> String {
    nodes.get(&id).map_or_else(String::new, |node| format!("{}\n", node.text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn history(events: &[(u64, u64, &str)]) -> Vec<Value> {
        let event = |(id, previous, text): &(u64, u64, &str)| {
            let (kind, name) = text.split_once(' ').unwrap_or((text, ""));
            json!({"timestamp": id * 7, "type": kind, "id": id, "previousEventId": previous, "details": {"name": name}})
        };
        events.iter().map(event).collect()
    }

    #[test]
    fn branches_may_run_in_any_order() {
        let one = history(&[
            (1, 0, "ParallelStateStarted"),
            (2, 1, "PassStateEntered a"),
            (3, 1, "PassStateEntered b"),
            (4, 3, "PassStateExited b"),
            (5, 2, "PassStateExited a"),
            (6, 5, "ParallelStateSucceeded"),
            (7, 5, "ParallelStateExited"),
            (8, 7, "ExecutionSucceeded"),
        ]);
        let other = history(&[
            (1, 0, "ParallelStateStarted"),
            (2, 1, "PassStateEntered b"),
            (3, 1, "PassStateEntered a"),
            (4, 3, "PassStateExited a"),
            (5, 2, "PassStateExited b"),
            (6, 5, "ParallelStateSucceeded"),
            (7, 5, "ParallelStateExited"),
            (8, 7, "ExecutionSucceeded"),
        ]);
        assert_eq!(normal_form(&one), normal_form(&other));
    }

    #[test]
    fn what_is_missing_or_repeated_shows() {
        let whole = [(1, 0, "TaskScheduled"), (2, 1, "TaskSucceeded"), (3, 2, "ExecutionSucceeded")];
        let missing = [(1, 0, "TaskScheduled"), (2, 1, "ExecutionSucceeded")];
        let repeated =
            [(1, 0, "TaskScheduled"), (2, 1, "TaskScheduled"), (3, 2, "TaskSucceeded"), (4, 3, "ExecutionSucceeded")];
        assert_ne!(normal_form(&history(&whole)), normal_form(&history(&missing)));
        assert_ne!(normal_form(&history(&whole)), normal_form(&history(&repeated)));
    }

    #[test]
    fn an_attempt_that_its_worker_took_with_it_makes_no_difference() {
        let whole = [(1, 0, "ActivityScheduled"), (2, 1, "ActivityStarted"), (3, 2, "ActivitySucceeded")];
        let again = [
            (1, 0, "ActivityScheduled"),
            (2, 1, "ActivityStarted"),
            (3, 2, "ActivityTimedOut"),
            (4, 3, "ActivityScheduled"),
            (5, 4, "ActivityStarted"),
            (6, 5, "ActivitySucceeded"),
        ];
        assert_eq!(normal_form(&history(&whole)), normal_form(&history(&again)));
        assert_eq!(timed_out(&history(&again)), 1);
    }
}
