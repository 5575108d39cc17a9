//! What errors of AWS become: failures under AWS's codes, without a secret.

use serde_json::{Value as Json, json};

use crate::double::{ACCESS_KEY_ID, Answer, Double, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::log::Log;
use crate::task::task;

const EXISTS: &str = "CheckStackExistsStateMachineTask";

/// Asks whether the stack exists, and expects as many calls as the script has answers.
async fn exists(script: impl IntoIterator<Item = Answer>) -> Result<Json, (String, String)> {
    let script: Vec<_> = script.into_iter().collect();
    let answers = script.len();
    let double = Double::start(script).await;
    let ended = task(&double.services, EXISTS, json!({})).await;
    assert_eq!(double.operations(), vec!["DescribeStacks"; answers]);
    ended.result
}

fn failure(error: &str, cause: &str) -> Result<Json, (String, String)> {
    Err((error.to_owned(), cause.to_owned()))
}

fn in_status(status: &str) -> Answer {
    Answer::result(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackId>arn:aws:cloudformation:eu-west-1:111122223333:stack/prod-app/1</StackId>\
             <StackName>prod-app</StackName><CreationTime>2024-11-22T09:00:00Z</CreationTime>\
             <StackStatus>{status}</StackStatus><StackStatusReason>for a reason</StackStatusReason></member></Stacks>"
        ),
    )
}

fn throttled() -> Answer {
    Answer::error(400, "Throttling", "Rate exceeded")
}

#[tokio::test]
async fn a_stack_is_missing_only_when_cloudformation_says_so() {
    let missing = Answer::error(400, "ValidationError", "Stack with id prod-app does not exist");
    assert_eq!(exists([missing]).await, Ok(json!(false)));
    for message in ["1 validation error detected: Value at 'stackName'", "Role arn:aws:iam::1:role/r does not exist"] {
        let other = Answer::error(400, "ValidationError", message);
        assert_eq!(exists([other]).await, failure("ValidationError", message));
    }
}

#[tokio::test]
async fn the_status_of_a_stack_decides() {
    assert_eq!(exists([in_status("UPDATE_ROLLBACK_COMPLETE")]).await, Ok(json!(true)));
    assert_eq!(exists([in_status("DELETE_COMPLETE")]).await, Ok(json!(false)));
    for status in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"] {
        let cause = format!("stack `prod-app` is {status} (for a reason): it can only be deleted");
        assert_eq!(exists([in_status(status)]).await, failure("StackMustBeDeleted", &cause));
    }
    let cause = "the answer to DescribeStacks has a StackStatus that is not known: `MELTED`";
    assert_eq!(exists([in_status("MELTED")]).await, failure("SdkClientException", cause));
}

/// Events of the stack itself, if there is no resource, and of resources: id, type, status and reason.
fn events(events: &[(&str, &str, &str, &str)]) -> Answer {
    let member = |(id, resource_type, status, reason): &(&str, &str, &str, &str)| {
        format!(
            "<member><Timestamp>2024-11-22T09:00:00Z</Timestamp><PhysicalResourceId>{id}</PhysicalResourceId>\
             <LogicalResourceId>{}</LogicalResourceId><ResourceType>AWS::{resource_type}</ResourceType>\
             <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>",
            id.rsplit('/').nth(1).unwrap_or(id),
        )
    };
    let members = events.iter().map(member).collect::<Vec<_>>().concat();
    Answer::result("DescribeStackEvents", &format!("<StackEvents>{members}</StackEvents>"))
}

#[tokio::test]
async fn a_failure_of_a_stack_is_explained_by_the_operation_that_failed() {
    const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/prod-app/1";
    const NESTED: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Storage/2";
    let check = async |function: &str, status: &str, newest_first: Answer, expected: Result<Json, (String, String)>| {
        let double = Double::start([in_status(status), newest_first]).await;
        assert_eq!(task(&double.services, function, json!({})).await.result, expected);
    };
    // A creation that was rolled back, and a deletion after that.
    let stuck = || {
        events(&[
            (STACK, "CloudFormation::Stack", "DELETE_FAILED", "The following resource(s) failed to delete: [Bucket]."),
            ("Bucket", "S3::Bucket", "DELETE_FAILED", "The bucket is not empty"),
            (STACK, "CloudFormation::Stack", "DELETE_IN_PROGRESS", "User Initiated"),
            (STACK, "CloudFormation::Stack", "ROLLBACK_COMPLETE", ""),
            ("Topic", "SNS::Topic", "DELETE_FAILED", "in an older operation"),
            ("Queue", "SQS::Queue", "CREATE_FAILED", "the quota is used up"),
            (STACK, "CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"),
        ])
    };
    let cause = "stack `prod-app` is DELETE_FAILED; `Bucket` (AWS::S3::Bucket) DELETE_FAILED: The bucket is not empty";
    let expected = failure("StackDeletionFailed", cause);
    check("CheckStackDeletionStatusStateMachineTask", "DELETE_FAILED", stuck(), expected).await;
    let cause = "stack `prod-app` is DELETE_FAILED; `Queue` (AWS::SQS::Queue) CREATE_FAILED: the quota is used up";
    let expected = failure("StackCreationFailed", cause);
    check("CheckStackCreationStatusStateMachineTask", "DELETE_FAILED", stuck(), expected).await;
    // A nested stack is a resource like any other.
    let nested = events(&[
        (STACK, "CloudFormation::Stack", "ROLLBACK_COMPLETE", ""),
        (NESTED, "CloudFormation::Stack", "CREATE_FAILED", "Embedded stack was not created"),
        (NESTED, "CloudFormation::Stack", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        (STACK, "CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"),
    ]);
    let cause = "stack `prod-app` is ROLLBACK_COMPLETE; `Storage` (AWS::CloudFormation::Stack) CREATE_FAILED: \
                 Embedded stack was not created";
    let expected = failure("StackCreationFailed", cause);
    check("CheckStackCreationStatusStateMachineTask", "ROLLBACK_COMPLETE", nested, expected).await;
}

#[tokio::test]
async fn throttling_is_retried_and_then_left_to_the_machine() {
    assert_eq!(exists([throttled(), throttled(), in_status("CREATE_COMPLETE")]).await, Ok(json!(true)));
    let cause = "Rate exceeded";
    assert_eq!(exists([throttled(), throttled(), throttled()]).await, failure("Throttling", cause));
    let spelled = || Answer::error(400, "RequestLimitExceeded", cause);
    assert_eq!(exists([spelled(), spelled(), spelled()]).await, failure("Throttling", cause));
}

#[tokio::test]
async fn access_denied_fails_at_once() {
    let cause = "User: arn:aws:sts::111122223333:assumed-role/deploy/s is not authorized to perform: \
                 cloudformation:DescribeStacks";
    assert_eq!(exists([Answer::error(403, "AccessDenied", cause)]).await, failure("AccessDenied", cause));
}

#[tokio::test]
async fn a_call_without_an_answer_is_retried_and_then_left_to_the_machine() {
    assert_eq!(exists([Answer::Close, in_status("CREATE_COMPLETE")]).await, Ok(json!(true)));
    let cause = "the service could not be reached";
    assert_eq!(exists([Answer::Close, Answer::Close, Answer::Close]).await, failure("ServiceUnavailable", cause));
    let internal = || Answer::error(500, "InternalFailure", "oops");
    assert_eq!(exists([internal(), internal(), internal()]).await, failure("InternalFailure", "oops"));
    let gateway = || Answer::Response(502, "<html>Bad Gateway</html>".to_owned());
    let (code, cause) = ("ServiceUnavailable", "the answer could not be read");
    assert_eq!(exists([gateway(), gateway(), gateway()]).await, failure(code, cause));
}

#[tokio::test]
async fn an_attempt_without_an_answer_times_out_and_is_retried() {
    assert_eq!(exists([Answer::Silence, in_status("CREATE_COMPLETE")]).await, Ok(json!(true)));
}

#[tokio::test]
async fn errors_of_s3_keep_their_codes() {
    let check = async |answers: Vec<Answer>, error: &str, cause: &str| {
        let double = Double::start(answers).await;
        let ended = task(&double.services, "CreateStackStateMachineTask", json!({})).await;
        assert_eq!(ended.result, failure(error, cause));
    };
    check(
        vec![Answer::s3_error(404, "NoSuchKey", "The specified key does not exist.")],
        "NoSuchKey",
        "The specified key does not exist.",
    )
    .await;
    check(vec![Answer::s3_error(403, "AccessDenied", "Access Denied")], "AccessDenied", "Access Denied").await;
    let slow = || Answer::s3_error(503, "SlowDown", "Please reduce your request rate.");
    check(vec![slow(), slow(), slow()], "Throttling", "Please reduce your request rate.").await;
}

#[tokio::test]
async fn only_a_missing_record_means_that_no_stack_took_over() {
    let find = async |answer: Answer| {
        let double = Double::start([answer]).await;
        task(&double.services, "FindActiveStackStateMachineTask", json!({})).await.result
    };
    let missing = Answer::s3_error(404, "NoSuchKey", "The specified key does not exist.");
    assert_eq!(find(missing).await, Ok(json!({"requested": "app", "active": "app"})));
    let denied = Answer::s3_error(403, "AccessDenied", "Access Denied");
    assert_eq!(find(denied).await, failure("AccessDenied", "Access Denied"));
}

#[tokio::test]
async fn no_secret_is_in_a_failure_a_history_or_a_debug_form() {
    let quoting = format!(
        "The request signature we calculated does not match. The Canonical String for this request should have been \
         'POST / x-amz-security-token:{SESSION_TOKEN} {SECRET_ACCESS_KEY} {ACCESS_KEY_ID}'"
    );
    let not_xml = || Answer::Response(400, format!("<html>{SESSION_TOKEN} {SECRET_ACCESS_KEY} {ACCESS_KEY_ID}</html>"));
    let refusals =
        ["SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException", "InvalidSignatureException"];
    for answer in refusals.map(|code| Answer::error(403, code, &quoting)).into_iter().chain([not_xml()]) {
        let double = Double::start([answer]).await;
        let ended = task(&double.services, EXISTS, json!({})).await;
        let (error, cause) = ended.result.unwrap_err();
        let told = format!("{error} {cause} {} {:?}", ended.history, double.services);
        for secret in [ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(ended.history.contains(&cause), "{}", ended.history);
    }
}

#[tokio::test]
async fn no_secret_is_in_a_log_of_any_level() {
    let log = Log::default();
    let _guard = log.listen();
    assert_eq!(exists([throttled(), in_status("CREATE_COMPLETE")]).await, Ok(json!(true)));
    let objects = [Answer::Object(b"found".to_vec()), Answer::Object(Vec::new())];
    let artifacts = Double::start(objects).await.services.artifacts;
    assert_eq!(*artifacts.get_object("artifacts", "revision.zip").await.unwrap(), *b"found");
    artifacts.put_object("artifacts", "template.yaml", Vec::new().into()).await.unwrap();
    let url = artifacts.template_url("artifacts", "template.yaml").await.unwrap();
    assert!(url.ends_with("/artifacts/template.yaml"), "{url}");
    let text = log.text();
    for operation in ["DescribeStacks", "GetObject", "PutObject"] {
        assert!(text.contains(operation), "{text}");
    }
    for secret in [SECRET_ACCESS_KEY, SESSION_TOKEN] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}
