//! The program for AWS Lambda, on a double of Lambda's Runtime API and one of CodePipeline's.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deploy_workflow::trigger::{ActionTypeId, InMemoryJobs, JobQueue as _, PendingJob, PollForJobs};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::double::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::doubles::code_pipeline::CodePipeline;
use crate::doubles::http::{read_request, respond};

const JOB: &str = "11111111-2222-4333-8444-555555555555";
const RUNTIME_API: &str = "/2018-06-01/runtime/invocation";

/// Hands events to the program one after the other; returns where it posted its answer to each, and the answer.
async fn invoke(code_pipeline: &CodePipeline, events: &[Json]) -> Vec<(String, Json)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lambda");
    std::fs::create_dir_all(&directory).unwrap();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_deploy-workflow-lambda"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "deploy-workflow")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("DEPLOY_WORKFLOW_STORE", directory)
        .env("AWS_ENDPOINT_URL", code_pipeline.endpoint_url())
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut waiting, mut answers) = (events.iter(), Vec::new());
    while answers.len() < events.len() {
        let (mut stream, _) = listener.accept().await.unwrap();
        let Some(request) = read_request(&mut stream).await else { continue };
        if request.line.starts_with("GET") {
            let event = waiting.next().unwrap().to_string();
            let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_mins(1);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\
                 Lambda-Runtime-Aws-Request-Id: call-{}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:111122223333:function:deploy-workflow\r\n\
                 Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n\r\n",
                event.len(),
                answers.len() + 1,
                deadline.as_millis(),
            );
            stream.write_all(&[head.as_bytes(), event.as_bytes()].concat()).await.unwrap();
        } else {
            let path = request.line.split(' ').nth(1).unwrap().trim_start_matches(RUNTIME_API);
            answers.push((path.to_owned(), serde_json::from_str(&request.body).unwrap()));
            respond(&mut stream, 202, "application/json", b"{}").await;
        }
    }
    program.kill().unwrap();
    program.wait().unwrap();
    answers
}

#[tokio::test]
async fn what_is_wrong_with_a_job_is_told_to_the_pipeline_and_only_what_nobody_can_be_told_is_an_error() {
    let action_type_id = ActionTypeId::deploy("StateMachine", "1");
    let double = CodePipeline::start(InMemoryJobs::new(action_type_id.clone())).await;
    let (user_parameters, bucket, key) = (String::new(), "artifacts".to_owned(), "revision.zip".to_owned());
    double.jobs.add(PendingJob { id: JOB.to_owned(), user_parameters, bucket, key });
    let poll = PollForJobs { action_type_id, max_batch_size: std::num::NonZero::<usize>::MIN, query_param: None };
    let offered = double.jobs.poll_for_jobs(&poll).await.unwrap();
    double.jobs.acknowledge_job(JOB, &offered[0].nonce).await.unwrap();

    let broken = json!({"CodePipeline.job": {"id": JOB, "data": {
        "actionConfiguration": {"configuration": {"FunctionName": "deploy-workflow", "UserParameters": "{}"}},
    }}});
    let answers = invoke(&double, &[json!({"Records": []}), broken]).await;

    let (path, error) = &answers[0];
    assert_eq!((path.as_str(), &error["errorType"]), ("/call-1/error", &json!("NotAJob")), "{error}");
    let (path, answer) = &answers[1];
    let message = "the action's UserParameters: missing field `s3Bucket` at line 1 column 2";
    let details = json!({"type": "ConfigurationError", "message": message});
    assert_eq!((path.as_str(), answer), ("/call-2/response", &json!({"status": "FAILED", "failureDetails": details})));
    let told = ("PutJobFailureResult".to_owned(), json!({"jobId": JOB, "failureDetails": details}));
    assert_eq!(double.requests(), [told]);
}
