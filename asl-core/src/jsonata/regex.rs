//! Regular expressions with ECMAScript's meaning, matched in bounded time.
//!
//! The engine is `fancy-regex`: what needs no look-around or back-references runs in linear time, and for the rest its
//! backtracking is counted. Its syntax is not ECMAScript's, so the pattern is rewritten first.

mod ecmascript;

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// How large the program of a pattern may become, in bytes, and how many steps it then takes to read 256 bytes of text.
///
/// A program is a set of states, and each of them may have to be followed for each character.
const SIZES: [(usize, u64); 4] = [(1 << 13, 1), (1 << 15, 8), (1 << 17, 64), (1 << 20, 1024)];

/// A compiled regular expression.
pub(super) struct Regex {
    source: String,
    rewritten: String,
    flags: Flags,
    program: fancy_regex::Regex,
    /// The same program with [`Patience::Much`], which few need.
    patient: OnceLock<Option<fancy_regex::Regex>>,
    steps_to_read: u64,
    reading: Reading,
}

/// How often a match may read the same text, besides once for each state of its program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Once,
    /// Whenever it backtracks.
    Again,
    /// Also whenever a group repeats that looks around without end.
    InLoops,
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
        let ecmascript::Rewritten { pattern: rewritten, reading } =
            ecmascript::rewrite(pattern, flags).map_err(|reason| InvalidRegex { reason })?;
        let mut failure = String::new();
        for (size, steps_to_read) in SIZES {
            match build(&rewritten, flags, size, Patience::Little.backtrack_limit(reading)) {
                Ok(program) => {
                    let source = pattern.to_owned();
                    let patient = OnceLock::new();
                    return Ok(Self { source, rewritten, flags, program, patient, steps_to_read, reading });
                }
                Err(error) => failure = error.to_string(),
            }
        }
        Err(InvalidRegex { reason: failure })
    }

    /// The steps of an evaluation that a match in so many bytes of text takes.
    ///
    /// The engine counts how often it backtracks, but not what it reads between.
    pub(super) fn cost(&self, bytes: usize, patience: Patience) -> u64 {
        let bytes = bytes as u64;
        let reading = (bytes / 256).saturating_mul(self.steps_to_read);
        let backtracks = patience.backtrack_limit(self.reading) as u64;
        let in_loops = |starts: u64| starts.saturating_mul(bytes).saturating_mul(bytes + 160) / 1024;
        match (patience, self.reading) {
            (Patience::Little, Reading::Once) => 16 + reading,
            (Patience::Little, Reading::Again) => 16 + reading + bytes / 8 + backtracks.min(bytes),
            (Patience::Little, Reading::InLoops) => 16 + reading + in_loops(backtracks.min(bytes)),
            (Patience::Much, Reading::Once) => 5_000,
            (Patience::Much, Reading::Again) => 30_000 + bytes.saturating_mul(80),
            (Patience::Much, Reading::InLoops) => 30_000 + in_loops(backtracks),
        }
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
        let limit = Patience::Much.backtrack_limit(self.reading);
        let build = || build(&self.rewritten, self.flags, largest, limit).ok();
        self.patient.get_or_init(build).as_ref()
    }
}

impl Patience {
    fn backtrack_limit(self, reading: Reading) -> usize {
        match (self, reading) {
            (Self::Little, _) => 200,
            (Self::Much, Reading::Once) => 100_000,
            (Self::Much, Reading::Again | Reading::InLoops) => 20_000,
        }
    }
}

fn build(
    rewritten: &str,
    flags: Flags,
    size: usize,
    backtrack_limit: usize,
) -> Result<fancy_regex::Regex, fancy_regex::Error> {
    fancy_regex::RegexBuilder::new(rewritten)
        .case_insensitive(flags.is_case_insensitive)
        .backtrack_limit(backtrack_limit)
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
    fn what_may_be_read_again_is_known_from_the_pattern() {
        let cases = [
            ("(a+)+$", Reading::Once),
            ("(?<!x)a(?=b)", Reading::Once),
            (r"\b\w+\b", Reading::Again),
            (r"(a+)\1", Reading::Again),
            ("(?=.*b)a", Reading::Again),
            ("(?:(?=.*b)a)*", Reading::InLoops),
            ("((?<y>(?![^b]*b))a){20}", Reading::InLoops),
            (r"(a)(?:(?=\1)a)+", Reading::InLoops),
            ("(?:(?=.*b)a)?c*", Reading::Again),
        ];
        for (pattern, expected) in cases {
            assert_eq!(Regex::compile(pattern, "").unwrap().reading, expected, "/{pattern}/");
        }
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
