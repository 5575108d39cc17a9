//! Faults of YAML's grammar, in words that help.

use saphyr_parser::ScanError;

use super::yaml_fault;
use crate::diagnostic::Fault;
use crate::syntax::too_deep;

/// What the parser stumbled over at the byte `start`.
pub(super) fn syntax_fault(error: &ScanError, start: usize, text: &str) -> Fault {
    let rest = text.get(start..).unwrap_or_default();
    let next = rest.chars().next().filter(|next| !matches!(next, '\n' | '\r'));
    let mut span = start..start + next.map_or(0, char::len_utf8);
    let before = text.get(..start).unwrap_or_default();
    if error.info() == "recursion limit exceeded" {
        return too_deep(span.into());
    }
    let (message, help) = match (error.info(), next) {
        (info, Some('%')) if info.starts_with("unexpected character") && before.ends_with('{') => {
            span.start -= "{".len();
            (
                "a plain string cannot begin with `{`".to_owned(),
                Some("put the JSONata expression in quotes: `'{% … %}'`"),
            )
        }
        (info, Some(next)) if info.starts_with("unexpected character") => {
            (format!("a plain string cannot begin with `{next}`"), Some("put the string in quotes"))
        }
        (info, _) if info.contains("tabs disallowed") || info.contains("tab cannot") => {
            let line = before.trim_end_matches([' ', '\t']).len();
            span = if line < start { line..start } else { span };
            ("a tab cannot indent".to_owned(), Some("indent with spaces"))
        }
        ("mapping values are not allowed in this context", _) => (
            "a key and its value cannot begin here".to_owned(),
            Some("put a string that contains `: ` in quotes, or indent the line as its neighbours are"),
        ),
        ("while parsing node, found unknown anchor", _) => {
            ("no anchor before this alias has its name".to_owned(), None)
        }
        (info, _) if info.ends_with("did not find expected key") => {
            (info.to_owned(), Some("indent the line as its neighbours are"))
        }
        (info, _) => (info.to_owned(), None),
    };
    yaml_fault(span, message).with_help(help.map(str::to_owned))
}
