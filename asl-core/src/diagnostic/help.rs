//! How faults are mended as a rule, for those whose place says no more.

use super::Code;

/// The help for faults of this code that have no better one of their own.
pub(super) fn usual_help(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::INVALID_JSON_DESCRIPTION => "check the commas, quotes and brackets before it",
        Code::INVALID_YAML => "check the indentation, quotes and brackets before it",
        Code::DEFINITION_TOO_LARGE => "split the workflow, and start one machine from the other",
        Code::TOO_DEEPLY_NESTED => "move the inner states into a state machine of their own",
        Code::UNREADABLE_DEFINITION => {
            "put the file where the template says, as seen from the directory of the template"
        }
        Code::NOT_AN_OBJECT => "a definition is `{\"StartAt\": \"…\", \"States\": {…}}`",
        Code::MISSING_FIELD => "add what is missing",
        Code::MISSING_ONE_OF => "add one of them",
        Code::CONFLICTING_FIELDS => "remove one of them",
        Code::UNKNOWN_FIELD => "remove the field, or say it in a `Comment`",
        Code::FIELD_NOT_ALLOWED => "remove the field",
        Code::WRONG_TYPE => "write a value of that type",
        Code::OUT_OF_RANGE => "choose a number in the range",
        Code::EMPTY_VALUE => "write at least one entry, or remove the field",
        Code::UNKNOWN_VALUE | Code::UNKNOWN_STATE_TYPE => "choose one of these values",
        Code::INVALID_STATE_NAME | Code::DUPLICATE_STATE_NAME => "rename the state, and what leads to it",
        Code::INVALID_LABEL_NAME => "use at most 40 letters, digits, `-` and `_`",
        Code::DUPLICATE_LABEL_NAME => "choose another label",
        Code::MISSING_TRANSITION_TARGET => "name a state of the same `States`, or add one of this name",
        Code::UNREACHABLE_STATE => "lead a `Next`, `Default` or `Catch` to it, or remove it",
        Code::MISSING_END_STATE => "give a state `\"End\": true`, or add a Succeed or Fail state",
        Code::INVALID_PATH => "a path begins with `$`: `$.order.id`",
        Code::INVALID_REFERENCE_PATH => "name one place, with names and indices only: `$.order.items[0]`",
        Code::INVALID_INTRINSIC => "a call is written `States.Format('{}', $.name)`",
        Code::INVALID_JSONATA_EXPRESSION => "mend the expression between `{%` and `%}`",
        Code::UNSUPPORTED_JSONATA_EXPRESSION => "begin with `$states.input` or with a variable, such as `$name`",
        Code::INVALID_TIMESTAMP => "write it like `2016-03-14T01:59:00Z`",
        Code::INVALID_RESOURCE => "write `arn:aws:states:::<service>:<action>`, or a function's ARN",
        Code::INVALID_CHOICE_RULE => "write one comparison, or one of `And`, `Or` and `Not`",
        Code::MISPLACED_STATES_ALL => "move `States.ALL` to the end, into an entry of its own",
        Code::INVALID_QUERY_LANGUAGE => "remove the field: the machine's language is the state's",
        Code::INVALID_VARIABLE_NAME | Code::VARIABLE_SHADOWED => "rename the variable",
        Code::DUPLICATE_KEY => "remove or rename one of them",
        Code::NO_DOLLAR => "end the field's name with `.$`",
        Code::NO_PATH => "end the field's name with `Path`",
        Code::PASS_RESULT_IS_STATIC => "use `Parameters`",
        Code::PATH_NEVER_EXISTS => "read what is there, or make it before",
        Code::INPUT_OVERWRITTEN => "give the state before a `ResultPath`, such as `$.result`",
        Code::VARIABLE_READ_TOO_EARLY => "assign it in a state that every way here goes through",
        Code::UNUSED_VARIABLE => "remove it from `Assign`, or read it in a later state",
        Code::ENDLESS_LOOP => "lead a state of the loop out of it",
        Code::LOOP_WITHOUT_CHANGE => "change what the Choice state tests",
        Code::LOOP_WITHOUT_WAIT => "add a Wait state to the loop",
        Code::RETRY_NEVER_MATCHES => "remove the Retrier, or name errors that can get to it",
        Code::CATCH_NEVER_MATCHES => "remove the Catcher, or name errors that can get to it",
        Code::TASK_WITHOUT_CATCH => "give it a `Catch`",
        Code::UNREACHABLE_CHOICE_RULE => "mend the condition, or remove what it makes useless",
        Code::CALLBACK_WITHOUT_TIMEOUT => "give it `TimeoutSeconds`",
        Code::CALLBACK_WITHOUT_TOKEN => "pass the token on",
        Code::PAYLOAD_TOO_LARGE => "put the data into S3 and pass its place on",
        Code::INTRINSIC_ALWAYS_FAILS => "give the function arguments that it takes",
        Code::JSONPATH_IN_JSONATA => "write `{% $states.input… %}`",
        Code::JSONATA_IN_JSONPATH => "give the state `\"QueryLanguage\": \"JSONata\"`",
        Code::UNMARKED_JSONATA => "write `{% … %}` around the whole string",
        Code::PATH_IN_ARRAY => "make the array with `States.Array`",
        Code::UNKNOWN_FUNCTION => "call a function of JSONata 2.0.6, of AWS, or one that the expression defines",
        Code::WRONG_ARGUMENT_COUNT => "give the function as many arguments as it takes",
        Code::UNKNOWN_ERROR_NAME => "name an error that the interpreter raises, or one of your own",
        Code::UNKNOWN_VARIABLE => "assign it in a state before this one",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_says_how_it_is_mended() {
        for code in Code::ALL {
            assert!(usual_help(*code).is_some(), "{code}");
        }
    }
}
