//! Which tags an entry of `tagPrefixList` or `tagPatternList` matches.

use std::fmt;

/// The most `*` in one pattern.
pub const MAX_WILDCARDS: usize = 4;

/// An entry of a list of tags; exhaustive, a policy has these two lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagMatcher {
    /// Matches tags that begin with this.
    Prefix(String),
    /// Matches whole tags; each `*` stands for any text, also for none.
    Pattern(String),
}

impl TagMatcher {
    /// Whether `tag` is meant.
    pub fn matches(&self, tag: &str) -> bool {
        match self {
            Self::Prefix(prefix) => tag.starts_with(prefix.as_str()),
            Self::Pattern(pattern) => matches_pattern(pattern, tag),
        }
    }
}

impl fmt::Display for TagMatcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(text) | Self::Pattern(text) => formatter.write_str(text),
        }
    }
}

/// What stands between two `*` is looked for as far to the left as possible, which leaves most for what follows.
fn matches_pattern(pattern: &str, tag: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == tag };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut tag) = tag.strip_prefix(first).and_then(|tag| tag.strip_suffix(last)) else { return false };
    for part in middle.split('*') {
        let Some((_, after)) = tag.split_once(part) else { return false };
        tag = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let check = |pattern: &str, matching: &[&str], others: &[&str]| {
            let pattern = TagMatcher::Pattern(pattern.to_owned());
            for tag in matching {
                assert!(pattern.matches(tag), "{pattern} {tag}");
            }
            for tag in others {
                assert!(!pattern.matches(tag), "{pattern} {tag}");
            }
        };
        check("prod*", &["prod", "prod1", "production-team1"], &["pro", "repo-production", "Prod"]);
        check("*prod*", &["repo-production", "prod-team", "prod"], &["pro-d"]);
        check("*prod", &["prod", "a-prod"], &["prod-1"]);
        check("prod", &["prod"], &["prod1", ""]);
        check("*", &["", "x"], &[]);
        check("a*a", &["aa", "aba"], &["a", "ab"]);
        check("a*b*a", &["aba", "axbxa", "abba"], &["aa", "ab", "abab"]);
        check("*test*1*2*3", &["test123", "a-test-1-2-3"], &["test132", "test1234"]);
        check("v?.[0]", &["v?.[0]"], &["v1.0"]);
    }

    #[test]
    fn a_prefix_has_no_wildcards() {
        assert!(TagMatcher::Prefix("prod".into()).matches("prod-1"));
        assert!(!TagMatcher::Prefix("*prod".into()).matches("a-prod"));
    }
}
