//! What JSONata expressions may refer to.
//!
//! See [JSONata Restrictions](https://states-language.net/spec.html#jsonata-restrictions) in the specification.

use crate::definition::{JsonataString, State, StatesMember};
use crate::diagnostic::{Code, Fault};
use crate::evaluate::States;
use crate::jsonata::{CalledFunction, ContextReference, Dialect, VariableReference};
use crate::report::Report;
use crate::suggestion::similar;

pub(super) fn check_state(state: &State<'_>, report: &Report<'_>) {
    state.for_each_jsonata(&mut |jsonata, member| {
        for reference in &jsonata.references().context {
            check_context(reference, jsonata, report);
        }
        for variable in &jsonata.references().variables {
            check_states_member(variable, member, jsonata, report);
        }
        for function in &jsonata.references().functions {
            check_call(function, jsonata, report);
        }
    });
}

/// An expression has no input: there is nothing that a bare name, `$` or `$$` could mean.
fn check_context(reference: &ContextReference, jsonata: &JsonataString, report: &Report<'_>) {
    let name = &*reference.name;
    let message = match name {
        "$$" => "Reference to '$$' is not supported.".to_owned(),
        "*" | "**" | "%" => return,
        _ if reference.is_top_level => format!("Reference to '{name}' at the top level is not supported."),
        _ => return,
    };
    let help = match name {
        "$" | "$$" => "the state's input is `$states.input`".to_owned(),
        "states" => "write `$states`".to_owned(),
        _ => format!("write `$states.input.{name}` for a field of the input, `${name}` for a variable or function"),
    };
    let place = jsonata.place(&reference.span, report);
    report.add(Fault::new(Code::UNSUPPORTED_JSONATA_EXPRESSION, place, message).of(jsonata.span).with_help(help));
}

/// `$states` has a result and an error output only where there are any.
fn check_states_member(
    variable: &VariableReference,
    available: StatesMember,
    jsonata: &JsonataString,
    report: &Report<'_>,
) {
    let Some(member) = variable.path.first().filter(|_| &*variable.name == States::VARIABLE) else { return };
    let help = match (&**member, available) {
        ("input" | "context", _) | ("result", StatesMember::Result) | ("errorOutput", StatesMember::ErrorOutput) => {
            return;
        }
        ("result", _) => Some("only `Output` and `Assign` of Task, Parallel and Map states have a result".to_owned()),
        ("errorOutput", _) => Some("only `Output` and `Assign` of a Catcher have an error output".to_owned()),
        (unknown, _) => similar(unknown, States::MEMBERS.into_iter(), report).or_else(|| {
            Some("`$states` has `input` and `context`, and where there are any `result` or `errorOutput`".to_owned())
        }),
    };
    let message = format!("Field '$states.{member}' does not exist.");
    let place = jsonata.place(&variable.span, report);
    report.add(Fault::new(Code::UNSUPPORTED_JSONATA_EXPRESSION, place, message).of(jsonata.span).with_help(help));
}

/// AWS accepts the definition, and the state fails.
fn check_call(function: &CalledFunction, jsonata: &JsonataString, report: &Report<'_>) {
    let name = &*function.name;
    let place = jsonata.place(&function.span, report);
    if !function.is_known {
        let message = format!("there is no function called `{name}`");
        let help = match name {
            "eval" => "AWS has no `$eval`; `$parse` reads JSON".to_owned(),
            _ => similar(name, Dialect::Aws.function_names(), report).unwrap_or_else(|| {
                "call a function of JSONata 2.0.6, of AWS, or one that the expression defines".to_owned()
            }),
        };
        report.add(Fault::new(Code::UNKNOWN_FUNCTION, place, message).of(jsonata.span).with_help(help));
    } else if !function.fits() {
        let message = format!("`${name}` cannot be called with {}", arguments(function.arguments));
        let help = match (function.least, function.most) {
            (least, Some(most)) if least == most => format!("it takes {}", arguments(most)),
            (least, Some(most)) if least + 1 == most => format!("it takes {least} or {}", arguments(most)),
            (least, Some(most)) => format!("it takes {least} to {}", arguments(most)),
            (least, None) => format!("it takes at least {}", arguments(least)),
        };
        report.add(Fault::new(Code::WRONG_ARGUMENT_COUNT, place, message).of(jsonata.span).with_help(help));
    }
}

fn arguments(count: usize) -> String {
    match count {
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}
