//! A history as text that is the same in every run, and its comparison with a file.
//!
//! Times are counted from the start, also those in payloads; UUIDs and task tokens are numbered.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use asl_core::Timestamp;
use asl_core::diagnostic::Colour;
use asl_core::history::{Elapsed, HistoryEvent};
use serde_json::Value;
use similar::TextDiff;

use super::Arguments;
use crate::outcome::{End, Problem};
use crate::stderr::tell;

/// Compares the history with the file at `path`, or writes the file.
pub(super) fn compare(
    path: &Path,
    history: &[HistoryEvent],
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<End, Problem> {
    let actual = redacted(history);
    if arguments.update {
        fs::write(path, actual).map_err(|error| Problem::cannot_write(path, error))?;
        return Ok(End::Good);
    }
    let expected = match fs::read_to_string(path) {
        Ok(expected) => expected,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            tell(&format!("there is no snapshot `{}` yet; write it with --update", path.display()));
            return Ok(End::Bad);
        }
        Err(error) => return Err(Problem::cannot_read(path, error)),
    };
    let expected = expected.replace("\r\n", "\n");
    if expected == actual {
        return Ok(End::Good);
    }
    let diff = TextDiff::from_lines(&expected, &actual);
    let diff = diff.unified_diff().context_radius(3).header(&path.display().to_string(), "this run").to_string();
    let is_coloured = arguments.colour.on_stdout() == Colour::Ansi;
    for line in diff.lines() {
        match line.chars().next() {
            Some('-') if is_coloured => writeln!(out, "\x1b[31m{line}\x1b[0m")?,
            Some('+') if is_coloured => writeln!(out, "\x1b[32m{line}\x1b[0m")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    tell(&format!("the history differs from `{}`; accept it with --update", path.display()));
    Ok(End::Bad)
}

/// One paragraph for each event, with everything that it says.
fn redacted(history: &[HistoryEvent]) -> String {
    let mut text = String::new();
    let (Some(first), Some(last)) = (history.first(), history.last()) else { return text };
    let mut mask = Mask { from: first.timestamp, to: last.timestamp, known: HashMap::new() };
    for event in history {
        let elapsed = Elapsed(event.timestamp.since(first.timestamp));
        let (id, previous) = (event.id.get(), event.previous_event_id.get());
        // Writing to a string does not fail.
        let _ = writeln!(text, "{id} after {previous} at +{elapsed}: {}", event.details.type_name());
        let Ok(Value::Object(members)) = serde_json::to_value(event) else { continue };
        let details =
            members.iter().find(|(name, _)| name.ends_with("EventDetails")).and_then(|(_, it)| it.as_object());
        for (name, value) in details.into_iter().flatten() {
            if name == "roleArn" || name == "inputDetails" || name == "outputDetails" {
                continue;
            }
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "    {name}: {}", mask.apply(&value).replace('\n', "\n        "));
        }
    }
    text
}

/// Puts names in the place of what differs from run to run.
struct Mask {
    from: Timestamp,
    to: Timestamp,
    /// What was seen so far, each with its name.
    known: HashMap<String, String>,
}

impl Mask {
    fn apply(&mut self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            // In the middle of a word nothing begins.
            let is_start = !masked.ends_with(|character: char| character.is_ascii_alphanumeric());
            let found = if is_start { self.find(rest) } else { None };
            let (length, name) = found.unwrap_or_else(|| {
                let character = rest.chars().next().unwrap_or_default();
                (character.len_utf8(), character.to_string())
            });
            masked.push_str(&name);
            rest = rest.get(length..).unwrap_or_default();
        }
        masked
    }

    /// The length of what `text` begins with and the name for it, if it is to be masked.
    fn find(&mut self, text: &str) -> Option<(usize, String)> {
        let length = fitting(text, UUID);
        if length > 0 {
            return Some((length, self.numbered("uuid", text.get(..length)?)));
        }
        let length = task_token_length(text);
        if length > 0 {
            return Some((length, self.numbered("task-token", text.get(..length)?)));
        }
        let length = [MILLISECONDS, SECONDS].into_iter().map(|pattern| fitting(text, pattern)).find(|it| *it > 0)?;
        let timestamp: Timestamp = text.get(..length)?.parse().ok()?;
        let is_of_this_run = self.from <= timestamp && timestamp <= self.to;
        is_of_this_run.then(|| (length, format!("<+{}>", Elapsed(timestamp.since(self.from)))))
    }

    fn numbered(&mut self, kind: &str, text: &str) -> String {
        let number = self.known.values().filter(|name| name.starts_with(&format!("<{kind}:"))).count() + 1;
        self.known.entry(text.to_owned()).or_insert_with(|| format!("<{kind}:{number}>")).clone()
    }
}

/// `x` is a hexadecimal digit, `d` a decimal digit; others stand for themselves.
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
const MILLISECONDS: &str = "dddd-dd-ddTdd:dd:dd.dddZ";
const SECONDS: &str = "dddd-dd-ddTdd:dd:ddZ";

/// The length of the task token that `text` begins with, 0 if with none: whose it is and a key's hash of 32 bytes, each
/// in Base64 for URLs.
fn task_token_length(text: &str) -> usize {
    const HASH: usize = 43;
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let subject = text.bytes().take_while(|byte| is_digit(byte)).count();
    let hash = text.bytes().skip(subject + 1).take_while(|byte| is_digit(byte)).count();
    let is_token = subject > 0 && text.as_bytes().get(subject) == Some(&b'.') && hash == HASH;
    if is_token { subject + 1 + HASH } else { 0 }
}

/// The length of `pattern` if `text` begins with it and goes on with something else than a letter or digit, else 0.
fn fitting(text: &str, pattern: &str) -> usize {
    let bytes = text.as_bytes();
    let fits = bytes.len() >= pattern.len()
        && pattern.bytes().zip(bytes).all(|(wanted, byte)| match wanted {
            b'x' => byte.is_ascii_hexdigit(),
            b'd' => byte.is_ascii_digit(),
            exactly => exactly == *byte,
        })
        && bytes.get(pattern.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    if fits { pattern.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_masked() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut mask = Mask { from: at("2026-01-01T00:00:00Z"), to: at("2026-01-01T01:00:00Z"), known: HashMap::new() };
        let mut check = |text: &str, expected: &str| assert_eq!(mask.apply(text), expected);
        let (one, other) = ("0e6ff3a1-7d2b-4f65-9a51-0123456789ab", "1e6ff3a1-7d2b-4f65-9a51-0123456789ab");
        check(&format!("{{\"a\":\"{one}\"}}"), "{\"a\":\"<uuid:1>\"}");
        check(&format!("{other} {one}"), "<uuid:2> <uuid:1>");
        check(&format!("x{one}"), &format!("x{one}"));
        let hash = "0-_".repeat(14) + "9";
        check(&format!("[NyBhcm46YXdz.{hash}]"), "[<task-token:1>]");
        check(&format!("NyBhcm46YXdz.{hash}9"), &format!("NyBhcm46YXdz.{hash}9"));
        check(&format!(".{hash}"), &format!(".{hash}"));
        check("at 2026-01-01T00:01:30.250Z", "at <+1m30.25s>");
        check("2026-01-01T01:00:00Z", "<+1h0m0s>");
        check("2025-12-31T23:59:59Z", "2025-12-31T23:59:59Z");
        check("é2026", "é2026");
    }
}
