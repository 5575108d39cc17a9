//! Which handler runs the Tasks of which resource.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use asl_core::execution::ScheduleTask;
use asl_core::program::Resource;
use asl_core::{Program, Value};

use crate::handler::TaskHandler;
use crate::mock_config::MockedTestCase;

/// Handlers by the resource that they run; cheap to clone.
///
/// A handler is registered under one of:
///
/// | key | runs |
/// |---|---|
/// | `Charge` | the Lambda function of that name, named by its ARN or as `FunctionName` of `lambda:invoke` |
/// | `arn:aws:states:::sqs:sendMessage` | exactly this `Resource`, or this function given to `lambda:invoke` |
/// | `arn:aws:states:::sqs:*` | every `Resource` that fits, `*` standing for any text |
///
/// A handler [for a state](Self::state_handler) goes before all of these.
/// A function goes before a `Resource` written out, and that before a pattern; of two patterns the one with more text.
/// A later handler under the same key replaces the earlier one.
///
/// A handler found by its function runs `lambda:invoke` as AWS runs a function: it sees the `Payload`,
/// and what it returns becomes the `Payload` of the result.
/// One registered for `arn:aws:states:::lambda:invoke` itself, or by a pattern, sees and returns the whole call.
#[derive(Clone, Default)]
pub struct Registry {
    states: BTreeMap<Arc<str>, Arc<dyn TaskHandler>>,
    functions: BTreeMap<Arc<str>, Arc<dyn TaskHandler>>,
    resources: BTreeMap<Arc<str>, Arc<dyn TaskHandler>>,
    patterns: Vec<(Pattern, Arc<dyn TaskHandler>)>,
}

/// A handler, and how it wants to be called.
pub(crate) struct Registered {
    pub(crate) handler: Arc<dyn TaskHandler>,
    pub(crate) convention: CallConvention,
}

/// What a handler sees of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallConvention {
    /// The parameters as they are; what it returns is the result.
    Whole,
    /// The `Payload` of `lambda:invoke`; what it returns is the result's `Payload`.
    Payload,
}

impl Registry {
    /// A registry without handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `handler` run the Tasks of `key`: a function's name, a resource, or a pattern.
    #[must_use]
    pub fn handler(mut self, key: impl Into<Arc<str>>, handler: impl TaskHandler) -> Self {
        let (key, handler): (Arc<str>, Arc<dyn TaskHandler>) = (key.into(), Arc::new(handler));
        if key.contains('*') {
            self.add_pattern(Pattern(key), handler);
        } else if key.contains(':') {
            self.resources.insert(key, handler);
        } else {
            self.functions.insert(key, handler);
        }
        self
    }

    /// Lets `handler` run the Tasks of the state `state_name`, whatever they call; it sees and returns the whole call.
    #[must_use]
    pub fn state_handler(mut self, state_name: impl Into<Arc<str>>, handler: impl TaskHandler) -> Self {
        self.states.insert(state_name.into(), Arc::new(handler));
        self
    }

    /// Answers the states of `test_case` as its mock file says, whatever else is registered.
    #[must_use]
    pub fn mock(self, test_case: &MockedTestCase) -> Self {
        test_case.states().fold(self, |registry, state| registry.state_handler(state.name(), state.handler()))
    }

    /// Adds the handlers of `other`, which replace those under the same keys.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.states.extend(other.states);
        self.functions.extend(other.functions);
        self.resources.extend(other.resources);
        for (pattern, handler) in other.patterns {
            self.add_pattern(pattern, handler);
        }
        self
    }

    /// Whether every Task of `program` has a handler, as far as the definition tells.
    ///
    /// Activities need none, for their workers may come from outside.
    /// Which function `lambda:invoke` calls is only known when it runs: any function registered will do here.
    ///
    /// # Errors
    ///
    /// When Tasks have no handler: which, and what to register.
    pub fn check(&self, program: &Program) -> Result<(), MissingHandlers> {
        self.check_but(program, |_| false)
    }

    /// The same where Tasks that call what is `served` otherwise need no handler.
    pub(crate) fn check_but(
        &self,
        program: &Program,
        served: impl Fn(&Resource) -> bool,
    ) -> Result<(), MissingHandlers> {
        let missing: Vec<_> = program
            .resources()
            .filter(|(state_name, resource)| {
                resource.activity_name().is_none() && !served(resource) && !self.has_handler(state_name, resource)
            })
            .map(|(state_name, resource)| MissingHandler { state_name: state_name.into(), resource: resource.clone() })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(MissingHandlers { missing, registered: self.keys() }) }
    }

    /// Whether a Task of the state `state_name` that calls `resource` has a handler, as far as the definition tells.
    pub fn has_handler(&self, state_name: &str, resource: &Resource) -> bool {
        self.states.contains_key(state_name)
            || (invokes_function(resource) && self.has_functions())
            || self.find(resource, resource.function_name()).is_some()
    }

    fn has_functions(&self) -> bool {
        !self.functions.is_empty() || self.resources.keys().any(|key| Resource::parse(key).function_name().is_some())
    }

    /// Every key that has a handler, precise ones first.
    pub fn keys(&self) -> Vec<Arc<str>> {
        let patterns = self.patterns.iter().map(|(Pattern(pattern), _)| pattern);
        self.functions.keys().chain(self.resources.keys()).chain(patterns).cloned().collect()
    }

    /// The handler that runs `task`.
    pub(crate) fn resolve(&self, task: &ScheduleTask) -> Option<Registered> {
        if let Some(handler) = self.states.get(&task.state_name) {
            return Some(Registered { handler: Arc::clone(handler), convention: CallConvention::Whole });
        }
        let function = invoked_function(task)
            .and_then(|function| self.resources.get(function).or_else(|| self.functions.get(function_name(function))));
        match function {
            Some(handler) => Some(Registered { handler: Arc::clone(handler), convention: CallConvention::Payload }),
            None => self
                .find(&task.resource, task.resource.function_name())
                .map(|handler| Registered { handler: Arc::clone(handler), convention: CallConvention::Whole }),
        }
    }

    fn find(&self, resource: &Resource, function_name: Option<&str>) -> Option<&Arc<dyn TaskHandler>> {
        let text = resource.as_str();
        self.resources
            .get(text)
            .or_else(|| self.functions.get(function_name?))
            .or_else(|| self.patterns.iter().find(|(pattern, _)| pattern.matches(text)).map(|(_, handler)| handler))
    }

    fn add_pattern(&mut self, pattern: Pattern, handler: Arc<dyn TaskHandler>) {
        self.patterns.retain(|(known, _)| *known != pattern);
        let place = self.patterns.partition_point(|(known, _)| known.literal_length() >= pattern.literal_length());
        self.patterns.insert(place, (pattern, handler));
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Registry").field(&self.keys()).finish()
    }
}

/// The function that a `lambda:invoke` Task calls: a name or an ARN, with a version or an alias or without.
pub(crate) fn invoked_function(task: &ScheduleTask) -> Option<&str> {
    if invokes_function(&task.resource) { task.parameters.get("FunctionName").and_then(Value::as_str) } else { None }
}

fn invokes_function(resource: &Resource) -> bool {
    resource.service_action() == Some(("lambda", "invoke"))
}

/// The bare name in `name`, `name:alias`, `account:function:name` or an ARN.
fn function_name(function: &str) -> &str {
    let qualified = function.split_once("function:").map_or(function, |(_, name)| name);
    qualified.split_once(':').map_or(qualified, |(name, _qualifier)| name)
}

/// A resource in which `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(pub(crate) Arc<str>);

impl Pattern {
    pub(crate) fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|prefix| text.strip_prefix(prefix)) else { return false };
        let Some(suffix) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some((_, after)) = rest.split_once(part) else { return false };
            rest = after;
        }
        rest.ends_with(suffix)
    }

    fn literal_length(&self) -> usize {
        self.0.bytes().filter(|byte| *byte != b'*').count()
    }
}

/// Tasks that no handler runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingHandlers {
    missing: Vec<MissingHandler>,
    registered: Vec<Arc<str>>,
}

/// A Task that no handler runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingHandler {
    state_name: Arc<str>,
    resource: Resource,
}

impl MissingHandlers {
    /// The Tasks, in the order of the definition.
    pub fn iter(&self) -> impl Iterator<Item = &MissingHandler> {
        self.missing.iter()
    }
}

impl MissingHandler {
    /// The name of the Task state.
    pub fn state_name(&self) -> &str {
        &self.state_name
    }

    /// What the Task calls.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }
}

impl fmt::Display for MissingHandlers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no handler is registered for:")?;
        for MissingHandler { state_name, resource } in &self.missing {
            write!(formatter, "\n  state `{state_name}`, which calls `{resource}`")?;
        }
        if let Some(MissingHandler { resource, .. }) = self.missing.first() {
            let key = resource.function_name().unwrap_or(resource.as_str());
            write!(formatter, "\nhelp: register one with `.handler(\"{key}\", …)`")?;
        }
        match self.registered.as_slice() {
            [] => formatter.write_str("; no handler is registered at all"),
            keys => {
                let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
                write!(formatter, "; there are handlers for {}", keys.join(", "))
            }
        }
    }
}

impl std::error::Error for MissingHandlers {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_any_text_for_a_star() {
        let cases = [
            ("arn:aws:states:::sqs:*", "arn:aws:states:::sqs:sendMessage", true),
            ("arn:aws:states:::sqs:*", "arn:aws:states:::sns:publish", false),
            ("*", "anything", true),
            ("*.waitForTaskToken", "arn:aws:states:::sqs:sendMessage.waitForTaskToken", true),
            ("*.waitForTaskToken", "arn:aws:states:::sqs:sendMessage", false),
            ("arn:*:lambda:*:function:Charge*", "arn:aws:lambda:eu-west-1:1:function:ChargeCard", true),
            ("arn:*:lambda:*:function:Charge*", "arn:aws:lambda:eu-west-1:1:function:Refund", false),
            ("a*a", "a", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern(pattern.into()).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn functions_are_known_by_their_bare_name() {
        for function in [
            "Charge",
            "Charge:live",
            "arn:aws:lambda:us-east-1:111111111111:function:Charge",
            "arn:aws:lambda:us-east-1:111111111111:function:Charge:$LATEST",
            "111111111111:function:Charge",
        ] {
            assert_eq!(function_name(function), "Charge", "{function}");
        }
    }

    #[test]
    fn of_two_patterns_the_one_with_more_text_comes_first() {
        let handler = || crate::scripted(Vec::<crate::Reply>::new());
        let registry = Registry::new().handler("*", handler()).handler("arn:*", handler()).handler("Charge", handler());
        assert_eq!(registry.keys(), ["Charge".into(), "arn:*".into(), "*".into()] as [Arc<str>; 3]);
    }
}
