//! Situations to deploy in: what there is before, what is deployed, and what goes wrong.

use crate::cloudformation::in_process::{Fault, Operation};
use crate::definitions::Definition;

const SAMPLE: &str = include_str!("../templates/sample.yaml");
const SAFE_UPDATE: &str = include_str!("../templates/safe-update.yaml");
const RENAMED_TABLE: &str = include_str!("../templates/renamed-table.yaml");
const WITHOUT_QUEUE: &str = include_str!("../templates/without-queue.yaml");
const FIXED_NAME: &str = include_str!("../templates/fixed-name.yaml");
const FIXED_NAME_RENAMED_TABLE: &str = include_str!("../templates/fixed-name-renamed-table.yaml");

/// The machine input that scenarios are deployed with.
pub const INPUT: &str = include_str!("../inputs/prod.json");

/// A situation to deploy in.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What happens, in a line.
    pub summary: &'static str,
    /// The machine that it is made for.
    pub definition: Definition,
    /// The template that the stack was created from before, if it exists.
    pub before: Option<&'static str>,
    /// What is deployed, one deployment after the other.
    pub revisions: &'static [Revision],
    /// What goes wrong.
    pub faults: fn() -> Vec<Fault>,
}

/// An artifact to deploy.
#[derive(Debug, Clone, Copy)]
pub enum Revision {
    /// An archive with this template.
    Template(&'static str),
    /// An archive with an entry that points outside of it.
    Unsafe(&'static str),
}

impl Scenario {
    /// Every scenario, the default one first.
    pub const ALL: &[Self] = &[
        Self { before: None, ..Self::new("create", "the stack does not exist and is created", SAMPLE_ONLY) },
        Self::new("update-safe", "nothing is deleted or replaced, so the change set is executed", SAFE),
        Self::new("replacement-rejected", "a table would be replaced, so the change set is deleted", RENAMED),
        Self::new("removal-rejected", "a queue would be deleted, so the change set is deleted", REMOVED),
        Self::new("no-changes", "there is nothing to do, which is a success", SAMPLE_ONLY),
        Self {
            before: None,
            faults: || vec![Fault::fail_resource("DeadLetters", "the quota of queues is used up")],
            ..Self::new("create-fails", "a resource cannot be created, and the stack is deleted again", SAMPLE_ONLY)
        },
        Self {
            before: None,
            faults: || vec![Fault::hang_resource("Orders")],
            ..Self::new("stuck", "a resource never gets done, until the polls are used up", SAMPLE_ONLY)
        },
        Self {
            faults: || {
                vec![
                    Fault::throttle(Operation::DescribeStacks, 3),
                    Fault::throttle(Operation::CreateChangeSet, 2),
                    Fault::throttle(Operation::DescribeChangeSet, 4),
                    Fault::lose_response(Operation::ExecuteChangeSet, 1),
                ]
            },
            ..Self::new("throttled", "CloudFormation throttles and loses a response; calls are repeated", SAFE)
        },
        Self {
            faults: || vec![Fault::deny(Operation::DescribeStacks)],
            ..Self::new("access-denied", "the role may not look at the stack, which is not taken for missing", SAFE)
        },
        Self {
            before: None,
            ..Self::new("broken-artifact", "an entry of the artifact points outside of it (zip slip)", ZIP_SLIP)
        },
        Self {
            definition: Definition::BlueGreen,
            ..Self::new(
                "blue-green",
                "a table would be replaced, so a new stack takes over; then the same again, which is nothing to do",
                RENAMED_TWICE,
            )
        },
        Self {
            definition: Definition::BlueGreen,
            before: Some(FIXED_NAME),
            ..Self::new(
                "blue-green-fixed-name",
                "as blue-green, but with a function name that no second stack can have",
                FIXED_NAME_RENAMED,
            )
        },
        Self {
            definition: Definition::WaitForExecution,
            ..Self::new("wait-success", "success is reported once the update is complete", SAFE)
        },
        Self {
            definition: Definition::WaitForExecution,
            faults: || vec![Fault::fail_resource("Function", "the runtime is not supported any more")],
            ..Self::new("wait-rollback", "the update is rolled back, which is a failure", SAFE)
        },
    ];

    /// The scenario of this name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|scenario| scenario.name == name)
    }

    /// A scenario in which the sample's stack exists and nothing goes wrong.
    const fn new(name: &'static str, summary: &'static str, revisions: &'static [Revision]) -> Self {
        let definition = Definition::Standard;
        Self { name, summary, definition, before: Some(SAMPLE), revisions, faults: Vec::new }
    }
}

const SAMPLE_ONLY: &[Revision] = &[Revision::Template(SAMPLE)];
const SAFE: &[Revision] = &[Revision::Template(SAFE_UPDATE)];
const RENAMED: &[Revision] = &[Revision::Template(RENAMED_TABLE)];
const RENAMED_TWICE: &[Revision] = &[Revision::Template(RENAMED_TABLE), Revision::Template(RENAMED_TABLE)];
const REMOVED: &[Revision] = &[Revision::Template(WITHOUT_QUEUE)];
const FIXED_NAME_RENAMED: &[Revision] = &[Revision::Template(FIXED_NAME_RENAMED_TABLE)];
const ZIP_SLIP: &[Revision] = &[Revision::Unsafe(SAMPLE)];
