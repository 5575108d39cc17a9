//! The text of a filter, read into a condition.

use super::filter::{Anchor, Comparison, Filter, FilterPath, FilterPathEnd, Operand, Operator};
use super::parser::quoted_name;
use super::step::Step;
use crate::expression::{Cursor, ExpressionError};
use crate::value::Value;

/// How deep parentheses, negations and lists may nest.
const MAX_DEPTH: usize = 30;

/// The longest regular expression, in bytes.
const MAX_PATTERN: usize = 500;

/// The largest compiled regular expression, in bytes; compilation, which each candidate needs, stays well under 1 ms.
const MAX_COMPILED_PATTERN: usize = 100_000;

/// Reads a filter from the parenthesis after `[?` to the one that closes it.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Filter, ExpressionError> {
    cursor.skip_whitespace();
    if cursor.peek() != Some('(') {
        return Err(ExpressionError::new(cursor.here(), "expected `(` after `?`")
            .with_help("a filter is written `[?(@.name == 'value')]`"));
    }
    unary(cursor, 0)
}

fn or(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, ExpressionError> {
    let mut parts = vec![and(cursor, depth)?];
    while eat_operator(cursor, "||") {
        parts.push(and(cursor, depth)?);
    }
    Ok(join(parts, Filter::Or))
}

fn and(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, ExpressionError> {
    let mut parts = vec![unary(cursor, depth)?];
    while eat_operator(cursor, "&&") {
        parts.push(unary(cursor, depth)?);
    }
    Ok(join(parts, Filter::And))
}

fn eat_operator(cursor: &mut Cursor<'_>, operator: &str) -> bool {
    cursor.skip_whitespace();
    cursor.eat(operator)
}

fn join(mut parts: Vec<Filter>, of: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => of(parts.into_iter().chain(last).collect()),
    }
}

fn unary(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, ExpressionError> {
    cursor.skip_whitespace();
    let open = cursor.here();
    if depth > MAX_DEPTH {
        return Err(ExpressionError::new(open, format!("a filter may nest at most {MAX_DEPTH} deep")));
    }
    if cursor.eat("!") {
        return Ok(Filter::Not(Box::new(unary(cursor, depth + 1)?)));
    }
    if cursor.eat("(") {
        let inner = or(cursor, depth + 1)?;
        cursor.skip_whitespace();
        return if cursor.eat(")") {
            Ok(inner)
        } else if cursor.is_at_end() {
            Err(ExpressionError::new(open, "this parenthesis is never closed"))
        } else {
            Err(ExpressionError::new(cursor.here(), "expected `)`, `&&` or `||`"))
        };
    }
    comparison(cursor)
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Filter, ExpressionError> {
    let start = cursor.position();
    let left = operand(cursor)?;
    let left_span = cursor.span_since(start);
    cursor.skip_whitespace();
    let Some(operator) = operator(cursor)? else {
        return match left {
            Operand::Path(path) => Ok(Filter::Exists(path)),
            Operand::Literal(_) | Operand::Pattern(_) => {
                Err(ExpressionError::new(left_span, "expected a path, or an operator after this"))
            }
        };
    };
    cursor.skip_whitespace();
    let right = operand(cursor)?;
    let patterns = [&left, &right].into_iter().filter(|operand| matches!(operand, Operand::Pattern(_))).count();
    if patterns != usize::from(operator == Operator::Matches) {
        let message = format!("`{}` does not fit its operands", operator.text());
        return Err(ExpressionError::new(cursor.span_since(start), message)
            .with_help("a regular expression is matched with `=~`: `@.name =~ /A.*/i`"));
    }
    Ok(Filter::Compare(Box::new(Comparison { left, operator, right })))
}

/// The operator that comes next, or none where the condition ends.
fn operator(cursor: &mut Cursor<'_>) -> Result<Option<Operator>, ExpressionError> {
    let start = cursor.position();
    let symbols = cursor.eat_while(|character| matches!(character, '<' | '>' | '=' | '!' | '~'));
    let text = if symbols.is_empty() { cursor.eat_while(|character| character.is_ascii_alphabetic()) } else { symbols };
    if text.is_empty() {
        return Ok(None);
    }
    Operator::written(text).map(Some).ok_or_else(|| {
        ExpressionError::new(cursor.span_since(start), format!("there is no operator `{text}`")).with_help(
            "operators are ==, !=, <, <=, >, >=, =~, in, nin, subsetof, anyof, noneof, all, contains, size and empty",
        )
    })
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, ExpressionError> {
    match cursor.peek() {
        Some('@') => path(cursor, Anchor::Candidate).map(Operand::Path),
        Some('$') => path(cursor, Anchor::Document).map(Operand::Path),
        Some('/') => pattern(cursor).map(Operand::Pattern),
        _ => literal(cursor, 0).map(Operand::Literal),
    }
}

/// A path within a filter: names and indices, and `length()` at the end.
fn path(cursor: &mut Cursor<'_>, anchor: Anchor) -> Result<FilterPath, ExpressionError> {
    cursor.next();
    let mut steps = Vec::new();
    loop {
        if cursor.eat("[") {
            steps.push(bracket(cursor)?);
        } else if cursor.eat(".") {
            let start = cursor.position();
            let name = cursor.eat_while(|character| {
                character.is_alphanumeric() || matches!(character, '_' | '-' | ':' | '#' | '$' | '@')
            });
            if name.is_empty() {
                return Err(ExpressionError::new(cursor.here(), "expected a name")
                    .with_help("a path in a filter names one value: no `*` and no `..`"));
            }
            if cursor.eat("()") {
                return if matches!(name, "length" | "size") {
                    Ok(FilterPath { anchor, steps, end: FilterPathEnd::Length })
                } else {
                    Err(ExpressionError::new(cursor.span_since(start), format!("there is no function `{name}()`")))
                };
            }
            steps.push(Step::Name(name.into()));
        } else {
            return Ok(FilterPath { anchor, steps, end: FilterPathEnd::Value });
        }
    }
}

fn bracket(cursor: &mut Cursor<'_>) -> Result<Step, ExpressionError> {
    cursor.skip_whitespace();
    let start = cursor.position();
    let step = if matches!(cursor.peek(), Some('\'' | '"')) {
        Step::Name(quoted_name(cursor)?.into())
    } else {
        cursor.eat("-");
        cursor.eat_while(|character| character.is_ascii_digit());
        let index = cursor.since(start).parse::<i32>().map_err(|_| {
            ExpressionError::new(cursor.here(), "expected an index or a quoted name")
                .with_help("a path in a filter names one value: no `*`, slices or filters")
        })?;
        Step::Index(index.into())
    };
    cursor.skip_whitespace();
    if cursor.eat("]") { Ok(step) } else { Err(ExpressionError::new(cursor.here(), "expected `]`")) }
}

fn literal(cursor: &mut Cursor<'_>, depth: usize) -> Result<Value, ExpressionError> {
    match cursor.peek() {
        Some('\'' | '"') => quoted_name(cursor).map(Value::from),
        Some('[') => list(cursor, depth),
        _ => scalar(cursor),
    }
}

fn scalar(cursor: &mut Cursor<'_>) -> Result<Value, ExpressionError> {
    let start = cursor.position();
    let word = cursor.eat_while(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '+' | '.'));
    let value = word.parse::<Value>().ok();
    value.filter(|_| !word.is_empty()).ok_or_else(|| {
        let span = if word.is_empty() { cursor.here() } else { cursor.span_since(start) };
        ExpressionError::new(span, "expected a path, a string, a number, `true`, `false`, `null` or a list")
            .with_help("strings have quotes; paths start with `@` or `$`")
    })
}

fn list(cursor: &mut Cursor<'_>, depth: usize) -> Result<Value, ExpressionError> {
    let open = cursor.here();
    if depth > MAX_DEPTH {
        return Err(ExpressionError::new(open, format!("a list may nest at most {MAX_DEPTH} deep")));
    }
    cursor.next();
    let mut elements = Vec::new();
    cursor.skip_whitespace();
    if cursor.eat("]") {
        return Ok(elements.into());
    }
    loop {
        cursor.skip_whitespace();
        elements.push(literal(cursor, depth + 1)?);
        cursor.skip_whitespace();
        if cursor.eat("]") {
            return Ok(elements.into());
        }
        if !cursor.eat(",") {
            let span = if cursor.is_at_end() { open } else { cursor.here() };
            return Err(ExpressionError::new(span, "expected `,` or `]`"));
        }
    }
}

fn pattern(cursor: &mut Cursor<'_>) -> Result<String, ExpressionError> {
    let open = cursor.here();
    let start = cursor.position();
    cursor.next();
    let mut pattern = String::new();
    loop {
        match cursor.next() {
            None => return Err(ExpressionError::new(open, "this regular expression is never closed")),
            Some('/') => break,
            Some('\\') if cursor.eat("/") => pattern.push('/'),
            Some('\\') => {
                pattern.push('\\');
                pattern.extend(cursor.next());
            }
            Some(other) => pattern.push(other),
        }
    }
    if cursor.eat("i") {
        pattern.insert_str(0, "(?i)");
    }
    let span = cursor.span_since(start);
    if pattern.len() > MAX_PATTERN {
        return Err(ExpressionError::new(span, format!("a regular expression may have at most {MAX_PATTERN} bytes")));
    }
    match regex::RegexBuilder::new(&pattern).size_limit(MAX_COMPILED_PATTERN).build() {
        Ok(_) => Ok(pattern),
        Err(regex::Error::CompiledTooBig(_)) => Err(ExpressionError::new(span, "this regular expression is too large")),
        Err(_) => Err(ExpressionError::new(span, "this is not a regular expression")
            .with_help("look-around and back-references are not supported")),
    }
}
