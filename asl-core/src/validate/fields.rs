//! Fields that are missing, unknown, not allowed, or exclude each other.

use crate::definition::{
    Catcher, FieldNames, MachineRole, QueryLanguage, Retrier, Spanned, State, StateKind, StateMachine, StateType, Test,
    required_fields, state_field, supported_fields,
};
use crate::diagnostic::{Code, Fault};
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;

pub(super) fn check_machine(machine: &StateMachine<'_>, report: &Report<'_>) {
    let object = Object { span: machine.span, names: machine.field_names, report };
    object.allows(machine.role.fields());
    object.requires(MachineRole::REQUIRED.iter().copied());
    let are_known = !machine.state_names.is_open();
    if let Some(states) = machine.states.as_ref().filter(|states| states.value.is_empty() && are_known) {
        report.add(empty(states.span));
    }
}

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    let object = Object { span: state.span, names: state.field_names, report };
    let Some(kind) = &state.kind else {
        object.requires(["Type"]);
        return;
    };
    let state_type = kind.state_type();
    check_supported(state, state_type, report);
    object.requires(required_fields(state_type, state.language).iter().copied());
    check_transition(state, state_type, &object);
    check_kind(kind, state, &object);
    for retrier in state.retriers() {
        check_retrier(retrier, report);
    }
    for catcher in state.catchers() {
        check_catcher(catcher, state.language, report);
    }
}

/// An object of the definition whose field names are checked.
pub(super) struct Object<'a> {
    pub(super) span: Span,
    pub(super) names: FieldNames<'a>,
    pub(super) report: &'a Report<'a>,
}

impl Object<'_> {
    pub(super) fn allows(&self, allowed: &[&str]) {
        let unknown = self.names.iter().filter(|name| !allowed.contains(&name.value));
        unknown.for_each(|name| self.refuse(name, allowed));
    }

    /// As [`allows`](Self::allows), where states of the other language than `language` also have fields that `is_foreign`.
    pub(super) fn allows_in(&self, language: QueryLanguage, allowed: &[&str], is_foreign: impl Fn(&str) -> bool) {
        for name in self.names.iter().filter(|name| !allowed.contains(&name.value)) {
            if is_foreign(name.value) {
                self.report.add(foreign(name, language).of(self.span));
            } else {
                self.refuse(name, allowed);
            }
        }
    }

    fn refuse(&self, name: Spanned<&str>, allowed: &[&str]) {
        let message = format!("Field '{}' is not supported", name.value);
        let fault = Fault::new(Code::UNKNOWN_FIELD, name.span, message).of(self.span);
        self.report.add(fault.with_help(similar(name.value, allowed.iter().copied(), self.report)));
    }

    pub(super) fn requires<'n>(&self, required: impl IntoIterator<Item = &'n str>) {
        let missing: Vec<&str> = required.into_iter().filter(|name| !self.names.contains(name)).collect();
        if !missing.is_empty() && !self.names.is_open() {
            let message = format!("These fields are required: [{}]", missing.join(", "));
            let help = format!("add `{}`", missing.join("` and `"));
            self.report.add(Fault::new(Code::MISSING_FIELD, self.span, message).with_help(help));
        }
    }

    fn requires_one_of(&self, alternatives: &[&str]) {
        if !self.names.is_open() && !alternatives.iter().any(|name| self.names.contains(name)) {
            let message = format!("One of these fields is required: [{}]", alternatives.join(", "));
            self.report.add(Fault::new(Code::MISSING_ONE_OF, self.span, message));
        }
    }

    pub(super) fn excludes(&self, one: &str, other: &str) {
        self.excludes_among(one, other, &[one, other]);
    }

    /// Reports that both `one` and `other` are there, of which, as of all `alternatives`, only one may be.
    fn excludes_among(&self, one: &str, other: &str, alternatives: &[&str]) {
        if let (Some(one_span), Some(other_span)) = (self.names.find(one), self.names.find(other)) {
            let (first, second) = (one_span.min(other_span), one_span.max(other_span));
            let message = format!("There should only be one of the following fields: [{}]", alternatives.join(", "));
            let fault = Fault::new(Code::CONFLICTING_FIELDS, second, message).of(self.span);
            self.report.add(fault.with_label(first, "first given here"));
        }
    }

    /// A field may be given as a value or, under the name that ends in `Path`, as a path.
    fn excludes_paths(&self, names: &[&str]) {
        for name in names {
            if let Some(path) = self.names.iter().find(|path| path.value.strip_suffix("Path") == Some(name)) {
                self.excludes(name, path.value);
            }
        }
    }
}

fn check_supported(state: &State<'_>, state_type: StateType, report: &Report<'_>) {
    for &name in &state.foreign_fields {
        let (code, help) = match state_field(name.value) {
            Some(field) if field.types.contains(&state_type) => {
                if !state.is_downgraded() {
                    let help = counterpart(name.value, state_type).map(|other| format!("use `{other}`"));
                    report.add(foreign(name, state.language).of(state.span).with_help(help));
                }
                continue;
            }
            Some(field) => {
                let types = field.types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                (Code::FIELD_NOT_ALLOWED, Some(format!("only states of these types have it: {types}")))
            }
            None => {
                let known = supported_fields(state_type, state.language);
                (Code::UNKNOWN_FIELD, similar(name.value, known.iter().copied(), report))
            }
        };
        let message = format!("Field '{}' is not supported", name.value);
        report.add(Fault::new(code, name.span, message).of(state.span).with_help(help));
    }
}

/// A field that only states of the other language than `language` have.
pub(super) fn foreign(name: Spanned<&str>, language: QueryLanguage) -> Fault {
    let message = format!(
        "The QueryLanguage is set to '{}', but field '{}' is only supported for the '{}' QueryLanguage",
        language.name(),
        name.value,
        language.other().name()
    );
    let is_comparison =
        language == QueryLanguage::Jsonata && (name.value == "Variable" || Test::is_operator(name.value));
    let help = "write the test as a `Condition`, such as `{% $states.input.amount > 5 %}`";
    Fault::new(Code::FIELD_NOT_ALLOWED, name.span, message).with_help(is_comparison.then(|| help.to_owned()))
}

/// The field of the other language that does what `name` does.
fn counterpart(name: &str, state_type: StateType) -> Option<&str> {
    Some(match (name, state_type) {
        ("Arguments", _) | ("Output", StateType::Pass) => "Parameters",
        ("Items", _) => "ItemsPath",
        ("Output", _) => "OutputPath",
        ("OutputPath" | "ResultPath" | "ResultSelector" | "Result", _) | ("Parameters", StateType::Pass) => "Output",
        ("Parameters", StateType::Map) => "ItemSelector",
        ("Parameters", _) => "Arguments",
        ("InputPath", _) => "$states.input",
        (name, _) => name.strip_suffix("Path")?,
    })
}

/// States that move on have `Next`, or `End` that is true.
fn check_transition(state: &State<'_>, state_type: StateType, object: &Object<'_>) {
    if !supported_fields(state_type, state.language).contains(&"Next") {
        return;
    }
    let ends = state.end.as_ref().is_some_and(|end| end.value);
    let may_end = ends || (state.end.is_none() && object.names.contains("End"));
    if ends {
        object.excludes("Next", "End");
    }
    if !may_end && !object.names.contains("Next") && !object.names.is_open() {
        let fault = Fault::new(Code::MISSING_ONE_OF, state.name.span, "One of these fields is required: [Next, End]");
        let help = "write `\"Next\": \"…\"` with a state's name, or `\"End\": true`";
        object.report.add(fault.of(state.span).with_help(help.to_owned()));
    }
}

fn check_kind(kind: &StateKind<'_>, state: &State<'_>, object: &Object<'_>) {
    let is_json_path = state.language == QueryLanguage::JsonPath;
    match kind {
        StateKind::Task(_) => object.excludes_paths(&["TimeoutSeconds", "HeartbeatSeconds"]),
        StateKind::Wait(_) => {
            let all = ["Seconds", "Timestamp", "SecondsPath", "TimestampPath"];
            let alternatives = if is_json_path { &all[..] } else { &["Seconds", "Timestamp"] };
            object.requires_one_of(alternatives);
            check_exclusive(alternatives, object);
        }
        StateKind::Fail(_) => object.excludes_paths(&["Error", "Cause"]),
        StateKind::Map(_) => check_map(object),
        StateKind::Choice(choice) => {
            if let Some(choices) = choice.choices.as_ref().filter(|choices| choices.value.is_empty()) {
                object.report.add(empty(choices.span));
            }
        }
        StateKind::Parallel(parallel) => {
            if let Some(branches) = parallel.branches.as_ref().filter(|branches| branches.value.is_empty()) {
                object.report.add(empty(branches.span));
            }
        }
        StateKind::Pass(_) | StateKind::Succeed => {}
    }
}

fn check_map(object: &Object<'_>) {
    if !object.names.contains("Iterator") {
        object.requires(["ItemProcessor"]);
    }
    object.excludes("ItemProcessor", "Iterator");
    object.excludes("ItemSelector", "Parameters");
    object.excludes_paths(&["MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"]);
}

/// Reports every field of `names` after the first that is there.
fn check_exclusive(names: &[&str], object: &Object<'_>) {
    let mut present: Vec<&str> = names.iter().copied().filter(|name| object.names.contains(name)).collect();
    present.sort_by_key(|name| object.names.find(name));
    if let Some((first, others)) = present.split_first() {
        for other in others {
            object.excludes_among(first, other, names);
        }
    }
}

fn check_retrier(retrier: &Retrier<'_>, report: &Report<'_>) {
    let object = Object { span: retrier.span, names: retrier.field_names, report };
    object.allows(Retrier::FIELDS);
    object.requires(["ErrorEquals"]);
}

fn check_catcher(catcher: &Catcher<'_>, language: QueryLanguage, report: &Report<'_>) {
    let object = Object { span: catcher.span, names: catcher.field_names, report };
    object.allows_in(language, Catcher::fields(language), |name| Catcher::fields(language.other()).contains(&name));
    object.requires(["ErrorEquals", "Next"]);
}

/// AWS's words for a value that is none of `allowed`.
pub(super) fn one_of(allowed: &[&str], written: &Spanned<&str>, report: &Report<'_>) -> Fault {
    let message = format!("Value should be one of the following: [{}]", allowed.join(", "));
    let help = similar(written.value, allowed.iter().copied(), report);
    Fault::new(Code::UNKNOWN_VALUE, written.span, message).with_help(help)
}

/// AWS's words for an array or object that must not be empty.
pub(super) fn empty(span: Span) -> Fault {
    Fault::new(Code::EMPTY_VALUE, span, "Value cannot be empty")
}
