//! The in-process CloudFormation through its API.

use std::num::NonZero;
use std::time::Duration;

use asl_runtime::clock::VirtualClock;
use deploy_workflow::cloudformation::in_process::{Fault, Operation};
use deploy_workflow::cloudformation::{
    ApiError, Capability, Change, ChangeSetType, CloudFormation, CreateChangeSetInput, CreateStackInput,
    DeleteChangeSetInput, DeleteStackInput, DescribeChangeSetInput, DescribeChangeSetOutput, DescribeStackEventsInput,
    DescribeStacksInput, ErrorCode, ExecuteChangeSetInput, InProcessCloudFormation, ListChangeSetsInput, OnFailure,
    Parameter, Stack, TemplateSource,
};
use deploy_workflow::sandbox::Sandbox;

use crate::deployment::wait;

const ONE_TOPIC: &str = "Resources: {A: {Type: AWS::SNS::Topic}}";
const TWO_TOPICS: &str = "Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}}";

struct Account {
    clock: VirtualClock,
    cloudformation: InProcessCloudFormation,
    sandbox: Sandbox,
}

impl Account {
    fn new() -> Self {
        let clock = VirtualClock::default();
        let sandbox = Sandbox::new(clock.clone());
        Self { clock, cloudformation: sandbox.cloudformation.clone(), sandbox }
    }

    fn with_stack(template: &str) -> Self {
        let account = Self::new();
        wait(account.sandbox.create_stack("app", template, &[])).unwrap();
        account
    }

    fn create(&self, template: &str, on_failure: OnFailure) -> Result<String, ApiError> {
        wait(self.cloudformation.create_stack(CreateStackInput { on_failure, ..create_stack(template) }))
            .map(|output| output.stack_id)
    }

    fn change(&self, name: &str, template: &str) -> Result<String, ApiError> {
        wait(self.cloudformation.create_change_set(create_change_set(name, template))).map(|output| output.id)
    }

    fn describe(&self, change_set: &str) -> Result<DescribeChangeSetOutput, ApiError> {
        wait(self.cloudformation.describe_change_set(DescribeChangeSetInput {
            change_set_name: change_set.to_owned(),
            stack_name: Some("app".to_owned()),
            next_token: None,
        }))
    }

    fn execute(&self, change_set: &str) -> Result<(), ApiError> {
        wait(self.cloudformation.execute_change_set(ExecuteChangeSetInput {
            change_set_name: change_set.to_owned(),
            stack_name: Some("app".to_owned()),
            client_request_token: None,
        }))
        .map(drop)
    }

    fn stack(&self, name_or_id: &str) -> Result<Stack, ApiError> {
        let input = DescribeStacksInput { stack_name: name_or_id.to_owned() };
        wait(self.cloudformation.describe_stacks(input)).map(|mut output| output.stacks.remove(0))
    }

    /// The statuses that the stack goes through, each with the second at which it is first seen.
    fn watch_stack(&self, id: &str) -> Vec<String> {
        self.watch(|| self.stack(id).unwrap().stack_status.as_str())
    }

    fn watch_change_set(&self, name: &str) -> Vec<String> {
        self.watch(|| {
            let change_set = self.describe(name).unwrap();
            format!("{} {}", change_set.status, change_set.execution_status)
        })
    }

    fn watch<T: ToString>(&self, look: impl Fn() -> T) -> Vec<String> {
        let mut seen: Vec<(u64, String)> = Vec::new();
        for second in 0..120 {
            let status = look().to_string();
            if seen.last().is_none_or(|(_, last)| *last != status) {
                seen.push((second, status));
            }
            self.advance(1);
        }
        seen.into_iter().map(|(second, status)| format!("{second}s {status}")).collect()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn change_set_names(&self) -> Vec<String> {
        let input = ListChangeSetsInput { stack_name: "app".to_owned() };
        let summaries = wait(self.cloudformation.list_change_sets(input)).unwrap().summaries;
        summaries.into_iter().map(|summary| summary.change_set_name).collect()
    }
}

fn create_stack(template: &str) -> CreateStackInput {
    CreateStackInput {
        stack_name: "app".to_owned(),
        template: TemplateSource::Body(template.to_owned()),
        parameters: Vec::new(),
        capabilities: vec![Capability::CapabilityIam],
        on_failure: OnFailure::Rollback,
        client_request_token: None,
    }
}

fn create_change_set(name: &str, template: &str) -> CreateChangeSetInput {
    CreateChangeSetInput {
        stack_name: "app".to_owned(),
        change_set_name: name.to_owned(),
        change_set_type: ChangeSetType::Update,
        template: TemplateSource::Body(template.to_owned()),
        parameters: Vec::new(),
        capabilities: Vec::new(),
        client_token: None,
        include_nested_stacks: false,
    }
}

fn refused<T>(result: Result<T, ApiError>) -> String {
    result.map(drop).unwrap_err().to_string()
}

#[test]
fn a_stack_is_created_one_resource_after_the_other() {
    let account = Account::new();
    let id = account.create(TWO_TOPICS, OnFailure::Rollback).unwrap();
    assert_eq!(account.watch_stack(&id), ["0s CREATE_IN_PROGRESS", "16s CREATE_COMPLETE"]);
}

#[test]
fn a_stack_that_cannot_be_created_is_rolled_back_deleted_or_left() {
    let check = |on_failure, expected: &[&str]| {
        let account = Account::new();
        account.cloudformation.inject(Fault::fail_resource("B", "no"));
        let id = account.create(TWO_TOPICS, on_failure).unwrap();
        assert_eq!(account.watch_stack(&id), expected);
    };
    check(OnFailure::Rollback, &["0s CREATE_IN_PROGRESS", "16s ROLLBACK_IN_PROGRESS", "24s ROLLBACK_COMPLETE"]);
    check(OnFailure::Delete, &["0s CREATE_IN_PROGRESS", "16s DELETE_IN_PROGRESS", "24s DELETE_COMPLETE"]);
    check(OnFailure::DoNothing, &["0s CREATE_IN_PROGRESS", "16s CREATE_FAILED"]);
}

#[test]
fn a_change_set_is_pending_made_executed_and_then_only_known_by_its_arn() {
    let account = Account::with_stack(ONE_TOPIC);
    let id = account.change("one", TWO_TOPICS).unwrap();
    let made = ["0s CREATE_PENDING UNAVAILABLE", "4s CREATE_IN_PROGRESS UNAVAILABLE", "12s CREATE_COMPLETE AVAILABLE"];
    assert_eq!(account.watch_change_set("one"), made);
    account.execute("one").unwrap();
    let executed = ["0s CREATE_COMPLETE EXECUTE_IN_PROGRESS", "8s CREATE_COMPLETE EXECUTE_COMPLETE"];
    assert_eq!(account.watch_change_set(&id), executed);
    assert_eq!(refused(account.describe("one")), "ChangeSetNotFound: ChangeSet [one] does not exist");
    assert_eq!(account.stack("app").unwrap().change_set_id, Some(id));
}

#[test]
fn an_update_cleans_up_after_itself() {
    let account = Account::with_stack(TWO_TOPICS);
    account.change("one", "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}}").unwrap();
    account.advance(12);
    account.execute("one").unwrap();
    let expected = ["0s UPDATE_IN_PROGRESS", "8s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "18s UPDATE_COMPLETE"];
    assert_eq!(account.watch_stack("app"), expected);
}

#[test]
fn an_update_that_fails_is_rolled_back() {
    let account = Account::with_stack(ONE_TOPIC);
    account.cloudformation.inject(Fault::fail_resource("B", "no"));
    let id = account.change("one", TWO_TOPICS).unwrap();
    account.advance(12);
    account.execute("one").unwrap();
    let expected =
        ["0s UPDATE_IN_PROGRESS", "8s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "10s UPDATE_ROLLBACK_COMPLETE"];
    assert_eq!(account.watch_stack("app"), expected);
    assert_eq!(account.describe(&id).unwrap().execution_status.as_str(), "EXECUTE_FAILED");
    account.change("two", "Resources: {C: {Type: AWS::SNS::Topic}}").unwrap();
    account.advance(12);
    let Change::Resource(first) = account.describe("two").unwrap().changes.remove(0) else { panic!() };
    assert_eq!((first.action.as_str(), first.logical_resource_id.as_str()), ("Add", "C"));
}

#[test]
fn executing_a_change_set_makes_the_others_obsolete_and_then_drops_them() {
    let account = Account::with_stack(ONE_TOPIC);
    account.change("one", TWO_TOPICS).unwrap();
    account.change("two", TWO_TOPICS).unwrap();
    account.advance(12);
    account.execute("one").unwrap();
    assert_eq!(account.describe("two").unwrap().execution_status.as_str(), "OBSOLETE");
    let refusal = refused(account.execute("two"));
    assert!(refusal.starts_with("InvalidChangeSetStatus: "), "{refusal}");
    assert!(refusal.ends_with("cannot be executed in its current execution status of [OBSOLETE]"), "{refusal}");
    account.advance(60);
    assert_eq!(account.change_set_names(), [""; 0]);
}

#[test]
fn a_change_set_without_changes_fails_with_the_reason_that_aws_gives() {
    let check = |template: &str, expected: Option<&str>| {
        let account = Account::with_stack(ONE_TOPIC);
        account.change("one", template).unwrap();
        account.advance(11);
        assert_eq!(account.describe("one").unwrap().status_reason, None);
        account.advance(1);
        let change_set = account.describe("one").unwrap();
        assert_eq!(change_set.status_reason.as_deref(), expected, "{template}");
        let status = if expected.is_some() { "FAILED UNAVAILABLE" } else { "CREATE_COMPLETE AVAILABLE" };
        assert_eq!(format!("{} {}", change_set.status, change_set.execution_status), status);
    };
    check(
        ONE_TOPIC,
        Some("The submitted information didn't contain changes. Submit different information to create a change set."),
    );
    check(
        "Resources: {A: {Type: AWS::SNS::Topic, Properties: {}}, }\nConditions: {Unused: !Equals [1, 1]}",
        Some("No updates are to be performed."),
    );
    check("Resources: {A: {Type: AWS::SNS::Topic}}\nOutputs: {New: {Value: 1}}", None);
}

#[test]
fn names_collide() {
    let account = Account::with_stack(ONE_TOPIC);
    let again = refused(account.create(ONE_TOPIC, OnFailure::Rollback));
    assert_eq!(again, "AlreadyExistsException: Stack [app] already exists");
    account.change("one", TWO_TOPICS).unwrap();
    let again = refused(account.change("one", TWO_TOPICS));
    assert_eq!(again, "AlreadyExistsException: ChangeSet one already exists in stack app");
    let named = "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}}";
    let other = Account::with_stack(named);
    let input = CreateStackInput { stack_name: "other".to_owned(), ..create_stack(named) };
    let id = wait(other.cloudformation.create_stack(input)).unwrap().stack_id;
    assert_eq!(other.watch_stack(&id).last().unwrap(), "10s ROLLBACK_COMPLETE");
}

#[test]
fn a_client_token_repeats_a_request_and_no_other() {
    let account = Account::new();
    let with_token = |name: &str| CreateStackInput {
        stack_name: name.to_owned(),
        client_request_token: Some("t".to_owned()),
        ..create_stack(ONE_TOPIC)
    };
    let first = wait(account.cloudformation.create_stack(with_token("app"))).unwrap().stack_id;
    assert_eq!(wait(account.cloudformation.create_stack(with_token("app"))).unwrap().stack_id, first);
    let other = refused(wait(account.cloudformation.create_stack(with_token("other"))));
    assert_eq!(other, "TokenAlreadyExistsException: Token t already exists for another request");
    account.advance(60);
    let with_token = |token: &str| CreateChangeSetInput {
        client_token: Some(token.to_owned()),
        ..create_change_set("one", TWO_TOPICS)
    };
    let first = wait(account.cloudformation.create_change_set(with_token("a"))).unwrap().id;
    assert_eq!(wait(account.cloudformation.create_change_set(with_token("a"))).unwrap().id, first);
    assert!(wait(account.cloudformation.create_change_set(with_token("b"))).is_err());
}

#[test]
fn refuses_in_the_words_of_the_api() {
    let account = Account::with_stack(ONE_TOPIC);
    let check = |result: Result<(), ApiError>, expected: &str| assert_eq!(refused(result), expected);
    check(account.stack("gone").map(drop), "ValidationError: Stack with id gone does not exist");
    check(account.describe("gone").map(drop), "ChangeSetNotFound: ChangeSet [gone] does not exist");
    let missing = CreateChangeSetInput { stack_name: "gone".to_owned(), ..create_change_set("one", ONE_TOPIC) };
    let missing = wait(account.cloudformation.create_change_set(missing)).map(drop);
    check(missing, "ValidationError: Stack [gone] does not exist");
    let bad_name = CreateStackInput { stack_name: "1_app".to_owned(), ..create_stack(ONE_TOPIC) };
    check(
        wait(account.cloudformation.create_stack(bad_name)).map(drop),
        "ValidationError: 1 validation error detected: Value '1_app' at 'stackName' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
    );
    let capabilities = Vec::new();
    let iam = "Resources: {A: {Type: AWS::IAM::Role}}";
    let unacknowledged = CreateStackInput { stack_name: "iam".to_owned(), capabilities, ..create_stack(iam) };
    check(
        wait(account.cloudformation.create_stack(unacknowledged)).map(drop),
        "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]",
    );
    account.change("one", TWO_TOPICS).unwrap();
    let refusal = refused(account.execute("one"));
    assert!(refusal.ends_with("cannot be executed in its current status of [CREATE_PENDING]"), "{refusal}");
    let busy = Account::new();
    let id = busy.create(ONE_TOPIC, OnFailure::Rollback).unwrap();
    check(
        busy.change("one", TWO_TOPICS).map(drop),
        &format!("ValidationError: Stack:{id} is in CREATE_IN_PROGRESS state and can not be updated."),
    );
}

#[test]
fn changes_come_in_pages() {
    let account = Account::with_stack(ONE_TOPIC);
    account.cloudformation.set_changes_per_page(NonZero::new(2).unwrap());
    let template = "Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}, C: {Type: AWS::SNS::Topic},
        D: {Type: AWS::SNS::Topic}, E: {Type: AWS::SNS::Topic}, F: {Type: AWS::SNS::Topic}}";
    let change_set_name = account.change("one", template).unwrap();
    account.advance(12);
    let mut sizes = Vec::new();
    let mut next_token = None;
    loop {
        let change_set_name = change_set_name.clone();
        let input = DescribeChangeSetInput { change_set_name, stack_name: None, next_token };
        let page = wait(account.cloudformation.describe_change_set(input)).unwrap();
        sizes.push(page.changes.len());
        next_token = page.next_token;
        if next_token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
}

#[test]
fn a_deleted_stack_is_found_by_its_id_only_and_its_name_is_free() {
    let account = Account::with_stack(ONE_TOPIC);
    let id = account.stack("app").unwrap().stack_id;
    let input = DeleteStackInput { stack_name: "app".to_owned(), client_request_token: None };
    wait(account.cloudformation.delete_stack(input.clone())).unwrap();
    assert_eq!(account.watch_stack(&id), ["0s DELETE_IN_PROGRESS", "8s DELETE_COMPLETE"]);
    assert!(account.stack("app").unwrap_err().says_stack_does_not_exist());
    wait(account.cloudformation.delete_stack(input)).unwrap();
    assert!(account.create(ONE_TOPIC, OnFailure::Rollback).is_ok());
}

#[test]
fn deleting_a_change_set_that_is_gone_succeeds() {
    let account = Account::with_stack(ONE_TOPIC);
    account.change("one", TWO_TOPICS).unwrap();
    let input = || DeleteChangeSetInput { change_set_name: "one".to_owned(), stack_name: Some("app".to_owned()) };
    wait(account.cloudformation.delete_change_set(input())).unwrap();
    wait(account.cloudformation.delete_change_set(input())).unwrap();
    assert_eq!(account.change_set_names(), [""; 0]);
}

#[test]
fn events_tell_what_happened_the_newest_first() {
    let account = Account::new();
    account.cloudformation.inject(Fault::fail_resource("A", "no topics left"));
    let id = account.create(ONE_TOPIC, OnFailure::Rollback).unwrap();
    account.advance(60);
    let input = DescribeStackEventsInput { stack_name: id, next_token: None };
    let events = wait(account.cloudformation.describe_stack_events(input)).unwrap().stack_events;
    let lines: Vec<_> = events
        .iter()
        .rev()
        .map(|event| {
            let reason = event.resource_status_reason.as_deref().unwrap_or("-");
            format!("{} {} {reason}", event.logical_resource_id, event.resource_status)
        })
        .collect();
    let expected = [
        "app CREATE_IN_PROGRESS User Initiated",
        "A CREATE_IN_PROGRESS -",
        "A CREATE_FAILED no topics left",
        "app ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [A]. Rollback requested by user.",
        "app ROLLBACK_COMPLETE -",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn faults_refuse_as_often_as_they_say() {
    let account = Account::with_stack(ONE_TOPIC);
    account.cloudformation.inject(Fault::throttle(Operation::DescribeStacks, 2));
    let codes: Vec<_> = (0..3).map(|_| account.stack("app").map_err(|error| error.code().clone()).map(drop)).collect();
    assert_eq!(codes, [Err(ErrorCode::Throttling), Err(ErrorCode::Throttling), Ok(())]);
    account.cloudformation.inject(Fault::deny(Operation::ListChangeSets));
    let input = ListChangeSetsInput { stack_name: "app".to_owned() };
    let denied = wait(account.cloudformation.list_change_sets(input)).unwrap_err();
    assert_eq!(*denied.code(), ErrorCode::AccessDenied);
}

#[test]
fn parameters_of_a_stack_can_be_kept() {
    let template = "Parameters: {size: {Type: Number}}
Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref size}}}";
    let account = Account::new();
    wait(account.sandbox.create_stack("app", template, &[("size", "7")])).unwrap();
    let kept = CreateChangeSetInput {
        parameters: vec![Parameter::UsePreviousValue { key: "size".to_owned() }],
        ..create_change_set("one", template)
    };
    wait(account.cloudformation.create_change_set(kept)).unwrap();
    account.advance(12);
    assert_eq!(account.describe("one").unwrap().status.as_str(), "FAILED", "nothing changes");
    assert_eq!(refused(account.change("two", template)), "ValidationError: Parameters: [size] must have values");
}
