//! Which objects of a definition are of which concept, and the canonical order of their fields.
//!
//! For what goes through the syntax tree of a definition without reading what its fields mean.

use super::catch::Catcher;
use super::choice::Test;
use super::map::ProcessorConfig;
use super::retry::Retrier;
use super::state_fields::{QueryLanguage, canonical_place};
use super::state_machine::MachineRole;

/// What a value of the definition is, by its place; the elements of an array are what the array is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Machine(MachineRole),
    States,
    State,
    Retrier,
    Catcher,
    /// A Choice rule, or a rule inside of one.
    Rule,
    ProcessorConfig,
    /// Everything whose members are not fields of ASL, or in no order of its own.
    Data,
}

impl Part {
    /// The whole definition.
    pub(crate) const ROOT: Self = Self::Machine(MachineRole::Root);

    /// What the value of the member called `key` is.
    pub(crate) fn member(self, key: &str) -> Self {
        match (self, key) {
            (Self::Machine(_), "States") => Self::States,
            (Self::Machine(_), "ProcessorConfig") => Self::ProcessorConfig,
            (Self::States, _) => Self::State,
            (Self::State, "Branches") => Self::Machine(MachineRole::Branch),
            (Self::State, "ItemProcessor" | "Iterator") => Self::Machine(MachineRole::ItemProcessor),
            (Self::State, "Retry") => Self::Retrier,
            (Self::State, "Catch") => Self::Catcher,
            (Self::State, "Choices") | (Self::Rule, "And" | "Or" | "Not") => Self::Rule,
            _ => Self::Data,
        }
    }

    /// Where the member called `key` stands in the canonical order; equal places keep their order.
    ///
    /// Members that are no fields come after those that are.
    pub(crate) fn canonical_place(self, key: &str) -> usize {
        let place = match self {
            Self::Machine(role) => place_in(role.fields(), key),
            Self::State => canonical_place(key),
            Self::Retrier => place_in(Retrier::FIELDS, key),
            Self::Catcher => {
                QueryLanguage::NAMES.iter().find_map(|(_, language)| place_in(Catcher::fields(*language), key))
            }
            Self::Rule => rule_place(key),
            Self::ProcessorConfig => place_in(ProcessorConfig::FIELDS, key),
            Self::States | Self::Data => Some(0),
        };
        place.unwrap_or(usize::MAX)
    }
}

fn place_in(fields: &[&str], key: &str) -> Option<usize> {
    fields.iter().position(|field| *field == key)
}

/// A rule reads as a sentence: this variable, compared so, means that.
fn rule_place(key: &str) -> Option<usize> {
    match key {
        "Comment" => Some(0),
        "Variable" => Some(1),
        "Condition" => Some(2),
        operator if Test::is_operator(operator) => Some(2),
        "Output" => Some(3),
        "Assign" => Some(4),
        "Next" => Some(5),
        _ => None,
    }
}
