//! What is played, here and on the emulator, and how it must end.

use deploy_workflow::artifact::pack;
use deploy_workflow::cloudformation::in_process::Operation;
use deploy_workflow::definitions::Definition;
use serde_json::Value as Json;

use crate::compare::{KnownDifference, Part};
use crate::interference::Interference;
use crate::templates::Template;

/// How often a stuck stack is looked at.
const FEW_POLLS: u32 = 3;

/// A situation to deploy in.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) definition: Definition,
    /// Stacks that are there before: what follows the name of the stack that is deployed, and a template.
    pub(crate) before: Vec<(&'static str, String)>,
    /// What is deployed, one deployment after the other.
    pub(crate) revisions: Vec<Revision>,
    /// How many stacks there are in the end, without neighbours.
    pub(crate) stacks: usize,
    pub(crate) interference: Interference,
    /// Why it is not played on `LocalStack`.
    pub(crate) in_process_only: Option<&'static str>,
    /// Where `LocalStack` is known to be wrong.
    pub(crate) known: Vec<KnownDifference>,
    /// What else to say of it.
    pub(crate) remark: &'static str,
}

/// An artifact, and how its deployment must end.
pub(crate) struct Revision {
    pub(crate) archive: Archive,
    pub(crate) ending: Ending,
}

pub(crate) enum Archive {
    /// A template.
    Template(String),
    /// An entry points outside of the archive.
    Unsafe,
}

impl Archive {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Template(template) => pack(&[("template.yaml", template.as_bytes())]).unwrap(),
            Self::Unsafe => pack(&[("template.yaml", b"Resources: {}"), ("../../etc/cron.d/evil", b"")]).unwrap(),
        }
    }
}

/// How a deployment ends.
pub(crate) struct Ending {
    outcome: Expected,
    /// What the stack that was asked for then is; `None` if there is none.
    pub(crate) stack_status: Option<&'static str>,
}

enum Expected {
    /// The output has this member.
    Output(&'static str, &'static str),
    /// `Error: Cause` has all of these.
    Failure(&'static [&'static str]),
}

impl Ending {
    pub(crate) fn check(&self, outcome: &Result<Json, String>) -> Result<(), String> {
        let is_as_expected = match (&self.outcome, outcome) {
            (Expected::Output(member, value), Ok(output)) => output[*member] == *value,
            (Expected::Failure(parts), Err(failure)) => parts.iter().all(|part| failure.contains(part)),
            _ => false,
        };
        if is_as_expected { Ok(()) } else { Err(format!("it ended with {outcome:?}")) }
    }
}

impl Scenario {
    /// A scenario with the sample's stack and one deployment in which nothing goes wrong.
    fn new(name: &'static str, revisions: Vec<Revision>) -> Self {
        Self {
            name,
            definition: Definition::Standard,
            before: vec![("", Template::sample().text())],
            revisions,
            stacks: 1,
            interference: Interference::None,
            in_process_only: None,
            known: Vec::new(),
            remark: "",
        }
    }

    /// The stack that is asked for, without the environment: one of its own in each run.
    pub(crate) fn stack_name(&self, run: &str) -> String {
        format!("{}-{run}", self.name.replace(|other: char| !other.is_ascii_alphanumeric(), "-"))
    }

    /// The machine, with pauses of a second; a stuck stack uses up fewer polls.
    pub(crate) fn machine(&self) -> String {
        let quick = self.definition.text().replace("\"pollSeconds\": 10", "\"pollSeconds\": 1");
        let quick = quick.replace("\"pollSeconds\": 30", "\"pollSeconds\": 1");
        if self.is_unfinished() {
            let limit = "\"NumericGreaterThanEquals\": ";
            let few = quick.replace(&format!("{limit}120"), &format!("{limit}{FEW_POLLS}"));
            return few.replace("120 polls", &format!("{FEW_POLLS} polls"));
        }
        quick
    }

    /// Whether the stack never settles.
    fn is_unfinished(&self) -> bool {
        matches!(self.interference, Interference::StaysInProgress { .. })
    }

    /// Whether the stack settles and may be looked at.
    pub(crate) fn shows_what_is_left(&self) -> bool {
        let blind = matches!(self.interference, Interference::Denied { operation: Operation::DescribeStacks });
        !blind && !self.is_unfinished()
    }
}

fn succeeds(template: &Template, (member, value): (&'static str, &'static str), status: &'static str) -> Revision {
    let ending = Ending { outcome: Expected::Output(member, value), stack_status: Some(status) };
    Revision { archive: Archive::Template(template.text()), ending }
}

fn fails(archive: Archive, parts: &'static [&'static str], status: Option<&'static str>) -> Revision {
    let ending = Ending { outcome: Expected::Failure(parts), stack_status: status };
    Revision { archive, ending }
}

fn template(template: &Template) -> Archive {
    Archive::Template(template.text())
}

/// Every scenario, those that deploy without trouble first; `run` makes names that nobody has.
pub(crate) fn all(run: &str) -> Vec<Scenario> {
    let created = ("stackCreationStatus", "complete");
    let safe = ("changeSetAction", "CAN-SAFELY-UPDATE-EXISTING-STACK");
    let none = ("changeSetAction", "NO-CHANGES");
    let replaced = ("changeSetAction", "RESOURCES-BEING-DELETED-OR-REPLACED");
    let rejected: &[&str] = &["Deployment Failed: Deployment Failed"];
    let (sample, update) = (Template::sample(), Template::safe_update());
    let large =
        Template { topics: &["Notices"], ..Template::sample() }.text() + "# " + &"padding ".repeat(6_500) + "\n";
    let taken = format!("e2e-taken-{run}");
    let neighbour = Template::fixed_name(&taken).text();
    vec![
        Scenario { before: Vec::new(), ..Scenario::new("create", vec![succeeds(&sample, created, "CREATE_COMPLETE")]) },
        Scenario {
            before: Vec::new(),
            remark: "the template has over 51,200 bytes and goes by S3",
            ..Scenario::new(
                "create, large template",
                vec![Revision { archive: Archive::Template(large), ..succeeds(&sample, created, "CREATE_COMPLETE") }],
            )
        },
        Scenario::new("no change", vec![succeeds(&sample, none, "CREATE_COMPLETE")]),
        Scenario::new("safe update", vec![succeeds(&update, safe, "UPDATE_COMPLETE")]),
        Scenario::new(
            "replacement rejected",
            vec![fails(template(&Template::renamed_queue()), rejected, Some("CREATE_COMPLETE"))],
        ),
        Scenario::new(
            "removal rejected",
            vec![fails(template(&Template::without_topic()), rejected, Some("CREATE_COMPLETE"))],
        ),
        Scenario {
            definition: Definition::BlueGreen,
            stacks: 2,
            ..Scenario::new(
                "blue/green, twice",
                vec![
                    succeeds(&Template::renamed_queue(), replaced, "CREATE_COMPLETE"),
                    succeeds(&Template::renamed_queue(), none, "CREATE_COMPLETE"),
                ],
            )
        },
        Scenario {
            definition: Definition::BlueGreen,
            before: vec![(
                "",
                Template::fixed_name(&format!("{taken}-2"))
                    .and_queue("Second", "!Sub '${AWS::StackName}-second'")
                    .text(),
            )],
            known: vec![
                KnownDifference {
                    emulator: Part::Text("is CREATE_FAILED;"),
                    reference: "is DELETE_COMPLETE;",
                    what: "LocalStack leaves a stack that it could not create as CREATE_FAILED, whatever OnFailure says",
                },
                KnownDifference {
                    emulator: Part::Between("CREATE_FAILED: ", "\""),
                    reference: "",
                    what: "words its reason otherwise",
                },
            ],
            ..Scenario::new(
                "name collision",
                vec![fails(
                    template(&Template { visibility_timeout: 45, ..Template::fixed_name(&format!("{taken}-2")) }),
                    &["StackCreationFailed: ", "`Orders` (AWS::SQS::Queue) CREATE_FAILED: "],
                    Some("CREATE_COMPLETE"),
                )],
            )
        },
        Scenario {
            definition: Definition::WaitForExecution,
            ..Scenario::new(
                "wait for execution, success",
                vec![succeeds(&update, ("changeSetExecutionStatus", "complete"), "UPDATE_COMPLETE")],
            )
        },
        Scenario {
            definition: Definition::WaitForExecution,
            before: vec![("", Template::sample().text()), ("-neighbour", neighbour)],
            in_process_only: Some("a stack of LocalStack does not name the change set whose update is rolled back"),
            ..Scenario::new(
                "wait for execution, rollback",
                vec![fails(
                    template(&Template::safe_update().and_queue("Second", &*taken)),
                    &["StackUpdateFailed: ", "`Second` (AWS::SQS::Queue) CREATE_FAILED: "],
                    Some("UPDATE_ROLLBACK_COMPLETE"),
                )],
            )
        },
        Scenario {
            before: Vec::new(),
            interference: Interference::StaysInProgress { logical_id: "Notices" },
            remark: "LocalStack: nothing hangs by itself; a proxy keeps the status CREATE_IN_PROGRESS",
            ..Scenario::new(
                "stuck stack",
                vec![fails(template(&sample), &["Deployment Timed Out: ", "within its 3 polls"], None)],
            )
        },
        Scenario {
            interference: Interference::Throttled { operation: Operation::CreateChangeSet, calls: 1 },
            remark: "LocalStack: a proxy throttles",
            ..Scenario::new("throttling", vec![succeeds(&update, safe, "UPDATE_COMPLETE")])
        },
        Scenario {
            interference: Interference::Denied { operation: Operation::DescribeStacks },
            remark: "LocalStack: a proxy denies",
            ..Scenario::new(
                "missing permissions, to look",
                vec![fails(
                    template(&update),
                    &["AccessDenied: ", "is not authorized to perform: cloudformation:DescribeStacks"],
                    Some("CREATE_COMPLETE"),
                )],
            )
        },
        Scenario {
            interference: Interference::Denied { operation: Operation::ExecuteChangeSet },
            remark: "LocalStack: a proxy denies",
            ..Scenario::new(
                "missing permissions, to act",
                vec![fails(
                    template(&update),
                    &["AccessDenied: ", "is not authorized to perform: cloudformation:ExecuteChangeSet"],
                    Some("CREATE_COMPLETE"),
                )],
            )
        },
        Scenario {
            before: Vec::new(),
            stacks: 1,
            ..Scenario::new(
                "broken artifact",
                vec![fails(Archive::Unsafe, &["ArtifactUnusable: ", "points outside of the archive"], None)],
            )
        },
    ]
}
