//! The three paths of the published sample, with exactly the output that they accumulate.

use std::time::Duration;

use serde_json::json;

use crate::deployment::{
    Deployment, RENAMED_TABLE, SAFE_UPDATE, SAMPLE, STACK, anonymous, failure, input, output, states,
};

#[test]
fn path_1_creates_the_stack() {
    let mut deployment = Deployment::new();
    let run = deployment.deploy(SAMPLE);
    let mut expected = input();
    expected["doesStackExists"] = json!(false);
    expected["stackCreationDetails"] =
        json!({"ResponseMetadata": {"RequestId": "<RequestId>"}, "StackId": "<StackId>"});
    expected["stackCreationStatus"] = json!("complete");
    assert_eq!(output(&run).to_string(), expected.to_string());
    assert_eq!(run.elapsed(), Duration::from_secs(40));
    assert_eq!(deployment.status(STACK), "CREATE_COMPLETE");
    let round = ["Wait Stack Creation", "Get Stack Creation Status", "Stack Created?"];
    let mut expected = vec!["Check Stack Existence", "Does Stack Exist?", "Create Stack"];
    expected.extend(round.repeat(4));
    expected.push("Deployment Succeeded");
    assert_eq!(states(&run), expected);
}

#[test]
fn path_2_updates_the_stack() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let run = deployment.deploy(SAFE_UPDATE);
    let mut expected = input();
    expected["doesStackExists"] = json!(true);
    expected["changeSetName"] = json!("<changeSetName>");
    expected["changeSetCreationStatus"] = json!("complete");
    expected["changeSetAction"] = json!("CAN-SAFELY-UPDATE-EXISTING-STACK");
    expected["changeSetExecutionDetails"] = json!({"ResponseMetadata": {"RequestId": "<RequestId>"}});
    assert_eq!(output(&run).to_string(), expected.to_string());
    assert_eq!(run.elapsed(), Duration::from_secs(20));
    assert_eq!(deployment.status(STACK), "UPDATE_IN_PROGRESS");
    deployment.advance(60);
    assert_eq!(deployment.status(STACK), "UPDATE_COMPLETE");
}

#[test]
fn path_3_leaves_the_stack_untouched_and_no_change_set_behind() {
    let mut deployment = Deployment::of_stack(SAMPLE);
    let before = (deployment.stack(STACK), deployment.events(STACK));
    let run = deployment.deploy(RENAMED_TABLE);
    assert_eq!(failure(&run), "Deployment Failed: Deployment Failed");
    let last_output = run.history.iter().rev().find_map(|event| match &event.details {
        asl_core::history::EventDetails::StateExited { output, .. } => Some(anonymous(output)),
        _ => None,
    });
    let mut expected = input();
    expected["doesStackExists"] = json!(true);
    expected["changeSetName"] = json!("<changeSetName>");
    expected["changeSetCreationStatus"] = json!("complete");
    expected["changeSetAction"] = json!("RESOURCES-BEING-DELETED-OR-REPLACED");
    expected["changeSetDeletionDetails"] = json!({"ResponseMetadata": {"RequestId": "<RequestId>"}});
    assert_eq!(last_output.unwrap().to_string(), expected.to_string());
    assert!(states(&run).ends_with(&["Safe to Update Infra?", "Delete Change Set", "Deployment Failed"]));
    deployment.advance(3600);
    assert_eq!((deployment.stack(STACK), deployment.events(STACK)), before);
    assert_eq!(deployment.change_sets(), []);
}
