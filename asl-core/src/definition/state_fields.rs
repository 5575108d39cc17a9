//! Which fields each state type has: the one table of it.
//!
//! See [State Types](https://states-language.net/spec.html#state-type-table) in the specification.

use std::sync::LazyLock;

use super::state::StateType::{self, Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait};

/// The language of a state's paths and expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryLanguage {
    JsonPath,
    Jsonata,
}

impl QueryLanguage {
    pub(crate) const NAMES: [(&str, Self); 2] = [("JSONPath", Self::JsonPath), ("JSONata", Self::Jsonata)];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::JsonPath => Self::Jsonata,
            Self::Jsonata => Self::JsonPath,
        }
    }

    /// The language as `QueryLanguage` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::JsonPath => "JSONPath",
            Self::Jsonata => "JSONata",
        }
    }
}

/// A field that states may have.
#[derive(Debug)]
pub(crate) struct StateField {
    pub(crate) name: &'static str,
    pub(crate) languages: &'static [QueryLanguage],
    pub(crate) types: &'static [StateType],
    /// Whether a state that may have the field must have it.
    pub(crate) required: bool,
}

impl StateField {
    /// Whether a state of this type and language may have the field.
    pub(crate) fn is_supported(&self, state_type: StateType, language: QueryLanguage) -> bool {
        self.types.contains(&state_type) && self.languages.contains(&language)
    }
}

/// Where the field called `name` stands in the canonical order of a state's fields.
pub(crate) fn canonical_place(name: &str) -> Option<usize> {
    STATE_FIELDS.iter().position(|field| field.name == name)
}

/// The row of a field.
pub(crate) fn state_field(name: &str) -> Option<&'static StateField> {
    STATE_FIELDS.iter().find(|field| field.name == name)
}

/// The fields that a state of this type and language may have.
pub(crate) fn supported_fields(state_type: StateType, language: QueryLanguage) -> &'static [&'static str] {
    field_set(state_type, language).map_or(&[], |set| &set.supported)
}

/// The fields that a state of this type and language must have.
pub(crate) fn required_fields(state_type: StateType, language: QueryLanguage) -> &'static [&'static str] {
    field_set(state_type, language).map_or(&[], |set| &set.required)
}

/// The names of the fields of one type of state in one language.
#[derive(Debug)]
struct FieldSet {
    state_type: StateType,
    language: QueryLanguage,
    supported: Vec<&'static str>,
    required: Vec<&'static str>,
}

impl FieldSet {
    fn of(state_type: StateType, language: QueryLanguage) -> Self {
        let fields = || STATE_FIELDS.iter().filter(|field| field.is_supported(state_type, language));
        Self {
            state_type,
            language,
            supported: fields().map(|field| field.name).collect(),
            required: fields().filter(|field| field.required).map(|field| field.name).collect(),
        }
    }
}

fn field_set(state_type: StateType, language: QueryLanguage) -> Option<&'static FieldSet> {
    static FIELD_SETS: LazyLock<Vec<FieldSet>> = LazyLock::new(|| {
        let of_each = ALL.iter().flat_map(|state_type| BOTH.iter().map(move |language| (*state_type, *language)));
        of_each.map(|(state_type, language)| FieldSet::of(state_type, language)).collect()
    });
    FIELD_SETS.iter().find(|set| set.state_type == state_type && set.language == language)
}

const BOTH: &[QueryLanguage] = &[QueryLanguage::JsonPath, QueryLanguage::Jsonata];
const JSONPATH: &[QueryLanguage] = &[QueryLanguage::JsonPath];
const JSONATA: &[QueryLanguage] = &[QueryLanguage::Jsonata];

const ALL: &[StateType] = &[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map];
const ALL_BUT_FAIL: &[StateType] = &[Task, Wait, Pass, Succeed, Choice, Parallel, Map];
const ASSIGNING: &[StateType] = &[Task, Wait, Pass, Choice, Parallel, Map];
const MOVING_ON: &[StateType] = &[Task, Wait, Pass, Parallel, Map];
const WITH_RESULT: &[StateType] = &[Task, Pass, Parallel, Map];
const WORKING: &[StateType] = &[Task, Parallel, Map];

const fn optional(name: &'static str, languages: &'static [QueryLanguage], types: &'static [StateType]) -> StateField {
    StateField { name, languages, types, required: false }
}

const fn needed(name: &'static str, languages: &'static [QueryLanguage], types: &'static [StateType]) -> StateField {
    StateField { name, languages, types, required: true }
}

/// In the canonical order, that of the work: what the state is, what it works on, what comes of it, what is next.
static STATE_FIELDS: &[StateField] = &[
    needed("Type", BOTH, ALL),
    optional("Comment", BOTH, ALL),
    optional("QueryLanguage", BOTH, ALL),
    needed("Resource", BOTH, &[Task]),
    optional("Credentials", BOTH, &[Task]),
    optional("Seconds", BOTH, &[Wait]),
    optional("SecondsPath", JSONPATH, &[Wait]),
    optional("Timestamp", BOTH, &[Wait]),
    optional("TimestampPath", JSONPATH, &[Wait]),
    optional("InputPath", JSONPATH, ALL_BUT_FAIL),
    optional("ItemReader", BOTH, &[Map]),
    optional("ItemsPath", JSONPATH, &[Map]),
    optional("Items", JSONATA, &[Map]),
    optional("ItemSelector", BOTH, &[Map]),
    optional("ItemBatcher", BOTH, &[Map]),
    optional("Parameters", JSONPATH, WITH_RESULT),
    optional("Arguments", JSONATA, &[Task, Parallel]),
    needed("Choices", BOTH, &[Choice]),
    needed("Branches", BOTH, &[Parallel]),
    optional("Label", BOTH, &[Map]),
    optional("MaxConcurrency", BOTH, &[Map]),
    optional("MaxConcurrencyPath", JSONPATH, &[Map]),
    optional("ToleratedFailureCount", BOTH, &[Map]),
    optional("ToleratedFailureCountPath", JSONPATH, &[Map]),
    optional("ToleratedFailurePercentage", BOTH, &[Map]),
    optional("ToleratedFailurePercentagePath", JSONPATH, &[Map]),
    optional("ItemProcessor", BOTH, &[Map]),
    optional("Iterator", BOTH, &[Map]),
    optional("ResultWriter", BOTH, &[Map]),
    optional("TimeoutSeconds", BOTH, &[Task]),
    optional("TimeoutSecondsPath", JSONPATH, &[Task]),
    optional("HeartbeatSeconds", BOTH, &[Task]),
    optional("HeartbeatSecondsPath", JSONPATH, &[Task]),
    optional("Error", BOTH, &[Fail]),
    optional("ErrorPath", JSONPATH, &[Fail]),
    optional("Cause", BOTH, &[Fail]),
    optional("CausePath", JSONPATH, &[Fail]),
    optional("Result", JSONPATH, &[Pass]),
    optional("ResultSelector", JSONPATH, WORKING),
    optional("ResultPath", JSONPATH, WITH_RESULT),
    optional("OutputPath", JSONPATH, ALL_BUT_FAIL),
    optional("Output", JSONATA, ALL_BUT_FAIL),
    optional("Assign", BOTH, ASSIGNING),
    optional("Retry", BOTH, WORKING),
    optional("Catch", BOTH, WORKING),
    optional("Default", BOTH, &[Choice]),
    optional("Next", BOTH, MOVING_ON),
    optional("End", BOTH, MOVING_ON),
];
