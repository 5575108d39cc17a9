//! Regular expressions with ECMAScript's meaning, matched in bounded time.
//!
//! The engine is `fancy-regex`: what needs no look-around or back-references runs in linear time, and for the rest its
//! backtracking is counted. Its syntax is not ECMAScript's, so the pattern is rewritten first.

mod ecmascript;

use std::fmt;
use std::ops::Range;

/// How often a match may backtrack.
const BACKTRACK_LIMIT: usize = 100_000;

/// How large the program of a pattern may become, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// A compiled regular expression.
pub(super) struct Regex {
    source: String,
    program: fancy_regex::Regex,
}

/// Why a pattern cannot be compiled.
#[derive(Debug)]
pub(super) struct InvalidRegex {
    pub(super) reason: String,
}

/// A match would need more steps than are allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooManySteps;

/// Where a pattern and its groups matched, in bytes of the text.
#[derive(Debug, Clone)]
pub(super) struct Match {
    pub(super) range: Range<usize>,
    pub(super) groups: Vec<Option<Range<usize>>>,
}

impl Regex {
    /// Compiles `pattern` with `flags`, of which there are `i` and `m`.
    pub(super) fn compile(pattern: &str, flags: &str) -> Result<Self, InvalidRegex> {
        let rewritten = ecmascript::rewrite(pattern, flags.contains('m')).map_err(|reason| InvalidRegex { reason })?;
        let program = fancy_regex::RegexBuilder::new(&rewritten)
            .case_insensitive(flags.contains('i'))
            .backtrack_limit(BACKTRACK_LIMIT)
            .delegate_size_limit(SIZE_LIMIT)
            .max_prog_size(SIZE_LIMIT)
            .build()
            .map_err(|error| InvalidRegex { reason: error.to_string() })?;
        Ok(Self { source: pattern.to_owned(), program })
    }

    /// The pattern as it was written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The first match that starts at `start` or later.
    pub(super) fn find_at(&self, text: &str, start: usize) -> Result<Option<Match>, TooManySteps> {
        let captures = self.program.captures_from_pos(text, start).map_err(|_| TooManySteps)?;
        Ok(captures.and_then(|captures| {
            let range = captures.get(0)?.range();
            let groups = (1..captures.len()).map(|group| captures.get(group).map(|group| group.range())).collect();
            Some(Match { range, groups })
        }))
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "/{}/", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, flags: &str, text: &str, expected: Option<&[&str]>) {
        let regex = Regex::compile(pattern, flags).unwrap();
        let found = regex.find_at(text, 0).unwrap().map(|found| {
            let groups = found.groups.iter().map(|group| group.clone().map_or("-", |range| text.get(range).unwrap()));
            std::iter::once(text.get(found.range.clone()).unwrap()).chain(groups).collect::<Vec<_>>()
        });
        assert_eq!(found.as_deref(), expected, "/{pattern}/{flags} on {text:?}");
    }

    #[test]
    fn means_what_ecmascript_means() {
        check("a(b)?c", "", "ac", Some(&["ac", "-"]));
        check(r"\d+", "", "٣4", Some(&["4"]));
        check(r"\w+", "", "é_1", Some(&["_1"]));
        check(r"\bb", "", "éb", Some(&["b"]));
        check(r"\s", "", "a\u{feff}", Some(&["\u{feff}"]));
        check(".", "", "\n\r\u{2028}x", Some(&["x"]));
        check("^b$", "m", "a\nb\nc", Some(&["b"]));
        check("^b$", "", "a\nb\nc", None);
        check("a$", "", "a\n", None);
        check("[^]", "", "\n", Some(&["\n"]));
        check("[]", "", "a", None);
        check("[[a]", "", "[", Some(&["["]));
        check("[a&&b]", "", "&", Some(&["&"]));
        check(r"[\w-]+", "", "a-b", Some(&["a-b"]));
        check(r"[\b]", "", "\u{8}", Some(&["\u{8}"]));
        check(r"a{,2}", "", "a{,2}", Some(&["a{,2}"]));
        check(r"a{2,3}?", "", "aaaa", Some(&["aa"]));
        check("]}", "", "]}", Some(&["]}"]));
        check(r"\/\-\#\x41\u0042\cJ", "", "/-#AB\n", Some(&["/-#AB\n"]));
        check(r"(a)|b\1c", "", "bc", Some(&["bc", "-"]));
        check(r"(?<y>\d)\k<y>", "", "122", Some(&["22", "2"]));
        check(r"(?<=\$)\d+(?!\.)", "", "1 $22.", Some(&["2"]));
        check("HAT", "i", "hat", Some(&["hat"]));
        check(r"a # b", "", "a # b", Some(&["a # b"]));
    }

    #[test]
    fn refuses_what_ecmascript_refuses() {
        for pattern in ["a++", "*", "(a", "a)", "[a", "(?x)a", "a{3,2}", "[b-a]", "\\"] {
            assert!(Regex::compile(pattern, "").is_err(), "/{pattern}/");
        }
    }

    #[test]
    fn catastrophic_patterns_end() {
        let text = "a".repeat(40) + "!";
        assert!(Regex::compile("^(a+)+$", "").unwrap().find_at(&text, 0).unwrap().is_none());
        assert!(Regex::compile(r"^(?:(a|aa)+\1?)+$", "").unwrap().find_at(&text, 0).is_err());
        assert!(Regex::compile("(((a{1000}){1000}){1000})", "").is_err());
    }
}
