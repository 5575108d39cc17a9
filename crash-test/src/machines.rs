//! What the child runs: the machines, what their executions begin with, and how they must end.
//!
//! A machine more is a definition, a row of [`MACHINES`] and its branch of [`Plan::expected`].

use serde_json::{Value, json};

/// The activity that a worker in the child works for.
pub(crate) const ACTIVITY: &str = "inspect";
/// How often the machine `rounds` goes round.
const ROUNDS: u64 = 12;
/// The items of the inline Map.
const ITEMS: [u64; 4] = [0, 1, 2, 3];

/// Every machine that executions are planned of: its name and its definition.
pub(crate) const MACHINES: [(&str, &str); 8] = [
    ("orders", include_str!("../definitions/orders.asl.json")),
    ("gathering", include_str!("../definitions/gathering.asl.json")),
    ("approvals", include_str!("../definitions/approvals.asl.json")),
    ("inspections", include_str!("../definitions/inspections.asl.json")),
    ("rounds", include_str!("../definitions/rounds.asl.json")),
    ("doomed", include_str!("../definitions/doomed.asl.json")),
    ("deliveries", include_str!("../definitions/deliveries.asl.json")),
    ("surveys", include_str!("../definitions/surveys.asl.json")),
];

/// A machine whose executions are started by those of `deliveries`.
pub(crate) const PARCELS: (&str, &str) = ("parcels", include_str!("../definitions/parcels.asl.json"));

/// One execution that is to be run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) machine: &'static str,
    pub(crate) name: String,
    number: usize,
    flaky: u32,
    declined: bool,
}

impl Plan {
    /// The first so many executions of a seed; those of fewer are the first of those of more.
    pub(crate) fn of(seed: u64, executions: usize) -> Vec<Self> {
        let machines = MACHINES.iter().cycle().take(executions).enumerate();
        machines.map(|(number, (machine, _))| Self::draw(seed, number, machine)).collect()
    }

    fn draw(seed: u64, number: usize, machine: &'static str) -> Self {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(number as u64));
        let name = format!("{machine}-{number}");
        Self { machine, name, number, flaky: random.u32(0..3), declined: random.u8(0..4) == 0 }
    }

    /// What the execution is started with; `flaky` says how often its flaky Tasks fail before they succeed.
    pub(crate) fn input(&self) -> Value {
        let Self { number, flaky, declined, .. } = self;
        json!({"number": number, "flaky": flaky, "declined": declined, "items": ITEMS})
    }

    /// What becomes of the items.
    fn worked(&self) -> [Value; 4] {
        ITEMS.map(|item| json!({"did": "Work", "number": self.number, "item": item}))
    }

    /// How the execution must end.
    pub(crate) fn expected(&self) -> Ending {
        let number = self.number;
        let did = |state: &str| json!({"did": state, "number": number});
        match (self.machine, self.declined) {
            ("orders", true) => Ending::succeeded(did("Release")),
            ("orders", false) => Ending::succeeded(did("Ship")),
            ("gathering", _) => {
                let worked = self.worked();
                let mut output = self.input();
                output["gathered"] = json!([worked, did("Look"), did("answer")]);
                output["conclusion"] = did("Conclude");
                Ending::succeeded(output)
            }
            ("approvals", true) => Ending::failed("Refused"),
            ("approvals", false) => Ending::succeeded(did("Publish")),
            ("surveys", _) => Ending::succeeded(json!(self.worked())),
            ("deliveries" | "inspections", _) => Ending::succeeded(did("File")),
            ("rounds", _) => {
                let turned = json!({"did": "Turn", "number": number, "round": ROUNDS - 1});
                Ending::succeeded(json!({"number": number, "turned": turned, "round": ROUNDS}))
            }
            _ => Ending::failed("Broken"),
        }
    }
}

/// How an execution ended, as far as it must be as expected.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Ending {
    pub(crate) status: String,
    pub(crate) output: Option<Value>,
    pub(crate) error: Option<String>,
}

impl Ending {
    fn succeeded(output: Value) -> Self {
        Self { status: "SUCCEEDED".to_owned(), output: Some(output), error: None }
    }

    fn failed(error: &str) -> Self {
        Self { status: "FAILED".to_owned(), output: None, error: Some(error.to_owned()) }
    }
}
