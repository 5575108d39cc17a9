//! What the handlers ask of AWS.

use aws_sdk_cloudformation::config::{Credentials, Region};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use deploy_workflow::artifact::{ArtifactStore as _, pack};
use deploy_workflow::aws::{self, S3Artifacts};
use serde_json::{Value as Json, json};

use crate::double::{ACCESS_KEY_ID, Answer, Double, Request, SECRET_ACCESS_KEY};
use crate::task::task;

const STACK_ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/prod-app/1";
const CHANGE_SET_ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/c/1";
const NESTED_ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/nested/1";

fn artifact(template: &str) -> Answer {
    Answer::Object(pack(&[("infra/template.yaml", template.as_bytes())]).unwrap())
}

fn stack(parameters: &[&str]) -> Answer {
    let member =
        |key| format!("<member><ParameterKey>{key}</ParameterKey><ParameterValue>now</ParameterValue></member>");
    let parameters = parameters.iter().map(member).collect::<Vec<_>>().concat();
    Answer::result(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackId>{STACK_ID}</StackId><StackName>prod-app</StackName>\
             <CreationTime>2024-11-22T09:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>\
             <Parameters>{parameters}</Parameters></member></Stacks>"
        ),
    )
}

fn summary(parameters: &[&str]) -> Answer {
    let member = |key| format!("<member><ParameterKey>{key}</ParameterKey></member>");
    let parameters = parameters.iter().map(member).collect::<Vec<_>>().concat();
    Answer::result("GetTemplateSummary", &format!("<Parameters>{parameters}</Parameters>"))
}

fn change_set(id: &str, changes: &str, next_token: Option<&str>) -> Answer {
    let next_token = next_token.map(|token| format!("<NextToken>{token}</NextToken>")).unwrap_or_default();
    Answer::result(
        "DescribeChangeSet",
        &format!(
            "<ChangeSetId>{id}</ChangeSetId><ChangeSetName>c</ChangeSetName><StackId>{STACK_ID}</StackId>\
             <StackName>prod-app</StackName><CreationTime>2024-11-22T09:00:00Z</CreationTime>\
             <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>\
             <Changes>{changes}</Changes>{next_token}"
        ),
    )
}

fn change(action: &str, more: &str) -> String {
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action>\
         <LogicalResourceId>R</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType>{more}\
         </ResourceChange></member>"
    )
}

/// Inspects a change set; returns its verdict and what was asked.
async fn inspect(script: Vec<Answer>) -> (Result<Json, (String, String)>, Vec<Request>) {
    let double = Double::start(script).await;
    let ended = task(&double.services, "InspectChangeSetStateMachineTask", json!({"changeSetName": "c"})).await;
    (ended.result, double.requests())
}

#[tokio::test]
async fn a_removal_on_the_last_page_is_seen() {
    let (verdict, requests) = inspect(vec![
        change_set(CHANGE_SET_ID, &change("Add", ""), Some("page/2")),
        change_set(CHANGE_SET_ID, &change("Modify", "<Replacement>False</Replacement>"), Some("page/3")),
        change_set(CHANGE_SET_ID, &change("Remove", ""), None),
    ])
    .await;
    assert_eq!(verdict, Ok(json!("RESOURCES-BEING-DELETED-OR-REPLACED")));
    let asked: Vec<_> = requests.iter().map(|it| (it.parameter("ChangeSetName"), it.parameter("NextToken"))).collect();
    let by_arn = |token: &str| (Some(CHANGE_SET_ID.to_owned()), Some(token.to_owned()));
    assert_eq!(asked, [(Some("c".to_owned()), None), by_arn("page/2"), by_arn("page/3")]);
}

#[tokio::test]
async fn a_replacement_inside_a_nested_stack_is_seen() {
    let nested = format!("<Replacement>False</Replacement><ChangeSetId>{NESTED_ID}</ChangeSetId>");
    let replaced = change("Modify", "<Replacement>True</Replacement><PolicyAction>ReplaceAndDelete</PolicyAction>");
    for (inner, expected) in [
        (replaced.as_str(), "RESOURCES-BEING-DELETED-OR-REPLACED"),
        (&change("Add", ""), "CAN-SAFELY-UPDATE-EXISTING-STACK"),
    ] {
        let (verdict, requests) = inspect(vec![
            change_set(CHANGE_SET_ID, &change("Modify", &nested), None),
            change_set(NESTED_ID, inner, None),
        ])
        .await;
        assert_eq!(verdict, Ok(json!(expected)));
        assert_eq!(requests[1].parameter("ChangeSetName").as_deref(), Some(NESTED_ID));
    }
}

#[tokio::test]
async fn a_change_of_a_kind_that_is_not_known_is_never_safe() {
    for (more, word) in [
        (change("Evaporate", ""), "a Action that is not known: `Evaporate`"),
        (change("Modify", "<Replacement>Perhaps</Replacement>"), "a Replacement that is not known: `Perhaps`"),
        (change("Modify", "<PolicyAction>Shred</PolicyAction>"), "a PolicyAction that is not known: `Shred`"),
    ] {
        let (verdict, _) = inspect(vec![change_set(CHANGE_SET_ID, &more, None)]).await;
        let cause = format!("the answer to DescribeChangeSet has {word}");
        assert_eq!(verdict, Err(("SdkClientException".to_owned(), cause)));
    }
}

#[tokio::test]
async fn a_change_set_keeps_the_values_that_are_not_given() {
    let script = || {
        [
            stack(&["environmentName", "Size", "Gone"]),
            artifact("Resources: {}"),
            summary(&["environmentName", "Size", "Colour", "New"]),
            Answer::result("CreateChangeSet", &format!("<Id>{CHANGE_SET_ID}</Id><StackId>{STACK_ID}</StackId>")),
        ]
    };
    let input = json!({"parameters": {"Colour": "red & blue"}, "capabilities": ["CAPABILITY_NAMED_IAM"]});
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let double = Double::start(script()).await;
        task(&double.services, "CreateChangeSetStateMachineTask", input.clone()).await.result.unwrap();
        let requests = double.requests();
        let request = requests.last().unwrap();
        let expected = [
            ("StackName", "prod-app"),
            ("ChangeSetType", "UPDATE"),
            ("IncludeNestedStacks", "true"),
            ("TemplateBody", "Resources: {}"),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
            ("Parameters.member.1.ParameterKey", "Colour"),
            ("Parameters.member.1.ParameterValue", "red & blue"),
            ("Parameters.member.2.ParameterKey", "environmentName"),
            ("Parameters.member.2.ParameterValue", "prod"),
            ("Parameters.member.3.ParameterKey", "Size"),
            ("Parameters.member.3.UsePreviousValue", "true"),
        ];
        for (name, value) in expected {
            assert_eq!(request.parameter(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(request.parameter("Parameters.member.3.ParameterValue"), None);
        assert_eq!(request.parameter("Parameters.member.4.ParameterKey"), None);
        tokens.push((request.parameter("ClientToken").unwrap(), request.parameter("ChangeSetName").unwrap()));
    }
    assert_eq!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_repeated_request_has_the_same_client_token() {
    let created = Answer::result("CreateStack", &format!("<StackId>{STACK_ID}</StackId>"));
    let double = Double::start([artifact("Resources: {}"), summary(&[]), Answer::Close, created]).await;
    let ended = task(&double.services, "CreateStackStateMachineTask", json!({})).await;
    assert_eq!(ended.result.unwrap(), json!({"ResponseMetadata": {"RequestId": "request-1"}, "StackId": STACK_ID}));
    let requests = double.requests();
    let [.., first, second] = &*requests else { panic!("{requests:?}") };
    assert_eq!(first.body, second.body);
    assert_eq!(second.parameter("OnFailure").as_deref(), Some("DELETE"));
    assert_eq!(second.parameter("Capabilities.member.1").as_deref(), Some("CAPABILITY_IAM"));
    assert!(second.parameter("ClientRequestToken").unwrap().starts_with("create-stack-"));
}

#[tokio::test]
async fn a_change_set_is_executed_by_its_arn_with_a_client_token() {
    let double = Double::start([change_set(CHANGE_SET_ID, "", None), Answer::result("ExecuteChangeSet", "")]).await;
    let ended = task(&double.services, "ExecuteChangeSetStateMachineTask", json!({"changeSetName": "c"})).await;
    assert_eq!(ended.result.unwrap()["ChangeSetId"], CHANGE_SET_ID);
    let request = &double.requests()[1];
    assert_eq!(request.parameter("ChangeSetName").as_deref(), Some(CHANGE_SET_ID));
    assert!(request.parameter("ClientRequestToken").unwrap().starts_with("execute-change-set-"));
}

#[tokio::test]
async fn a_template_over_the_limit_goes_by_way_of_s3() {
    let template = format!("# {}\nResources: {{}}", "x".repeat(51_200));
    let created = Answer::result("CreateStack", &format!("<StackId>{STACK_ID}</StackId>"));
    let double = Double::start([artifact(&template), Answer::Object(Vec::new()), summary(&[]), created]).await;
    task(&double.services, "CreateStackStateMachineTask", json!({})).await.result.unwrap();
    let requests = double.requests();
    let object = "/artifacts/source/revision%201.zip.templates/infra/template.yaml";
    assert!(requests[1].line.starts_with(&format!("PUT {object}")), "{}", requests[1].line);
    assert!(requests[1].body.contains("xxx"));
    for request in &requests[2..] {
        let url = request.parameter("TemplateURL").unwrap();
        assert!(url.starts_with("http://127.0.0.1:") && url.ends_with(object), "{url}");
        assert_eq!(request.parameter("TemplateBody"), None);
    }
}

#[tokio::test]
async fn a_failure_names_the_first_resource_that_failed() {
    let event = |id: &str, kind: &str, status: &str, reason: &str| {
        format!(
            "<member><Timestamp>2024-11-22T09:00:00Z</Timestamp><LogicalResourceId>{id}</LogicalResourceId>\
             <PhysicalResourceId>{}</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
             <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>",
            if kind.ends_with("Stack") { STACK_ID } else { id }
        )
    };
    let page = |events: &[String], next: &str| {
        let next = if next.is_empty() { String::new() } else { format!("<NextToken>{next}</NextToken>") };
        Answer::result("DescribeStackEvents", &format!("<StackEvents>{}</StackEvents>{next}", events.concat()))
    };
    let deleted = Answer::result(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackId>{STACK_ID}</StackId><StackName>prod-app</StackName>\
             <CreationTime>2024-11-22T09:00:00Z</CreationTime><StackStatus>DELETE_COMPLETE</StackStatus></member></Stacks>"
        ),
    );
    let topic = "AWS::SNS::Topic";
    let double = Double::start([
        deleted,
        page(&[event("Second", topic, "CREATE_FAILED", "Resource creation cancelled")], "older"),
        page(
            &[
                event("First", topic, "CREATE_FAILED", "the quota is used up"),
                event("prod-app", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"),
                event("Earlier", topic, "CREATE_FAILED", "of another operation"),
            ],
            "",
        ),
    ])
    .await;
    let details = json!({"stackCreationDetails": {"StackId": STACK_ID}});
    let ended = task(&double.services, "CheckStackCreationStatusStateMachineTask", details).await;
    let cause = "stack `prod-app` is DELETE_COMPLETE; `First` (AWS::SNS::Topic) CREATE_FAILED: the quota is used up";
    assert_eq!(ended.result, Err(("StackCreationFailed".to_owned(), cause.to_owned())));
    for request in double.requests() {
        assert_eq!(request.parameter("StackName").as_deref(), Some(STACK_ID));
    }
}

/// What `AWS_ENDPOINT_URL_S3` is to the SDK.
#[derive(Debug)]
struct EndpointOfS3;

impl LoadServiceConfig for EndpointOfS3 {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_endpoint = key.service_id() == "S3" && key.env() == "AWS_ENDPOINT_URL";
        is_endpoint.then(|| "http://127.0.0.1:4566".to_owned())
    }
}

#[tokio::test]
async fn buckets_are_in_the_path_where_s3_alone_has_another_endpoint() {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "double");
    let config = aws::config().region(Region::new("eu-west-1")).credentials_provider(credentials).load().await;
    for (config, expected) in [
        (config.clone(), "https://artifacts.s3.eu-west-1.amazonaws.com/template.yaml"),
        (config.into_builder().service_config(EndpointOfS3).build(), "http://127.0.0.1:4566/artifacts/template.yaml"),
    ] {
        let url = S3Artifacts::new(&config).template_url("artifacts", "template.yaml").await.unwrap();
        assert_eq!(url, expected);
    }
}
