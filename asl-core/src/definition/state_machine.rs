//! A state machine, and the machines inside Parallel branches and Map item processors.

use super::fields::{FieldNames, Fields, Spanned, What};
use super::map::ProcessorConfig;
use super::state::State;
use super::state_fields::QueryLanguage;
use crate::diagnostic::{Code, Fault};
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;
use crate::syntax::Node;

/// [A state machine](https://states-language.net/spec.html#toplevelfields).
#[derive(Debug)]
pub(crate) struct StateMachine<'t> {
    pub(crate) span: Span,
    pub(crate) role: MachineRole,
    pub(crate) field_names: FieldNames<'t>,
    pub(crate) comment: Option<Spanned<&'t str>>,
    pub(crate) version: Option<Spanned<&'t str>>,
    pub(crate) start_at: Option<Spanned<&'t str>>,
    pub(crate) timeout_seconds: Option<Spanned<i64>>,
    pub(crate) states: Option<Spanned<Vec<State<'t>>>>,
    /// The names of all states, those that could not be read included.
    pub(crate) state_names: FieldNames<'t>,
    pub(crate) processor_config: Option<ProcessorConfig<'t>>,
}

/// Where a state machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MachineRole {
    /// The definition itself.
    Root,
    /// An element of `Branches`.
    Branch,
    /// `ItemProcessor` or `Iterator`.
    ItemProcessor,
}

impl MachineRole {
    /// The fields that a machine in this role may have.
    pub(crate) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Root => &["Comment", "Version", "QueryLanguage", "TimeoutSeconds", "StartAt", "States"],
            Self::Branch => &["Comment", "StartAt", "States"],
            Self::ItemProcessor => &["Comment", "ProcessorConfig", "StartAt", "States"],
        }
    }

    /// The fields that a machine in any role must have, in AWS's order.
    pub(crate) const REQUIRED: &[&str] = &["States", "StartAt"];
}

impl<'t> StateMachine<'t> {
    /// The states that could be read.
    pub(crate) fn states(&self) -> &[State<'t>] {
        self.states.as_ref().map_or(&[], |states| &states.value)
    }

    pub(super) fn read_root(node: &'t Node<'t>, report: &'t Report<'t>) -> Option<Self> {
        let fields = Fields::of_definition(node, report)?;
        if fields.is_language_open() {
            return None;
        }
        let language = fields.query_language().map_or(QueryLanguage::JsonPath, |written| written.value);
        Some(Self::read(MachineRole::Root, fields, language))
    }

    /// Reads a machine inside a state whose definition's own language is `language`.
    pub(super) fn read_inner(
        role: MachineRole,
        node: &'t Node<'t>,
        language: QueryLanguage,
        report: &'t Report<'t>,
    ) -> Option<Self> {
        let what = match role {
            MachineRole::Branch => What::ElementOf("Branches"),
            MachineRole::Root | MachineRole::ItemProcessor => What::Field("ItemProcessor"),
        };
        let fields = Fields::of(node, what, language, report)?;
        Some(Self::read(role, fields, language))
    }

    fn read(role: MachineRole, fields: Fields<'t>, language: QueryLanguage) -> Self {
        let field_names = fields.names();
        let fields = fields.only(|name| role.fields().contains(&name));
        let states = fields.object("States");
        Self {
            span: fields.span,
            role,
            field_names,
            comment: fields.text("Comment"),
            version: fields.text("Version"),
            start_at: fields.text("StartAt"),
            timeout_seconds: fields.integer("TimeoutSeconds"),
            state_names: states.as_ref().map(Fields::names).unwrap_or_default(),
            states: states.map(|states| read_states(&states, language)),
            processor_config: fields.object("ProcessorConfig").map(|config| ProcessorConfig::read(&config)),
        }
    }
}

fn read_states<'t>(states: &Fields<'t>, language: QueryLanguage) -> Spanned<Vec<State<'t>>> {
    let mut value = Vec::with_capacity(states.members().len());
    value.extend(states.members().filter_map(|member| State::read(member, language, states.report)));
    Spanned { value, span: states.span }
}

impl Fields<'_> {
    /// Whether the language is not known, so that no expression can be read.
    pub(super) fn is_language_open(&self) -> bool {
        let written = self.node("QueryLanguage").and_then(Node::as_str);
        written.is_some_and(|text| self.report.is_open(text))
    }

    /// `QueryLanguage`; AWS takes every other value for JSONata, and refuses it.
    pub(super) fn query_language(&self) -> Option<Spanned<QueryLanguage>> {
        let written = self.text("QueryLanguage")?;
        let known = QueryLanguage::NAMES.iter().find(|(name, _)| *name == written.value);
        if known.is_none() {
            let message = "Value should be one of the following: [JSONPath, JSONata]";
            let names = QueryLanguage::NAMES.iter().map(|(name, _)| *name);
            let help = similar(written.value, names, self.report);
            self.report.add(Fault::new(Code::UNKNOWN_VALUE, written.span, message).with_help(help));
        }
        let value = known.map_or(QueryLanguage::Jsonata, |(_, language)| *language);
        Some(Spanned { value, span: written.span })
    }
}
