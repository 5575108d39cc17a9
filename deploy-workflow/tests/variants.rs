//! The exercises: the machine that lets a new stack take over, and the one that waits for the update.

use deploy_workflow::cloudformation::in_process::Fault;
use deploy_workflow::definitions::Definition;
use serde_json::json;

use crate::deployment::{
    Deployment, FIXED_NAME, FIXED_NAME_RENAMED_TABLE, RENAMED_TABLE, SAFE_UPDATE, SAMPLE, STACK, failure, input,
    output, states,
};

const BLUE_GREEN: Definition = Definition::BlueGreen;
const WAIT: Definition = Definition::WaitForExecution;

#[test]
fn an_unsafe_change_creates_a_new_stack_beside_the_old_one() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let run = deployment.deploy_with(BLUE_GREEN, RENAMED_TABLE, &json!({}));
    let output = output(&run);
    let green = output["stackName"].as_str().unwrap().to_owned();
    assert!(green.starts_with("sample-lambda-app-"), "{green}");
    let mut expected = input();
    expected["stackName"] = json!(green);
    expected["stackNames"] = json!({"requested": "sample-lambda-app", "active": "sample-lambda-app"});
    expected["doesStackExists"] = json!(true);
    expected["changeSetName"] = json!("<changeSetName>");
    expected["changeSetCreationStatus"] = json!("complete");
    expected["changeSetAction"] = json!("RESOURCES-BEING-DELETED-OR-REPLACED");
    expected["changeSetDeletionDetails"] = json!({"ResponseMetadata": {"RequestId": "<RequestId>"}});
    expected["stackCreationDetails"] =
        json!({"ResponseMetadata": {"RequestId": "<RequestId>"}, "StackId": "<StackId>"});
    expected["stackCreationStatus"] = json!("complete");
    expected["activeStack"] = json!({"stackName": green, "recordedAt": "active-stacks/prod-sample-lambda-app.json"});
    assert_eq!(output, expected);
    assert_eq!(deployment.status(STACK), "CREATE_COMPLETE");
    assert_eq!(deployment.status(&format!("prod-{green}")), "CREATE_COMPLETE");
    assert_eq!(deployment.change_sets(), []);
}

#[test]
fn the_next_deployment_compares_with_the_new_stack() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let first = output(&deployment.deploy_with(BLUE_GREEN, RENAMED_TABLE, &json!({})));
    let second = output(&deployment.deploy_with(BLUE_GREEN, RENAMED_TABLE, &json!({})));
    assert_eq!(second["changeSetAction"], "NO-CHANGES");
    assert_eq!(second["stackName"], first["stackName"]);
    let third = output(&deployment.deploy_with(BLUE_GREEN, SAMPLE, &json!({})));
    assert_ne!(third["stackName"], first["stackName"]);
    assert_eq!(third["stackNames"], json!({"requested": "sample-lambda-app", "active": first["stackName"]}));
}

#[test]
fn a_first_deployment_and_a_safe_one_need_no_second_stack() {
    let mut deployment = Deployment::new();
    let first = output(&deployment.deploy_with(BLUE_GREEN, SAMPLE, &json!({})));
    assert_eq!(first["stackName"], "sample-lambda-app");
    let second = output(&deployment.deploy_with(BLUE_GREEN, SAFE_UPDATE, &json!({})));
    assert_eq!(second["stackName"], "sample-lambda-app");
    assert_eq!(second["changeSetAction"], "CAN-SAFELY-UPDATE-EXISTING-STACK");
}

#[test]
fn a_template_with_fixed_names_cannot_have_a_second_stack() {
    let mut deployment = Deployment::of_stack(FIXED_NAME);
    let run = deployment.deploy_with(BLUE_GREEN, FIXED_NAME_RENAMED_TABLE, &json!({}));
    let failure = failure(&run);
    assert!(failure.starts_with("StackCreationFailed: "), "{failure}");
    assert!(failure.contains("prod_SampleLambdaFunction already exists in stack arn:aws:cloudformation:"), "{failure}");
    assert_eq!(deployment.status(STACK), "CREATE_COMPLETE");
    let again = output(&deployment.deploy_with(BLUE_GREEN, FIXED_NAME, &json!({})));
    assert_eq!(again["stackName"], "sample-lambda-app", "the old stack is still the active one");
}

#[test]
fn success_is_reported_once_the_update_is_complete() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let run = deployment.deploy_with(WAIT, SAFE_UPDATE, &json!({}));
    let output = output(&run);
    assert_eq!(output["changeSetExecutionStatus"], "complete");
    assert_eq!(
        output["changeSetExecutionDetails"],
        json!({"ResponseMetadata": {"RequestId": "<RequestId>"}, "ChangeSetId": "<ChangeSetId>", "StackId": "<StackId>"})
    );
    assert!(deployment.status(STACK).starts_with("UPDATE_COMPLETE"));
    assert!(states(&run).ends_with(&[
        "Wait Change Set Execution",
        "Get Change Set Execution Status",
        "Change Set Executed?",
        "Deployment Succeeded"
    ]));
}

#[test]
fn an_older_update_is_not_taken_for_this_one() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    output(&deployment.deploy_with(WAIT, SAFE_UPDATE, &json!({})));
    deployment.advance(600);
    assert_eq!(deployment.status(STACK), "UPDATE_COMPLETE");
    let slower = SAFE_UPDATE.replace("Timeout: 30", "Timeout: 60");
    deployment.sandbox.cloudformation.inject(Fault::fail_resource("Function", "no"));
    assert!(failure(&deployment.deploy_with(WAIT, &slower, &json!({}))).starts_with("StackUpdateFailed: "));
}

#[test]
fn an_update_that_is_rolled_back_is_a_failure_with_its_reason() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    deployment.sandbox.cloudformation.inject(Fault::fail_resource("Function", "the runtime is not supported"));
    let run = deployment.deploy_with(WAIT, SAFE_UPDATE, &json!({}));
    assert_eq!(
        failure(&run),
        "StackUpdateFailed: stack `prod-sample-lambda-app` is UPDATE_ROLLBACK_COMPLETE; \
         `Function` (AWS::Lambda::Function) UPDATE_FAILED: the runtime is not supported"
    );
}

#[test]
fn an_update_that_never_gets_done_uses_up_the_polls() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    deployment.sandbox.cloudformation.inject(Fault::hang_resource("Function"));
    let run = deployment.deploy_with(WAIT, SAFE_UPDATE, &json!({}));
    assert_eq!(failure(&run), "Deployment Timed Out: the change set was not executed within its 120 polls");
}
