//! Functions of text.

use super::arguments::Arguments;
use crate::expression::java_text;
use crate::value::Value;

/// The longest text that a function makes, in bytes; far above any payload, it only keeps memory bounded.
const MAX_TEXT: usize = 16 * 1024 * 1024;

/// `States.Format(template, values…)`: each `{}` replaced by the value in its place.
pub(super) fn format(arguments: &Arguments<'_>) -> Result<Value, String> {
    let template = arguments.string(0)?;
    let mut values = arguments.from(1).iter();
    let mismatch = || arguments.invalid_because("number of arguments do not match the occurrences of {}.");
    let mut text = String::new();
    let mut characters = template.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('\'' | '{' | '}' | '\\')) => text.push(escaped),
                other => {
                    text.push('\\');
                    text.extend(other);
                }
            },
            '{' => {
                if characters.next() != Some('}') {
                    return Err("Invalid template in States.Format: matching '}' not found for '{'.".into());
                }
                text.push_str(&java_text(values.next().ok_or_else(mismatch)?));
                if text.len() > MAX_TEXT {
                    return Err(arguments.invalid_because("the result is too long"));
                }
            }
            '}' => return Err("Invalid template in States.Format: matching '{' not found for '}'.".into()),
            other => text.push(other),
        }
    }
    match values.next() {
        None => Ok(text.into()),
        Some(_) => Err(mismatch()),
    }
}

/// `States.StringToJson(text)`; text without JSON is `null`.
pub(super) fn string_to_json(arguments: &Arguments<'_>) -> Result<Value, String> {
    let text = arguments.string(0)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    text.parse().map_err(|_| arguments.invalid())
}

/// `States.JsonToString(value)`
pub(super) fn json_to_string(arguments: &Arguments<'_>) -> Result<Value, String> {
    let value = arguments.value(0)?;
    if value.text_size() > MAX_TEXT {
        return Err(arguments.invalid_because("the result is too long"));
    }
    Ok(value.to_string().into())
}

/// `States.StringSplit(text, delimiters)`: splits at each of the delimiter's characters, and drops what is empty.
pub(super) fn string_split(arguments: &Arguments<'_>) -> Result<Value, String> {
    let (text, delimiters) = (arguments.string(0)?, arguments.string(1)?);
    let parts = text.split(|character| delimiters.contains(character));
    Ok(parts.filter(|part| !part.is_empty()).map(Value::from).collect())
}
