//! Numbers that a field holds, or that its `…Path` twin finds in the state's input.

use std::borrow::Cow;

use crate::failure::Failure;
use crate::jsonpath::JsonPath;
use crate::program::{Percentage, Quantity};
use crate::value::Value;

use super::scope::Scope;

impl Quantity {
    /// The number: `field` is its name without `Path`, such as `TimeoutSeconds`, and appears in messages.
    pub(crate) fn evaluate(&self, field: &str, scope: &Scope<'_>) -> Result<u64, Failure> {
        match self {
            Self::Literal(number) => Ok(*number),
            Self::Path(path) => non_negative(path, field, scope),
        }
    }

    /// The same, for fields that must not be 0: `TimeoutSeconds` and `HeartbeatSeconds`.
    pub(crate) fn evaluate_positive(&self, field: &str, scope: &Scope<'_>) -> Result<u64, Failure> {
        match self.evaluate(field, scope)? {
            0 => Err(Failure::runtime(format!("{field} must be positive."))),
            number => Ok(number),
        }
    }
}

impl Percentage {
    /// `ToleratedFailurePercentage`, from 0 to 100.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<f64, Failure> {
        const FIELD: &str = "ToleratedFailurePercentage";
        let path = match self {
            Self::Literal(percentage) => return Ok(*percentage),
            Self::Path(path) => path,
        };
        let value = scope.find(path).map_err(super::Unresolved::into_invalid_path)?;
        match value.as_f64() {
            Some(percentage) if (0.0..=100.0).contains(&percentage) => Ok(percentage),
            Some(_) => Err(Failure::runtime(format!("{FIELD} must be between 0 and 100."))),
            None => Err(wrong_type(FIELD, &value, "float", path)),
        }
    }
}

fn non_negative(path: &JsonPath, field: &str, scope: &Scope<'_>) -> Result<u64, Failure> {
    let value = scope.find(path).map_err(super::Unresolved::into_invalid_path)?;
    count(&value).map_err(|refused| match refused {
        NotACount::Negative => Failure::runtime(format!("{field} cannot be negative.")),
        NotACount::NotAnInteger => wrong_type(field, &value, "integer", path),
    })
}

fn wrong_type(field: &str, value: &Value, expected: &str, path: &JsonPath) -> Failure {
    let (value, path) = (bare_text(value), path.text());
    Failure::runtime(format!(
        "The {field}Path field refers to value \"{value}\" which is not a valid {expected}: {path}"
    ))
}

/// Why a value counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotACount {
    Negative,
    NotAnInteger,
}

/// The value as a number of seconds or things; `2.0` is no integer.
pub(super) fn count(value: &Value) -> Result<u64, NotACount> {
    let number = value.as_number().ok_or(NotACount::NotAnInteger)?;
    match (number.as_u64(), number.as_i64()) {
        (Some(count), _) => Ok(count),
        (None, Some(_)) => Err(NotACount::Negative),
        (None, None) => Err(NotACount::NotAnInteger),
    }
}

/// A value as messages show it: a string without quotes and escapes, anything else as JSON.
pub(super) fn bare_text(value: &Value) -> Cow<'_, str> {
    value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::{path, with_scope};

    fn quantity(input: &str) -> Result<u64, Failure> {
        let quantity = Quantity::Path(path("$.ToleratedFailureCount"));
        with_scope(&format!(r#"{{"ToleratedFailureCount":{input}}}"#), |scope| {
            quantity.evaluate("ToleratedFailureCount", scope)
        })
    }

    #[test]
    fn a_path_must_find_an_integer_that_is_not_negative() {
        for (input, expected) in [("0", 0), ("5", 5), ("18446744073709551615", u64::MAX)] {
            assert_eq!(quantity(input), Ok(expected));
        }
        for (input, quoted) in
            [(r#""NoNumber""#, "NoNumber"), ("{}", "{}"), ("1.5", "1.5"), ("null", "null"), ("0.5", "0.5")]
        {
            let cause = format!(
                "The ToleratedFailureCountPath field refers to value \"{quoted}\" which is not a valid integer: \
                 $.ToleratedFailureCount"
            );
            assert_eq!(quantity(input), Err(Failure::runtime(cause)));
        }
        assert_eq!(quantity("-1"), Err(Failure::runtime("ToleratedFailureCount cannot be negative.")));
    }

    #[test]
    fn a_literal_needs_no_input() {
        with_scope("null", |scope| {
            assert_eq!(Quantity::Literal(3).evaluate("MaxConcurrency", scope), Ok(3));
            assert!(Quantity::Literal(0).evaluate_positive("TimeoutSeconds", scope).is_err());
            assert_eq!(Percentage::Literal(2.5).evaluate(scope), Ok(2.5));
        });
    }

    #[test]
    fn a_missing_value_is_an_invalid_path() {
        let quantity = Quantity::Path(path("$.seconds"));
        let failure = Failure::runtime("Invalid path '$.seconds' : No results for path: $['seconds']");
        assert_eq!(with_scope("{}", |scope| quantity.evaluate_positive("TimeoutSeconds", scope)), Err(failure));
    }

    #[test]
    fn percentages_go_from_0_to_100() {
        let percentage = |input| with_scope(input, |scope| Percentage::Path(path("$.p")).evaluate(scope));
        assert_eq!(percentage(r#"{"p":33.3}"#), Ok(33.3));
        let failure = Failure::runtime("ToleratedFailurePercentage must be between 0 and 100.");
        assert_eq!(percentage(r#"{"p":100.1}"#), Err(failure.clone()));
        assert_eq!(percentage(r#"{"p":-1}"#), Err(failure));
        assert!(percentage(r#"{"p":"x"}"#).is_err());
    }
}
