//! `$match`, `$contains`, `$replace` and `$split`, by text or by pattern.
//!
//! A pattern is any function of a text that yields a match: an object with `match`, `start`, `end`, `groups`, and
//! `next`, a function without parameters that yields the following match. A regular expression is such a function; its
//! matches are found directly unless the expression looks at them. Positions in match objects count UTF-16 code units.

use std::sync::Arc;

use super::{Arguments, quote};
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Closure, Evaluated, Evaluator, Function};
use crate::jsonata::item::{Item, Record};
use crate::jsonata::regex::{Match, Patience, Regex, TooManySteps};
use crate::value::Value;

pub(super) fn match_all(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(text), Some(pattern)) = (arguments.text(0), arguments.function(1)) else { return Ok(None) };
    let limit = limit(arguments, 2, "D3040")?;
    let mut results = Vec::new();
    let (mut counted, mut index) = (0, 0);
    let mut matches = Matches::of(evaluator, pattern, text.clone());
    while below(results.len(), limit) {
        let Some(found) = matches.next(evaluator)? else { break };
        let mut record = Record::default();
        record.insert("match".into(), found.text(&text).into());
        index += utf16_length(text.get(counted..found.start).unwrap_or(""));
        counted = found.start;
        record.insert("index".into(), index.into());
        record.insert("groups".into(), found.groups_item());
        results.push(Item::object(record));
        evaluator.bounds.charge_items(8)?;
    }
    Ok(Some(Item::sequence(results)))
}

pub(super) fn contains(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let contains = match (arguments.text(1), arguments.function(1)) {
        (Some(part), _) => text.contains(&*part),
        (None, Some(pattern)) => Matches::of(evaluator, pattern, text).next(evaluator)?.is_some(),
        (None, None) => false,
    };
    Ok(Some(contains.into()))
}

pub(super) fn split(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let limit = limit(arguments, 2, "D3020")?;
    let mut parts: Vec<Item> = Vec::new();
    match (arguments.text(1), arguments.function(1)) {
        (Some(separator), _) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative; too large saturates"
            )]
            let most = limit.map_or(usize::MAX, |limit| limit as usize);
            evaluator.bounds.read_text(text.len())?;
            let count = if separator.is_empty() {
                text.chars().take(most).count()
            } else {
                text.split(&*separator).take(most).count()
            };
            evaluator.bounds.charge_items(count)?;
            // Each part is a text of its own.
            evaluator.bounds.charge(count.saturating_mul(32))?;
            if separator.is_empty() {
                parts.extend(text.chars().take(most).map(|character| Item::from(&*character.encode_utf8(&mut [0; 4]))));
            } else {
                parts.extend(text.split(&*separator).take(most).map(Item::from));
            }
        }
        (None, Some(pattern)) => {
            let mut matches = Matches::of(evaluator, pattern, text.clone());
            let mut start = 0;
            while below(parts.len(), limit) {
                let Some(found) = matches.next(evaluator)? else {
                    parts.push(text.get(start..).unwrap_or("").into());
                    break;
                };
                evaluator.bounds.charge_items(2)?;
                parts.push(text.get(start..found.start).unwrap_or("").into());
                start = found.end;
            }
        }
        (None, None) => {}
    }
    evaluator.bounds.check_length(parts.len())?;
    evaluator.bounds.charge_text(text.len())?;
    Ok(Some(Item::array(parts)))
}

pub(super) fn replace(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    if arguments.text(1).is_some_and(|pattern| pattern.is_empty()) {
        return Err(Fault::new("D3010"));
    }
    let limit = limit(arguments, 3, "D3011")?;
    let mut result = String::new();
    let mut position = 0;
    let mut count = 0;
    match (arguments.text(1), arguments.function(1)) {
        (Some(pattern), _) => {
            let Some(replacement) = arguments.text(2) else { return Err(Fault::new("D3012")) };
            for (start, _) in text.match_indices(&*pattern) {
                if !below(count, limit) {
                    break;
                }
                evaluator.bounds.charge_text(start - position + replacement.len())?;
                result.push_str(text.get(position..start).unwrap_or(""));
                result.push_str(&replacement);
                position = start + pattern.len();
                count += 1;
            }
        }
        (None, Some(pattern)) => {
            let mut matches = Matches::of(evaluator, pattern, text.clone());
            while below(count, limit) {
                let Some(found) = matches.next(evaluator)? else { break };
                let replacement = match (arguments.text(2), arguments.function(2)) {
                    (Some(template), _) => substitute(evaluator, &template, &found, &text)?,
                    (None, Some(function)) => replacement_by(evaluator, function, &found, &text)?,
                    (None, None) => String::new(),
                };
                evaluator.bounds.charge_text(found.start.saturating_sub(position) + replacement.len())?;
                result.push_str(text.get(position..found.start).unwrap_or(""));
                result.push_str(&replacement);
                position = found.end;
                count += 1;
            }
        }
        (None, None) => {}
    }
    result.push_str(text.get(position..).unwrap_or(""));
    evaluator.bounds.charge_text(text.len().saturating_sub(position))?;
    Ok(Some(result.into()))
}

/// The limit among the arguments, which must not be negative.
fn limit(arguments: &Arguments, position: usize, code: &'static str) -> Result<Option<f64>, Fault> {
    match arguments.number(position) {
        Some(limit) if limit < 0.0 => Err(Fault::new(code)),
        limit => Ok(limit),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
fn below(count: usize, limit: Option<f64>) -> bool {
    limit.is_none_or(|limit| (count as f64) < limit)
}

fn replacement_by(
    evaluator: &mut Evaluator<'_>,
    function: Function,
    found: &Found,
    text: &str,
) -> Result<String, Fault> {
    evaluator.bounds.read_text(found.end.saturating_mul(2))?;
    match evaluator.call(function, vec![Some(Item::object(found.record(text)))], None)? {
        Some(Item::Value(Value::String(replacement))) => Ok(String::from(&*replacement)),
        other => {
            let fault = Fault::new("D3012");
            Err(match other {
                Some(other) => fault.with("value", quote(&other)),
                None => fault,
            })
        }
    }
}

/// `template` with `$0` for the match, `$1` and on for its groups, and `$$` for a dollar.
fn substitute(evaluator: &mut Evaluator<'_>, template: &str, found: &Found, text: &str) -> Result<String, Fault> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        evaluator.bounds.spend(1)?;
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('0') {
            evaluator.bounds.charge_text(found.text(text).len())?;
            out.push_str(found.text(text));
            rest = after;
        } else {
            match group_number(rest, found.groups.len()) {
                Some((number, after)) => {
                    let group = number.checked_sub(1).and_then(|index| found.groups.get(index));
                    let group = group.and_then(Option::as_deref).unwrap_or("");
                    evaluator.bounds.charge_text(group.len())?;
                    out.push_str(group);
                    rest = after;
                }
                None => out.push('$'),
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The number of a group: as many digits as the number of groups has, one less if that is more than there are.
fn group_number(text: &str, groups: usize) -> Option<(usize, &str)> {
    let most = groups.max(1).to_string().len();
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let read = |length: usize| {
        let (digits, rest) = text.split_at_checked(length)?;
        digits.parse::<usize>().ok().map(|number| (number, rest))
    };
    match read(digits) {
        Some((number, _)) if number > groups && digits > 1 && digits == most => read(digits - 1),
        other => other,
    }
}

/// A match: byte positions in the text, and the texts of its groups.
struct Found {
    start: usize,
    end: usize,
    groups: Vec<Option<String>>,
}

impl Found {
    fn of(found: &Match, text: &str) -> Self {
        let part = |range: &std::ops::Range<usize>| text.get(range.clone()).map(str::to_owned);
        let groups = found.groups.iter().map(|group| group.as_ref().and_then(part)).collect();
        Self { start: found.range.start, end: found.range.end, groups }
    }

    fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// The match object, but for its `next`.
    fn record(&self, text: &str) -> Record {
        let units_before = |end: usize| Item::from(utf16_length(text.get(..end).unwrap_or("")));
        let mut record = Record::default();
        record.insert("match".into(), self.text(text).into());
        record.insert("start".into(), units_before(self.start));
        record.insert("end".into(), units_before(self.end));
        record.insert("groups".into(), self.groups_item());
        record
    }

    fn groups_item(&self) -> Item {
        let group = |group: &Option<String>| group.as_deref().map_or(Item::Value(Value::Null), Item::from);
        Item::array(self.groups.iter().map(group).collect())
    }
}

/// Where a search for a match begins, in bytes.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Search {
    From(usize),
    /// Behind a match that ends here: the one that follows must not be empty.
    After(usize),
}

/// The matches of a pattern in a text, one after the other.
enum Matches<'e> {
    Regex {
        regex: &'e Regex,
        text: Arc<str>,
        search: Search,
    },
    /// Whatever function stands in for a regular expression; called with the text first.
    Matcher {
        next: Option<Function>,
        text: Arc<str>,
        is_first: bool,
    },
}

impl<'e> Matches<'e> {
    fn of(evaluator: &Evaluator<'e>, pattern: Function, text: Arc<str>) -> Self {
        match evaluator.as_regex(pattern) {
            Some(regex) => Self::Regex { regex, text, search: Search::From(0) },
            None => Self::Matcher { next: Some(pattern), text, is_first: true },
        }
    }

    fn next(&mut self, evaluator: &mut Evaluator<'e>) -> Result<Option<Found>, Fault> {
        match self {
            Self::Regex { regex, text, search } => {
                let found = find(evaluator, regex, text, *search)?;
                *search = Search::After(found.as_ref().map_or(text.len(), |found| found.range.end));
                Ok(found.map(|found| Found::of(&found, text)))
            }
            Self::Matcher { next, text, is_first } => {
                let Some(function) = next.take() else { return Ok(None) };
                let given = if std::mem::take(is_first) { vec![Some(text.clone().into())] } else { Vec::new() };
                let Some(result) = evaluator.call(function, given, None)? else { return Ok(None) };
                // Where the match is, is counted from the start.
                evaluator.bounds.spend(text.len() as u64 / 16)?;
                let member = |name: &str| result.as_object().and_then(|object| object.get(name));
                let (start, end) = (member("start"), member("end"));
                *next = member("next").and_then(|next| next.as_function());
                let groups = member("groups");
                let start_number = start.as_ref().and_then(Item::as_f64);
                if start_number.is_none() && !groups.as_ref().is_some_and(Item::is_array) && next.is_none() {
                    return Err(Fault::new("T1010"));
                }
                let start = byte_offset(text, start_number.unwrap_or(0.0));
                let matched = member("match").and_then(|matched| matched.as_str().map(str::len));
                let end = end.as_ref().and_then(Item::as_f64).map_or(start, |end| byte_offset(text, end));
                let groups = groups
                    .as_ref()
                    .and_then(Item::as_array)
                    .map(|groups| groups.iter().map(|group| group.as_str().map(str::to_owned)).collect());
                let end = matched.map_or(end, |length| start + length);
                Ok(Some(Found { start, end, groups: groups.unwrap_or_default() }))
            }
        }
    }
}

fn find(evaluator: &mut Evaluator<'_>, regex: &Regex, text: &str, search: Search) -> Result<Option<Match>, Fault> {
    let position = match search {
        Search::From(start) if start <= text.len() => start,
        Search::After(end) if end < text.len() => end,
        _ => return Ok(None),
    };
    let bytes = text.len() - position;
    evaluator.bounds.spend(regex.cost(bytes, Patience::Little))?;
    let mut result = regex.find_at(text, position, Patience::Little);
    if result.is_err() {
        evaluator.bounds.spend(regex.cost(bytes, Patience::Much))?;
        result = regex.find_at(text, position, Patience::Much);
    }
    let found = result.map_err(|TooManySteps| Fault::new("U1006"))?;
    if let Some(found) = &found {
        let groups = found.groups.iter().flatten().map(ExactSizeIterator::len);
        evaluator.bounds.charge_text(groups.sum::<usize>().saturating_add(found.range.len()))?;
    }
    match (found, search) {
        (Some(found), Search::After(_)) if found.range.is_empty() => {
            Err(Fault::new("D1004").with("value", quote(&regex.source().into())))
        }
        (found, _) => Ok(found),
    }
}

/// The match object of a regular expression that the expression calls itself.
pub(in super::super) fn match_record<'e>(
    evaluator: &mut Evaluator<'e>,
    regex: &'e Regex,
    text: &Arc<str>,
    search: Search,
) -> Evaluated {
    let Some(found) = find(evaluator, regex, text, search)? else { return Ok(None) };
    let next = evaluator.define(Closure::NextMatch { regex, text: text.clone(), position: found.range.end })?;
    evaluator.bounds.read_text(text.len())?;
    let mut record = Found::of(&found, text).record(text);
    if let Some(next) = next {
        record.insert("next".into(), next);
    }
    Ok(Some(Item::object(record)))
}

fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The byte at which the UTF-16 code unit `units` of a text begins; its end if it is shorter.
pub(in super::super) fn byte_offset(text: &str, units: f64) -> usize {
    let mut seen = 0.0;
    for (offset, character) in text.char_indices() {
        if seen >= units {
            return offset;
        }
        seen += if character.len_utf16() == 2 { 2.0 } else { 1.0 };
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn matches_tell_their_place_and_groups() {
        check(
            r#"$match("💩ab", /(a)|(b)/)"#,
            r#"[{"match":"a","index":2,"groups":["a",null]},{"match":"b","index":3,"groups":[null,"b"]}]"#,
        );
        check(r#"$match("ab", /x/)"#, "undefined");
        check(r#"$match("ab", /a|b/, 1).match"#, r#""a""#);
        check(r#"$match("ab", /a|b/, -1)"#, "D3040");
        check(r#"$match("ab", /x*/)"#, "D1004");
        check(r#"/a(b)/("xab").[start, end, groups]"#, r#"[1,3,"b"]"#);
        check(r#"$match("a1b2", /\d/).next"#, "undefined");
        check(r#"/\d/("a1b2").next().match"#, r#""2""#);
    }

    #[test]
    fn replacements_name_groups() {
        check(r#"$replace("John Smith", /(\w+)\s(\w+)/, "$2, $1")"#, r#""Smith, John""#);
        check(r#"$replace("265USD", /([0-9]+)USD/, "$$$1")"#, r#""$265""#);
        check(r#"$replace("aaa", "a", "b", 2)"#, r#""bba""#);
        check(r#"$replace("abc", /b/, function($m) { $uppercase($m.match) })"#, r#""aBc""#);
        check(r#"$replace("abc", /b/, function($m) { 1 })"#, "D3012");
    }

    #[test]
    fn splitting() {
        check(r#"$split("a, b;c", /[,;]\s*/)"#, r#"["a","b","c"]"#);
        check(r#"$split("abc", "")"#, r#"["a","b","c"]"#);
        check(r#"$split("a b", " ", 0)"#, "[]");
        check(r#"$contains("abc", /B/i)"#, "true");
        check(r#"$split("some text", $uppercase)"#, "T1010");
    }
}
