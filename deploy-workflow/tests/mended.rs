//! Everything that the published sample got wrong, one test for each.

use std::fmt::Write as _;
use std::num::NonZero;

use deploy_workflow::cloudformation::in_process::{Fault, Operation, Pace};
use deploy_workflow::cloudformation::{
    ApiError, ChangeSetType, CloudFormation as _, CreateChangeSetInput, DeleteStackInput, ErrorCode,
    ExecuteChangeSetInput, Parameter, TemplateSource, template_url,
};
use deploy_workflow::definitions::Definition;
use deploy_workflow::sandbox::BUCKET;
use serde_json::{Value as Json, json};

use crate::deployment::{
    Deployment, RENAMED_TABLE, SAFE_UPDATE, SAMPLE, STACK, WITHOUT_QUEUE, failure, output, states, wait,
};

const STANDARD: Definition = Definition::Standard;

/// How often a run's history enters a state.
fn entered(run: &asl_runtime::Run, state: &str) -> usize {
    states(run).iter().filter(|name| **name == state).count()
}

#[test]
fn an_unsafe_change_set_is_deleted_and_never_executed() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    deployment.deploy(RENAMED_TABLE);
    let calls = deployment.sandbox.cloudformation.calls();
    assert!(!calls.contains(&Operation::ExecuteChangeSet));
    assert!(calls.contains(&Operation::DeleteChangeSet));
}

#[test]
fn a_removed_resource_is_not_safe() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let run = deployment.deploy(WITHOUT_QUEUE);
    assert_eq!(failure(&run), "Deployment Failed: Deployment Failed");
    assert_eq!(deployment.status(STACK), "CREATE_COMPLETE");
}

#[test]
fn a_policy_can_allow_what_is_not_safe_by_default() {
    let retained = SAMPLE.replace("Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    DeletionPolicy: Retain\n");
    let check = |before: &str, after: &str, policy: Json, expected: &str| {
        let mut deployment = Deployment::of_stack(before);
        let run = deployment.deploy_with(STANDARD, after, &json!({"changePolicy": policy}));
        let last = *states(&run).last().unwrap();
        assert_eq!(last, expected, "{policy}");
    };
    check(&retained, WITHOUT_QUEUE, json!({}), "Deployment Failed");
    check(&retained, WITHOUT_QUEUE, json!({"retainedRemoval": "allow"}), "Deployment Succeeded");
    check(SAMPLE, WITHOUT_QUEUE, json!({"retainedRemoval": "allow"}), "Deployment Failed");
    let keyed = SAMPLE.replace("AttributeType: S", "AttributeType: N");
    check(SAMPLE, &keyed, json!({}), "Deployment Failed");
    check(SAMPLE, &keyed, json!({"conditionalReplacement": "allow"}), "Deployment Succeeded");
}

#[test]
fn a_change_on_the_last_page_is_seen() {
    let mut topics = String::new();
    for number in 0..20 {
        write!(topics, "  Topic{number}:\n    Type: AWS::SNS::Topic\n").unwrap();
    }
    // Removals come last.
    let template = WITHOUT_QUEUE.replace("Outputs:", &format!("{topics}Outputs:"));
    let mut deployment = Deployment::of_stack(SAMPLE);
    deployment.sandbox.cloudformation.set_changes_per_page(NonZero::new(2).unwrap());
    assert_eq!(failure(&deployment.deploy(&template)), "Deployment Failed: Deployment Failed");
    let pages = deployment.sandbox.cloudformation.calls();
    let pages = pages.iter().filter(|operation| **operation == Operation::DescribeChangeSet).count();
    assert!(pages > 10, "{pages}");
}

#[test]
fn a_removal_inside_a_nested_stack_is_seen() {
    let url = template_url(BUCKET, "nested.yaml");
    let parent = |label: &str| {
        format!(
            "Resources: {{Inner: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: '{url}', Tags: [{{Key: l, Value: {label}}}]}}}}}}"
        )
    };
    let check = |after: &str, expected: &str| {
        let deployment = Deployment::new();
        deployment.sandbox.artifacts.put(
            BUCKET,
            "nested.yaml",
            b"Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}}".as_slice(),
        );
        wait(deployment.sandbox.create_stack(STACK, &parent("a"), &[])).unwrap();
        deployment.sandbox.artifacts.put(BUCKET, "nested.yaml", after.as_bytes());
        let mut deployment = deployment;
        let run = deployment.deploy(&parent("b"));
        assert_eq!(*states(&run).last().unwrap(), expected, "{after}");
    };
    let all = "Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}, C: {Type: AWS::SNS::Topic}}";
    check(all, "Deployment Succeeded");
    check("Resources: {A: {Type: AWS::SNS::Topic}}", "Deployment Failed");
}

#[test]
fn nothing_to_change_is_a_success_and_leaves_no_change_set() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let run = deployment.deploy(SAMPLE);
    assert_eq!(output(&run)["changeSetAction"], "NO-CHANGES");
    assert_eq!(deployment.change_sets(), []);
    let reformatted = SAMPLE.replace("Timeout: 10", "Timeout: '10'").replace("A function", "The function");
    let run = deployment.deploy(&reformatted);
    assert_eq!(output(&run)["changeSetAction"], "NO-CHANGES");
}

#[test]
fn a_pending_change_set_is_waited_for() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let mut pace = Pace::default();
    pace.change_set_pending = std::time::Duration::from_secs(25);
    deployment.sandbox.cloudformation.set_pace(pace);
    let run = deployment.deploy(SAFE_UPDATE);
    assert_eq!(entered(&run, "Get Change Set Creation Status"), 4);
    output(&run);
}

#[test]
fn an_error_is_never_taken_for_a_missing_stack() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    deployment.sandbox.cloudformation.inject(Fault::deny(Operation::DescribeStacks));
    let run = deployment.deploy(SAFE_UPDATE);
    assert!(failure(&run).starts_with("AccessDenied: User: "), "{}", failure(&run));
    let calls = deployment.sandbox.cloudformation.calls();
    assert!(!calls.contains(&Operation::ExecuteChangeSet) && calls.last() == Some(&Operation::DescribeStacks));
}

#[test]
fn throttled_calls_are_repeated() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    for operation in [
        Operation::DescribeStacks,
        Operation::CreateChangeSet,
        Operation::DescribeChangeSet,
        Operation::ExecuteChangeSet,
    ] {
        deployment.sandbox.cloudformation.inject(Fault::throttle(operation, 3));
    }
    let run = deployment.deploy(SAFE_UPDATE);
    assert_eq!(output(&run)["changeSetAction"], "CAN-SAFELY-UPDATE-EXISTING-STACK");
}

#[test]
fn a_call_whose_response_was_lost_is_not_done_twice() {
    let mut deployment = Deployment::new();
    deployment.sandbox.cloudformation.inject(Fault::lose_response(Operation::CreateStack, 2));
    output(&deployment.deploy(SAMPLE));
    for operation in [Operation::CreateChangeSet, Operation::ExecuteChangeSet, Operation::DeleteChangeSet] {
        deployment.sandbox.cloudformation.inject(Fault::lose_response(operation, 2));
    }
    output(&deployment.deploy(SAFE_UPDATE));
    deployment.advance(600);
    assert_eq!(failure(&deployment.deploy(RENAMED_TABLE)), "Deployment Failed: Deployment Failed");
    assert_eq!(deployment.change_sets(), []);
}

#[test]
fn a_busy_stack_is_waited_for() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    output(&deployment.deploy(SAFE_UPDATE));
    assert_eq!(deployment.status(STACK), "UPDATE_IN_PROGRESS");
    let run = deployment.deploy(SAMPLE);
    assert_eq!(failure(&run), "Deployment Failed: Deployment Failed", "the alarm would be removed");
    assert!(run.elapsed().as_secs() > 20, "{:?}", run.elapsed());
    assert_eq!(deployment.status(STACK), "UPDATE_COMPLETE");
}

#[test]
fn a_stack_that_was_never_in_service_is_deleted_and_created_anew() {
    let mut deployment = Deployment::new();
    deployment.sandbox.cloudformation.inject(Fault::fail_resource("Broken", "no such thing"));
    let broken = SAMPLE.replace("Outputs:", "  Broken:\n    Type: AWS::SNS::Topic\nOutputs:");
    wait(deployment.sandbox.create_stack(STACK, &broken, &[("environmentName", "prod")])).unwrap();
    assert_eq!(deployment.status(STACK), "ROLLBACK_COMPLETE");
    let run = deployment.deploy(SAMPLE);
    assert_eq!(output(&run)["stackDeletionStatus"], "complete");
    assert_eq!(output(&run)["doesStackExists"], false);
    assert_eq!(deployment.status(STACK), "CREATE_COMPLETE");
}

#[test]
fn a_stack_that_only_waits_for_its_first_change_set_gets_one() {
    let mut deployment = Deployment::new();
    let input = change_set(SAMPLE, ChangeSetType::Create, "first");
    wait(deployment.sandbox.cloudformation.create_change_set(input)).unwrap();
    assert_eq!(deployment.status(STACK), "REVIEW_IN_PROGRESS");
    let run = deployment.deploy_with(Definition::WaitForExecution, SAMPLE, &json!({}));
    assert_eq!(output(&run)["changeSetExecutionStatus"], "complete");
    assert_eq!(deployment.status(STACK), "CREATE_COMPLETE");
}

#[test]
fn a_stack_that_never_gets_done_uses_up_the_polls_and_not_the_history() {
    let mut deployment = Deployment::new();
    deployment.sandbox.cloudformation.inject(Fault::hang_resource("Orders"));
    let run = deployment.deploy(SAMPLE);
    assert_eq!(failure(&run), "Deployment Timed Out: the stack was not created within its 120 polls");
    assert_eq!(entered(&run, "Get Stack Creation Status"), 120);
    assert_eq!(run.elapsed().as_secs(), 6 * 10 + 114 * 30);
    assert!(run.history.len() < 2_500, "{}", run.history.len());
}

#[test]
fn a_change_set_that_never_gets_done_is_deleted() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let mut pace = Pace::default();
    pace.change_set_creation = std::time::Duration::from_hours(24);
    deployment.sandbox.cloudformation.set_pace(pace);
    let run = deployment.deploy(SAFE_UPDATE);
    assert_eq!(failure(&run), "Deployment Timed Out: the change set was not made within its 120 polls");
    assert_eq!(deployment.change_sets(), []);
}

#[test]
fn a_failed_creation_says_which_resource_failed_first_and_leaves_no_stack() {
    let mut deployment = Deployment::new();
    deployment.sandbox.cloudformation.inject(Fault::fail_resource("DeadLetters", "the quota of queues is used up"));
    let run = deployment.deploy(SAMPLE);
    assert_eq!(
        failure(&run),
        "StackCreationFailed: stack `prod-sample-lambda-app` is DELETE_COMPLETE; \
         `DeadLetters` (AWS::SQS::Queue) CREATE_FAILED: the quota of queues is used up"
    );
    assert_eq!(deployment.status(STACK), "absent");
}

#[test]
fn change_sets_of_different_executions_never_share_a_name() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let first = deployment.deploy(SAFE_UPDATE).output().unwrap().get("changeSetName").unwrap().clone();
    deployment.advance(600);
    let slower = SAFE_UPDATE.replace("Timeout: 30", "Timeout: 60");
    let second = deployment.deploy(&slower).output().unwrap().get("changeSetName").unwrap().clone();
    assert_ne!(first, second);
    assert!(first.as_str().unwrap().starts_with("prod-sample-lambda-app-change-set-"));
}

#[test]
fn a_name_that_cloudformation_would_refuse_is_reported_before_anything_is_done() {
    for environment in ["1prod", "prod_1"] {
        let mut deployment = Deployment::new();
        let run = deployment.deploy_with(STANDARD, SAMPLE, &json!({"environmentName": environment}));
        assert!(failure(&run).starts_with("InvalidInput: "), "{}", failure(&run));
        assert_eq!(deployment.sandbox.cloudformation.calls(), []);
    }
}

#[test]
fn an_obsolete_change_set_fails_under_its_own_name_and_is_deleted() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let other = deployment.sandbox.cloudformation.clone();
    deployment.sandbox.cloudformation.set_pace(Pace::INSTANT);
    let id = wait(other.create_change_set(change_set(SAFE_UPDATE, ChangeSetType::Update, "other"))).unwrap().id;
    deployment.sandbox.cloudformation.set_pace(Pace::default());
    // The other change set is executed, and hangs, as soon as this execution has made its own.
    deployment.sandbox.cloudformation.inject(Fault::hang_resource("Function"));
    let clock_moves = deployment.sandbox.cloudformation.clone();
    let execute = ExecuteChangeSetInput { change_set_name: id, stack_name: None, client_request_token: None };
    deployment.put_revision(&[("infra/template.yaml", SAFE_UPDATE.as_bytes())]);
    let run = deployment.execute_while(STANDARD, move |state| {
        if state == "Wait Change Set Creation" {
            let _ = wait(clock_moves.execute_change_set(execute.clone()));
        }
    });
    assert!(failure(&run).starts_with("ChangeSetObsolete: "), "{}", failure(&run));
    let names: Vec<_> = deployment.change_sets().into_iter().map(|change_set| change_set.change_set_name).collect();
    assert_eq!(names, ["other"]);
}

#[test]
fn capabilities_are_what_the_input_says() {
    let named = SAMPLE.replace(
        "Type: AWS::IAM::Role\n    Properties:\n",
        "Type: AWS::IAM::Role\n    Properties:\n      RoleName: admin\n",
    );
    let check = |template: &str, more: Json, expected: &str| {
        let mut deployment = Deployment::new();
        let run = deployment.deploy_with(STANDARD, template, &more);
        let found = run.failure().map_or("succeeded".to_owned(), ToString::to_string);
        assert_eq!(found, expected, "{more}");
    };
    let insufficient = |what: &str| format!("InsufficientCapabilitiesException: Requires capabilities : [{what}]");
    check(SAMPLE, json!({}), "succeeded");
    check(SAMPLE, json!({"capabilities": []}), &insufficient("CAPABILITY_IAM"));
    check(&named, json!({}), &insufficient("CAPABILITY_NAMED_IAM"));
    check(&named, json!({"capabilities": ["CAPABILITY_NAMED_IAM"]}), "succeeded");
    let macros = format!("Transform: AWS::Serverless-2016-10-31\n{SAMPLE}");
    check(&macros, json!({}), &insufficient("CAPABILITY_AUTO_EXPAND"));
    check(&macros, json!({"capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]}), "succeeded");
}

#[test]
fn the_value_of_a_secret_parameter_is_referred_to_and_not_given() {
    let reference = "{{resolve:secretsmanager:database:SecretString:password}}";
    // A stack that is created, and one that is updated.
    for (mut deployment, template) in [(Deployment::new(), SAMPLE), (Deployment::of_stack(SAMPLE), SAFE_UPDATE)] {
        let declaration = "Parameters:\n  Password: {Type: String, NoEcho: true}\n";
        let template = template.replacen("Parameters:\n", declaration, 1);
        let run = deployment.deploy_with(STANDARD, &template, &json!({"parameters": {"Password": "hunter2"}}));
        let said = failure(&run);
        assert!(said.contains("parameter `Password` is NoEcho") && !said.contains("hunter2"), "{said}");
        let run = deployment.deploy_with(STANDARD, &template, &json!({"parameters": {"Password": reference}}));
        assert!(run.output().is_some(), "{}", failure(&run));
        // The machine does not wait for an update.
        deployment.advance(600);
        let parameters = deployment.stack(STACK).unwrap().parameters;
        assert!(parameters.contains(&Parameter::new("Password", reference)), "{parameters:?}");
    }
}

#[test]
fn parameters_are_given_and_the_rest_keep_their_values() {
    let mut deployment = Deployment::new();
    let run = deployment.deploy_with(STANDARD, SAMPLE, &json!({"parameters": {"memorySize": "512"}}));
    output(&run);
    output(&deployment.deploy(SAFE_UPDATE));
    let parameters = deployment.stack(STACK).unwrap().parameters;
    assert_eq!(parameters, [Parameter::new("environmentName", "prod"), Parameter::new("memorySize", "512")]);
}

#[test]
fn a_template_without_the_parameter_environment_name_can_be_deployed() {
    let mut deployment = Deployment::new();
    output(&deployment.deploy("Resources: {Topic: {Type: AWS::SNS::Topic}}"));
    let run = deployment.deploy_with(
        STANDARD,
        "Resources: {Topic: {Type: AWS::SNS::Topic}}",
        &json!({"parameters": {"colour": "blue"}}),
    );
    assert_eq!(failure(&run), "ValidationError: Parameters: [colour] do not exist in the template");
}

#[test]
fn a_template_too_large_for_a_request_goes_by_way_of_s3() {
    let large = format!("{SAMPLE}\n# {}\n", "padding ".repeat(7_000));
    assert!(large.len() > 51_200);
    let mut deployment = Deployment::new();
    output(&deployment.deploy(&large));
    assert_eq!(deployment.status(STACK), "CREATE_COMPLETE");
    let run = Deployment::new().deploy(&format!("{SAMPLE}\n# {}\n", "padding ".repeat(130_000)));
    assert!(failure(&run).contains("Template may not exceed 1000000 bytes"), "{}", failure(&run));
}

#[test]
fn an_artifact_that_cannot_be_used_is_reported_before_anything_is_done() {
    let check = |files: &[(&str, &[u8])], more: Json, expected: &str| {
        let mut deployment = Deployment::new();
        deployment.put_revision(files);
        let run = deployment.execute(STANDARD, &more);
        assert_eq!(failure(&run), expected);
        assert!(!deployment.sandbox.cloudformation.calls().contains(&Operation::CreateStack));
    };
    check(
        &[("infra/template.yaml", b"Resources: {}"), ("../evil.sh", b"")],
        json!({}),
        "ArtifactUnusable: entry `../evil.sh` of the artifact points outside of the archive",
    );
    check(
        &[("template.yaml", b"")],
        json!({}),
        "ArtifactUnusable: the artifact has no file `infra/template.yaml`; it has `template.yaml`",
    );
    check(
        &[("template.yaml", b"")],
        json!({"templatePath": "../template.yaml"}),
        "ArtifactUnusable: path `../template.yaml` points outside of the artifact; \
         give it relative to the artifact's root",
    );
    check(
        &[],
        json!({"revisionS3Key": "gone.zip"}),
        "NoSuchKey: there is no object `gone.zip` in bucket `deploy-artifacts`",
    );
}

#[test]
fn a_change_set_that_cannot_be_inspected_is_not_left_behind() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let broken = ApiError::new(ErrorCode::LimitExceeded, "enough");
    deployment.sandbox.cloudformation.inject(Fault::refuse(Operation::ExecuteChangeSet, broken, 1));
    let run = deployment.deploy(SAFE_UPDATE);
    assert_eq!(failure(&run), "LimitExceededException: enough");
    assert_eq!(deployment.change_sets(), []);
    assert!(states(&run).ends_with(&["Execute Change Set", "Delete Unfinished Change Set", "Report Failure"]));
}

#[test]
fn a_stack_that_is_deleted_while_it_is_created_is_a_failure() {
    let mut deployment = Deployment::new();
    let cloudformation = deployment.sandbox.cloudformation.clone();
    deployment.put_revision(&[("infra/template.yaml", SAMPLE.as_bytes())]);
    let run = deployment.execute_while(STANDARD, move |state| {
        if state == "Wait Stack Creation" {
            let stack_name = STACK.to_owned();
            let _ = wait(cloudformation.delete_stack(DeleteStackInput { stack_name, client_request_token: None }));
        }
    });
    assert!(failure(&run).starts_with("StackCreationFailed: "), "{}", failure(&run));
}

fn change_set(template: &str, change_set_type: ChangeSetType, name: &str) -> CreateChangeSetInput {
    CreateChangeSetInput {
        stack_name: STACK.to_owned(),
        change_set_name: name.to_owned(),
        change_set_type,
        template: TemplateSource::Body(template.to_owned()),
        parameters: vec![Parameter::new("environmentName", "prod")],
        capabilities: vec![deploy_workflow::cloudformation::Capability::CapabilityIam],
        client_token: None,
        include_nested_stacks: false,
    }
}
