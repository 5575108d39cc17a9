//! The text of a call, read into functions and arguments.

use super::function::Function;
use super::{Argument, Call};
use crate::expression::{Cursor, ExpressionError};
use crate::jsonpath::JsonPath;
use crate::value::Value;

/// How many calls may be nested in each other, the outermost included.
const MAX_NESTING: usize = 10;

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 100_000;

pub(super) fn parse(text: &str) -> Result<Call, ExpressionError> {
    if text.len() > MAX_LENGTH {
        let message = format!("an intrinsic function may have at most {MAX_LENGTH} bytes");
        return Err(ExpressionError::new(0..text.len(), message));
    }
    let mut cursor = Cursor::new(text);
    let call = call(&mut cursor, 1)?;
    cursor.skip_whitespace();
    if cursor.is_at_end() {
        Ok(call)
    } else {
        Err(ExpressionError::new(cursor.position()..text.len(), "nothing may follow the call"))
    }
}

fn call(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Call, ExpressionError> {
    let start = cursor.position();
    let name = cursor.eat_while(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '_'));
    let span = cursor.span_since(start);
    if name.is_empty() {
        return Err(ExpressionError::new(cursor.here(), "expected a path or a call of an intrinsic function")
            .with_help("a path starts with `$`, an intrinsic function with `States.`"));
    }
    let Some(function) = Function::named(name) else {
        return Err(unknown_function(cursor, span, name));
    };
    if nesting > MAX_NESTING {
        let message = format!("at most {MAX_NESTING} intrinsic functions may be nested");
        return Err(ExpressionError::new(span, message));
    }
    let open = cursor.here();
    if !cursor.eat("(") {
        return Err(ExpressionError::new(open, format!("expected `(` after `{name}`")));
    }
    let arguments = arguments(cursor, function, nesting).map_err(|error| match error {
        Unclosed::Parenthesis => ExpressionError::new(open, "this parenthesis is never closed"),
        Unclosed::Not(error) => error,
    })?;
    if function.arity().contains(&arguments.len()) {
        Ok(Call { function, arguments })
    } else {
        Err(ExpressionError::new(cursor.span_since(start), wrong_number(function, arguments.len())))
    }
}

fn unknown_function(cursor: &Cursor<'_>, span: std::ops::Range<usize>, name: &str) -> ExpressionError {
    let is_call = cursor.peek() == Some('(') || name.starts_with("States.");
    if !is_call {
        return ExpressionError::new(span, format!("`{name}` is neither a path nor a call of an intrinsic function"))
            .with_help("a path starts with `$`, an intrinsic function with `States.`");
    }
    let error = ExpressionError::new(span, format!("there is no intrinsic function `{name}`"));
    let closest = Function::ALL.into_iter().map(|known| (distance(name, known.name()), known.name())).min();
    match closest {
        Some((edits, known)) if edits <= 4 => error.with_help(format!("did you mean `{known}`?")),
        _ => error,
    }
}

fn wrong_number(function: Function, given: usize) -> String {
    let arity = function.arity();
    let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
    let (least, most) = (*arity.start(), *arity.end());
    let takes = match most {
        usize::MAX => format!("at least {least} {}", plural(least)),
        _ if least == most => format!("{least} {}", plural(least)),
        _ => format!("{least} or {most} arguments"),
    };
    format!("`{}` takes {takes}, not {given}", function.name())
}

/// The parenthesis was never closed, or something else is wrong.
enum Unclosed {
    Parenthesis,
    Not(ExpressionError),
}

impl From<ExpressionError> for Unclosed {
    fn from(error: ExpressionError) -> Self {
        Self::Not(error)
    }
}

/// Reads arguments up to the closing parenthesis.
fn arguments(cursor: &mut Cursor<'_>, function: Function, nesting: usize) -> Result<Vec<Argument>, Unclosed> {
    let mut arguments = Vec::new();
    cursor.skip_whitespace();
    if cursor.eat(")") {
        return Ok(arguments);
    }
    loop {
        cursor.skip_whitespace();
        let is_template = function == Function::Format && arguments.is_empty();
        arguments.push(match cursor.peek() {
            // `States.Format` tells escaped braces from placeholders itself.
            Some('\'') if is_template => Argument::Literal(raw_string(cursor)?.into()),
            _ => argument(cursor, nesting)?,
        });
        cursor.skip_whitespace();
        if cursor.eat(")") {
            return Ok(arguments);
        }
        if !cursor.eat(",") {
            return Err(if cursor.is_at_end() {
                Unclosed::Parenthesis
            } else {
                Unclosed::Not(ExpressionError::new(cursor.here(), "expected `,` or `)`"))
            });
        }
    }
}

fn argument(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Argument, Unclosed> {
    Ok(match cursor.peek() {
        None => return Err(Unclosed::Parenthesis),
        Some('\'') => Argument::Literal(unescaped(raw_string(cursor)?).into()),
        Some('$') => Argument::Path(path(cursor)?),
        Some('0'..='9' | '-' | '+' | '.') => Argument::Literal(number(cursor)?),
        Some(',' | ')') => return Err(ExpressionError::new(cursor.here(), "an argument is missing").into()),
        Some('"') => {
            return Err(ExpressionError::new(cursor.here(), "unexpected `\"`")
                .with_help("strings stand in single quotes: `'text'`")
                .into());
        }
        Some(_) => match keyword(cursor) {
            Some(value) => Argument::Literal(value),
            None => Argument::Call(call(cursor, nesting + 1)?),
        },
    })
}

fn keyword(cursor: &mut Cursor<'_>) -> Option<Value> {
    let mut ahead = cursor.clone();
    let value = match ahead.eat_while(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '_')) {
        "true" => true.into(),
        "false" => false.into(),
        "null" => Value::Null,
        _ => return None,
    };
    *cursor = ahead;
    Some(value)
}

fn number(cursor: &mut Cursor<'_>) -> Result<Value, ExpressionError> {
    let start = cursor.position();
    let text = cursor.eat_while(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '+' | '.'));
    match text.parse::<Value>() {
        Ok(number @ Value::Number(_)) => Ok(number),
        _ => Err(ExpressionError::new(cursor.span_since(start), format!("`{text}` is not a number"))),
    }
}

/// A string in single quotes, with its escapes as they are.
fn raw_string<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, ExpressionError> {
    let open = cursor.here();
    cursor.next();
    let start = cursor.position();
    loop {
        let text = cursor.since(start);
        let here = cursor.position();
        match cursor.next() {
            None => return Err(ExpressionError::new(open, "this string is never closed")),
            Some('\'') => return Ok(text),
            Some('\\') if !matches!(cursor.next(), Some('\'' | '{' | '}' | '\\')) => {
                return Err(ExpressionError::new(cursor.span_since(here), "this escape is not allowed")
                    .with_help(r"a backslash goes before `'`, `{`, `}` and `\` only"));
            }
            Some(_) => {}
        }
    }
}

/// `text` without the backslashes of its escapes.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

/// A path as an argument: up to the comma or parenthesis that is not within its brackets or its own parentheses.
fn path(cursor: &mut Cursor<'_>) -> Result<JsonPath, ExpressionError> {
    let start = cursor.position();
    let (mut brackets, mut parentheses) = (0_usize, 0_usize);
    while let Some(character) = cursor.peek() {
        match character {
            '\'' | '"' if brackets > 0 => skip_quoted(cursor, character),
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            '(' => parentheses += 1,
            ',' if brackets == 0 && parentheses == 0 => break,
            ')' if parentheses > 0 => parentheses -= 1,
            ')' if brackets == 0 => break,
            _ => {}
        }
        cursor.next();
    }
    JsonPath::parse(cursor.since(start).trim_end()).map_err(|error| error.shifted(start))
}

/// Goes to the quote that ends the quoted text.
fn skip_quoted(cursor: &mut Cursor<'_>, quote: char) {
    cursor.next();
    while let Some(character) = cursor.peek() {
        if character == quote {
            return;
        }
        if character == '\\' {
            cursor.next();
        }
        cursor.next();
    }
}

/// How many characters to insert, remove or replace to get from one text to the other, whatever their case.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (position, character) in from.chars().take(100).enumerate() {
        let mut previous = position + 1;
        let mut next = vec![previous];
        for (wanted, costs) in to.iter().zip(row.windows(2)) {
            if let [diagonal, above] = costs {
                previous =
                    (diagonal + usize::from(!character.eq_ignore_ascii_case(wanted))).min(above + 1).min(previous + 1);
                next.push(previous);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
