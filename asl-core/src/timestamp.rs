//! Points in time and spans of it, as the engine counts them: whole milliseconds, like AWS's histories.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::DateTime;
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
        match EPOCH.checked_add(SignedDuration::from_millis(self.0)) {
            Ok(time) => write!(formatter, "{time:.3}Z"),
            Err(_) => write!(formatter, "{}ms", self.0),
        }
    }
}

/// Reads the profile of RFC 3339 that the language asks for: an upper-case `T`, and an upper-case `Z` or an offset.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let Instant(since_epoch) = instant(text).ok_or(InvalidTimestamp)?;
        let whole_seconds = since_epoch.as_secs().saturating_mul(1000);
        Ok(Self(whole_seconds.saturating_add(i64::from(since_epoch.subsec_millis()))))
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

/// A point in time to the nanosecond, for comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(SignedDuration);

/// The Unix epoch. Civil time reaches to the end of the year 9999 at every offset, which `jiff::Timestamp` does not.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The instant that `text` names.
pub(crate) fn instant(text: &str) -> Option<Instant> {
    let zone = zone(text)?;
    let (local, _) = text.split_at_checked(text.len() - zone.len())?;
    let local: DateTime = local.parse().ok()?;
    Some(Instant(local.duration_since(EPOCH) - offset(zone)?))
}

/// How far local time is ahead of UTC.
fn offset(zone: &str) -> Option<SignedDuration> {
    let Some((hours, minutes)) = zone.get(1..).and_then(|digits| digits.split_once(':')) else {
        return Some(SignedDuration::ZERO);
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let offset = SignedDuration::from_mins(hours * 60 + minutes);
    (hours < 24 && minutes < 60).then_some(if zone.starts_with('-') { -offset } else { offset })
}

/// The zone at the end of a text that has the shape of RFC 3339; `jiff` also reads other forms, which AWS refuses.
fn zone(text: &str) -> Option<&str> {
    let (head, tail) = text.split_at_checked(19)?;
    let head_fits = head.bytes().zip(*b"dddd-dd-ddTdd:dd:dd").all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    });
    let zone = match tail.strip_prefix('.') {
        None => tail,
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
            (1..=9).contains(&(fraction.len() - zone.len())).then_some(zone)?
        }
    };
    let zone_fits = match zone.as_bytes() {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    (head_fits && zone_fits).then_some(zone)
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
            "2016-03-14T01:59:00+24:00",
            "2016-03-14T01:59:00+01:60",
            "2016-03-14T01:59:00.1234567890Z",
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

    #[test]
    fn every_time_of_four_digit_years_has_a_place() {
        for (text, expected) in [
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
            ("9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250Z"),
            ("2000-01-01T00:30:00+01:00", "1999-12-31T23:30:00.000Z"),
            ("2000-01-01T00:30:00-01:30", "2000-01-01T02:00:00.000Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), expected, "{text}");
        }
        assert!(instant("9999-12-31T23:59:59-23:59") > instant("9999-12-31T23:59:59Z"));
        assert!(instant("2000-01-01T00:00:00.000000001Z") > instant("2000-01-01T00:00:00Z"));
    }
}
