//! Points in time and spans of it, as the engine counts them: whole milliseconds, like AWS's histories.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// The engine reads no clock: every timestamp comes from whoever drives it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z, where virtual clocks begin by default.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The point `milliseconds` after the Unix epoch.
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this, zero if this is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The point `duration` later, at most the end of time.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// ISO 8601 in UTC with milliseconds: `2024-11-22T09:30:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(formatter, "{timestamp:.3}"),
            Err(_) => write!(formatter, "{}ms", self.0),
        }
    }
}

/// Reads the profile of RFC 3339 that the language asks for: an upper-case `T`, and an upper-case `Z` or an offset.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        instant(text).map(|instant| Self(instant.as_millisecond())).ok_or(InvalidTimestamp)
    }
}

/// A text that is not a timestamp of RFC 3339 with an upper-case `T`, and an upper-case `Z` or an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTimestamp;

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not an RFC 3339 timestamp such as `2016-03-14T01:59:00Z`")
    }
}

impl std::error::Error for InvalidTimestamp {}

/// The instant that `text` names, to the nanosecond, for comparing.
pub(crate) fn instant(text: &str) -> Option<jiff::Timestamp> {
    if !has_rfc3339_shape(text.as_bytes()) {
        return None;
    }
    text.parse().ok()
}

/// `jiff` also reads other forms of ISO 8601, which AWS refuses.
fn has_rfc3339_shape(text: &[u8]) -> bool {
    let Some((head, tail)) = text.split_at_checked(19) else { return false };
    let head_fits = head.iter().zip(b"dddd-dd-ddTdd:dd:dd").all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    });
    let zone = match tail {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            match (digits, fraction.split_at_checked(digits)) {
                (1..=9, Some((_, zone))) => zone,
                _ => return false,
            }
        }
        zone => zone,
    };
    let zone_fits = match zone {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    head_fits && zone_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_profile_of_the_language() {
        for text in ["2016-03-14T01:59:00Z", "2016-03-14T01:59:00.123456789Z", "2016-03-14T01:59:00+02:00"] {
            assert!(text.parse::<Timestamp>().is_ok(), "{text}");
        }
        for text in [
            "",
            "2016-03-14",
            "2016-03-14t01:59:00Z",
            "2016-03-14T01:59:00z",
            "2016-03-14 01:59:00Z",
            "2016-03-14T01:59:00",
            "2016-03-14T01:59:00.Z",
            "2016-13-14T01:59:00Z",
            "2016-03-14T25:59:00Z",
            "05-12-2016T21:29:29Z",
            "2016-03-14T01:59:00+0200",
            "２016-03-14T01:59:00Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn prints_what_it_read() {
        let timestamp: Timestamp = "2024-11-22T09:30:00.5Z".parse().unwrap();
        assert_eq!(timestamp.to_string(), "2024-11-22T09:30:00.500Z");
    }
}
