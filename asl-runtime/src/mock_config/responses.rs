//! What a mocked response answers to which invocation.

use std::ops::RangeInclusive;
use std::sync::Arc;

use asl_core::{Failure, Value};

/// A mocked response: answers by the number of the invocation, in that order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MockedResponse {
    pub(super) name: Arc<str>,
    pub(super) answers: Vec<(Invocations, MockedAnswer)>,
}

/// Invocations as a mock file numbers them: from 0, both ends included.
pub(super) type Invocations = RangeInclusive<u64>;

/// What an invocation is answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MockedAnswer {
    Return(Value),
    Throw(Failure),
}

impl MockedResponse {
    pub(super) fn answer(&self, invocation: u64) -> Option<&MockedAnswer> {
        self.answers.iter().find(|(invocations, _)| invocations.contains(&invocation)).map(|(_, answer)| answer)
    }

    /// The invocations that are answered, in words.
    pub(super) fn answered(&self) -> String {
        match self.answers.last() {
            Some((last, _)) => match *last.end() {
                0 => "0".to_owned(),
                last => format!("0 to {last}"),
            },
            None => "none".to_owned(),
        }
    }
}

/// `2` or `1-3`; none if `text` is neither, or goes backwards.
pub(super) fn invocations(text: &str) -> Option<Invocations> {
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|_| is_number)
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocations_are_numbers_and_ranges_with_both_ends() {
        for (text, expected) in [
            ("0", Some(0..=0)),
            ("1-2", Some(1..=2)),
            ("3-3", Some(3..=3)),
            ("007", Some(7..=7)),
            ("2-1", None),
            ("", None),
            ("-", None),
            ("1-", None),
            ("-1", None),
            ("+1", None),
            ("1 - 2", None),
            ("0-1-2", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(invocations(text), expected, "{text}");
        }
    }
}
