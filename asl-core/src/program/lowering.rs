//! Turns a definition without errors into a program: names become indices, expressions their compiled forms.

mod distributed_map;

use std::sync::OnceLock;

use super::{
    Catcher, Choice, ChoiceRule, FailText, Items, Jitter, Machine, Map, PathField, Percentage, PinnedDefinition,
    Program, Quantity, Resource, ResultPath, Retrier, State, StateId, StateKind, Task, Transition, Wait,
};
use crate::definition::{
    self, Computable, MemberValue, QueryLanguage, Spanned, StateMachine, Template, TemplateKind, TestKind,
};
use crate::evaluate::choice_rule::{Comparison, Numbering};
use crate::evaluate::{Condition, PayloadTemplate, Query, TemplateMember};
use crate::failure::ErrorName;
use crate::jsonpath::{JsonPath, ReferencePath};
use crate::name_map::HashedNames;

impl Program {
    /// The program of `machine`, which `definition` is the text of, in which validation found no error.
    ///
    /// `None` if it has one all the same.
    pub(crate) fn lower(machine: StateMachine<'_>, definition: PinnedDefinition) -> Option<Self> {
        let mut names = HashedNames::default();
        number(&machine, &mut names)?;
        let mut states = Vec::with_capacity(names.len());
        let scope = Names(names);
        // One after the other makes room for the next.
        for state in machine.states?.value {
            scope.add(&state, &mut states)?;
        }
        Some(Self::new(Machine {
            comment: machine.comment.as_ref().map(|comment| comment.value.into()),
            start_at: scope.id(machine.start_at.as_ref())?,
            own_states: StateId(0)..StateId(u32::try_from(states.len()).ok()?),
            states: states.into(),
            kind: definition.machine_type(),
            timeout_seconds: machine.timeout_seconds.as_ref().and_then(count),
            definition,
            fingerprint: OnceLock::new(),
        }))
    }
}

/// Gives every state its index, in the order in which the states are written.
fn number<'t>(machine: &StateMachine<'t>, names: &mut HashedNames<'t, StateId>) -> Option<()> {
    for state in machine.states() {
        let id = StateId(u32::try_from(names.len()).ok()?);
        names.insert(state.name.value, id);
        state.inner_machines().try_for_each(|inner| number(inner, names))?;
    }
    Some(())
}

/// The index of every state, by name.
struct Names<'a>(HashedNames<'a, StateId>);

impl Names<'_> {
    fn id(&self, name: Option<&Spanned<&str>>) -> Option<StateId> {
        self.0.get(name?.value).copied()
    }

    /// Appends `state` and the states inside of it, in the order in which they were numbered.
    fn add(&self, state: &definition::State<'_>, states: &mut Vec<State>) -> Option<()> {
        states.push(self.state(state)?);
        state.inner_machines().flat_map(StateMachine::states).try_for_each(|inner| self.add(inner, states))
    }

    fn state(&self, state: &definition::State<'_>) -> Option<State> {
        let kind = self.kind(state)?;
        let parameters = state.parameters.as_ref().filter(|_| !matches!(kind, StateKind::Map(_)));
        Some(State {
            name: state.name.value.into(),
            transition: match &state.next {
                Some(next) => Transition::Next(self.id(Some(next))?),
                None => Transition::End,
            },
            input_path: path_field(state.input_path.as_ref()),
            parameters: parameters.or(state.arguments.as_ref()).map(template),
            result_selector: state.result_selector.as_ref().map(template),
            result_path: result_path(state.result_path.as_ref()),
            output_path: path_field(state.output_path.as_ref()),
            assign: state.assign.as_ref().map(template),
            output: state.output.as_ref().map(template),
            retry: state.retriers().iter().map(retrier).collect::<Option<_>>()?,
            catch: state.catchers().iter().map(|catcher| self.catcher(catcher)).collect::<Option<_>>()?,
            kind,
        })
    }

    fn kind(&self, state: &definition::State<'_>) -> Option<StateKind> {
        Some(match state.kind.as_ref()? {
            definition::StateKind::Task(task) => StateKind::Task(lower_task(task)?),
            definition::StateKind::Pass(pass) => {
                StateKind::Pass { result: pass.result.as_ref().map(|result| result.value.clone()) }
            }
            definition::StateKind::Choice(choice) => StateKind::Choice(self.choice(choice)?),
            definition::StateKind::Wait(wait) => StateKind::Wait(lower_wait(wait)?),
            definition::StateKind::Succeed => StateKind::Succeed,
            definition::StateKind::Fail(fail) => StateKind::Fail {
                error: fail_text(fail.error.as_ref(), fail.error_path.as_ref()),
                cause: fail_text(fail.cause.as_ref(), fail.cause_path.as_ref()),
            },
            definition::StateKind::Parallel(parallel) => StateKind::Parallel {
                branches: parallel
                    .branches()
                    .iter()
                    .map(|branch| self.id(branch.start_at.as_ref()))
                    .collect::<Option<_>>()?,
            },
            definition::StateKind::Map(map) => StateKind::Map(Box::new(self.map(map, state)?)),
        })
    }

    fn choice(&self, choice: &definition::Choice<'_>) -> Option<Choice> {
        let mut numbering = Numbering::default();
        let rule = |rule: &definition::ChoiceRule<'_>| {
            Some(ChoiceRule {
                condition: condition(&rule.test, &mut numbering)?,
                assign: rule.assign.as_ref().map(template),
                output: rule.output.as_ref().map(template),
                next: self.id(rule.next.as_ref())?,
            })
        };
        Some(Choice {
            choices: choice.rules().iter().map(rule).collect::<Option<_>>()?,
            default: match &choice.default {
                Some(default) => Some(self.id(Some(default))?),
                None => None,
            },
        })
    }

    /// The `Parameters` of `state` are the older name of `ItemSelector`.
    fn map(&self, map: &definition::Map<'_>, state: &definition::State<'_>) -> Option<Map> {
        Some(Map {
            start_at: self.id(map.processor()?.start_at.as_ref())?,
            items: match state.language {
                QueryLanguage::JsonPath => {
                    Items::Path(map.items_path.as_ref().map_or(PathField::Whole, |path| whole_or(&path.value)))
                }
                QueryLanguage::Jsonata => Items::Template(map.items.as_ref().map(template)),
            },
            item_selector: map.item_selector.as_ref().or(state.parameters.as_ref()).map(template),
            max_concurrency: quantity(map.max_concurrency.as_ref(), map.max_concurrency_path.as_ref()),
            tolerated_failure_count: quantity(
                map.tolerated_failure_count.as_ref(),
                map.tolerated_failure_count_path.as_ref(),
            ),
            tolerated_failure_percentage: percentage(map),
            distributed: if map.is_distributed() { Some(self.distributed_map(map, state)?) } else { None },
        })
    }

    fn catcher(&self, catcher: &definition::Catcher<'_>) -> Option<Catcher> {
        Some(Catcher {
            error_equals: error_names(catcher.error_equals.as_ref()?),
            result_path: result_path(catcher.result_path.as_ref()),
            assign: catcher.assign.as_ref().map(template),
            output: catcher.output.as_ref().map(template),
            next: self.id(catcher.next.as_ref())?,
        })
    }
}

fn lower_task(task: &definition::Task<'_>) -> Option<Task> {
    Some(Task {
        resource: Resource::parse(task.resource.as_ref()?.value),
        timeout: quantity(task.timeout_seconds.as_ref(), task.timeout_seconds_path.as_ref()),
        heartbeat: quantity(task.heartbeat_seconds.as_ref(), task.heartbeat_seconds_path.as_ref()),
        credentials: task.credentials.as_ref().map(template),
    })
}

fn lower_wait(wait: &definition::Wait) -> Option<Wait> {
    let seconds =
        wait.seconds.as_ref().and_then(|seconds| computable(seconds, count, Wait::Seconds, Wait::SecondsQuery));
    seconds
        .or_else(|| {
            let literal = |timestamp: &Spanned<_>| Some(timestamp.value);
            computable(wait.timestamp.as_ref()?, literal, Wait::Timestamp, Wait::TimestampQuery)
        })
        .or_else(|| wait.seconds_path.as_ref().map(|path| Wait::SecondsPath(path.value.clone())))
        .or_else(|| wait.timestamp_path.as_ref().map(|path| Wait::TimestampPath(path.value.clone())))
}

fn retrier(retrier: &definition::Retrier<'_>) -> Option<Retrier> {
    Some(Retrier {
        error_equals: error_names(retrier.error_equals.as_ref()?),
        interval_seconds: retrier
            .interval_seconds
            .as_ref()
            .and_then(count)
            .unwrap_or(Retrier::DEFAULT_INTERVAL_SECONDS),
        max_attempts: retrier.max_attempts.as_ref().and_then(count).unwrap_or(Retrier::DEFAULT_MAX_ATTEMPTS),
        backoff_rate: retrier.backoff_rate.as_ref().map_or(Retrier::DEFAULT_BACKOFF_RATE, |rate| rate.value),
        max_delay_seconds: retrier.max_delay_seconds.as_ref().and_then(count),
        jitter: match retrier.jitter_strategy.as_ref().map(|strategy| strategy.value) {
            Some("FULL") => Jitter::Full,
            _ => Jitter::None,
        },
    })
}

fn error_names(names: &Spanned<Vec<Spanned<&str>>>) -> Vec<ErrorName> {
    names.value.iter().map(|name| ErrorName::from(name.value)).collect()
}

fn condition(test: &definition::Test<'_>, numbering: &mut Numbering) -> Option<Condition> {
    let mut all = |tests: &[definition::Test<'_>]| {
        tests.iter().map(|test| condition(test, numbering)).collect::<Option<Vec<_>>>()
    };
    Some(match test.kind.as_ref()? {
        TestKind::Condition(Computable::Literal(literal)) => Condition::Literal(literal.value),
        TestKind::Condition(Computable::Jsonata(jsonata)) => Condition::Query(jsonata.query.clone()),
        TestKind::And(tests) => Condition::And(all(&tests.value)?),
        TestKind::Or(tests) => Condition::Or(all(&tests.value)?),
        TestKind::Not(test) => Condition::Not(Box::new(condition(test, numbering)?)),
        TestKind::Comparison(comparison) => Condition::Comparison(Comparison {
            variable: numbering.number(&comparison.variable.as_ref()?.value),
            test: comparison.test.value.clone(),
        }),
    })
}

fn template(template: &Template<'_>) -> PayloadTemplate {
    match &template.kind {
        TemplateKind::Literal(value) | TemplateKind::Open(value) => PayloadTemplate::Literal(value.clone()),
        TemplateKind::Jsonata(jsonata) => PayloadTemplate::Query(jsonata.query.clone()),
        TemplateKind::Array(elements) => PayloadTemplate::array(elements.iter().map(self::template).collect()),
        TemplateKind::Object(members) => PayloadTemplate::object(members.iter().map(template_member).collect()),
    }
}

fn template_member(member: &definition::TemplateMember<'_>) -> TemplateMember {
    let key = member.key.value;
    match &member.value {
        MemberValue::Expression(expression) => TemplateMember::expression(key, expression.value.clone()),
        MemberValue::Template(value) => TemplateMember::plain(key, template(value)),
    }
}

fn path_field(path: Option<&Spanned<Option<JsonPath>>>) -> PathField {
    match path.map(|path| &path.value) {
        None => PathField::Whole,
        Some(None) => PathField::Nothing,
        Some(Some(path)) => whole_or(path),
    }
}

fn whole_or(path: &JsonPath) -> PathField {
    if path.text() == "$" { PathField::Whole } else { PathField::Path(path.clone()) }
}

fn result_path(path: Option<&Spanned<Option<ReferencePath>>>) -> ResultPath {
    match path.map(|path| &path.value) {
        None => ResultPath::Replace,
        Some(None) => ResultPath::Discard,
        Some(Some(path)) if path.path().text() == "$" => ResultPath::Replace,
        Some(Some(path)) => ResultPath::Place(path.clone()),
    }
}

fn fail_text(
    text: Option<&Computable<&str>>,
    expression: Option<&Spanned<crate::expression::Expression>>,
) -> Option<FailText> {
    let literal = |text: &Spanned<&str>| Some(text.value.into());
    let text = text.and_then(|text| computable(text, literal, FailText::Literal, FailText::Query));
    text.or_else(|| expression.map(|expression| FailText::Expression(expression.value.clone())))
}

fn quantity(number: Option<&Computable<i64>>, path: Option<&Spanned<JsonPath>>) -> Option<Quantity> {
    let number = number.and_then(|number| computable(number, count, Quantity::Literal, Quantity::Query));
    number.or_else(|| path.map(|path| Quantity::Path(path.value.clone())))
}

fn percentage(map: &definition::Map<'_>) -> Option<Percentage> {
    let literal = |number: &Spanned<f64>| Some(number.value);
    let number = map.tolerated_failure_percentage.as_ref();
    let number = number.and_then(|number| computable(number, literal, Percentage::Literal, Percentage::Query));
    number.or_else(|| map.tolerated_failure_percentage_path.as_ref().map(|path| Percentage::Path(path.value.clone())))
}

/// A literal, which `read` reads, or an expression, in the two forms that the program has for them.
fn computable<T, L, C>(
    field: &Computable<T>,
    read: impl FnOnce(&Spanned<T>) -> Option<L>,
    literal: impl FnOnce(L) -> C,
    query: impl FnOnce(Query) -> C,
) -> Option<C> {
    match field {
        Computable::Literal(value) => read(value).map(literal),
        Computable::Jsonata(jsonata) => Some(query(jsonata.query.clone())),
    }
}

/// A number that validation found not to be negative.
fn count(number: &Spanned<i64>) -> Option<u64> {
    u64::try_from(number.value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile;

    fn program(text: &str) -> Program {
        let compiled = compile(text);
        compiled.program.unwrap_or_else(|| panic!("{}", compiled.diagnostics))
    }

    /// The program of a machine with one state, whose fields are `fields`.
    fn state(fields: &str, check: impl FnOnce(&State)) {
        let program = program(&format!(r#"{{"StartAt": "A", "States": {{"A": {{{fields}, "End": true}}}}}}"#));
        check(program.state(StateId(0)).unwrap());
    }

    #[test]
    fn states_are_numbered_as_they_are_written() {
        let program = program(
            r#"{"Comment": "four", "StartAt": "Last", "TimeoutSeconds": 9, "States": {
                "All": {"Type": "Parallel", "Next": "Last", "Branches": [
                    {"StartAt": "Right", "States": {"Left": {"Type": "Succeed"}, "Right": {"Type": "Pass", "Next": "Left"}}}]},
                "Last": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "All"}], "Default": "End"},
                "End": {"Type": "Succeed"}}}"#,
        );
        assert!(program.state_names().eq(["All", "Left", "Right", "Last", "End"]));
        let machine = program.machine();
        assert_eq!((machine.start_at, machine.timeout_seconds, program.comment()), (StateId(3), Some(9), Some("four")));
        let [all, _, right, last, _] = &*machine.states else { panic!("five states") };
        assert_eq!(all.transition, Transition::Next(StateId(3)));
        assert_eq!(right.transition, Transition::Next(StateId(1)));
        assert!(matches!(&all.kind, StateKind::Parallel { branches } if *branches == [StateId(2)]));
        let StateKind::Choice(choice) = &last.kind else { panic!("a Choice") };
        assert_eq!((choice.choices[0].next, choice.default), (StateId(0), Some(StateId(4))));
    }

    #[test]
    fn retriers_have_the_defaults_of_the_specification() {
        let retry = r#""Type": "Task", "Resource": "urn:r", "Retry": [{"ErrorEquals": ["E"]},
            {"ErrorEquals": ["F"], "IntervalSeconds": 2, "MaxAttempts": 0, "BackoffRate": 1.5, "MaxDelaySeconds": 9,
             "JitterStrategy": "FULL"}]"#;
        state(retry, |state| {
            let facts = |retrier: &Retrier| {
                (retrier.interval_seconds, retrier.max_attempts, retrier.max_delay_seconds, retrier.jitter)
            };
            assert_eq!(facts(&state.retry[0]), (1, 3, None, Jitter::None));
            assert_eq!(facts(&state.retry[1]), (2, 0, Some(9), Jitter::Full));
            let rates: Vec<f64> = state.retry.iter().map(|retrier| retrier.backoff_rate).collect();
            assert_eq!(rates, [2.0, 1.5]);
        });
    }

    #[test]
    fn null_and_the_root_are_paths_of_their_own() {
        state(r#""Type": "Pass", "InputPath": null, "OutputPath": "$", "ResultPath": null"#, |state| {
            assert!(matches!(state.input_path, PathField::Nothing));
            assert!(matches!(state.output_path, PathField::Whole));
            assert!(matches!(state.result_path, ResultPath::Discard));
        });
        state(r#""Type": "Pass", "InputPath": "$.a", "ResultPath": "$""#, |state| {
            assert!(matches!(&state.input_path, PathField::Path(path) if path.text() == "$.a"));
            assert!(matches!(state.output_path, PathField::Whole));
            assert!(matches!(state.result_path, ResultPath::Replace));
        });
        state(r#""Type": "Pass", "ResultPath": "$.a""#, |state| {
            assert!(matches!(state.result_path, ResultPath::Place(_)));
        });
    }

    #[test]
    fn the_older_names_of_a_map_mean_the_same() {
        let machine = r#"{"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}"#;
        for (processor, selector) in [("ItemProcessor", "ItemSelector"), ("Iterator", "Parameters")] {
            state(&format!(r#""Type": "Map", "{processor}": {machine}, "{selector}": {{"x": 1}}"#), |state| {
                let StateKind::Map(map) = &state.kind else { panic!("a Map") };
                assert_eq!(map.start_at, StateId(1));
                assert!(map.item_selector.is_some() && state.parameters.is_none(), "{processor}");
            });
        }
    }

    #[test]
    fn fields_hold_literals_or_expressions_in_either_language() {
        let one = |fields: &str, check: &dyn Fn(&State)| {
            state(&format!(r#""QueryLanguage": "JSONata", {fields}"#), check);
        };
        one(r#""Type": "Wait", "Seconds": "{% 1 %}""#, &|state| {
            assert!(matches!(state.kind, StateKind::Wait(Wait::SecondsQuery(_))));
        });
        one(r#""Type": "Wait", "Timestamp": "{% $now() %}""#, &|state| {
            assert!(matches!(state.kind, StateKind::Wait(Wait::TimestampQuery(_))));
        });
        one(r#""Type": "Wait", "Seconds": 1"#, &|state| {
            assert!(matches!(state.kind, StateKind::Wait(Wait::Seconds(1))));
        });
        one(r#""Type": "Task", "Resource": "urn:r", "TimeoutSeconds": "{% 1 %}", "Arguments": {"a": 1}"#, &|state| {
            assert!(state.parameters.is_some() && state.output.is_none());
            assert!(matches!(&state.kind, StateKind::Task(Task { timeout: Some(Quantity::Query(_)), .. })));
        });
        one(r#""Type": "Pass", "Output": {"a": ["{% 1 %}", " {% 2 %}"]}"#, &|state| {
            let Some(PayloadTemplate::Object(members)) = &state.output else { panic!("a template") };
            let PayloadTemplate::Array(elements) = &members[0].value else { panic!("an array") };
            assert!(matches!(elements.as_slice(), [PayloadTemplate::Query(_), PayloadTemplate::Literal(_)]));
        });
        let processor = r#""ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}"#;
        one(&format!(r#""Type": "Map", {processor}"#), &|state| {
            assert!(matches!(&state.kind, StateKind::Map(map) if matches!(map.items, Items::Template(None))));
        });
    }
}
