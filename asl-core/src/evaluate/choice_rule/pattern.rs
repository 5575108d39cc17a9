//! What `StringMatches` compares with: text in which `*` stands for any characters.

use crate::failure::Failure;

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Text without `*`.
    Exact(Box<str>),
    /// The text before the first `*`, what stands between one `*` and the next, and the text after the last.
    Wildcards { prefix: Box<str>, middle: Vec<Box<str>>, suffix: Box<str> },
    /// A pattern with a `\` that escapes nothing: matching fails, as the specification asks for.
    OpenEscape(Box<str>),
}

impl Pattern {
    /// Reads a pattern: `\*` is the character `*`, and `\\` the character `\`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let literal = match character {
                '*' => {
                    parts.push(String::new());
                    continue;
                }
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => escaped,
                    _ => return Self::OpenEscape(text.into()),
                },
                other => other,
            };
            if let Some(part) = parts.last_mut() {
                part.push(literal);
            }
        }
        let mut parts: Vec<Box<str>> = parts.into_iter().map(String::into_boxed_str).collect();
        let suffix = parts.pop().unwrap_or_default();
        if parts.is_empty() {
            return Self::Exact(suffix);
        }
        let prefix = parts.remove(0);
        Self::Wildcards { prefix, middle: parts, suffix }
    }

    /// Whether every text matches: there is nothing but `*`.
    pub(crate) fn takes_all(&self) -> bool {
        let Self::Wildcards { prefix, middle, suffix } = self else { return false };
        prefix.is_empty() && suffix.is_empty() && middle.iter().all(|part| part.is_empty())
    }

    pub(super) fn matches(&self, text: &str) -> Result<bool, Failure> {
        match self {
            Self::Exact(exact) => Ok(text == &**exact),
            Self::Wildcards { prefix, middle, suffix } => Ok(text
                .strip_prefix(&**prefix)
                .and_then(|rest| rest.strip_suffix(&**suffix))
                .is_some_and(|rest| contains_in_order(rest, middle))),
            Self::OpenEscape(pattern) => Err(Failure::runtime(format!(
                "The pattern '{pattern}' of StringMatches contains an open escape character '\\'."
            ))),
        }
    }
}

/// Whether `text` contains `parts` one after another; the first place for each leaves the most room for the rest.
fn contains_in_order(text: &str, parts: &[Box<str>]) -> bool {
    let found = parts.iter().try_fold(text, |rest, part| rest.split_once(&**part).map(|(_, rest)| rest));
    found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asterisk_stands_for_any_characters() {
        for (pattern, matching, other) in [
            ("foo*.log", &["foo23.log", "foo.log", "foo.log.log"][..], &["foo23.logs", "fo.log", "xfoo.log"][..]),
            ("*.log", &["zebra.log", ".log"], &["log", "zebra.log "]),
            ("foo*.*", &["foobar.zebra", "foo."], &["foobar"]),
            ("*", &["", "anything\n"], &[]),
            ("**a**", &["a", "bab"], &["", "b"]),
            ("ab*ba", &["abba", "ab-ba"], &["aba"]),
            ("*ab*ab*", &["abab", "xabxabx"], &["ab", "abxa"]),
            ("", &[""], &["a"]),
            ("é*ü", &["éü", "é→ü"], &["e→u"]),
            (r"a\*b", &["a*b"], &["axb", r"a\*b"]),
            (r"a\\*b", &[r"a\b", r"a\xxb"], &["ab", "a*b"]),
            ("a.c?[x]", &["a.c?[x]"], &["abc?[x]"]),
        ] {
            for text in matching {
                assert_eq!(Pattern::parse(pattern).matches(text), Ok(true), "{pattern} {text}");
            }
            for text in other {
                assert_eq!(Pattern::parse(pattern).matches(text), Ok(false), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn an_open_escape_fails_when_it_is_matched() {
        for pattern in [r"a\", r"\a", r"*\n"] {
            assert!(Pattern::parse(pattern).matches("a").is_err(), "{pattern}");
        }
    }
}
