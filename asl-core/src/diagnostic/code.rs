//! The table of codes: one row for each kind of diagnostic.

use std::fmt;

use super::Severity;

/// The kind of a diagnostic: stable for ever, with a page `docs/codes/<CODE>.md`.
///
/// Where AWS has a code that says the same it is AWS's, otherwise ours, which is finer;
/// [`Code::aws_code`] gives the one that AWS's `ValidateStateMachineDefinition` would answer with.
/// Every code is a constant of its own name.
///
/// # Examples
///
/// ```
/// use asl_core::diagnostic::Code;
///
/// assert_eq!(Code::UNKNOWN_FIELD.name(), "UNKNOWN_FIELD");
/// assert_eq!(Code::UNKNOWN_FIELD.aws_code(), "SCHEMA_VALIDATION_FAILED");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static Row);

/// A row of the table; the name comes first so that codes sort by it.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Row {
    name: &'static str,
    aws_code: &'static str,
    severity: Severity,
    summary: &'static str,
}

impl Code {
    /// The code itself, as it stands in [`Diagnostic`](super::Diagnostic)s and in `docs/codes`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// AWS's code for the same fault.
    pub fn aws_code(self) -> &'static str {
        self.0.aws_code
    }

    /// Whether a definition with this fault can run all the same.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// One line that says what the code is about.
    pub fn summary(self) -> &'static str {
        self.0.summary
    }
}

/// Writes the rows as constants of [`Code`] and as the list [`Code::ALL`].
macro_rules! codes {
    ($($name:ident, $aws_code:ident, $severity:ident, $summary:literal;)*) => {
        impl Code {
            $(
                #[doc = concat!($summary, "; AWS: `", stringify!($aws_code), "`.")]
                pub const $name: Self = Self(&Row {
                    name: stringify!($name),
                    aws_code: stringify!($aws_code),
                    severity: Severity::$severity,
                    summary: $summary,
                });
            )*

            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

codes! {
    INVALID_JSON_DESCRIPTION, INVALID_JSON_DESCRIPTION, Error, "the text is not JSON";
    DUPLICATE_KEY, INVALID_JSON_DESCRIPTION, Error, "an object has the same key twice";
    DEFINITION_TOO_LARGE, SCHEMA_VALIDATION_FAILED, Error, "the definition is larger than 1 MiB";
    TOO_DEEPLY_NESTED, TOO_DEEPLY_NESTED, Error, "objects and arrays are nested too deeply";
    NOT_AN_OBJECT, SCHEMA_VALIDATION_FAILED, Error, "the definition is not a JSON object";

    MISSING_FIELD, SCHEMA_VALIDATION_FAILED, Error, "a required field is missing";
    MISSING_ONE_OF, SCHEMA_VALIDATION_FAILED, Error, "none of several fields is there of which one is required";
    CONFLICTING_FIELDS, SCHEMA_VALIDATION_FAILED, Error, "two fields exclude each other";
    UNKNOWN_FIELD, SCHEMA_VALIDATION_FAILED, Error, "the Amazon States Language has no such field";
    FIELD_NOT_ALLOWED, SCHEMA_VALIDATION_FAILED, Error, "the field does not belong to this type of state";
    WRONG_TYPE, SCHEMA_VALIDATION_FAILED, Error, "the value has the wrong JSON type";
    OUT_OF_RANGE, SCHEMA_VALIDATION_FAILED, Error, "the number is outside of the allowed range";
    EMPTY_VALUE, SCHEMA_VALIDATION_FAILED, Error, "the value must not be empty";
    TOO_LONG, SCHEMA_VALIDATION_FAILED, Error, "the string is too long";
    UNKNOWN_VALUE, SCHEMA_VALIDATION_FAILED, Error, "the value is not one of those that the field allows";
    UNSUPPORTED, SCHEMA_VALIDATION_FAILED, Error, "the feature is part of the language but not of this engine";

    UNKNOWN_STATE_TYPE, SCHEMA_VALIDATION_FAILED, Error, "there is no such type of state";
    INVALID_STATE_NAME, INVALID_STATE_NAME, Error, "the state's name is empty or too long";
    DUPLICATE_STATE_NAME, DUPLICATE_STATE_NAME, Error, "two states of the machine have the same name";
    MISSING_TRANSITION_TARGET, MISSING_TRANSITION_TARGET, Error, "a transition leads to a state that does not exist";
    UNREACHABLE_STATE, MISSING_TRANSITION_TARGET, Error, "no transition leads to the state";
    MISSING_END_STATE, MISSING_END_STATE, Error, "the workflow has no terminal state";

    INVALID_PATH, SCHEMA_VALIDATION_FAILED, Error, "the value is not a JSONPath";
    INVALID_REFERENCE_PATH, SCHEMA_VALIDATION_FAILED, Error, "the path can select more than one place";
    INVALID_INTRINSIC, SCHEMA_VALIDATION_FAILED, Error, "the intrinsic function call is wrong";
    NO_DOLLAR, NO_DOLLAR, Warning, "the value looks like a path, but the field's name does not end in `.$`";
    NO_PATH, NO_PATH, Warning, "the value looks like a path, but the field's name does not end in `Path`";
    PASS_RESULT_IS_STATIC, PASS_RESULT_IS_STATIC, Warning, "a path in the Result of a Pass state is not evaluated";

    INVALID_JSONATA_EXPRESSION, INVALID_JSONATA_EXPRESSION, Error, "the expression is not JSONata";
    UNSUPPORTED_JSONATA_EXPRESSION, UNSUPPORTED_JSONATA_EXPRESSION, Error, "the expression refers to what is not there";
    UNKNOWN_FUNCTION, SCHEMA_VALIDATION_FAILED, Warning, "JSONata has no function of this name";
    WRONG_ARGUMENT_COUNT, SCHEMA_VALIDATION_FAILED, Warning, "the function cannot be called with so many arguments";

    INVALID_TIMESTAMP, SCHEMA_VALIDATION_FAILED, Error, "the string is not an RFC 3339 timestamp";
    INVALID_RESOURCE, SCHEMA_VALIDATION_FAILED, Error, "the resource is none that a Task of this machine can call";
    INVALID_CHOICE_RULE, SCHEMA_VALIDATION_FAILED, Error, "the Choice rule is not one comparison or one combination";
    MISPLACED_STATES_ALL, SCHEMA_VALIDATION_FAILED, Error, "`States.ALL` must stand alone, and last";
    UNKNOWN_ERROR_NAME, SCHEMA_VALIDATION_FAILED, Warning, "the interpreter raises no error of this name";
    INVALID_QUERY_LANGUAGE, SCHEMA_VALIDATION_FAILED, Error, "the state's query language does not fit the machine's";

    INVALID_VARIABLE_NAME, SCHEMA_VALIDATION_FAILED, Error, "the name cannot be a variable's";
    VARIABLE_SHADOWED, SCHEMA_VALIDATION_FAILED, Error, "an outer scope has a variable of the same name";
    UNKNOWN_VARIABLE, SCHEMA_VALIDATION_FAILED, Warning, "no state assigns the variable";

    PATH_NEVER_EXISTS, NONE, Warning, "nothing can be where the path leads";
    INPUT_OVERWRITTEN, NONE, Warning, "a result has taken the place of the input that is read";
    VARIABLE_READ_TOO_EARLY, NONE, Warning, "the variable is read before any state can have assigned it";
    UNUSED_VARIABLE, NONE, Warning, "the variable is assigned but never read";
    ENDLESS_LOOP, NONE, Warning, "no state of a loop leads out of it";
    LOOP_WITHOUT_CHANGE, NONE, Warning, "nothing in a loop changes what its Choice states test";
    RETRY_NEVER_MATCHES, NONE, Warning, "no error that the Retrier names can get to it";
    CATCH_NEVER_MATCHES, NONE, Warning, "no error that the Catcher names can get to it";
    TASK_WITHOUT_CATCH, NONE, Warning, "the last Task lets its errors through, all others catch theirs";
    UNREACHABLE_CHOICE_RULE, NONE, Warning, "the Choice rule can never decide";
    CALLBACK_WITHOUT_TIMEOUT, NONE, Warning, "a lost answer lets the Task wait for a year";
    PAYLOAD_TOO_LARGE, NONE, Warning, "the payload is larger than any state can take";
    INTRINSIC_ALWAYS_FAILS, NONE, Warning, "the intrinsic function refuses these arguments";
    JSONPATH_IN_JSONATA, NONE, Warning, "the string looks like JSONPath in a state in JSONata";
    JSONATA_IN_JSONPATH, NONE, Warning, "the string looks like JSONata in a state in JSONPath";
    UNMARKED_JSONATA, NONE, Warning, "`{%` and `%}` do not stand at the ends of the string";
    PATH_IN_ARRAY, NONE, Warning, "an element of an array looks like an expression";
}

/// The name.
impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name, without quotes.
impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_screaming_snake() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for name in names {
            assert!(name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{name}");
        }
    }

    #[test]
    fn summaries_follow_the_house_style() {
        for code in Code::ALL {
            let summary = code.summary();
            assert!(!summary.ends_with('.') && summary.len() <= 90, "{code}: {summary}");
        }
    }
}
