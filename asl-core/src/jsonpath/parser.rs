//! The text of a path, read into steps.

use std::borrow::Cow;
use std::sync::Arc;

use super::Root;
use super::filter_parser;
use super::step::{Function, Selector, Step};
use crate::expression::{Cursor, ExpressionError};

/// The longest path, in bytes.
const MAX_LENGTH: usize = 10_000;

/// The longest name of a variable, in characters.
const MAX_VARIABLE_NAME: usize = 80;

pub(super) fn parse(text: &str) -> Result<(Root, Vec<Step>), ExpressionError> {
    if text.len() > MAX_LENGTH {
        return Err(ExpressionError::new(0..text.len(), format!("a path may have at most {MAX_LENGTH} bytes")));
    }
    let mut cursor = Cursor::new(text);
    let root = root(&mut cursor)?;
    // Every step begins with one of these.
    let mut steps = Vec::with_capacity(text.bytes().filter(|byte| matches!(byte, b'.' | b'[')).count());
    while !cursor.is_at_end() {
        if matches!(steps.last(), Some(Step::Function(_))) {
            return Err(ExpressionError::new(cursor.position()..text.len(), "a function ends a path"));
        }
        step(&mut cursor, &mut steps)?;
    }
    Ok((root, steps))
}

fn root(cursor: &mut Cursor<'_>) -> Result<Root, ExpressionError> {
    if !cursor.eat("$") {
        return Err(ExpressionError::new(cursor.here(), "a path starts with `$`"));
    }
    let root = if cursor.eat("$") {
        Root::Context
    } else {
        let start = cursor.position();
        let name = cursor.eat_while(|character| !matches!(character, '.' | '['));
        if name.is_empty() {
            Root::Input
        } else if is_variable_name(name) {
            Root::Variable(name.into())
        } else {
            let help = "names have letters, digits and `_`, start with no digit, and end at 80 characters; \
                        a path into the input goes on with `.` or `[`";
            return Err(ExpressionError::new(cursor.span_since(start), format!("`{name}` is no name of a variable"))
                .with_help(help));
        }
    };
    match cursor.peek() {
        None | Some('.' | '[') => Ok(root),
        Some(other) => Err(ExpressionError::new(cursor.here(), format!("expected `.` or `[`, found `{other}`"))),
    }
}

pub(crate) fn is_variable_name(name: &str) -> bool {
    name.chars().count() <= MAX_VARIABLE_NAME
        && name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_alphanumeric() || character == '_')
}

/// Reads one step, or the two of `..` and what it looks for.
fn step(cursor: &mut Cursor<'_>, steps: &mut Vec<Step>) -> Result<(), ExpressionError> {
    let start = cursor.position();
    if cursor.eat("..") {
        steps.push(Step::Descendants);
    } else if !cursor.eat(".") && cursor.peek() != Some('[') {
        return Err(ExpressionError::new(cursor.here(), "expected `.` or `[`"));
    }
    let found = match cursor.peek() {
        None => return Err(ExpressionError::new(cursor.span_since(start), "a path may not end with `.`")),
        Some('.') => return Err(ExpressionError::new(cursor.here(), "expected a name after `.`")),
        Some('[') => bracket(cursor)?,
        Some('*') => {
            cursor.next();
            Step::select(Selector::Wildcard)
        }
        Some(_) => name_or_function(cursor)?,
    };
    if matches!((&found, steps.last()), (Step::Function(_), Some(Step::Descendants))) {
        return Err(ExpressionError::new(cursor.span_since(start), "`..` needs a name or `[` after it"));
    }
    steps.push(found);
    Ok(())
}

fn name_or_function(cursor: &mut Cursor<'_>) -> Result<Step, ExpressionError> {
    let start = cursor.position();
    let name = dotted_name(cursor)?;
    if !cursor.eat("(") {
        return Ok(Step::Name(Arc::from(&*name)));
    }
    if !cursor.eat(")") {
        return Err(ExpressionError::new(cursor.here(), "functions in a path take no arguments"));
    }
    Function::named(&name).map(Step::Function).ok_or_else(|| {
        ExpressionError::new(cursor.span_since(start), format!("there is no function `{name}()`"))
            .with_help("`length()` counts the elements of an array")
    })
}

/// A name after a dot; a backslash takes the special meaning from the character after it.
fn dotted_name<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, ExpressionError> {
    let start = cursor.position();
    let plain = cursor.eat_while(|character| character.is_ascii_alphanumeric() || character == '_');
    let mut name = Cow::Borrowed(plain);
    while let Some(character) = cursor.peek() {
        match character {
            '.' | '[' | '(' => break,
            '\\' => {
                let escape = cursor.here();
                cursor.next();
                let Some(escaped) = cursor.next() else {
                    return Err(ExpressionError::new(escape, "nothing follows the backslash"));
                };
                name.to_mut().push(escaped);
            }
            ']' | ')' | '\'' | '"' => {
                return Err(ExpressionError::new(cursor.here(), format!("unexpected `{character}`"))
                    .with_help(format!("write names with `{character}` in brackets and quotes: `['…']`")));
            }
            blank if blank.is_whitespace() || blank.is_control() => {
                return Err(ExpressionError::new(cursor.here(), "a name after a dot has no blanks")
                    .with_help("write names with blanks in brackets and quotes: `['my name']`"));
            }
            other => {
                cursor.next();
                name.to_mut().push(other);
            }
        }
    }
    if name.is_empty() {
        return Err(ExpressionError::new(cursor.span_since(start), "expected a name"));
    }
    Ok(name)
}

fn bracket(cursor: &mut Cursor<'_>) -> Result<Step, ExpressionError> {
    let open = cursor.here();
    cursor.next();
    cursor.skip_whitespace();
    let step = match cursor.peek() {
        Some('\'' | '"') => names(cursor)?,
        Some('*') => {
            cursor.next();
            Step::select(Selector::Wildcard)
        }
        Some('?') => {
            cursor.next();
            Step::select(Selector::Filter(filter_parser::parse(cursor)?))
        }
        Some('(') => from_the_end(cursor)?,
        Some('0'..='9' | '-' | ':') => indices_or_slice(cursor)?,
        Some(_) => {
            return Err(ExpressionError::new(cursor.here(), "expected a quoted name, an index, `*` or `?`")
                .with_help("names in brackets have quotes: `['name']`"));
        }
        None => return Err(ExpressionError::new(open, "this bracket is never closed")),
    };
    cursor.skip_whitespace();
    if cursor.eat("]") {
        return Ok(step);
    }
    match cursor.peek() {
        None => Err(ExpressionError::new(open, "this bracket is never closed")),
        Some(other) => Err(ExpressionError::new(cursor.here(), format!("expected `]`, found `{other}`"))),
    }
}

fn names(cursor: &mut Cursor<'_>) -> Result<Step, ExpressionError> {
    let first: Arc<str> = quoted_name(cursor)?.into();
    let mut others = Vec::new();
    while next_in_list(cursor) {
        others.push(quoted_name(cursor)?.into());
    }
    Ok(if others.is_empty() { Step::Name(first) } else { Step::Names([vec![first], others].concat()) })
}

/// Reads the comma that a list goes on with.
fn next_in_list(cursor: &mut Cursor<'_>) -> bool {
    cursor.skip_whitespace();
    let goes_on = cursor.eat(",");
    cursor.skip_whitespace();
    goes_on
}

/// A name in quotes; a backslash is special only before the closing kind of quote and before a backslash.
pub(super) fn quoted_name(cursor: &mut Cursor<'_>) -> Result<String, ExpressionError> {
    let open = cursor.here();
    let Some(quote @ ('\'' | '"')) = cursor.peek() else {
        return Err(ExpressionError::new(open, "expected a quoted name"));
    };
    cursor.next();
    let mut name = String::new();
    while let Some(character) = cursor.next() {
        match (character, cursor.peek()) {
            ('\\', Some(escaped)) if escaped == quote || escaped == '\\' => {
                cursor.next();
                name.push(escaped);
            }
            (end, _) if end == quote => return Ok(name),
            (other, _) => name.push(other),
        }
    }
    Err(ExpressionError::new(open, "this quote is never closed"))
}

fn indices_or_slice(cursor: &mut Cursor<'_>) -> Result<Step, ExpressionError> {
    let start = cursor.position();
    let from = optional_index(cursor)?;
    cursor.skip_whitespace();
    if cursor.eat(":") {
        cursor.skip_whitespace();
        let to = optional_index(cursor)?;
        cursor.skip_whitespace();
        if cursor.peek() == Some(':') {
            return Err(ExpressionError::new(cursor.here(), "a slice has no step"));
        }
        if from.is_none() && to.is_none() {
            return Err(ExpressionError::new(cursor.span_since(start), "a slice needs a start or an end")
                .with_help("`[*]` selects every element"));
        }
        return Ok(Step::select(Selector::Slice { from, to }));
    }
    let Some(first) = from else {
        return Err(ExpressionError::new(cursor.here(), "expected an index"));
    };
    let mut others = Vec::new();
    while next_in_list(cursor) {
        let here = cursor.here();
        others.push(optional_index(cursor)?.ok_or_else(|| ExpressionError::new(here, "expected an index"))?);
    }
    Ok(if others.is_empty() { Step::Index(first) } else { Step::Indices([vec![first], others].concat()) })
}

fn optional_index(cursor: &mut Cursor<'_>) -> Result<Option<i64>, ExpressionError> {
    let start = cursor.position();
    cursor.eat("-");
    cursor.eat_while(|character| character.is_ascii_digit());
    let digits = cursor.since(start);
    if digits.is_empty() {
        return Ok(None);
    }
    digits.parse::<i32>().map(|index| Some(index.into())).map_err(|_| {
        ExpressionError::new(cursor.span_since(start), format!("`{digits}` is not an index"))
            .with_help("indices are integers of 32 bits")
    })
}

/// `(@.length-1)`, the oldest way to count from the end.
fn from_the_end(cursor: &mut Cursor<'_>) -> Result<Step, ExpressionError> {
    let start = cursor.position();
    let script = cursor.eat_while(|character| !matches!(character, ')' | ']'));
    cursor.eat(")");
    let script: String = script.chars().filter(|character| !character.is_whitespace()).collect();
    script
        .strip_prefix("(@.length-")
        .and_then(|distance| distance.parse::<i32>().ok())
        .filter(|distance| *distance > 0)
        .map(|distance| Step::Index(-i64::from(distance)))
        .ok_or_else(|| {
            ExpressionError::new(cursor.span_since(start), "expected `(@.length-n)`")
                .with_help("`[-1]` is the last element; a filter is written `[?(…)]`")
        })
}
