//! Pure functions of values: what the fields of a state mean when the state runs.
//!
//! Everything here is evaluated against a [`Scope`]; nothing here knows of states, events or time.
//! A failure that these functions return is the interpreter's own and names no state: the execution adds that.

pub(crate) mod assign;
pub(crate) mod choice_rule;
pub(crate) mod context_object;
mod fail_text;
pub(crate) mod input_output;
pub(crate) mod integration;
mod payload_limit;
mod payload_template;
mod quantity;
mod query;
mod scope;
mod wait;

pub(crate) use self::choice_rule::Condition;
pub(crate) use self::payload_limit::{check_payload, payload_limit_exceeded};
pub(crate) use self::payload_template::{PayloadTemplate, TemplateMember};
pub(crate) use self::query::{Query, States};
pub(crate) use self::scope::{Budget, Scope, Unresolved, Variables};

#[cfg(test)]
mod tests {
    use super::{Budget, Scope, States, Variables};
    use crate::jsonpath::JsonPath;
    use crate::random::Random;
    use crate::timestamp::Timestamp;
    use crate::value::Value;

    pub(super) fn parse(text: &str) -> Value {
        text.parse().unwrap()
    }

    pub(super) fn path(text: &str) -> JsonPath {
        JsonPath::parse(text).unwrap()
    }

    /// Runs `check` with `input`, a context object with a state called `Ship`, and the variables `total` and `customer`.
    pub(super) fn with_scope<T>(input: &str, check: impl FnOnce(&Scope<'_>) -> T) -> T {
        let variables = parse(r#"{"total":12,"customer":{"name":"Ann"}}"#);
        let input = parse(input);
        check(&Scope {
            input: &input,
            states: States { input: &input, result: None, error_output: None },
            context: &|| parse(r#"{"State":{"Name":"Ship"}}"#),
            variables: &Variables::new(variables.as_object().unwrap(), &[]),
            random: &Random::from_seed(0),
            now: Timestamp::UNIX_EPOCH,
            budget: Budget::of(u64::MAX),
        })
    }
}
