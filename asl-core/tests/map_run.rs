//! Map Runs: items in, children out, and what their results come to.

use std::collections::BTreeMap;

use asl_core::execution::{Command, Execution, NotRedrivable, Outcome, Output, Start, StartMapRun};
use asl_core::map_run::{
    Counts, EndedChild, Item, MapRun, MapRunCommand, MapRunEvent, MapRunOutcome, MapRunRejected, MapRunSnapshot,
    MapRunUpdate, StartChild,
};
use asl_core::{Failure, Program, Timestamp, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// The Map Run that a Distributed Map with `fields` asks for when it is given `input`.
fn map_run(fields: &Json, input: Json) -> (Program, StartMapRun) {
    let mut state = json!({
        "Type": "Map", "Label": "each", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}},
        },
    });
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let definition = json!({"StartAt": "Each", "States": {"Each": state}});
    let program = asl_core::compile(&definition.to_string()).into_program().unwrap_or_else(|faults| panic!("{faults}"));
    let mut execution = Execution::start(program.clone(), Start::new("test", input), NOW);
    let start = std::iter::from_fn(|| execution.poll()).find_map(|output| match output {
        Output::Command(Command::StartMapRun(start)) => Some(*start),
        _ => None,
    });
    (program, start.unwrap_or_else(|| panic!("{:?}", execution.outcome())))
}

fn begin(fields: &Json, input: Json) -> MapRun {
    let (program, start) = map_run(fields, input);
    MapRun::start(program, start, NOW)
}

/// A reader that the tests feed.
fn reader() -> Json {
    json!({"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"},
           "ReaderConfig": {"InputType": "JSON"}})
}

fn items(values: impl IntoIterator<Item = i64>) -> MapRunEvent {
    MapRunEvent::Items(values.into_iter().map(|value| Item::from(Value::from(value))).collect())
}

fn ended(child: &StartChild, outcome: Outcome) -> MapRunEvent {
    let ended = EndedChild {
        outcome,
        input: child.input.clone(),
        started_at: NOW,
        stopped_at: NOW,
        redrive_count: 0,
        not_redrivable: None,
    };
    MapRunEvent::ChildEnded { index: child.index, ended }
}

fn succeed(map_run: &mut MapRun, child: &StartChild) {
    map_run.handle(NOW, ended(child, Outcome::Succeeded(child.input.clone()))).unwrap();
}

fn fail(map_run: &mut MapRun, child: &StartChild) {
    map_run.handle(NOW, ended(child, Outcome::Failed(Failure::new("Bad", "item")))).unwrap();
}

/// The children that are to be started, nothing else being asked for.
fn started(map_run: &mut MapRun) -> Vec<StartChild> {
    std::iter::from_fn(|| map_run.poll())
        .map(|command| match command {
            MapRunCommand::StartChild(child) => child,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn inputs(children: &[StartChild]) -> String {
    Value::from(children.iter().map(|child| child.input.clone()).collect::<Vec<_>>()).to_string()
}

fn finished(map_run: &mut MapRun) -> MapRunOutcome {
    match map_run.poll() {
        Some(MapRunCommand::Finish(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

/// Lets every child succeed with its input, and tells the inputs and the end.
fn run(map_run: &mut MapRun) -> (Vec<StartChild>, MapRunOutcome) {
    let mut children = Vec::new();
    loop {
        match map_run.poll() {
            Some(MapRunCommand::StartChild(child)) => {
                succeed(map_run, &child);
                children.push(child);
            }
            Some(MapRunCommand::Finish(outcome)) => return (children, outcome),
            other => panic!("{other:?}"),
        }
    }
}

fn succeeded(text: &str) -> MapRunOutcome {
    MapRunOutcome::Succeeded(text.parse().unwrap())
}

#[test]
fn children_run_up_to_the_concurrency_and_their_results_keep_the_order() {
    let mut map_run = begin(&json!({"MaxConcurrency": 2}), json!(["a", "b", "c"]));
    let children = started(&mut map_run);
    assert_eq!(inputs(&children), r#"["a","b"]"#);
    succeed(&mut map_run, &children[1]);
    let [third] = started(&mut map_run).try_into().unwrap();
    let counts = map_run.item_counts();
    assert_eq!((counts.total, counts.running, counts.pending, counts.succeeded), (3, 2, 0, 1));
    succeed(&mut map_run, &third);
    succeed(&mut map_run, &children[0]);
    assert_eq!(finished(&mut map_run), succeeded(r#"["a","b","c"]"#));
    assert_eq!((map_run.status(), map_run.times()), ("SUCCEEDED", (NOW, Some(NOW))));
    assert_eq!(map_run.handle(NOW, MapRunEvent::Aborted), Err(MapRunRejected::Ended));
}

#[test]
fn a_map_run_without_items_succeeds() {
    assert_eq!(finished(&mut begin(&json!({}), json!([]))), succeeded("[]"));
    let mut map_run = begin(&json!({"ItemReader": reader()}), json!({}));
    assert_eq!(map_run.poll(), None);
    map_run.handle(NOW, MapRunEvent::ItemsEnded).unwrap();
    assert_eq!(finished(&mut map_run), succeeded("[]"));
}

#[test]
fn the_selector_sees_the_scope_of_the_map_and_the_item() {
    let fields = json!({
        "ItemsPath": "$.items", "MaxConcurrency": 1,
        "ItemSelector": {"index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "unit.$": "$.unit",
                         "state.$": "$$.State.Name", "run.$": "$$.Execution.Name"},
    });
    let (children, outcome) = run(&mut begin(&fields, json!({"items": [5, 6], "unit": "kg"})));
    let expected = r#"[{"index":0,"value":5,"unit":"kg","state":"Each","run":"test"},{"index":1,"value":6,"unit":"kg","state":"Each","run":"test"}]"#;
    assert_eq!((inputs(&children).as_str(), outcome), (expected, succeeded(expected)));
}

#[test]
fn a_jsonata_selector_sees_variables_and_the_source_of_an_item() {
    let definition = json!({"StartAt": "Set", "QueryLanguage": "JSONata", "States": {
        "Set": {"Type": "Pass", "Assign": {"unit": "kg"}, "Next": "Each"},
        "Each": {"Type": "Map", "End": true,
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "{% 'b' & $unit %}", "Key": "k"}},
            "ItemSelector": {"item": "{% $states.context.Map.Item %}", "unit": "{% $unit %}"},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}}}}});
    let program = asl_core::compile(&definition.to_string()).into_program().unwrap();
    let mut execution = Execution::start(program.clone(), Start::new("test", json!({})), NOW);
    while execution.poll().is_some() {}
    let start = execution.map_runs().next().unwrap().clone();
    let asl_core::execution::ItemSource::Read(reader) = &start.items else { panic!("{start:?}") };
    assert_eq!(reader.arguments.to_string(), r#"{"Bucket":"bkg","Key":"k"}"#);

    let mut map_run = MapRun::start(program, start, NOW);
    let item = Item { value: 7.into(), key: Some("seven".into()), source: Some("S3://b/k".into()) };
    map_run.handle(NOW, MapRunEvent::Items(vec![item])).unwrap();
    let expected = r#"[{"item":{"Index":0,"Key":"seven","Value":7,"Source":"S3://b/k"},"unit":"kg"}]"#;
    assert_eq!(inputs(&started(&mut map_run)), expected);
}

#[test]
fn items_with_keys_become_inputs_with_keys() {
    let mut map_run = begin(&json!({"ItemReader": reader()}), json!({}));
    let item = Item { value: 7.into(), key: Some("seven".into()), source: None };
    map_run.handle(NOW, MapRunEvent::Items(vec![item])).unwrap();
    assert_eq!(inputs(&started(&mut map_run)), r#"[{"Key":"seven","Value":7}]"#);
}

#[test]
fn batches_hold_as_many_items_as_they_may() {
    let check = |batcher: Json, items: Json, expected: &str| {
        let fields = json!({"ItemBatcher": batcher, "ItemsPath": "$.items"});
        let (children, _) = run(&mut begin(&fields, json!({"items": items, "most": 2, "bytes": 25})));
        assert_eq!(inputs(&children), expected, "{batcher}");
    };
    check(json!({"MaxItemsPerBatch": 2}), json!([1, 2, 3]), r#"[{"Items":[1,2]},{"Items":[3]}]"#);
    check(json!({"MaxItemsPerBatchPath": "$.most"}), json!([1, 2]), r#"[{"Items":[1,2]}]"#);
    check(
        json!({"MaxItemsPerBatch": 9, "BatchInput": {"n.$": "$.most"}}),
        json!([1]),
        r#"[{"BatchInput":{"n":2},"Items":[1]}]"#,
    );
    // {"Items":["aaaa","bbbb"]} has 25 bytes.
    let words = json!(["aaaa", "bbbb", "cccc"]);
    check(
        json!({"MaxInputBytesPerBatchPath": "$.bytes"}),
        words.clone(),
        r#"[{"Items":["aaaa","bbbb"]},{"Items":["cccc"]}]"#,
    );
    check(json!({"MaxInputBytesPerBatch": 24}), words, r#"[{"Items":["aaaa"]},{"Items":["bbbb"]},{"Items":["cccc"]}]"#);
    let batch_input = json!({"MaxInputBytesPerBatch": 43, "BatchInput": {"a": 1}});
    check(
        batch_input,
        json!(["aaaa", "bbbb"]),
        r#"[{"BatchInput":{"a":1},"Items":["aaaa"]},{"BatchInput":{"a":1},"Items":["bbbb"]}]"#,
    );
    let batch_input = json!({"MaxInputBytesPerBatch": 46, "BatchInput": {"a": 1}});
    check(batch_input, json!(["aaaa", "bbbb"]), r#"[{"BatchInput":{"a":1},"Items":["aaaa","bbbb"]}]"#);
}

#[test]
fn an_item_that_fits_no_input_fails_the_map_run() {
    let (program, mut start) = map_run(&json!({"ItemReader": reader()}), json!({}));
    start.parent.limits.payload_bytes = 10;
    let mut map_run = MapRun::start(program, start, NOW);
    map_run.handle(NOW, MapRunEvent::Items(vec![Value::from("0123456789").into()])).unwrap();
    let MapRunOutcome::Failed(failure) = finished(&mut map_run) else { panic!("it should have failed") };
    assert_eq!(failure.error(), Some("States.DataLimitExceeded"));
}

#[test]
fn results_that_are_too_large_together_are_not_kept() {
    let (program, mut start) = map_run(&json!({"ItemReader": reader(), "MaxConcurrency": 1}), json!({}));
    start.parent.limits.payload_bytes = 10;
    let mut map_run = MapRun::start(program, start, NOW);
    map_run.handle(NOW, items(100..103)).unwrap();
    map_run.handle(NOW, MapRunEvent::ItemsEnded).unwrap();
    let (children, outcome) = run(&mut map_run);
    assert_eq!(children.len(), 3);
    let MapRunOutcome::Failed(failure) = outcome else { panic!("it should have failed") };
    assert_eq!(failure.error(), Some("States.DataLimitExceeded"));
}

#[test]
fn more_failures_than_tolerated_stop_the_map_run() {
    let threshold = "The specified tolerated failure threshold was exceeded";
    let exceeded = || MapRunOutcome::Failed(Failure::new("States.ExceedToleratedFailureThreshold", threshold));
    let check = |fields: Json, tolerated: usize| {
        let mut fields = fields;
        fields["MaxConcurrency"] = json!(1);
        let mut map_run = begin(&fields, json!([0, 1, 2, 3]));
        for _ in 0..tolerated {
            let [child] = started(&mut map_run).try_into().unwrap();
            fail(&mut map_run, &child);
        }
        let [child] = started(&mut map_run).try_into().unwrap();
        fail(&mut map_run, &child);
        assert_eq!(finished(&mut map_run), exceeded(), "{fields}");
        let counts = map_run.item_counts();
        let failed = tolerated as u64 + 1;
        assert_eq!((counts.failed, counts.pending, counts.total), (failed, 4 - failed, 4));
    };
    check(json!({}), 0);
    check(json!({"ToleratedFailureCount": 0}), 0);
    check(json!({"ToleratedFailureCount": 2}), 2);
    check(json!({"ToleratedFailurePercentage": 25}), 1);
    check(json!({"ToleratedFailurePercentage": 50, "ToleratedFailureCount": 1}), 1);
}

#[test]
fn children_that_run_are_stopped_before_a_map_run_fails() {
    let mut map_run = begin(&json!({}), json!([0, 1, 2]));
    let children = started(&mut map_run);
    fail(&mut map_run, &children[1]);
    let stopped: Vec<_> = std::iter::from_fn(|| map_run.poll()).collect();
    assert_eq!(stopped, [MapRunCommand::StopChild { index: 0 }, MapRunCommand::StopChild { index: 2 }]);
    succeed(&mut map_run, &children[0]);
    map_run.handle(NOW, ended(&children[2], Outcome::Aborted(Failure::from_parts(None, None)))).unwrap();
    assert!(matches!(finished(&mut map_run), MapRunOutcome::Failed(_)));
    let counts = map_run.execution_counts();
    assert_eq!((counts.succeeded, counts.failed, counts.aborted), (1, 1, 1));
}

#[test]
fn a_share_of_failures_is_judged_when_all_items_are_known() {
    let fields = json!({"ItemReader": reader(), "ToleratedFailurePercentage": 40});
    for (more, fails) in [(1, true), (2, false)] {
        let mut map_run = begin(&fields, json!({}));
        map_run.handle(NOW, items([0])).unwrap();
        let [first] = started(&mut map_run).try_into().unwrap();
        fail(&mut map_run, &first);
        map_run.handle(NOW, items(1..=more)).unwrap();
        let children = started(&mut map_run);
        for child in &children {
            succeed(&mut map_run, child);
        }
        assert_eq!(map_run.poll(), None);
        map_run.handle(NOW, MapRunEvent::ItemsEnded).unwrap();
        assert_eq!(matches!(finished(&mut map_run), MapRunOutcome::Failed(_)), fails, "{more}");
    }
}

#[test]
fn a_tolerated_failure_is_told_in_full_in_the_result() {
    let mut map_run = begin(&json!({"ToleratedFailureCount": 1}), json!([1, 2]));
    let children = started(&mut map_run);
    fail(&mut map_run, &children[0]);
    succeed(&mut map_run, &children[1]);
    let MapRunOutcome::Succeeded(result) = finished(&mut map_run) else { panic!("it should have succeeded") };
    let failed = result.at(0).unwrap();
    let text = |name: &str| failed.get(name).and_then(Value::as_str).unwrap_or_default();
    assert_eq!([text("Status"), text("Error"), text("Cause"), text("Input")], ["FAILED", "Bad", "item", "1"]);
    assert!(text("ExecutionArn").starts_with("arn:aws:states:us-east-1:000000000000:execution:StateMachine/each:"));
    assert_eq!(result.at(1), Some(&2.into()));
}

#[test]
fn results_are_transformed_as_the_writer_says() {
    let check = |transformation: &str, expected: Option<&str>| {
        let writer = json!({"WriterConfig": {"Transformation": transformation, "OutputType": "JSON"}});
        let (_, outcome) = run(&mut begin(&json!({"ResultWriter": writer}), json!([[1, 2], 3])));
        if let Some(expected) = expected {
            return assert_eq!(outcome, succeeded(expected));
        }
        let MapRunOutcome::Succeeded(result) = outcome else { panic!("it should have succeeded") };
        let first = result.at(0).unwrap();
        assert_eq!(first.get("Output").and_then(Value::as_str), Some("[1,2]"));
        assert_eq!(first.get("Status").and_then(Value::as_str), Some("SUCCEEDED"));
    };
    check("COMPACT", Some("[[1,2],3]"));
    check("FLATTEN", Some("[1,2,3]"));
    check("NONE", None);
}

#[test]
fn results_that_are_written_are_named_in_the_result() {
    let writer =
        json!({"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "results", "Prefix": "jobs/"}});
    let begin = || {
        let mut map_run = begin(&json!({"ResultWriter": writer}), json!([1]));
        let [child] = started(&mut map_run).try_into().unwrap();
        assert_eq!(map_run.handle(NOW, MapRunEvent::ResultsWritten), Err(MapRunRejected::ResultsNotWanted));
        succeed(&mut map_run, &child);
        assert_eq!(map_run.poll(), Some(MapRunCommand::WriteResults));
        map_run
    };
    let mut map_run = begin();
    map_run.handle(NOW, MapRunEvent::ResultsWritten).unwrap();
    let arn = map_run.started_with().arn.clone();
    let uuid = arn.rsplit(':').next().unwrap();
    let details = json!({"Bucket": "results", "Key": format!("jobs/{uuid}/manifest.json")});
    let result = json!({"MapRunArn": &*arn, "ResultWriterDetails": details});
    assert_eq!(finished(&mut map_run), MapRunOutcome::Succeeded(result.into()));
    assert_eq!(map_run.item_counts().results_written, 1);

    let mut map_run = begin();
    let failure = Failure::new("States.ResultWriterFailed", "no such bucket");
    map_run.handle(NOW, MapRunEvent::ResultsFailed(failure.clone())).unwrap();
    assert_eq!(finished(&mut map_run), MapRunOutcome::Failed(failure));
}

#[test]
fn a_reader_that_fails_fails_the_map_run() {
    let mut map_run = begin(&json!({"ItemReader": reader()}), json!({}));
    map_run.handle(NOW, items([1])).unwrap();
    let [child] = started(&mut map_run).try_into().unwrap();
    let failure = Failure::new("States.ItemReaderFailed", "the object changed");
    map_run.handle(NOW, MapRunEvent::ItemsFailed(failure.clone())).unwrap();
    assert_eq!(map_run.poll(), Some(MapRunCommand::StopChild { index: 0 }));
    assert_eq!(map_run.handle(NOW, items([2])), Err(MapRunRejected::ItemsNotWanted));
    succeed(&mut map_run, &child);
    assert_eq!(finished(&mut map_run), MapRunOutcome::Failed(failure));
}

#[test]
fn an_aborted_map_run_stops_its_children() {
    let mut map_run = begin(&json!({"MaxConcurrency": 1}), json!([1, 2]));
    let [child] = started(&mut map_run).try_into().unwrap();
    map_run.handle(NOW, MapRunEvent::Aborted).unwrap();
    assert_eq!(map_run.poll(), Some(MapRunCommand::StopChild { index: 0 }));
    assert_eq!(map_run.status(), "RUNNING");
    map_run.handle(NOW, ended(&child, Outcome::Aborted(Failure::from_parts(None, None)))).unwrap();
    assert_eq!((finished(&mut map_run), map_run.status()), (MapRunOutcome::Aborted, "ABORTED"));
}

/// Lets a Map Run that ended go on.
fn redrive(map_run: &mut MapRun) -> Result<(), MapRunRejected> {
    let redrive_count = map_run.redrives().0 + 1;
    map_run.handle(NOW, MapRunEvent::Redriven { map_run: map_run.started_with().map_run, redrive_count })
}

#[test]
fn a_redrive_goes_on_with_what_did_not_succeed_and_then_with_what_never_began() {
    let mut map_run = begin(&json!({"MaxConcurrency": 3}), json!(["a", "b", "c", "d", "e"]));
    let children = started(&mut map_run);
    assert_eq!(redrive(&mut map_run), Err(MapRunRejected::Running));
    succeed(&mut map_run, &children[1]);
    let [fourth] = started(&mut map_run).try_into().unwrap();
    fail(&mut map_run, &children[0]);
    assert_eq!(map_run.poll(), Some(MapRunCommand::StopChild { index: 2 }));
    assert_eq!(map_run.poll(), Some(MapRunCommand::StopChild { index: 3 }));
    for child in [&children[2], &fourth] {
        map_run.handle(NOW, ended(child, Outcome::Aborted(Failure::from_parts(None, None)))).unwrap();
    }
    assert!(matches!(finished(&mut map_run), MapRunOutcome::Failed(_)));
    let counts = map_run.item_counts();
    assert_eq!((counts.succeeded, counts.failed, counts.aborted, counts.pending), (1, 1, 2, 1));

    let update = MapRunUpdate { max_concurrency: Some(1), ..MapRunUpdate::default() };
    assert_eq!(map_run.handle(NOW, MapRunEvent::Updated(update)), Err(MapRunRejected::Ended));
    redrive(&mut map_run).unwrap();
    let redriven: Vec<_> = std::iter::from_fn(|| map_run.poll()).collect();
    assert_eq!(redriven, [0, 2, 3].map(|index| MapRunCommand::RedriveChild { index }));
    assert_eq!((map_run.status(), map_run.redrives()), ("RUNNING", (1, Some(NOW))));
    // What is not known to have been redriven is asked for again.
    let snapshot = serde_json::to_string(&map_run.snapshot().unwrap()).unwrap();
    map_run.handle(NOW, MapRunEvent::ChildStarted { index: 2 }).unwrap();
    let (program, _) = self::map_run(&json!({"MaxConcurrency": 3}), json!(["a", "b", "c", "d", "e"]));
    let mut restored = MapRun::restore(program, serde_json::from_str(&snapshot).unwrap()).unwrap();
    assert_eq!(std::iter::from_fn(|| restored.poll()).collect::<Vec<_>>(), redriven);

    succeed(&mut map_run, &children[2]);
    let [last] = started(&mut map_run).try_into().unwrap();
    assert_eq!(last.input, "e".into());
    for child in [&children[0], &fourth, &last] {
        succeed(&mut map_run, child);
    }
    assert_eq!(finished(&mut map_run), succeeded(r#"["a","b","c","d","e"]"#));
    assert_eq!(redrive(&mut map_run), Err(MapRunRejected::Ended));
}

#[test]
fn a_redrive_that_fails_leaves_the_others_as_they_ended() {
    let mut map_run = begin(&json!({"MaxConcurrency": 1, "ToleratedFailureCount": 2}), json!([0, 1, 2, 3]));
    for _ in 0..3 {
        let [child] = started(&mut map_run).try_into().unwrap();
        fail(&mut map_run, &child);
    }
    assert!(matches!(finished(&mut map_run), MapRunOutcome::Failed(_)));
    redrive(&mut map_run).unwrap();
    assert_eq!(map_run.poll(), Some(MapRunCommand::RedriveChild { index: 0 }));
    let counts = map_run.execution_counts();
    assert_eq!((counts.running, counts.pending_redrive, counts.failed, counts.total), (1, 2, 0, 3));
    let counts = map_run.item_counts();
    assert_eq!((counts.running, counts.pending_redrive, counts.pending, counts.total), (1, 2, 1, 4));
    let final_end = EndedChild {
        outcome: Outcome::Failed(Failure::named("Full")),
        input: 0.into(),
        started_at: NOW,
        stopped_at: NOW,
        redrive_count: 0,
        not_redrivable: Some(NotRedrivable::HistoryTooLong),
    };
    map_run.handle(NOW, MapRunEvent::ChildEnded { index: 0, ended: final_end }).unwrap();
    assert_eq!(map_run.poll(), Some(MapRunCommand::RedriveChild { index: 1 }));
    map_run.handle(NOW, MapRunEvent::Aborted).unwrap();
    assert_eq!(map_run.poll(), Some(MapRunCommand::StopChild { index: 1 }));
    let stopped = Outcome::Aborted(Failure::from_parts(None, None));
    let child = StartChild::clone(&started(&mut begin(&json!({}), json!([0, 1])))[1]);
    map_run.handle(NOW, ended(&child, stopped)).unwrap();
    assert_eq!(finished(&mut map_run), MapRunOutcome::Aborted);
    let counts = map_run.execution_counts();
    assert_eq!((counts.failed, counts.aborted, counts.pending_redrive), (2, 1, 0));
    assert_eq!(counts.failures_not_redrivable, 1);
}

#[test]
fn children_that_were_never_started_are_known() {
    let fields = json!({
        "MaxConcurrency": 1, "ItemReader": reader(), "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
    });
    let mut map_run = begin(&fields, json!({}));
    map_run.handle(NOW, items(0..5)).unwrap();
    let [child] = started(&mut map_run).try_into().unwrap();
    assert!(map_run.pending_children().is_none());
    fail(&mut map_run, &child);
    assert_eq!(map_run.poll(), Some(MapRunCommand::WriteResults));
    let before = map_run.items_taken();
    let mut pending = map_run.pending_children().unwrap();
    assert_eq!(pending.next_input().unwrap().to_string(), r#"{"Items":[2,3]}"#);
    assert_eq!((pending.next_input(), pending.wants_items(), pending.items_taken()), (None, true, 5));
    pending.handle(items(5..6));
    assert_eq!(pending.next_input().unwrap().to_string(), r#"{"Items":[4,5]}"#);
    pending.handle(items(6..7));
    pending.handle(MapRunEvent::ItemsEnded);
    assert_eq!(pending.next_input().unwrap().to_string(), r#"{"Items":[6]}"#);
    assert_eq!((pending.next_input(), pending.wants_items()), (None, false));
    assert_eq!(map_run.items_taken(), before);
}

#[test]
fn it_can_be_updated_while_it_runs() {
    let mut map_run = begin(&json!({"MaxConcurrency": 1}), json!([1, 2, 3, 4]));
    let [child] = started(&mut map_run).try_into().unwrap();
    let update = MapRunUpdate { max_concurrency: Some(3), tolerated_failure_count: Some(1), ..MapRunUpdate::default() };
    map_run.handle(NOW, MapRunEvent::Updated(update)).unwrap();
    assert_eq!((map_run.max_concurrency(), started(&mut map_run).len()), (3, 2));
    fail(&mut map_run, &child);
    assert_eq!(started(&mut map_run).len(), 1);
}

#[test]
fn it_wants_no_more_items_than_it_can_use() {
    let mut map_run = begin(&json!({"ItemReader": reader(), "MaxConcurrency": 3}), json!({}));
    assert_eq!(map_run.wants_items(), 3);
    map_run.handle(NOW, items(0..3)).unwrap();
    assert_eq!(map_run.wants_items(), 0);
    let children = started(&mut map_run);
    succeed(&mut map_run, &children[0]);
    assert_eq!((map_run.wants_items(), map_run.items_taken()), (1, 3));
    map_run.handle(NOW, MapRunEvent::ItemsEnded).unwrap();
    assert_eq!(map_run.wants_items(), 0);

    let batcher = json!({"MaxItemsPerBatch": 5});
    let map_run = begin(&json!({"ItemReader": reader(), "ItemBatcher": batcher, "MaxConcurrency": 3}), json!({}));
    assert_eq!(map_run.wants_items(), 15);
    assert_eq!(begin(&json!({"ItemReader": reader()}), json!({})).wants_items(), 100);
    assert_eq!(begin(&json!({}), json!([1])).wants_items(), 0);
}

#[test]
fn the_snapshot_does_not_grow_with_the_items() {
    let size = |count: i64| {
        let mut map_run = begin(
            &json!({"ItemReader": reader(), "MaxConcurrency": 2,
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "results"}}}),
            json!({}),
        );
        for item in 0..count {
            map_run.handle(NOW, items([item])).unwrap();
            for child in started(&mut map_run) {
                map_run.handle(NOW, MapRunEvent::ChildStarted { index: child.index }).unwrap();
                succeed(&mut map_run, &child);
            }
        }
        serde_json::to_string(&map_run.snapshot().unwrap()).unwrap().len()
    };
    assert!(size(1_000) < size(1) + 20);
}

#[test]
fn children_are_executions_with_names_that_the_map_run_determines() {
    let (program, start) = map_run(&json!({}), json!([1]));
    let mut map_run = MapRun::start(program, start.clone(), NOW);
    let [child] = started(&mut map_run).try_into().unwrap();
    let begun = child.start(&start);
    assert_eq!(&*begun.id, format!("arn:aws:states:us-east-1:000000000000:execution:StateMachine/each:{}", child.name));
    assert_eq!(&*begun.state_machine_name, "StateMachine/each");
    let mut execution = Execution::start(map_run.child_program().unwrap(), begun, NOW);
    while execution.poll().is_some() {}
    assert_eq!(execution.outcome().and_then(Outcome::output), Some(&1.into()));
}

/// How a child of the properties ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Succeeds,
    Fails,
}

#[derive(Debug, Clone)]
struct Course {
    items: i64,
    reads: bool,
    concurrency: u32,
    batch: Option<u32>,
    tolerated: u32,
    ends: Vec<End>,
    /// Which of the running children ends next, and how many items come at a time.
    choices: Vec<prop::sample::Index>,
    restarts: Vec<bool>,
}

fn course() -> impl Strategy<Value = Course> {
    let end = prop_oneof![4 => Just(End::Succeeds), 1 => Just(End::Fails)];
    (
        0..40_i64,
        any::<bool>(),
        0..6_u32,
        prop::option::of(1..5_u32),
        0..60_u32,
        prop::collection::vec(end, 40),
        prop::collection::vec(any::<prop::sample::Index>(), 40),
        prop::collection::vec(any::<bool>(), 40),
    )
        .prop_map(|(items, reads, concurrency, batch, tolerated, ends, choices, restarts)| Course {
            items,
            reads,
            concurrency,
            batch,
            tolerated,
            ends,
            choices,
            restarts,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every item is in exactly one child, in order, whatever the concurrency, the failures and the restarts;
    /// where more fail than are tolerated, a redrive processes all that did not succeed.
    #[test]
    fn every_item_is_processed_exactly_once(course in course()) {
        let mut fields = json!({"MaxConcurrency": course.concurrency, "ToleratedFailureCount": course.tolerated});
        if let Some(batch) = course.batch {
            fields["ItemBatcher"] = json!({"MaxItemsPerBatch": batch});
        }
        let given: Vec<i64> = (0..course.items).collect();
        let input = if course.reads {
            fields["ItemReader"] = reader();
            json!({})
        } else {
            json!(given)
        };
        let (program, start) = map_run(&fields, input);
        let mut map_run = MapRun::start(program.clone(), start, NOW);
        let mut running: BTreeMap<u64, StartChild> = BTreeMap::new();
        let mut seen: Vec<i64> = Vec::new();
        let mut successes = 0;
        // Whoever failed, or was stopped, succeeds once the Map Run was redriven.
        let mut is_redriven = false;
        let mut all: BTreeMap<u64, StartChild> = BTreeMap::new();
        let mut choices = course.choices.iter().cycle();
        let mut restarts = course.restarts.iter().cycle();
        let mut is_restarted = false;
        let outcome = loop {
            if let Some(command) = map_run.poll() {
                match command {
                    MapRunCommand::StartChild(child) => {
                        let batch = child.input.get("Items").and_then(Value::as_array).map(|items| items.to_vec());
                        let items = batch.unwrap_or_else(|| vec![child.input.clone()]);
                        let items: Vec<i64> = items.iter().map(|item| item.as_i64().unwrap()).collect();
                        prop_assert_eq!(items.len() as u64, child.items);
                        // A child that is asked for again is the same child.
                        match running.insert(child.index, child.clone()) {
                            Some(before) => prop_assert_eq!(&before, &child),
                            None => seen.extend(items),
                        }
                        all.insert(child.index, child);
                        prop_assert!(course.concurrency == 0 || running.len() <= course.concurrency as usize);
                    }
                    MapRunCommand::StopChild { index } => {
                        if let Some(child) = running.remove(&index) {
                            map_run.handle(NOW, ended(&child, Outcome::Aborted(Failure::named("x")))).unwrap();
                        }
                    }
                    MapRunCommand::RedriveChild { index } => {
                        prop_assert!(is_redriven);
                        running.insert(index, all[&index].clone());
                        prop_assert!(course.concurrency == 0 || running.len() <= course.concurrency as usize);
                    }
                    MapRunCommand::WriteResults => unreachable!(),
                    MapRunCommand::Finish(MapRunOutcome::Failed(failure)) if !is_redriven => {
                        let failed = map_run.item_counts().failed;
                        prop_assert!(failed > u64::from(course.tolerated), "{}", failure);
                        let map_run_id = map_run.started_with().map_run;
                        let redriven = MapRunEvent::Redriven { map_run: map_run_id, redrive_count: 1 };
                        map_run.handle(NOW, redriven).unwrap();
                        is_redriven = true;
                    }
                    MapRunCommand::Finish(outcome) => break outcome,
                }
                continue;
            }
            if !is_restarted && *restarts.next().unwrap() {
                let text = serde_json::to_string(&map_run.snapshot().unwrap()).unwrap();
                let snapshot: MapRunSnapshot = serde_json::from_str(&text).unwrap();
                map_run = MapRun::restore(program.clone(), snapshot).unwrap();
                is_restarted = true;
                continue;
            }
            is_restarted = false;
            let wanted = map_run.wants_items();
            if wanted > 0 {
                let taken = i64::try_from(map_run.items_taken()).unwrap();
                let most = i64::try_from(choices.next().unwrap().index(wanted)).unwrap() + 1;
                let next: Vec<i64> = (taken..course.items.min(taken + most)).collect();
                let event = if next.is_empty() { MapRunEvent::ItemsEnded } else { items(next) };
                map_run.handle(NOW, event).unwrap();
            } else if !running.is_empty() {
                let chosen = choices.next().unwrap().index(running.len());
                let index = *running.keys().nth(chosen).unwrap();
                let child = running.remove(&index).unwrap();
                if chosen % 2 == 0 {
                    map_run.handle(NOW, MapRunEvent::ChildStarted { index }).unwrap();
                }
                match course.ends[usize::try_from(index).unwrap()] {
                    _ if is_redriven => {
                        successes += 1;
                        succeed(&mut map_run, &child);
                    }
                    End::Succeeds => {
                        successes += 1;
                        succeed(&mut map_run, &child);
                    }
                    End::Fails => fail(&mut map_run, &child),
                }
            }
        };
        prop_assert!(seen.iter().copied().zip(0..).all(|(item, place)| item == place), "{:?}", seen);
        let Counts { succeeded, failed, aborted, pending, running, .. } = map_run.item_counts();
        prop_assert_eq!(running, 0);
        prop_assert_eq!(succeeded + failed + aborted, seen.len() as u64);
        match outcome {
            MapRunOutcome::Succeeded(result) => {
                prop_assert_eq!(&seen, &given);
                prop_assert!(failed <= u64::from(course.tolerated));
                prop_assert_eq!(pending, 0);
                let kept = result.as_array().unwrap().iter().filter(|result| result.get("Error").is_none()).count();
                prop_assert_eq!(kept, successes);
            }
            MapRunOutcome::Failed(_) | MapRunOutcome::Aborted => prop_assert!(false, "it was redriven"),
        }
    }
}
