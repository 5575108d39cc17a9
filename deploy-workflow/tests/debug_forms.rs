//! What must not be shown is in no debug form.

use std::fmt::Debug;
use std::num::NonZero;

use deploy_workflow::artifact::InMemoryArtifacts;
use deploy_workflow::cloudformation::Parameter;
use deploy_workflow::input::MachineInput;
use deploy_workflow::trigger::{
    ActionTypeId, Executions as _, InMemoryExecutions, InMemoryJobs, InMemoryPipeline, JobQueue as _, PendingJob,
    Pipeline as _, PollForJobs,
};
use deploy_workflow::worker::Ledger;
use serde_json::json;

const SECRET: &str = "hunter-two";

fn check(value: &dyn Debug, shown: &str) {
    let text = format!("{value:?}");
    assert!(!text.contains(SECRET), "{text}");
    assert!(text.contains(shown), "{text}");
}

fn job() -> PendingJob {
    PendingJob {
        id: "job-1".to_owned(),
        user_parameters: SECRET.to_owned(),
        bucket: "artifacts".to_owned(),
        key: SECRET.to_owned(),
    }
}

#[tokio::test]
async fn keys_tokens_nonces_and_values_are_not_shown() {
    check(&job(), "job-1");
    let pipeline = InMemoryPipeline::new();
    pipeline.add(job());
    pipeline.put_job_success_result("job-1", Some(SECRET)).await.unwrap();
    check(&pipeline.result("job-1"), "InProgress");
    check(&pipeline, "job-1");

    let action_type_id = ActionTypeId::deploy("StateMachine", "1");
    let jobs = InMemoryJobs::new(action_type_id.clone());
    jobs.add(job());
    let request = PollForJobs { action_type_id, max_batch_size: NonZero::<usize>::MIN, query_param: None };
    let mut offered = jobs.poll_for_jobs(&request).await.unwrap().remove(0);
    jobs.acknowledge_job("job-1", &offered.nonce).await.unwrap();
    jobs.put_job_success_result("job-1", Some(SECRET)).await.unwrap();
    check(&jobs, "job-1");
    offered.nonce = SECRET.to_owned();
    offered.job.data.continuation_token = Some(SECRET.to_owned());
    check(&offered, "artifacts");

    let executions = InMemoryExecutions::new();
    executions.start_execution("job-1", json!({"parameters": {"Password": SECRET}})).await.unwrap();
    check(&executions, "job-1");
    check(&InMemoryArtifacts::new().with("artifacts", SECRET, SECRET.as_bytes()), "InMemoryArtifacts");
    check(&Parameter::new("Password", SECRET), "Password");
    let text = json!({
        "environmentName": "prod",
        "stackName": "app",
        "templatePath": "template.yaml",
        "parameters": {"Password": SECRET},
    });
    check(&MachineInput::parse(&text.to_string()).unwrap(), "Password");

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    std::fs::write(&path, json!({"version": 1, "jobs": {"job-1": SECRET}, "executions": []}).to_string()).unwrap();
    check(&Ledger::open(path).unwrap(), "job-1");
}
