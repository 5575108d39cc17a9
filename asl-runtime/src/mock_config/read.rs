//! Reads mock files, and says where they are wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use asl_core::diagnostic::{Code, Diagnostic, Diagnostics, Location};
use asl_core::source::{Source, Span};
use asl_core::syntax::{self, Member, Node};
use asl_core::{Failure, Value};

use super::responses::{Invocations, MockedAnswer, MockedResponse, invocations};
use super::{MockConfig, MockedState, MockedTestCase, did_you_mean};

pub(super) fn read(text: &str) -> Result<MockConfig, Diagnostics> {
    let source = Source::new("mock file", text);
    let (root, mut faults) = syntax::parse(text);
    let Some(root) = root else { return Err(faults) };
    faults.extend(syntax::duplicate_keys(&root, &source));
    let mut reader = Reader { source: &source, root: &root, faults };
    let config = reader.mock_config();
    if reader.faults.has_errors() { Err(reader.faults) } else { Ok(config) }
}

struct Reader<'a> {
    source: &'a Source<'a>,
    root: &'a Node<'a>,
    faults: Diagnostics,
}

type Responses = BTreeMap<Arc<str>, Arc<MockedResponse>>;

impl<'a> Reader<'a> {
    fn mock_config(&mut self) -> MockConfig {
        const FIELDS: [&str; 2] = ["StateMachines", "MockedResponses"];
        let Some(members) = self.object(self.root, "a mock file") else {
            return MockConfig { state_machines: BTreeMap::new() };
        };
        self.refuse_others(members, &FIELDS, "a mock file");
        let responses = self.root.get("MockedResponses").map(|node| self.responses(node)).unwrap_or_default();
        let state_machines = self.required(self.root, "StateMachines").map(|node| {
            self.named(node, "`StateMachines`", |reader, member| reader.state_machine(&member.value, &responses))
        });
        MockConfig { state_machines: state_machines.unwrap_or_default() }
    }

    fn state_machine(&mut self, node: &'a Node<'a>, responses: &Responses) -> BTreeMap<Arc<str>, MockedTestCase> {
        let Some(members) = self.object(node, "a state machine") else { return BTreeMap::new() };
        self.refuse_others(members, &["TestCases"], "a state machine");
        let test_cases = self
            .required(node, "TestCases")
            .map(|node| self.named(node, "`TestCases`", |reader, member| reader.test_case(&member.value, responses)));
        test_cases.unwrap_or_default()
    }

    fn test_case(&mut self, node: &'a Node<'a>, responses: &Responses) -> MockedTestCase {
        let mut states = Vec::new();
        for member in self.object(node, "a test case").unwrap_or_default() {
            let Some(response_name) = self.text(&member.value, "a state's mocked response") else { continue };
            let response = responses.get(response_name).map(Arc::clone).ok_or_else(|| {
                let message = format!("there is no mocked response `{response_name}`");
                let mut fault = self.fault(Code::UNKNOWN_VALUE, member.value.span, message);
                fault.help = did_you_mean(response_name, responses.keys().map(|name| &**name));
                fault
            });
            states.push(MockedState {
                name: (&*member.key).into(),
                location: self.location(member.key_span),
                response_name: response_name.into(),
                response,
            });
        }
        MockedTestCase { states }
    }

    fn responses(&mut self, node: &'a Node<'a>) -> Responses {
        self.named(node, "`MockedResponses`", |reader, member| Arc::new(reader.response(member)))
    }

    fn response(&mut self, response: &'a Member<'a>) -> MockedResponse {
        let name: Arc<str> = (&*response.key).into();
        let mut answers: Vec<(Invocations, Span, Option<MockedAnswer>)> = Vec::new();
        let members = self.object(&response.value, "a mocked response").unwrap_or_default();
        for member in members {
            let Some(numbers) = invocations(&member.key) else {
                let message = format!("`{}` is not the number of an invocation", member.key);
                let help = "a number from 0 on, such as `0`, or a range with both ends, such as `1-3`";
                self.faults.push(self.fault(Code::UNKNOWN_VALUE, member.key_span, message).with_help(help));
                continue;
            };
            answers.push((numbers, member.key_span, self.answer(&member.value)));
        }
        if members.is_empty() && response.value.as_object().is_some() {
            self.faults.push(self.fault(
                Code::EMPTY_VALUE,
                response.value.span,
                "a mocked response answers at least invocation `0`",
            ));
        }
        self.check_order(&mut answers);
        let answers = answers.into_iter().filter_map(|(numbers, _, answer)| Some((numbers, answer?))).collect();
        MockedResponse { name, answers }
    }

    /// Sorts the answers by their invocations, and says which invocation has two answers or none.
    fn check_order(&mut self, answers: &mut [(Invocations, Span, Option<MockedAnswer>)]) {
        answers.sort_by_key(|(numbers, span, _)| (*numbers.start(), *numbers.end(), span.start));
        let mut before: Option<(&Invocations, Span)> = None;
        for (numbers, span, _) in answers.iter() {
            let expected = before.map_or(0, |(before, _)| before.end().saturating_add(1));
            match before {
                Some((_, place)) if *numbers.start() < expected => {
                    let message = format!("invocation {} has two answers", numbers.start());
                    let fault = self.fault(Code::CONFLICTING_FIELDS, *span, message);
                    self.faults.push(fault.with_label(self.location(place), "the other answer"));
                }
                _ if *numbers.start() > expected => {
                    let message = match numbers.start() - 1 {
                        last if last == expected => format!("invocation {expected} has no answer"),
                        last => format!("invocations {expected} to {last} have no answer"),
                    };
                    let help = "invocations are counted from 0, and every one up to the last needs an answer";
                    self.faults.push(self.fault(Code::MISSING_FIELD, *span, message).with_help(help));
                }
                _ => {}
            }
            if before.is_none_or(|(before, _)| before.end() < numbers.end()) {
                before = Some((numbers, *span));
            }
        }
    }

    fn answer(&mut self, node: &'a Node<'a>) -> Option<MockedAnswer> {
        let members = self.object(node, "the answer to an invocation")?;
        self.refuse_others(members, &["Return", "Throw"], "the answer to an invocation");
        match (node.member("Return"), node.member("Throw")) {
            (Some(output), None) => Some(MockedAnswer::Return(Value::from(&output.value))),
            (None, Some(throw)) => self.failure(&throw.value).map(MockedAnswer::Throw),
            (Some(_), Some(throw)) => {
                self.faults.push(self.fault(
                    Code::CONFLICTING_FIELDS,
                    throw.key_span,
                    "an invocation either returns or throws",
                ));
                None
            }
            // A mistyped name was reported already.
            (None, None) if !members.is_empty() => None,
            (None, None) => {
                self.faults.push(self.fault(Code::MISSING_ONE_OF, node.span, "the answer needs `Return` or `Throw`"));
                None
            }
        }
    }

    fn failure(&mut self, node: &'a Node<'a>) -> Option<Failure> {
        let members = self.object(node, "`Throw`")?;
        self.refuse_others(members, &["Error", "Cause"], "`Throw`");
        let error = self.required(node, "Error")?;
        let error = self.text(error, "`Error`")?;
        let cause = match node.get("Cause") {
            Some(cause) => Some(self.text(cause, "`Cause`")?),
            None => None,
        };
        Some(Failure::from_parts(Some(error.into()), cause.map(Into::into)))
    }

    /// The members of an object by their names, each as `read` understands it.
    fn named<T>(
        &mut self,
        node: &'a Node<'a>,
        what: &str,
        mut read: impl FnMut(&mut Self, &'a Member<'a>) -> T,
    ) -> BTreeMap<Arc<str>, T> {
        let members = self.object(node, what).unwrap_or_default();
        members.iter().map(|member| ((&*member.key).into(), read(self, member))).collect()
    }

    fn object(&mut self, node: &'a Node<'a>, what: &str) -> Option<&'a [Member<'a>]> {
        let members = node.as_object();
        if members.is_none() {
            let message = format!("{what} must be an object, not {}", node.kind_name());
            self.faults.push(self.fault(Code::WRONG_TYPE, node.span, message));
        }
        members
    }

    fn required(&mut self, node: &'a Node<'a>, field: &str) -> Option<&'a Node<'a>> {
        let value = node.get(field);
        if value.is_none() {
            self.faults.push(self.fault(Code::MISSING_FIELD, node.span, format!("`{field}` is missing")));
        }
        value
    }

    fn text(&mut self, node: &'a Node<'a>, what: &str) -> Option<&'a str> {
        let text = node.as_str();
        if text.is_none() {
            let message = format!("{what} must be a string, not {}", node.kind_name());
            self.faults.push(self.fault(Code::WRONG_TYPE, node.span, message));
        }
        text
    }

    fn refuse_others(&mut self, members: &'a [Member<'a>], known: &[&str], what: &str) {
        for member in members.iter().filter(|member| !known.contains(&&*member.key)) {
            let message = format!("{what} has no field `{}`", member.key);
            let mut fault = self.fault(Code::UNKNOWN_FIELD, member.key_span, message);
            fault.help = did_you_mean(&member.key, known.iter().copied());
            self.faults.push(fault);
        }
    }

    fn fault(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.location(span), message)
    }

    fn location(&self, span: Span) -> Location {
        self.source.location(self.root.pointer_to(span), span)
    }
}
