//! Regular expressions with ECMAScript's meaning, matched in bounded time.
//!
//! The engine is `fancy-regex`: what needs no look-around or back-references runs in linear time, and for the rest its
//! backtracking is counted. Its syntax is not ECMAScript's, so the pattern is rewritten first.

mod ecmascript;

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// How large the program of a pattern may become, in bytes, and how many bytes of text it then reads in a step.
///
/// A program is a set of states, and each of them may have to be followed for each character.
const SIZES: [(usize, usize); 4] = [(1 << 13, 256), (1 << 15, 32), (1 << 17, 4), (1 << 20, 1)];

/// A compiled regular expression.
pub(super) struct Regex {
    source: String,
    rewritten: String,
    flags: Flags,
    program: fancy_regex::Regex,
    /// The same program with [`Patience::Much`], which few need.
    patient: OnceLock<Option<fancy_regex::Regex>>,
    bytes_in_a_step: usize,
}

/// The letters behind a pattern.
#[derive(Debug, Clone, Copy)]
struct Flags {
    /// `i`
    is_case_insensitive: bool,
    /// `m`: `^` and `$` match at line ends too.
    is_multi_line: bool,
}

/// How often a match may backtrack.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    Little,
    Much,
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
        let flags = Flags { is_case_insensitive: flags.contains('i'), is_multi_line: flags.contains('m') };
        let rewritten = ecmascript::rewrite(pattern, flags).map_err(|reason| InvalidRegex { reason })?;
        let mut failure = String::new();
        for (size, bytes_in_a_step) in SIZES {
            match build(&rewritten, flags, size, Patience::Little) {
                Ok(program) => {
                    let source = pattern.to_owned();
                    let patient = OnceLock::new();
                    return Ok(Self { source, rewritten, flags, program, patient, bytes_in_a_step });
                }
                Err(error) => failure = error.to_string(),
            }
        }
        Err(InvalidRegex { reason: failure })
    }

    /// The steps of an evaluation that a match with [`Patience::Much`] takes in addition.
    pub(super) const COST_OF_PATIENCE: u64 = 5_000;

    /// The steps of an evaluation that a match in so many bytes of text takes.
    pub(super) fn cost(&self, bytes: usize) -> u64 {
        16 + bytes.checked_div(self.bytes_in_a_step).unwrap_or(bytes) as u64
    }

    /// The pattern as it was written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The first match that starts at `start` or later.
    pub(super) fn find_at(&self, text: &str, start: usize, patience: Patience) -> Result<Option<Match>, TooManySteps> {
        let program = match patience {
            Patience::Little => &self.program,
            Patience::Much => self.patient().ok_or(TooManySteps)?,
        };
        let captures = program.captures_from_pos(text, start).map_err(|_| TooManySteps)?;
        Ok(captures.and_then(|captures| {
            let range = captures.get(0)?.range();
            let groups = (1..captures.len()).map(|group| captures.get(group).map(|group| group.range())).collect();
            Some(Match { range, groups })
        }))
    }

    fn patient(&self) -> Option<&fancy_regex::Regex> {
        let [.., (largest, _)] = SIZES;
        let build = || build(&self.rewritten, self.flags, largest, Patience::Much).ok();
        self.patient.get_or_init(build).as_ref()
    }
}

impl Patience {
    fn backtrack_limit(self) -> usize {
        match self {
            Self::Little => 200,
            Self::Much => 100_000,
        }
    }
}

fn build(
    rewritten: &str,
    flags: Flags,
    size: usize,
    patience: Patience,
) -> Result<fancy_regex::Regex, fancy_regex::Error> {
    fancy_regex::RegexBuilder::new(rewritten)
        .case_insensitive(flags.is_case_insensitive)
        .backtrack_limit(patience.backtrack_limit())
        .delegate_size_limit(size)
        .max_prog_size(size)
        .build()
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
        let found = regex.find_at(text, 0, Patience::Much).unwrap().map(|found| {
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
        check(r"(.)\1", "", "abcc", Some(&["cc", "c"]));
        check(r"^(a+)-\1$", "", "aa-a", None);
        check(r"(A)\1", "i", "aA", Some(&["aA", "a"]));
        check(r"\1(a)", "", "a", Some(&["a", "a"]));
        check(r"(?:(?<y>a)|b)\k<y>c", "", "bc", Some(&["bc", "-"]));
        check(r"\k<y>", "", "k<y>", Some(&["k<y>"]));
        check("^b.*$", "m", "a\rb1\r\nc", Some(&["b1"]));
        check("HAT", "i", "hat", Some(&["hat"]));
        check(r"a # b", "", "a # b", Some(&["a # b"]));
    }

    #[test]
    fn refuses_what_ecmascript_refuses() {
        for pattern in
            ["a++", "*", "(a", "a)", "[a", "(?x)a", "a{3,2}", "[b-a]", "\\", "(?<n>a)(?<n>b)", r"(?<n>a)\k<m>"]
        {
            assert!(Regex::compile(pattern, "").is_err(), "/{pattern}/");
        }
    }

    #[test]
    fn catastrophic_patterns_end() {
        let text = "a".repeat(40) + "!";
        assert!(Regex::compile("^(a+)+$", "").unwrap().find_at(&text, 0, Patience::Much).unwrap().is_none());
        assert!(Regex::compile(r"^(?:(a|aa)+\1?)+$", "").unwrap().find_at(&text, 0, Patience::Much).is_err());
        assert!(Regex::compile("(((a{1000}){1000}){1000})", "").is_err());
    }
}
