//! The table of codes: one row for each kind of diagnostic.

use std::fmt;

use super::Severity;
use crate::suggestion::nearest;

/// The kind of a diagnostic: stable for ever, with a page `docs/codes/<CODE>.md`.
///
/// Where AWS has a code that says the same it is AWS's, otherwise ours, which is finer;
/// [`Code::aws_code`] gives the one that AWS's `ValidateStateMachineDefinition` would answer with, if it looks for that.
/// Every code is a constant of its own name.
///
/// # Examples
///
/// ```
/// use asl_core::diagnostic::Code;
///
/// assert_eq!(Code::UNKNOWN_FIELD.name(), "UNKNOWN_FIELD");
/// assert_eq!(Code::UNKNOWN_FIELD.aws_code(), Some("SCHEMA_VALIDATION_FAILED"));
/// assert_eq!(Code::UNKNOWN_VARIABLE.aws_code(), None);
/// assert_eq!(Code::named("UNKNOWN_FIELD"), Some(Code::UNKNOWN_FIELD));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static Row);

/// A row of the table; the name comes first so that codes sort by it.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Row {
    name: &'static str,
    aws_code: Option<&'static str>,
    severity: Severity,
    summary: &'static str,
}

impl Code {
    /// The code itself, as it stands in [`Diagnostic`](super::Diagnostic)s and in `docs/codes`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The code of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// AWS's code for the same fault; `None` if AWS does not look for it.
    pub fn aws_code(self) -> Option<&'static str> {
        self.0.aws_code
    }

    /// Whether a definition with this fault can run all the same.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// The code whose name `name` nearly is, to ask whether that was meant.
    pub fn resembling(name: &str) -> Option<Self> {
        let names = Self::ALL.iter().map(|code| code.name());
        nearest(name, names).and_then(Self::named)
    }

    /// One line that says what the code is about.
    pub fn summary(self) -> &'static str {
        self.0.summary
    }
}

/// AWS's code in a row: `-` where it has none.
macro_rules! aws_code {
    (-) => {
        None
    };
    ($aws_code:ident) => {
        Some(stringify!($aws_code))
    };
}

/// Writes the rows as constants of [`Code`] and as the list [`Code::ALL`].
macro_rules! codes {
    ($($name:ident, $aws_code:tt, $severity:ident, $summary:literal;)*) => {
        impl Code {
            $(
                #[doc = concat!($summary, "; AWS: `", stringify!($aws_code), "`.")]
                pub const $name: Self = Self(&Row {
                    name: stringify!($name),
                    aws_code: aws_code!($aws_code),
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
    INVALID_YAML, INVALID_JSON_DESCRIPTION, Error, "the text is not YAML, or means nothing that JSON can say";
    DUPLICATE_KEY, INVALID_JSON_DESCRIPTION, Error, "an object has the same key twice";
    DEFINITION_TOO_LARGE, SCHEMA_VALIDATION_FAILED, Error, "the definition is larger than 1 MiB";
    TOO_DEEPLY_NESTED, TOO_DEEPLY_NESTED, Error, "objects and arrays are nested too deeply";
    UNREADABLE_DEFINITION, -, Error, "the file cannot be read that a template names as a definition";
    NOT_AN_OBJECT, SCHEMA_VALIDATION_FAILED, Error, "the definition is not a JSON object";

    MISSING_FIELD, SCHEMA_VALIDATION_FAILED, Error, "a required field is missing";
    MISSING_ONE_OF, SCHEMA_VALIDATION_FAILED, Error, "none of several fields is there of which one is required";
    CONFLICTING_FIELDS, SCHEMA_VALIDATION_FAILED, Error, "two fields exclude each other";
    UNKNOWN_FIELD, SCHEMA_VALIDATION_FAILED, Error, "the Amazon States Language has no such field";
    FIELD_NOT_ALLOWED, SCHEMA_VALIDATION_FAILED, Error, "the field does not belong to this type of state";
    WRONG_TYPE, SCHEMA_VALIDATION_FAILED, Error, "the value has the wrong JSON type";
    OUT_OF_RANGE, SCHEMA_VALIDATION_FAILED, Error, "the number is outside of the allowed range";
    EMPTY_VALUE, SCHEMA_VALIDATION_FAILED, Error, "the value must not be empty";
    UNKNOWN_VALUE, SCHEMA_VALIDATION_FAILED, Error, "the value is not one of those that the field allows";

    UNKNOWN_STATE_TYPE, SCHEMA_VALIDATION_FAILED, Error, "there is no such type of state";
    INVALID_STATE_NAME, INVALID_STATE_NAME, Error, "the state's name is empty or too long";
    INVALID_LABEL_NAME, INVALID_LABEL_NAME, Error, "the Map's label is too long, or has characters that it cannot have";
    DUPLICATE_LABEL_NAME, DUPLICATE_LABEL_NAME, Error, "two Maps of the machine have the same label";
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

    PATH_NEVER_EXISTS, -, Warning, "nothing can be where the path leads";
    INPUT_OVERWRITTEN, -, Warning, "a result has taken the place of the input that is read";
    VARIABLE_READ_TOO_EARLY, -, Warning, "the variable is read before any state can have assigned it";
    UNUSED_VARIABLE, -, Warning, "the variable is assigned but never read";
    ENDLESS_LOOP, -, Warning, "no state of a loop leads out of it";
    LOOP_WITHOUT_CHANGE, -, Warning, "nothing in a loop changes what its Choice states test";
    LOOP_WITHOUT_WAIT, -, Warning, "a loop repeats the same call at once, and nothing bounds it";
    RETRY_NEVER_MATCHES, -, Warning, "no error that the Retrier names can get to it";
    CATCH_NEVER_MATCHES, -, Warning, "no error that the Catcher names can get to it";
    TASK_WITHOUT_CATCH, -, Warning, "the last Task lets its errors through, all others catch theirs";
    UNREACHABLE_CHOICE_RULE, -, Warning, "the Choice rule can never decide";
    CALLBACK_WITHOUT_TIMEOUT, -, Warning, "a lost answer lets the Task wait for a year";
    CALLBACK_WITHOUT_TOKEN, -, Warning, "the Task waits for its token, but gives it to nobody";
    PAYLOAD_TOO_LARGE, -, Warning, "the payload is larger than any state can take";
    INTRINSIC_ALWAYS_FAILS, -, Warning, "the intrinsic function refuses these arguments";
    JSONPATH_IN_JSONATA, -, Warning, "the string looks like JSONPath in a state in JSONata";
    JSONATA_IN_JSONPATH, -, Warning, "the string looks like JSONata in a state in JSONPath";
    UNMARKED_JSONATA, -, Warning, "`{%` and `%}` do not stand at the ends of the string";
    PATH_IN_ARRAY, -, Warning, "an element of an array looks like an expression";

    INVALID_JSONATA_EXPRESSION, INVALID_JSONATA_EXPRESSION, Error, "the expression is not JSONata";
    UNSUPPORTED_JSONATA_EXPRESSION, UNSUPPORTED_JSONATA_EXPRESSION, Error, "the expression refers to what is not there";
    UNKNOWN_FUNCTION, -, Warning, "JSONata has no function of this name";
    WRONG_ARGUMENT_COUNT, -, Warning, "the function cannot be called with so many arguments";

    INVALID_TIMESTAMP, SCHEMA_VALIDATION_FAILED, Error, "the string is not an RFC 3339 timestamp";
    INVALID_RESOURCE, SCHEMA_VALIDATION_FAILED, Error, "the resource is none that a Task of this machine can call";
    INVALID_CHOICE_RULE, SCHEMA_VALIDATION_FAILED, Error, "the Choice rule is not one comparison or one combination";
    MISPLACED_STATES_ALL, SCHEMA_VALIDATION_FAILED, Error, "`States.ALL` must stand alone, and last";
    UNKNOWN_ERROR_NAME, -, Warning, "the interpreter raises no error of this name";
    INVALID_QUERY_LANGUAGE, SCHEMA_VALIDATION_FAILED, Error, "the state's query language does not fit the machine's";

    INVALID_VARIABLE_NAME, SCHEMA_VALIDATION_FAILED, Error, "the name cannot be a variable's";
    VARIABLE_SHADOWED, SCHEMA_VALIDATION_FAILED, Error, "an outer scope has a variable of the same name";
    UNKNOWN_VARIABLE, -, Warning, "no state assigns the variable";
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
