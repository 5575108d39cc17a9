//! `InputPath`, `ItemsPath`, `ResultPath` and `OutputPath`: how data enters and leaves a state.
//!
//! See [Input and Output Processing](https://states-language.net/spec.html#using-paths) in the specification.

use crate::failure::{ErrorName, Failure};
use crate::program::{PathField, ResultPath};
use crate::value::{Array, Value};

use super::scope::Scope;

impl PathField {
    /// What `InputPath` or `OutputPath` lets through.
    pub(crate) fn apply(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Whole => Ok(scope.input.clone()),
            Self::Nothing => Ok(Value::empty_object()),
            Self::Path(path) => scope.find(path).map_err(super::Unresolved::into_invalid_path),
        }
    }

    /// The items that `ItemsPath` finds for a Map to run over.
    pub(crate) fn items(&self, scope: &Scope<'_>) -> Result<Array, Failure> {
        if let Value::Array(items) = self.apply(scope)? {
            return Ok(items);
        }
        let path = match self {
            Self::Path(path) => path.text(),
            Self::Whole | Self::Nothing => "$",
        };
        Err(Failure::runtime(format!("Reference path \"{path}\" must point to array.")))
    }
}

impl ResultPath {
    /// The state's `input` with its `result` where this says.
    ///
    /// Fails with `States.ResultPathMatchFailure` where the path leads through something that is not an object.
    pub(crate) fn apply(&self, input: &Value, result: Value) -> Result<Value, Failure> {
        match self {
            Self::Replace => Ok(result),
            Self::Discard => Ok(input.clone()),
            Self::Place(path) => path.place(input, result).map_err(|_| {
                let path = path.path().text();
                Failure::new(
                    ErrorName::RESULT_PATH_MATCH_FAILURE,
                    format!("Unable to apply ReferencePath {path} to input {input}"),
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::{parse, path, with_scope};
    use crate::jsonpath::ReferencePath;

    const INPUT: &str = r#"{"a":{"b":[1,2]}}"#;

    #[test]
    fn paths_let_through_everything_nothing_or_what_they_find() {
        for (field, expected) in [
            (PathField::Whole, Ok(INPUT)),
            (PathField::Nothing, Ok("{}")),
            (PathField::Path(path("$.a.b[1]")), Ok("2")),
            (PathField::Path(path("$$.State")), Ok(r#"{"Name":"Ship"}"#)),
            (PathField::Path(path("$.x")), Err("Invalid path '$.x' : No results for path: $['x']")),
        ] {
            let found = with_scope(INPUT, |scope| field.apply(scope));
            assert_eq!(found.map(|value| value.to_string()), expected.map(String::from).map_err(Failure::runtime));
        }
        assert_eq!(with_scope("null", |scope| PathField::Whole.apply(scope)), Ok(Value::Null));
    }

    #[test]
    fn a_map_runs_over_arrays_only() {
        for (input, field, expected) in [
            ("[1,2]", PathField::Whole, Ok(2)),
            (INPUT, PathField::Path(path("$.a.b")), Ok(2)),
            (INPUT, PathField::Path(path("$.a")), Err("Reference path \"$.a\" must point to array.")),
            ("7", PathField::Whole, Err("Reference path \"$\" must point to array.")),
        ] {
            let items = with_scope(input, |scope| field.items(scope));
            assert_eq!(items.map(|items| items.len()), expected.map_err(Failure::runtime));
        }
    }

    #[test]
    fn a_result_is_placed_replaces_or_is_dropped() {
        let place = |text| ResultPath::Place(ReferencePath::parse(text).unwrap());
        for (result_path, input, expected) in [
            (ResultPath::Replace, INPUT, Ok("7")),
            (ResultPath::Discard, INPUT, Ok(INPUT)),
            (place("$.c.d"), INPUT, Ok(r#"{"a":{"b":[1,2]},"c":{"d":7}}"#)),
            (place("$.x"), r#""foo""#, Err(r#"Unable to apply ReferencePath $.x to input "foo""#)),
        ] {
            let placed = result_path.apply(&parse(input), 7.into());
            let failure = |cause| Failure::new(ErrorName::RESULT_PATH_MATCH_FAILURE, cause);
            assert_eq!(placed.map(|value| value.to_string()), expected.map(String::from).map_err(failure));
        }
    }
}
