//! The policies grant what the code calls, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

/// The actions that a policy grants.
fn granted(policy: &str) -> BTreeSet<String> {
    let policy: Json = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert!(statements.iter().all(|statement| statement["Effect"] == "Allow"));
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The operations of the traits in `api` that the files at `callers` call, as actions of `service`.
fn called(service: &str, api: &str, callers: &[&str]) -> BTreeSet<String> {
    let callers: String = callers.iter().map(|path| text(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path))).collect();
    let (_, declared) = api.split_once("pub trait").unwrap();
    let operations = declared.split("async fn ").skip(1).map(|rest| rest.split('(').next().unwrap());
    let called = operations.filter(|operation| callers.contains(&format!(".{operation}(")));
    called.map(|operation| format!("{service}:{}", action(operation))).collect()
}

/// A file's text, or that of all files in a folder.
fn text(path: &Path) -> String {
    if !path.is_dir() {
        return std::fs::read_to_string(path).unwrap();
    }
    std::fs::read_dir(path).unwrap().map(|entry| text(&entry.unwrap().path())).collect()
}

fn action(operation: &str) -> String {
    let words = operation.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

#[test]
fn a_deployment_may_do_what_handlers_and_trigger_call() {
    const CALLERS: &[&str] = &["src/handlers", "src/artifact", "src/trigger.rs"];
    let mut called_by_deployment = called("cloudformation", include_str!("../src/cloudformation/api.rs"), CALLERS);
    called_by_deployment.extend(called("s3", include_str!("../src/artifact.rs"), CALLERS));
    // The address of a template is made without a call.
    called_by_deployment.remove("s3:TemplateUrl");
    // Without it S3 calls a missing object forbidden.
    called_by_deployment.insert("s3:ListBucket".to_owned());
    assert_eq!(granted(include_str!("../iam/deployment.json")), called_by_deployment);
}

#[test]
fn worker_and_function_may_do_what_they_call() {
    let pipeline = include_str!("../src/trigger/pipeline.rs").split("/// Why a job failed").next().unwrap();
    let queue = include_str!("../src/trigger/job_queue.rs");
    let by_function = called("codepipeline", pipeline, &["src/trigger.rs", "src/function.rs"]);
    assert_eq!(granted(include_str!("../iam/function.json")), by_function);
    let mut by_worker = called("codepipeline", queue, &["src/worker.rs", "src/worker"]);
    by_worker.extend(by_function);
    assert_eq!(granted(include_str!("../iam/worker.json")), by_worker);
}
