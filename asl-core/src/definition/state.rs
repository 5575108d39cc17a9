//! A state: what all types share.

use std::fmt;

use super::catch::Catcher;
use super::choice::Choice;
use super::fail::Fail;
use super::fields::{FieldNames, Fields, Spanned, What};
use super::jsonata::{Computable, JsonataString, StatesMember};
use super::map::Map;
use super::parallel::Parallel;
use super::pass::Pass;
use super::payload::Template;
use super::retry::Retrier;
use super::state_fields::{QueryLanguage, supported_fields};
use super::state_machine::StateMachine;
use super::task::Task;
use super::wait::Wait;
use crate::diagnostic::{Code, Fault};
use crate::jsonpath::{JsonPath, ReferencePath};
use crate::report::Report;
use crate::source::Span;
use crate::suggestion::similar;
use crate::syntax::Member;

/// [A state](https://states-language.net/spec.html#states-fields).
///
/// Fields that its type does not have are not read.
#[derive(Debug)]
pub(crate) struct State<'t> {
    pub(crate) name: Spanned<&'t str>,
    pub(crate) span: Span,
    pub(crate) field_names: FieldNames<'t>,
    /// The names of the fields that a state of this type and language does not have.
    pub(crate) foreign_fields: Vec<Spanned<&'t str>>,
    /// The language of the whole definition.
    pub(crate) machine_language: QueryLanguage,
    /// Its own language, or the machine's.
    pub(crate) language: QueryLanguage,
    /// `None` where `Type` is missing or unknown.
    pub(crate) kind: Option<StateKind<'t>>,
    pub(crate) query_language: Option<Spanned<QueryLanguage>>,
    pub(crate) next: Option<Spanned<&'t str>>,
    pub(crate) end: Option<Spanned<bool>>,
    pub(crate) input_path: Option<Spanned<Option<JsonPath>>>,
    pub(crate) output_path: Option<Spanned<Option<JsonPath>>>,
    pub(crate) result_path: Option<Spanned<Option<ReferencePath>>>,
    pub(crate) parameters: Option<Template<'t>>,
    pub(crate) result_selector: Option<Template<'t>>,
    pub(crate) arguments: Option<Template<'t>>,
    pub(crate) assign: Option<Template<'t>>,
    pub(crate) output: Option<Template<'t>>,
    pub(crate) retry: Option<Spanned<Vec<Retrier<'t>>>>,
    pub(crate) catch: Option<Spanned<Vec<Catcher<'t>>>>,
}

/// What a state's type adds.
#[derive(Debug)]
pub(crate) enum StateKind<'t> {
    Task(Task<'t>),
    Pass(Pass),
    Choice(Choice<'t>),
    Wait(Wait),
    Succeed,
    Fail(Fail<'t>),
    Parallel(Parallel<'t>),
    Map(Box<Map<'t>>),
}

/// The values of `Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateType {
    Task,
    Wait,
    Pass,
    Succeed,
    Fail,
    Choice,
    Parallel,
    Map,
}

impl StateType {
    /// All types, in the order in which AWS lists them.
    const ALL: [Self; 8] =
        [Self::Task, Self::Wait, Self::Pass, Self::Succeed, Self::Fail, Self::Choice, Self::Parallel, Self::Map];

    /// The type as `Type` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Task => "Task",
            Self::Wait => "Wait",
            Self::Pass => "Pass",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Choice => "Choice",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }
}

impl fmt::Display for StateType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl<'t> StateKind<'t> {
    pub(crate) fn state_type(&self) -> StateType {
        match self {
            Self::Task(_) => StateType::Task,
            Self::Pass(_) => StateType::Pass,
            Self::Choice(_) => StateType::Choice,
            Self::Wait(_) => StateType::Wait,
            Self::Succeed => StateType::Succeed,
            Self::Fail(_) => StateType::Fail,
            Self::Parallel(_) => StateType::Parallel,
            Self::Map(_) => StateType::Map,
        }
    }

    /// The templates that only this type of state has.
    fn templates(&self) -> Vec<&Template<'t>> {
        match self {
            Self::Task(task) => task.credentials.iter().collect(),
            Self::Map(map) => map.templates().collect(),
            Self::Choice(choice) => {
                choice.rules().iter().flat_map(|rule| rule.assign.iter().chain(&rule.output)).collect()
            }
            Self::Pass(_) | Self::Wait(_) | Self::Succeed | Self::Fail(_) | Self::Parallel(_) => Vec::new(),
        }
    }

    /// The expressions that stand for a single number, string or boolean.
    fn computed(&self) -> Vec<&JsonataString> {
        fn jsonata<T>(field: Option<&Computable<T>>) -> Option<&JsonataString> {
            field.and_then(Computable::jsonata)
        }
        let all = match self {
            Self::Task(task) => vec![jsonata(task.timeout_seconds.as_ref()), jsonata(task.heartbeat_seconds.as_ref())],
            Self::Wait(wait) => vec![jsonata(wait.seconds.as_ref()), jsonata(wait.timestamp.as_ref())],
            Self::Fail(fail) => vec![jsonata(fail.error.as_ref()), jsonata(fail.cause.as_ref())],
            Self::Map(map) => map.computed().map(Some).collect(),
            Self::Choice(choice) => choice.rules().iter().map(|rule| rule.test.jsonata()).collect(),
            Self::Pass(_) | Self::Succeed | Self::Parallel(_) => Vec::new(),
        };
        all.into_iter().flatten().collect()
    }

    fn read(state_type: StateType, fields: &Fields<'t>, machine_language: QueryLanguage) -> Self {
        match state_type {
            StateType::Task => Self::Task(Task::read(fields)),
            StateType::Wait => Self::Wait(Wait::read(fields)),
            StateType::Pass => Self::Pass(Pass::read(fields)),
            StateType::Succeed => Self::Succeed,
            StateType::Fail => Self::Fail(Fail::read(fields)),
            StateType::Choice => Self::Choice(Choice::read(fields)),
            StateType::Parallel => Self::Parallel(Parallel::read(fields, machine_language)),
            StateType::Map => Self::Map(Box::new(Map::read(fields, machine_language))),
        }
    }
}

impl<'t> State<'t> {
    /// The state machines inside: a Parallel's branches, a Map's item processor under each name that it is given.
    pub(crate) fn inner_machines(&self) -> impl Iterator<Item = &StateMachine<'t>> {
        let (branches, map) = match &self.kind {
            Some(StateKind::Parallel(parallel)) => (parallel.branches(), None),
            Some(StateKind::Map(map)) => (&[][..], Some(map)),
            _ => (&[][..], None),
        };
        branches.iter().chain(map.into_iter().flat_map(|map| map.processors()))
    }

    /// Whether the state has its language against the machine's: JSONPath where the whole definition is in JSONata.
    pub(crate) fn is_downgraded(&self) -> bool {
        self.machine_language == QueryLanguage::Jsonata && self.language == QueryLanguage::JsonPath
    }

    /// The Catchers that could be read.
    pub(crate) fn catchers(&self) -> &[Catcher<'t>] {
        self.catch.as_ref().map_or(&[], |catch| &catch.value)
    }

    /// The Retriers that could be read.
    pub(crate) fn retriers(&self) -> &[Retrier<'t>] {
        self.retry.as_ref().map_or(&[], |retry| &retry.value)
    }

    /// Calls `visit` with every JSONata expression of the state's own fields, and with what `$states` holds there.
    pub(crate) fn for_each_jsonata(&self, visit: &mut impl FnMut(&JsonataString, StatesMember)) {
        if self.language != QueryLanguage::Jsonata {
            return;
        }
        let has_result = matches!(self.kind, Some(StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)));
        let at_end = if has_result { StatesMember::Result } else { StatesMember::Neither };
        let own = self.output.iter().chain(&self.assign).map(|template| (template, at_end));
        let caught = self.catchers().iter().flat_map(|catcher| catcher.output.iter().chain(&catcher.assign));
        let caught = caught.map(|template| (template, StatesMember::ErrorOutput));
        let before = self.arguments.iter().chain(self.kind.iter().flat_map(StateKind::templates));
        let before = before.map(|template| (template, StatesMember::Neither));
        for (template, member) in before.chain(own).chain(caught) {
            template.for_each_jsonata(&mut |jsonata| visit(jsonata, member));
        }
        for jsonata in self.kind.iter().flat_map(StateKind::computed) {
            visit(jsonata, StatesMember::Neither);
        }
    }

    pub(super) fn read(
        member: &'t Member<'t>,
        machine_language: QueryLanguage,
        report: &'t Report<'t>,
    ) -> Option<Self> {
        let fields = Fields::of(&member.value, What::Field(&member.key), machine_language, report)?;
        if fields.is_language_open() {
            return None;
        }
        let query_language = fields.query_language();
        let language = query_language.as_ref().map_or(machine_language, |written| written.value);
        let state_type = read_type(&fields);
        let field_names = fields.names();
        let supported = state_type.map_or(&["Next", "End"][..], |state_type| supported_fields(state_type, language));
        let mut fields = fields.only(|name| supported.contains(&name));
        fields.language = language;
        // Nothing needs a state's comment, but it must be a string.
        fields.text("Comment");
        Some(Self {
            name: Spanned { value: &*member.key, span: member.key_span },
            span: fields.span,
            field_names,
            machine_language,
            language,
            kind: state_type.map(|state_type| StateKind::read(state_type, &fields, machine_language)),
            query_language,
            next: fields.text("Next"),
            end: fields.boolean("End"),
            input_path: fields.path_or_null("InputPath"),
            output_path: fields.path_or_null("OutputPath"),
            result_path: fields.result_path(),
            parameters: Template::read_object(&fields, "Parameters"),
            result_selector: Template::read_object(&fields, "ResultSelector"),
            arguments: Template::read(&fields, "Arguments"),
            assign: Template::read_object(&fields, "Assign"),
            output: Template::read(&fields, "Output"),
            retry: fields.objects("Retry", |retrier| Retrier::read(&retrier)),
            catch: fields.objects("Catch", Catcher::read),
            foreign_fields: fields.into_unwanted(),
        })
    }
}

fn read_type(fields: &Fields<'_>) -> Option<StateType> {
    let written = fields.text("Type")?;
    let state_type = StateType::ALL.into_iter().find(|state_type| state_type.name() == written.value);
    if state_type.is_none() {
        let types = StateType::ALL.map(StateType::name);
        let message = format!("The field 'Type' should have one of these values: [{}]", types.join(", "));
        let help = similar(written.value, types.into_iter(), fields.report);
        fields.report.add(Fault::new(Code::UNKNOWN_STATE_TYPE, written.span, message).with_help(help));
    }
    state_type
}
