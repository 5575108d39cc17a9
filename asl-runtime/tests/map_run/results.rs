//! What a `ResultWriter` writes.

use std::sync::Arc;

use asl_core::execution::Outcome;
use asl_core::map_run::EndedChild;
use asl_core::{Failure, Timestamp, Value};
use asl_runtime::map_run::{ResultWriter, WriteError};
use serde_json::json;

use super::{Memory, map_run, run};

const PUT_OBJECT: &str = "arn:aws:states:::s3:putObject";

/// A writer, and the id of its Map Run.
fn writer(objects: &Memory, prefix: &str, config: &serde_json::Value) -> (ResultWriter, String) {
    let (writer, id) = writer_with(objects, &json!({"Bucket": "b", "Prefix": prefix}), config);
    (writer.unwrap(), id)
}

fn writer_with(
    objects: &Memory,
    parameters: &serde_json::Value,
    config: &serde_json::Value,
) -> (Result<ResultWriter, Failure>, String) {
    let fields = json!({"Resource": PUT_OBJECT, "Parameters": parameters, "WriterConfig": config});
    let start = Arc::new(map_run(json!({"ResultWriter": fields})));
    let id = start.arn.rsplit(':').next().unwrap().to_owned();
    (ResultWriter::new(Arc::new(objects.clone()), start).map(Option::unwrap), id)
}

enum Child {
    Ended(EndedChild),
    Pending(Value),
}

fn child(outcome: Outcome) -> Child {
    Child::Ended(EndedChild {
        outcome,
        input: json!({"order": 7}).into(),
        started_at: Timestamp::from_millis(1_700_000_000_000),
        stopped_at: Timestamp::from_millis(1_700_000_001_250),
        redrive_count: 0,
        not_redrivable: None,
    })
}

fn succeeded(output: serde_json::Value) -> Child {
    child(Outcome::Succeeded(output.into()))
}

/// One result of every kind.
fn results() -> Vec<Child> {
    vec![
        succeeded(json!([1, [2]])),
        child(Outcome::Failed(Failure::new("CardDeclined", "insufficient funds"))),
        succeeded(json!({"paid": 5})),
        child(Outcome::TimedOut(Failure::named("States.Timeout"))),
        Child::Pending(json!([8]).into()),
        child(Outcome::Aborted(Failure::from_parts(None, None))),
    ]
}

async fn add(writer: &mut ResultWriter, children: &[Child]) -> Result<(), WriteError> {
    for (index, child) in (0..).zip(children) {
        match child {
            Child::Ended(ended) => writer.ended(index, ended).await?,
            Child::Pending(input) => writer.pending(input).await?,
        }
    }
    Ok(())
}

fn write(mut writer: ResultWriter, children: &[Child]) -> Result<(), WriteError> {
    run(async {
        add(&mut writer, children).await?;
        writer.finish().await
    })
}

fn parsed(objects: &Memory, key: &str) -> serde_json::Value {
    serde_json::from_str(&objects.text(key)).unwrap()
}

#[test]
fn results_are_written_by_status_with_a_manifest() {
    let objects = Memory::of([]);
    let (results_writer, id) = writer(&objects, "jobs", &json!({}));
    write(results_writer, &results()).unwrap();
    let file = |status: &str| {
        let key = format!("jobs/{id}/{status}_0.json");
        json!([{"Key": key, "Size": objects.text(&key).len()}])
    };
    let manifest = json!({
        "DestinationBucket": "b",
        "MapRunArn": format!("arn:aws:states:us-east-1:000000000000:mapRun:StateMachine/Map:{id}"),
        "ResultFiles": {"FAILED": file("FAILED"), "PENDING": file("PENDING"), "SUCCEEDED": file("SUCCEEDED")},
    });
    assert_eq!(objects.text(&format!("jobs/{id}/manifest.json")), manifest.to_string());

    let succeeded = parsed(&objects, &format!("jobs/{id}/SUCCEEDED_0.json"));
    let names: Vec<_> = succeeded[0].as_object().unwrap().keys().cloned().collect();
    let expected = [
        "ExecutionArn",
        "Input",
        "InputDetails",
        "Name",
        "Output",
        "OutputDetails",
        "RedriveCount",
        "RedriveStatus",
        "RedriveStatusReason",
        "StartDate",
        "StateMachineArn",
        "Status",
        "StopDate",
    ];
    assert_eq!(names, expected);
    assert_eq!(succeeded[0]["Output"], "[1,[2]]");
    assert_eq!(succeeded[1]["Output"], r#"{"paid":5}"#);

    let failed = parsed(&objects, &format!("jobs/{id}/FAILED_0.json"));
    assert_eq!((&failed[0]["Error"], &failed[0]["Cause"]), (&json!("CardDeclined"), &json!("insufficient funds")));
    let statuses: Vec<_> = failed.as_array().unwrap().iter().map(|result| result["Status"].clone()).collect();
    assert_eq!(statuses, ["FAILED", "TIMED_OUT", "ABORTED"]);
    assert_eq!(
        objects.text(&format!("jobs/{id}/PENDING_0.json")),
        r#"[{"Input":"[8]","InputDetails":{"Included":true},"Status":"PENDING"}]"#
    );
}

#[test]
fn outputs_are_written_alone_or_flattened_and_failures_whole() {
    for (config, extension, expected) in [
        (json!({"Transformation": "COMPACT", "OutputType": "JSON"}), "json", "[[1,[2]],{\"paid\":5}]"),
        (json!({"Transformation": "FLATTEN", "OutputType": "JSON"}), "json", "[1,[2],{\"paid\":5}]"),
        (json!({"Transformation": "COMPACT", "OutputType": "JSONL"}), "jsonl", "[1,[2]]\n{\"paid\":5}\n"),
        (json!({"Transformation": "FLATTEN", "OutputType": "JSONL"}), "jsonl", "1\n[2]\n{\"paid\":5}\n"),
    ] {
        let objects = Memory::of([]);
        let (results_writer, id) = writer(&objects, "p/", &config);
        write(results_writer, &results()).unwrap();
        assert_eq!(objects.text(&format!("p/{id}/SUCCEEDED_0.{extension}")), expected);
        let failed = objects.text(&format!("p/{id}/FAILED_0.{extension}"));
        let first = failed.trim_start_matches('[');
        assert!(
            first.starts_with(r#"{"Cause":"insufficient funds","Error":"CardDeclined","ExecutionArn":"#),
            "{failed}"
        );
    }
}

#[test]
fn a_status_without_results_has_no_file() {
    let objects = Memory::of([]);
    let (results_writer, id) = writer(&objects, "jobs/", &json!({}));
    write(results_writer, &[]).unwrap();
    assert_eq!(objects.keys(), [format!("jobs/{id}/manifest.json")]);
    let manifest = parsed(&objects, &format!("jobs/{id}/manifest.json"));
    assert_eq!(manifest["ResultFiles"], json!({"FAILED": [], "PENDING": [], "SUCCEEDED": []}));
}

#[test]
fn results_of_a_map_run_without_a_destination_are_written_nowhere() {
    let config = json!({"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}});
    for fields in [json!({}), json!({"ResultWriter": config})] {
        let start = Arc::new(map_run(fields));
        assert!(ResultWriter::new(Arc::new(Memory::of([])), start).unwrap().is_none());
    }
}

#[test]
fn files_are_split_before_they_grow_too_long() {
    for (output_type, bytes) in [("JSON", 10), ("JSONL", 10), ("JSON", 1)] {
        let objects = Memory::of([]);
        let config = json!({"Transformation": "COMPACT", "OutputType": output_type});
        let results: Vec<_> = (100..110).map(|number| succeeded(json!(number))).collect();
        let (results_writer, id) = writer(&objects, "p", &config);
        write(results_writer.file_bytes(bytes), &results).unwrap();
        let manifest = parsed(&objects, &format!("p/{id}/manifest.json"));
        let mut numbers = Vec::new();
        for (index, file) in manifest["ResultFiles"]["SUCCEEDED"].as_array().unwrap().iter().enumerate() {
            let key = file["Key"].as_str().unwrap();
            assert!(key.starts_with(&format!("p/{id}/SUCCEEDED_{index}.")), "{key}");
            let text = objects.text(key);
            assert_eq!(file["Size"], text.len());
            assert!(text.len() <= 10, "{text}");
            numbers.extend(text.split(['[', ',', ']', '\n']).filter(|number| !number.is_empty()).map(str::to_owned));
        }
        assert_eq!(numbers, (100..110).map(|number: i32| number.to_string()).collect::<Vec<_>>());
    }
}

#[test]
fn results_that_are_written_again_are_the_same() {
    let objects = Memory::of([]);
    let again = || writer(&objects, "p", &json!({})).0.file_bytes(1);
    let (_, id) = writer(&objects, "p", &json!({}));
    // The first writer is lost after a file was finished.
    let mut lost = again();
    run(add(&mut lost, &results()[..3])).unwrap();
    drop(lost);
    assert_eq!(objects.keys(), [format!("p/{id}/SUCCEEDED_0.json")]);

    write(again(), &results()).unwrap();
    let manifest_key = format!("p/{id}/manifest.json");
    let (keys, manifest) = (objects.keys(), objects.text(&manifest_key));
    write(again(), &results()).unwrap();
    assert_eq!((objects.keys(), objects.text(&manifest_key)), (keys, manifest));
}

#[test]
fn what_cannot_be_written_fails_the_map_run() {
    let objects = Memory::of([]);
    for (parameters, expected) in [
        (json!({"Prefix": "p"}), "the argument `Bucket` of the ResultWriter is missing"),
        (json!({"Bucket": ["b"]}), "the argument `Bucket` of the ResultWriter must be a string"),
        (json!({"Bucket": "b", "Prefix": [1]}), "the argument `Prefix` of the ResultWriter must be a string"),
    ] {
        let failure = writer_with(&objects, &parameters, &json!({})).0.unwrap_err();
        assert_eq!(failure, Failure::new("States.ResultWriterFailed", expected));
    }
    let missing = writer_with(&objects, &json!({"Bucket": "c"}), &json!({})).0.unwrap();
    let failure = Failure::new("States.ResultWriterFailed", "The specified bucket does not exist: `c`");
    assert_eq!(write(missing, &results()), Err(WriteError::Failed(failure)));

    let down = Memory { is_down: true, ..Memory::default() };
    let error = write(writer(&down, "", &json!({})).0, &[]).unwrap_err();
    assert!(matches!(error, WriteError::Unavailable(_)), "{error:?}");
}
