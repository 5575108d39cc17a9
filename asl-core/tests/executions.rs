//! Whole executions: a definition, scripted Tasks, and the history as one line per event.

use asl_core::execution::{Execution, HistoryLevel, Outcome, Start};
use asl_core::history;

use crate::world::{Script, aws_form, drain};

fn scripts() -> Vec<(std::path::PathBuf, Script)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/executions");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let script = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path, script)
        })
        .collect()
}

#[test]
fn histories_are_as_recorded() {
    insta::glob!("data/executions/*.json", |path| {
        let script: Script = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(history::render(&script.play().history));
        });
    });
}

#[test]
fn the_same_events_give_the_same_history() {
    for (path, script) in scripts() {
        let played = script.play();
        let mut execution = Execution::start(script.program(), played.start.clone(), asl_core::Timestamp::UNIX_EPOCH);
        let mut history = Vec::new();
        drain(&mut execution, &mut history);
        for (now, step) in &played.inbound {
            step.apply(&mut execution, *now);
            drain(&mut execution, &mut history);
        }
        assert_eq!(history, played.history, "{}", path.display());
    }
}

#[test]
fn without_its_history_an_execution_takes_the_same_course() {
    for (path, script) in scripts() {
        let played = script.play();
        let told = [HistoryLevel::All, HistoryLevel::Off].map(|level| {
            let mut start = played.start.clone();
            start.history = level;
            let mut execution = Execution::start(script.program(), start, asl_core::Timestamp::UNIX_EPOCH);
            let mut history = Vec::new();
            let mut commands = drain(&mut execution, &mut history);
            for (now, step) in &played.inbound {
                step.apply(&mut execution, *now);
                commands.extend(drain(&mut execution, &mut history));
            }
            let mut rest = serde_json::to_value(execution.snapshot().unwrap()).unwrap();
            rest["progress"]["start"].as_object_mut().unwrap().remove("history");
            (history.len(), (format!("{commands:?}"), rest))
        });
        let [(all, with_history), (none, without)] = told;
        assert_eq!((all, none), (played.history.len(), 0), "{}", path.display());
        assert_eq!(with_history, without, "{}", path.display());
    }
}

#[test]
fn an_execution_restored_at_any_event_goes_on_to_the_same_history() {
    for (path, script) in scripts() {
        let played = script.play();
        let program = script.program();
        for restored_at in 0..=played.inbound.len() {
            let mut execution =
                Execution::start(program.clone(), played.start.clone(), asl_core::Timestamp::UNIX_EPOCH);
            let mut history = Vec::new();
            drain(&mut execution, &mut history);
            for (index, (now, step)) in played.inbound.iter().enumerate() {
                if index == restored_at {
                    let snapshot = serde_json::to_string(&execution.snapshot().unwrap()).unwrap();
                    execution = Execution::restore(program.clone(), serde_json::from_str(&snapshot).unwrap()).unwrap();
                }
                step.apply(&mut execution, *now);
                drain(&mut execution, &mut history);
            }
            let restored = (aws_form(&history), restored_at);
            assert_eq!(restored, (aws_form(&played.history), restored_at), "{}", path.display());
        }
    }
}

#[test]
fn nothing_waits_once_the_history_is_full() {
    let definition = serde_json::json!({"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "End": true, "ItemProcessor": {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": true}}},
    }}});
    for history_events in 4..14 {
        let mut start = Start::new("full", serde_json::json!([1, 2, 3]));
        start.limits.history_events = history_events;
        let program = asl_core::compile(&definition.to_string()).program.unwrap();
        let mut execution = Execution::start(program, start, asl_core::Timestamp::UNIX_EPOCH);
        assert_eq!(execution.outcome().map(Outcome::status), Some("FAILED"), "{history_events}");
        drain(&mut execution, &mut Vec::new());
        let snapshot = serde_json::to_value(execution.snapshot().unwrap()).unwrap();
        assert_eq!(snapshot["progress"]["strands"], serde_json::json!({}), "{history_events}");
    }
}
