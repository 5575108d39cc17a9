//! What a `ResultWriter` writes.

use std::sync::Arc;

use asl_core::{Failure, Timestamp, Value};
use asl_runtime::map_run::{ChildEnd, ChildResult, EndedChild, ResultWriter, WriteError};
use serde_json::json;

use super::{Memory, run};

const MAP_RUN: &str = "arn:aws:states:us-east-1:000000000000:mapRun:machine/Map:5f0e";
const PUT_OBJECT: &str = "arn:aws:states:::s3:putObject";

fn writer(objects: &Memory, prefix: &str, config: &serde_json::Value) -> ResultWriter {
    let parameters = json!({"Bucket": "b", "Prefix": prefix}).into();
    ResultWriter::from_fields(Arc::new(objects.clone()), MAP_RUN, PUT_OBJECT, &parameters, &config.clone().into())
        .unwrap()
}

fn child(name: &str, end: ChildEnd) -> ChildResult {
    ChildResult::Ended(Box::new(EndedChild {
        execution_arn: format!("arn:aws:states:us-east-1:000000000000:execution:machine/Map:{name}").into(),
        name: name.into(),
        state_machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:machine/Map".into(),
        input: json!({"order": 7}).into(),
        end,
        start_date: Timestamp::from_millis(1_700_000_000_000),
        stop_date: Timestamp::from_millis(1_700_000_001_250),
        redrive_count: 0,
    }))
}

fn succeeded(name: &str, output: serde_json::Value) -> ChildResult {
    child(name, ChildEnd::Succeeded(output.into()))
}

/// One result of every kind.
fn results() -> Vec<ChildResult> {
    vec![
        succeeded("c0", json!([1, [2]])),
        child("c1", ChildEnd::Failed(Failure::new("CardDeclined", "insufficient funds"))),
        succeeded("c2", json!({"paid": 5})),
        child("c3", ChildEnd::TimedOut),
        ChildResult::Pending { input: json!([8]).into() },
        child("c4", ChildEnd::Aborted(Failure::from_parts(None, None))),
    ]
}

fn write(mut writer: ResultWriter, results: &[ChildResult]) -> Result<Value, WriteError> {
    run(async {
        for result in results {
            writer.write(result).await?;
        }
        writer.finish().await
    })
}

fn parsed(objects: &Memory, key: &str) -> serde_json::Value {
    serde_json::from_str(&objects.text(key)).unwrap()
}

#[test]
fn results_are_written_by_status_with_a_manifest() {
    let objects = Memory::of([]);
    let output = write(writer(&objects, "jobs", &json!({})), &results()).unwrap();
    let expected = json!({
        "MapRunArn": MAP_RUN,
        "ResultWriterDetails": {"Bucket": "b", "Key": "jobs/5f0e/manifest.json"},
    });
    assert_eq!(output.to_string(), expected.to_string());
    let size = |key: &str| objects.text(key).len();
    let file = |status: &str| {
        let key = format!("jobs/5f0e/{status}_0.json");
        json!([{"Key": key, "Size": size(&key)}])
    };
    let manifest = json!({
        "DestinationBucket": "b",
        "MapRunArn": MAP_RUN,
        "ResultFiles": {"FAILED": file("FAILED"), "PENDING": file("PENDING"), "SUCCEEDED": file("SUCCEEDED")},
    });
    assert_eq!(objects.text("jobs/5f0e/manifest.json"), manifest.to_string());

    let execution = "arn:aws:states:us-east-1:000000000000:execution:machine/Map";
    let whole = json!({
        "ExecutionArn": format!("{execution}:c0"), "Input": r#"{"order":7}"#, "InputDetails": {"Included": true},
        "Name": "c0", "Output": "[1,[2]]", "OutputDetails": {"Included": true}, "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE", "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": "2023-11-14T22:13:20.000Z",
        "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:machine/Map",
        "Status": "SUCCEEDED", "StopDate": "2023-11-14T22:13:21.250Z",
    });
    let succeeded = parsed(&objects, "jobs/5f0e/SUCCEEDED_0.json");
    assert_eq!(succeeded[0].to_string(), whole.to_string());
    assert_eq!(succeeded[1]["Output"], r#"{"paid":5}"#);

    let failed = parsed(&objects, "jobs/5f0e/FAILED_0.json");
    let whole = json!({
        "Cause": "insufficient funds", "Error": "CardDeclined",
        "ExecutionArn": format!("{execution}:c1"), "Input": r#"{"order":7}"#, "InputDetails": {"Included": true},
        "Name": "c1", "OutputDetails": {"Included": true}, "RedriveCount": 0, "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
        "StartDate": "2023-11-14T22:13:20.000Z",
        "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:machine/Map",
        "Status": "FAILED", "StopDate": "2023-11-14T22:13:21.250Z",
    });
    assert_eq!(failed[0].to_string(), whole.to_string());
    let statuses: Vec<_> = failed.as_array().unwrap().iter().map(|result| result["Status"].clone()).collect();
    assert_eq!(statuses, ["FAILED", "TIMED_OUT", "ABORTED"]);
    assert_eq!(
        objects.text("jobs/5f0e/PENDING_0.json"),
        r#"[{"Input":"[8]","InputDetails":{"Included":true},"Status":"PENDING"}]"#
    );
}

#[test]
fn outputs_are_written_alone_or_flattened_and_failures_whole() {
    for (config, extension, expected) in [
        (json!({"Transformation": "COMPACT"}), "json", "[[1,[2]],{\"paid\":5}]"),
        (json!({"Transformation": "FLATTEN"}), "json", "[1,[2],{\"paid\":5}]"),
        (json!({"Transformation": "COMPACT", "OutputType": "JSONL"}), "jsonl", "[1,[2]]\n{\"paid\":5}\n"),
        (json!({"Transformation": "FLATTEN", "OutputType": "JSONL"}), "jsonl", "1\n[2]\n{\"paid\":5}\n"),
    ] {
        let objects = Memory::of([]);
        write(writer(&objects, "", &config), &results()).unwrap();
        assert_eq!(objects.text(&format!("5f0e/SUCCEEDED_0.{extension}")), expected);
        let failed = objects.text(&format!("5f0e/FAILED_0.{extension}"));
        let first = failed.trim_start_matches('[').split('\n').next().unwrap();
        assert!(
            first.starts_with(r#"{"Cause":"insufficient funds","Error":"CardDeclined","ExecutionArn":"#),
            "{failed}"
        );
    }
}

#[test]
fn a_status_without_results_has_no_file() {
    let objects = Memory::of([]);
    write(writer(&objects, "jobs/", &json!({})), &[]).unwrap();
    assert_eq!(objects.keys(), ["jobs/5f0e/manifest.json"]);
    let manifest = parsed(&objects, "jobs/5f0e/manifest.json");
    assert_eq!(manifest["ResultFiles"], json!({"FAILED": [], "PENDING": [], "SUCCEEDED": []}));
}

#[test]
fn files_are_split_before_they_grow_too_long() {
    for (output_type, bytes) in [("JSON", 10), ("JSONL", 10), ("JSON", 1)] {
        let objects = Memory::of([]);
        let config = json!({"Transformation": "COMPACT", "OutputType": output_type});
        let results: Vec<_> = (100..110).map(|number| succeeded("c", json!(number))).collect();
        write(writer(&objects, "", &config).file_bytes(bytes), &results).unwrap();
        let manifest = parsed(&objects, "5f0e/manifest.json");
        let mut numbers = Vec::new();
        for (index, file) in manifest["ResultFiles"]["SUCCEEDED"].as_array().unwrap().iter().enumerate() {
            let key = file["Key"].as_str().unwrap();
            assert!(key.starts_with(&format!("5f0e/SUCCEEDED_{index}.")), "{key}");
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
    let config = json!({});
    // The first writer is lost after some files were finished.
    let mut lost = writer(&objects, "p", &config).file_bytes(1);
    run(async {
        for result in &results()[..3] {
            lost.write(result).await.unwrap();
        }
    });
    drop(lost);
    assert_eq!(objects.keys(), ["p/5f0e/SUCCEEDED_0.json"]);

    write(writer(&objects, "p", &config).file_bytes(1), &results()).unwrap();
    let (keys, manifest) = (objects.keys(), objects.text("p/5f0e/manifest.json"));
    write(writer(&objects, "p", &config).file_bytes(1), &results()).unwrap();
    assert_eq!((objects.keys(), objects.text("p/5f0e/manifest.json")), (keys, manifest));
}

#[test]
fn what_cannot_be_written_fails_the_map_run() {
    let objects = Memory::of([]);
    let from_fields = |resource: &str, parameters: serde_json::Value, config: serde_json::Value| {
        let objects = Arc::new(objects.clone());
        ResultWriter::from_fields(objects, MAP_RUN, resource, &parameters.into(), &config.into())
    };
    for (resource, parameters, config, expected) in [
        (PUT_OBJECT, json!({}), json!({}), "the field `Bucket` of the ResultWriter is missing"),
        (
            PUT_OBJECT,
            json!({"Bucket": "b", "Prefix": 1}),
            json!({}),
            "the field `Prefix` of the ResultWriter must be a string",
        ),
        (
            PUT_OBJECT,
            json!({"Bucket": "b"}),
            json!({"Transformation": "FLAT"}),
            "the field `Transformation` of the ResultWriter must be `NONE`, `COMPACT` or `FLATTEN`",
        ),
        (
            PUT_OBJECT,
            json!({"Bucket": "b"}),
            json!({"OutputType": "CSV"}),
            "the field `OutputType` of the ResultWriter must be `JSON` or `JSONL`",
        ),
        (
            "arn:aws:states:::s3:getObject",
            json!({"Bucket": "b"}),
            json!({}),
            "nothing can be written with `arn:aws:states:::s3:getObject`, but with `arn:aws:states:::s3:putObject`",
        ),
    ] {
        let failure = from_fields(resource, parameters, config).unwrap_err();
        assert_eq!(failure, Failure::new("States.ResultWriterFailed", expected));
    }
    let missing = from_fields(PUT_OBJECT, json!({"Bucket": "c"}), json!({})).unwrap();
    let failure = Failure::new("States.ResultWriterFailed", "The specified bucket does not exist: `c`");
    assert_eq!(write(missing, &results()), Err(WriteError::Failed(failure)));

    let down = Memory { is_down: true, ..Memory::default() };
    let error = write(writer(&down, "", &json!({})), &[]).unwrap_err();
    assert!(matches!(error, WriteError::Unavailable(_)), "{error:?}");
}
