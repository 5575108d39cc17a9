//! `$boolean`, `$not`, `$exists`, `$type`, `$error`, `$assert`.

use super::{Arguments, finite_number};
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;

pub(super) fn boolean(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let is_truthy = evaluator.is_truthy(arguments.item(0))?;
    Ok(arguments.item(0).map(|_| is_truthy.into()))
}

pub(super) fn not(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let is_truthy = evaluator.is_truthy(arguments.item(0))?;
    Ok(arguments.item(0).map(|_| (!is_truthy).into()))
}

pub(super) fn exists(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    Ok(Some(arguments.item(0).is_some().into()))
}

pub(super) fn kind(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(item) = arguments.item(0) else { return Ok(None) };
    finite_number(item)?;
    Ok(Some(Item::from(match item.signature_letter() {
        'l' => "null",
        'n' => "number",
        's' => "string",
        'b' => "boolean",
        'a' => "array",
        'f' => "function",
        _ => "object",
    })))
}

pub(super) fn error(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let message = arguments.text(0).filter(|message| !message.is_empty());
    Err(Fault::new("D3137").with("message", message.as_deref().unwrap_or("$error() function evaluated")))
}

pub(super) fn assert(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    if arguments.boolean(0) == Some(true) {
        return Ok(None);
    }
    let message = arguments.text(1).filter(|message| !message.is_empty());
    Err(Fault::new("D3141").with("message", message.as_deref().unwrap_or("$assert() statement failed")))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn what_is_empty_is_false() {
        check("[$boolean('a'), $boolean([0, 1]), $boolean({'a': 0})]", "[true,true,true]");
        check(
            "[$boolean(''), $boolean(0), $boolean([0]), $boolean({}), $boolean(null), $boolean($sum)]",
            "[false,false,false,false,false,false]",
        );
        check("[$not(0), $exists(nothing), $exists(null)]", "[true,false,true]");
        check("$boolean(nothing)", "undefined");
    }

    #[test]
    fn kinds_have_names() {
        check(
            "[$type(null), $type(1), $type(''), $type(true), $type([]), $type({}), $type($sum)]",
            r#"["null","number","string","boolean","array","object","function"]"#,
        );
    }

    #[test]
    fn errors_are_raised_at_will() {
        check("$assert(true)", "undefined");
        check("$assert(1 = 2, 'no')", "D3141");
        check("$error()", "D3137");
    }
}
