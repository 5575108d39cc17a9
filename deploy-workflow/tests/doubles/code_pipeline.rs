//! CodePipeline's API for job workers on loopback, with its rules and limits, over HTTP as the SDK speaks it.
//!
//! The jobs are those of an [`InMemoryJobs`]. The double looks at what the SDK sends, and adds to each job what
//! CodePipeline does: credentials for the artifacts, an encryption key and the action type.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Arc, Mutex};

use deploy_workflow::trigger::{
    ActionCategory, ActionTypeId, FailureDetails, FailureType, InMemoryJobs, Job, JobQueue as _, Pipeline as _,
    PipelineError, PollForJobs,
};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use super::http::{Request, read_request, respond};

/// What CodePipeline hands out with every job, and nobody may keep.
pub(crate) const ARTIFACT_SECRETS: [&str; 3] =
    ["ASIAARTIFACTEXAMPLE1", "artifactSecretKeyEXAMPLEartifactSecret", "artifactSessionTokenEXAMPLE"];

const TARGET: &str = "CodePipeline_20150709.";
const JSON: &str = "application/x-amz-json-1.1";

/// A CodePipeline that runs until it is dropped.
pub(crate) struct CodePipeline {
    /// Its jobs.
    pub(crate) jobs: InMemoryJobs,
    address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for CodePipeline {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl CodePipeline {
    pub(crate) async fn start(jobs: InMemoryJobs) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let server = tokio::spawn(serve(listener, jobs.clone(), Arc::clone(&requests)));
        Self { jobs, address, requests, server }
    }

    /// For `AWS_ENDPOINT_URL_CODEPIPELINE`, or for a client's configuration.
    pub(crate) fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far: operations and their bodies.
    pub(crate) fn requests(&self) -> Vec<(String, Json)> {
        let requests = self.requests.lock().unwrap();
        let of = |it: &Request| (operation(it).unwrap().to_owned(), serde_json::from_str(&it.body).unwrap());
        requests.iter().map(of).collect()
    }
}

async fn serve(listener: TcpListener, jobs: InMemoryJobs, requests: Arc<Mutex<Vec<Request>>>) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (jobs, requests) = (jobs.clone(), Arc::clone(&requests));
        tokio::spawn(async move {
            let Some(request) = read_request(&mut stream).await else { return };
            requests.lock().unwrap().push(request.clone());
            let (status, body) = match answer(&jobs, &request).await {
                Ok(body) => (200, body),
                Err(error) => {
                    let message = error.to_string();
                    let message = message.split_once(": ").map_or("", |(_, message)| message);
                    let status = if error.may_have_been_done() { 500 } else { 400 };
                    (status, json!({ "__type": error.code(), "message": message }))
                }
            };
            respond(&mut stream, status, JSON, body.to_string().as_bytes()).await;
        });
    }
}

fn operation(request: &Request) -> Option<&str> {
    request.target.as_deref()?.strip_prefix(TARGET)
}

async fn answer(jobs: &InMemoryJobs, request: &Request) -> Result<Json, PipelineError> {
    let body: Json = serde_json::from_str(&request.body).map_err(|error| invalid(&error.to_string()))?;
    let job_id = || {
        let id = text(&body, "/jobId", 36)?;
        let is_uuid = id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && id.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f' | b'-'));
        if is_uuid { Ok(id) } else { Err(invalid("`jobId` is no UUID")) }
    };
    match operation(request) {
        Some("PollForJobs") => {
            let request = poll_for_jobs(&body)?;
            let offered = jobs.poll_for_jobs(&request).await?;
            let of = |it: &deploy_workflow::trigger::OfferedJob| {
                let mut job = wire(&it.job, &request.action_type_id);
                job["nonce"] = it.nonce.as_str().into();
                job
            };
            Ok(json!({ "jobs": offered.iter().map(of).collect::<Vec<_>>() }))
        }
        Some("AcknowledgeJob") => {
            let status = jobs.acknowledge_job(&job_id()?, &text(&body, "/nonce", 50)?).await?;
            Ok(json!({ "status": status.to_string() }))
        }
        Some("GetJobDetails") => {
            let job = jobs.get_job_details(&job_id()?).await?;
            Ok(json!({ "jobDetails": wire(&job, &ActionTypeId::deploy("any", "1")) }))
        }
        Some("PutJobSuccessResult") => {
            let token = match body.get("continuationToken") {
                None | Some(Json::Null) => None,
                Some(_) => Some(text(&body, "/continuationToken", 2_048)?),
            };
            jobs.put_job_success_result(&job_id()?, token.as_deref()).await?;
            Ok(json!({}))
        }
        Some("PutJobFailureResult") => {
            let external_execution_id = match body.pointer("/failureDetails/externalExecutionId") {
                None | Some(Json::Null) => None,
                Some(_) => Some(text(&body, "/failureDetails/externalExecutionId", 1_500)?),
            };
            let details = FailureDetails {
                failure_type: failure_type(&text(&body, "/failureDetails/type", 50)?)?,
                message: text(&body, "/failureDetails/message", 5_000)?,
                external_execution_id,
            };
            jobs.put_job_failure_result(&job_id()?, &details).await?;
            Ok(json!({}))
        }
        other => Err(PipelineError::new("UnknownOperationException", format!("{other:?}"))),
    }
}

fn poll_for_jobs(body: &Json) -> Result<PollForJobs, PipelineError> {
    let category = match &*text(body, "/actionTypeId/category", 10)? {
        "Deploy" => ActionCategory::Deploy,
        "Build" => ActionCategory::Build,
        "Test" => ActionCategory::Test,
        other => return Err(invalid(&format!("category `{other}`"))),
    };
    let owner = text(body, "/actionTypeId/owner", 10)?;
    if owner != "Custom" {
        return Err(invalid(&format!("ActionType with owner '{owner}' is not supported")));
    }
    let provider = text(body, "/actionTypeId/provider", 35)?;
    let version = text(body, "/actionTypeId/version", 9)?;
    let most = body["maxBatchSize"].as_u64().unwrap_or(1).try_into().unwrap();
    let query: Option<BTreeMap<String, String>> =
        serde_json::from_value(body["queryParam"].clone()).map_err(|error| invalid(&error.to_string()))?;
    Ok(PollForJobs {
        action_type_id: ActionTypeId { category, provider, version },
        max_batch_size: NonZero::new(most).ok_or_else(|| invalid("`maxBatchSize` must be at least 1"))?,
        query_param: match query.unwrap_or_default() {
            query if query.len() > 1 => return Err(invalid("`queryParam` has at most one entry")),
            query => query.into_iter().next(),
        },
    })
}

/// A job as CodePipeline sends it.
fn wire(job: &Job, action_type_id: &ActionTypeId) -> Json {
    let mut data = serde_json::to_value(&job.data).unwrap();
    let [access_key_id, secret_access_key, session_token] = ARTIFACT_SECRETS;
    data["artifactCredentials"] =
        json!({"accessKeyId": access_key_id, "secretAccessKey": secret_access_key, "sessionToken": session_token});
    data["encryptionKey"] = json!({"id": "arn:aws:kms:eu-west-1:111122223333:key/1", "type": "KMS"});
    data["actionTypeId"] = json!({
        "category": action_type_id.category.as_str(),
        "owner": "Custom",
        "provider": action_type_id.provider,
        "version": action_type_id.version,
    });
    data["pipelineContext"] =
        json!({"pipelineName": "deploy", "stage": {"name": "Prod"}, "action": {"name": "Deploy"}});
    data["outputArtifacts"] = json!([]);
    json!({"id": job.id, "accountId": "111122223333", "data": data})
}

fn failure_type(word: &str) -> Result<FailureType, PipelineError> {
    Ok(match word {
        "JobFailed" => FailureType::JobFailed,
        "ConfigurationError" => FailureType::ConfigurationError,
        "PermissionError" => FailureType::PermissionError,
        "RevisionOutOfSync" => FailureType::RevisionOutOfSync,
        "RevisionUnavailable" => FailureType::RevisionUnavailable,
        "SystemUnavailable" => FailureType::SystemUnavailable,
        other => return Err(invalid(&format!("failure type `{other}`"))),
    })
}

/// A text of 1 to `most` characters.
fn text(body: &Json, pointer: &str, most: usize) -> Result<String, PipelineError> {
    let text = body.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    if (1..=most).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(invalid(&format!("`{pointer}` must have 1 to {most} characters")))
}

fn invalid(message: &str) -> PipelineError {
    PipelineError::new("ValidationException", message)
}
