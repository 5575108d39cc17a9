//! Reference Paths, which can be written to.

use super::JsonPath;
use super::step::Step;
use crate::execution::Limits;
use crate::expression::ExpressionError;
use crate::value::{Object, Value};

/// A path of names and non-negative indices only, which can also be written to.
///
/// See [Reference Paths](https://states-language.net/spec.html#ref-paths) in the specification.
#[derive(Debug, Clone)]
pub(crate) struct ReferencePath {
    path: JsonPath,
}

impl ReferencePath {
    /// Reads a Reference Path.
    ///
    /// # Errors
    ///
    /// What is wrong with the text as a path, or that it may select more than one value.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        JsonPath::parse(text).and_then(Self::of)
    }

    /// The path, if it leads to one place.
    ///
    /// # Errors
    ///
    /// That it may select more than one value.
    pub(crate) fn of(path: JsonPath) -> Result<Self, ExpressionError> {
        if path.is_reference_path() {
            Ok(Self { path })
        } else {
            let text = path.text();
            Err(ExpressionError::new(0..text.len(), format!("`{text}` is not a Reference Path"))
                .with_help("use names and non-negative indices only, such as `$.orders[0].id`"))
        }
    }

    pub(crate) fn path(&self) -> &JsonPath {
        &self.path
    }

    /// `document` with `value` placed at this path; objects are made on the way where nothing was.
    ///
    /// Only what lies on the path is copied.
    ///
    /// # Errors
    ///
    /// When a name meets something other than an object, or an index something other than an array that has it.
    pub(crate) fn place(&self, document: &Value, value: Value) -> Result<Value, CannotPlace> {
        let mut placed = document.clone();
        self.place_in(&mut placed, value)?;
        Ok(placed)
    }

    /// Whether it takes no more than a look to see that `value` can be placed in `document`, and that the result is
    /// within the limits of a payload.
    pub(crate) fn surely_fits(&self, document: &Value, value: &Value, limits: &Limits) -> bool {
        let ([Step::Name(name)], Value::Object(_)) = (self.path.steps(), document) else { return false };
        // A character of a name takes at most six bytes of JSON text.
        let bytes = document.text_size() + value.text_size() + 6 * name.len() + 4;
        bytes <= limits.payload_bytes && document.depth().max(value.depth() + 1) <= limits.payload_depth
    }

    /// The same in `document` itself, of which only what is shared is copied; it may be half changed after an error.
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    pub(crate) fn place_in(&self, document: &mut Value, value: Value) -> Result<(), CannotPlace> {
        let Some((last, way)) = self.path.steps().split_last() else {
            *document = value;
            return Ok(());
        };
        let mut slot = document;
        for step in way {
            slot = match (step, slot) {
                (Step::Name(name), Value::Object(object)) => {
                    if !object.contains_key(name) {
                        object.insert(name.clone(), Object::default());
                    }
                    object.get_mut(name).ok_or(CannotPlace)?
                }
                (Step::Index(index), Value::Array(array)) => {
                    let index = usize::try_from(*index).map_err(|_| CannotPlace)?;
                    // Looked up before `make_mut`, which copies a shared array.
                    array.get(index).ok_or(CannotPlace)?;
                    array.make_mut().get_mut(index).ok_or(CannotPlace)?
                }
                _ => return Err(CannotPlace),
            };
        }
        match (last, slot) {
            (Step::Name(name), Value::Object(object)) => object.insert(name.clone(), value),
            (Step::Index(index), Value::Array(array)) => {
                let index = usize::try_from(*index).map_err(|_| CannotPlace)?;
                array.get(index).ok_or(CannotPlace)?;
                *array.make_mut().get_mut(index).ok_or(CannotPlace)? = value;
            }
            _ => return Err(CannotPlace),
        }
        Ok(())
    }
}

/// A path that does not fit the document it should be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CannotPlace;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str, document: &str) -> Result<String, CannotPlace> {
        let document: Value = document.parse().unwrap();
        ReferencePath::parse(path).unwrap().place(&document, "new".into()).map(|placed| placed.to_string())
    }

    #[test]
    fn places_at_the_path_and_makes_objects_on_the_way() {
        let cases = [
            ("$", r#"{"a":1}"#, Some(r#""new""#)),
            ("$.a", r#"{"a":1,"b":2}"#, Some(r#"{"a":"new","b":2}"#)),
            ("$.b", r#"{"a":1}"#, Some(r#"{"a":1,"b":"new"}"#)),
            ("$.b.c.d", r#"{"a":1}"#, Some(r#"{"a":1,"b":{"c":{"d":"new"}}}"#)),
            ("$['b c'].d", r#"{"b c":{"e":1}}"#, Some(r#"{"b c":{"e":1,"d":"new"}}"#)),
            ("$.a[1]", r#"{"a":[1,2,3]}"#, Some(r#"{"a":[1,"new",3]}"#)),
            ("$.a[0].b", r#"{"a":[{}]}"#, Some(r#"{"a":[{"b":"new"}]}"#)),
            ("$[0]", "[1]", Some(r#"["new"]"#)),
            ("$.a[3]", r#"{"a":[1,2,3]}"#, None),
            ("$.a[0]", r"{}", None),
            ("$.a.b", r#"{"a":"text"}"#, None),
            ("$.a.b", r#"{"a":null}"#, None),
            ("$.a", r#""text""#, None),
            ("$.a", "[]", None),
            ("$[0]", "{}", None),
        ];
        for (path, document, expected) in cases {
            assert_eq!(place(path, document).ok().as_deref(), expected, "{path} in {document}");
        }
    }

    #[test]
    fn placing_leaves_the_original_alone() {
        let document: Value = r#"{"a":{"b":[1]},"c":[]}"#.parse().unwrap();
        let path = ReferencePath::parse("$.a.b[0]").unwrap();
        assert_eq!(path.place(&document, 2.into()).unwrap().to_string(), r#"{"a":{"b":[2]},"c":[]}"#);
        assert_eq!(document.to_string(), r#"{"a":{"b":[1]},"c":[]}"#);
    }

    #[test]
    fn only_names_and_non_negative_indices_make_a_reference_path() {
        for (text, expected) in [
            ("$", true),
            ("$.a.b", true),
            ("$['a'][0]", true),
            ("$.a[-1]", false),
            ("$.a[*]", false),
            ("$.a[0:1]", false),
            ("$.a[0,1]", false),
            ("$['a','b']", false),
            ("$..a", false),
            ("$.a[?(@.b)]", false),
            ("$.a.length()", false),
        ] {
            assert_eq!(ReferencePath::parse(text).is_ok(), expected, "{text}");
        }
    }
}
