//! Matches a text against a sequence of patterns, as a regular expression of JavaScript would, upper case and lower case
//! alike, but in bounded steps.

use std::ops::Range;

use super::PictureError;
use super::words::number_words;

/// The most places at which patterns may be tried to end.
const MAX_STEPS: usize = 1_000_000;

/// A piece of text, always as long as the patterns after it allow.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pattern {
    Literal(Vec<char>),
    /// So many ASCII digits, with the suffix of an ordinal or without.
    Digits {
        minimum: usize,
        maximum: usize,
        suffix: Suffix,
    },
    /// Letters of the Latin alphabet.
    Letters,
    RomanNumerals,
    NumberWords,
    /// A sign with digits, which go on after the separator.
    Offset {
        prefix: &'static str,
        separator: Option<char>,
    },
}

/// What follows digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    None,
    /// `st`, `nd`, `rd` or `th`.
    Ordinal,
}

/// Where each of `patterns` matches, so that together they match the whole `text`; none where they do not.
///
/// # Errors
///
/// `D1001` where there are too many ways to try.
pub(super) fn match_all(patterns: &[Pattern], text: &[char]) -> Result<Option<Vec<Range<usize>>>, PictureError> {
    let mut steps = 0;
    let mut matched: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    loop {
        if let Some(pattern) = patterns.get(matched.len()) {
            let ends = pattern.ends(text, start);
            steps += ends.len() + 1;
            open.push((start, ends));
        } else if start == text.len() {
            return Ok(Some(matched));
        }
        if steps > MAX_STEPS {
            return Err(PictureError::out_of_range(format!("{MAX_STEPS} steps")));
        }
        let end = loop {
            let Some((start, ends)) = open.last_mut() else { return Ok(None) };
            if let Some(end) = ends.pop() {
                break *start..end;
            }
            open.pop();
        };
        matched.truncate(open.len().saturating_sub(1));
        start = end.end;
        matched.push(end);
    }
}

impl Pattern {
    /// Where the pattern can end that begins at `start`, the best end last.
    fn ends(&self, text: &[char], start: usize) -> Vec<usize> {
        let rest = text.get(start..).unwrap_or_default();
        match self {
            Self::Literal(literal) if begins_with(rest, literal) => vec![start + literal.len()],
            Self::Literal(_) => Vec::new(),
            Self::Digits { minimum, maximum, suffix } => {
                let digits = count_while(rest, |character| character.is_ascii_digit()).min(*maximum);
                let ends = (*minimum..=digits).map(|length| start + length);
                match suffix {
                    Suffix::None => ends.collect(),
                    Suffix::Ordinal => ends.filter(|&end| has_suffix(text, end)).map(|end| end + 2).collect(),
                }
            }
            Self::Letters => ends_of_run(start, rest, |character| character.is_ascii_alphabetic()),
            Self::RomanNumerals => ends_of_run(start, rest, |character| "mdclxviMDCLXVI".contains(character)),
            Self::NumberWords => number_word_ends(text, start),
            Self::Offset { prefix, separator } => offset_ends(text, start, prefix, *separator),
        }
    }
}

fn ends_of_run(start: usize, rest: &[char], belongs: impl Fn(char) -> bool) -> Vec<usize> {
    (1..=count_while(rest, belongs)).map(|length| start + length).collect()
}

fn count_while(text: &[char], belongs: impl Fn(char) -> bool) -> usize {
    text.iter().take_while(|&&character| belongs(character)).count()
}

fn has_suffix(text: &[char], end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    ["st", "nd", "rd", "th"].into_iter().any(|suffix| begins_with_str(rest, suffix))
}

/// Any row of number words, `and`, commas, hyphens and spaces.
fn number_word_ends(text: &[char], start: usize) -> Vec<usize> {
    let mut reached = vec![start];
    let mut next = 0;
    while let Some(&place) = reached.get(next) {
        let rest = text.get(place..).unwrap_or_default();
        for word in number_words().map(|(word, _)| word).chain(["and", "-", ",", " "]) {
            let end = place + word.len();
            if begins_with_str(rest, word) && !reached.contains(&end) {
                reached.push(end);
            }
        }
        next += 1;
    }
    let mut ends = reached.split_off(1);
    ends.sort_unstable();
    ends
}

fn offset_ends(text: &[char], start: usize, prefix: &str, separator: Option<char>) -> Vec<usize> {
    let is_digit = |character: char| character.is_ascii_digit();
    let rest = text.get(start..).unwrap_or_default();
    let sign = start + prefix.len();
    if !begins_with_str(rest, prefix) || !text.get(sign).is_some_and(|sign| matches!(sign, '+' | '-')) {
        return Vec::new();
    }
    let ends = ends_of_run(sign + 1, text.get(sign + 1..).unwrap_or_default(), is_digit);
    let Some(separator) = separator else { return ends };
    let Some(end) = ends.into_iter().rev().find(|&end| text.get(end) == Some(&separator)) else { return Vec::new() };
    ends_of_run(end + 1, text.get(end + 1..).unwrap_or_default(), is_digit)
}

fn begins_with(text: &[char], literal: &[char]) -> bool {
    text.len() >= literal.len()
        && text.iter().zip(literal).all(|(a, b)| a == b || a.to_uppercase().eq(b.to_uppercase()))
}

/// For an ASCII `literal`.
fn begins_with_str(text: &[char], literal: &str) -> bool {
    text.len() >= literal.len() && text.iter().zip(literal.chars()).all(|(a, b)| a.eq_ignore_ascii_case(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(patterns: &[Pattern], text: &str, expected: Option<&[&str]>) {
        let characters: Vec<char> = text.chars().collect();
        let matched = match_all(patterns, &characters).unwrap();
        let pieces: Option<Vec<String>> =
            matched.map(|ranges| ranges.into_iter().map(|range| characters[range].iter().collect()).collect());
        assert_eq!(pieces, expected.map(|pieces| pieces.iter().map(|&piece| piece.to_owned()).collect()), "{text}");
    }

    fn digits(minimum: usize, maximum: usize) -> Pattern {
        Pattern::Digits { minimum, maximum, suffix: Suffix::None }
    }

    fn literal(text: &str) -> Pattern {
        Pattern::Literal(text.chars().collect())
    }

    #[test]
    fn gives_back_what_later_patterns_need() {
        check(&[digits(1, usize::MAX), digits(2, 2)], "2018", Some(&["20", "18"]));
        check(&[Pattern::NumberWords, literal(" APRIL")], "twenty-seven April", Some(&["twenty-seven", " April"]));
        check(&[Pattern::Letters, literal("b")], "abab", Some(&["aba", "b"]));
        check(&[Pattern::NumberWords], "sixteenth", Some(&["sixteenth"]));
        check(&[], "", Some(&[]));
        check(&[], "a", None);
        check(&[digits(1, 2)], "123", None);
    }

    #[test]
    fn matches_ordinals_and_offsets() {
        let ordinal = Pattern::Digits { minimum: 1, maximum: usize::MAX, suffix: Suffix::Ordinal };
        check(std::slice::from_ref(&ordinal), "21ST", Some(&["21ST"]));
        check(&[ordinal], "21", None);
        let offset = |prefix, separator| Pattern::Offset { prefix, separator };
        check(&[offset("", Some(':'))], "+05:30", Some(&["+05:30"]));
        check(&[offset("", Some(':'))], "+0530", None);
        check(&[offset("GMT", None)], "gmt-5", Some(&["gmt-5"]));
        check(&[offset("GMT", None)], "GMT5", None);
    }

    #[test]
    fn gives_up_where_there_are_too_many_ways() {
        let patterns = vec![digits(1, usize::MAX); 20];
        let text: Vec<char> = "1".repeat(100).chars().chain(['x']).collect();
        assert_eq!(match_all(&patterns, &text).unwrap_err().code, "D1001");
    }
}
