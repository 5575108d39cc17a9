//! The constant patterns of the reference normaliser, `normalize.py`.

use std::sync::LazyLock;

use regex::Regex;

/// A date-time of ISO 8601 with a zone.
pub(crate) static DATE_TIME: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"(?:[1-9]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)",
        r"|(?:[1-9]\d(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)-02-29)",
        r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-][01]\d:?([0-5]\d)?)",
    ))
});

/// A key whose value is a point in time.
pub(crate) static TIMESTAMP_KEY: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?i)^.*timestamp.*$|^creationTime$|^ingestionTime$"));

/// A placeholder that stands for a text which differs from run to run.
pub(crate) static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| constant(r"<[A-Za-z][\w.\-]*:\d+>|<<task_token>:\d+>|<MapRunArnPart\d_\d+idx>|generated-uuid"));

#[expect(clippy::expect_used, reason = "a constant pattern is valid once and for all")]
fn constant(pattern: &str) -> Regex {
    // INVARIANT: only the constants above come here, and the tests compile each of them.
    Regex::new(pattern).expect("a constant pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_finds_what_it_is_for() {
        let check = |pattern: &Regex, text: &str, expected: Option<&str>| {
            assert_eq!(pattern.find(text).map(|found| found.as_str()), expected, "{text}");
        };
        check(&DATE_TIME, "at 2024-02-29T23:59:59.123Z.", Some("2024-02-29T23:59:59.123Z"));
        check(&DATE_TIME, "2024-11-22T09:30:00+02:00", Some("2024-11-22T09:30:00+02:00"));
        check(&DATE_TIME, "2023-02-29T00:00:00Z", None);
        check(&DATE_TIME, "2024-11-22T09:30:00", None);
        check(&TIMESTAMP_KEY, "event_Timestamp", Some("event_Timestamp"));
        check(&TIMESTAMP_KEY, "creationTime", Some("creationTime"));
        check(&TIMESTAMP_KEY, "startTime", None);
        check(&PLACEHOLDER, "id <uuid:12>", Some("<uuid:12>"));
        check(&PLACEHOLDER, "<<task_token>:1>", Some("<<task_token>:1>"));
        check(&PLACEHOLDER, "<region>", None);
    }
}
