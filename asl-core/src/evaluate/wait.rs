//! Until when a Wait state waits.
//!
//! See [Wait State](https://states-language.net/spec.html#wait-state) in the specification.

use std::time::Duration;

use crate::failure::Failure;
use crate::jsonpath::JsonPath;
use crate::program::Wait;
use crate::timestamp::Timestamp;
use crate::value::Value;

use super::quantity::{NotACount, bare_text, count};
use super::scope::Scope;

/// The longest delay that AWS accepts, in seconds: 2³¹ − 1, some 68 years.
const MAX_DELAY_SECONDS: u64 = 0x7fff_ffff;

impl Wait {
    /// When a state that was entered at `now` has waited long enough; `now` if that is past.
    pub(crate) fn until(&self, now: Timestamp, scope: &Scope<'_>) -> Result<Timestamp, Failure> {
        match self {
            Self::Seconds(seconds) => after(now, *seconds),
            Self::SecondsPath(path) => after(now, seconds(path, scope)?),
            Self::Timestamp(timestamp) => at(now, *timestamp),
            Self::TimestampPath(path) => at(now, timestamp(path, scope)?),
        }
    }
}

fn after(now: Timestamp, seconds: u64) -> Result<Timestamp, Failure> {
    if seconds > MAX_DELAY_SECONDS {
        return Err(Failure::runtime("Wait state delay is too long."));
    }
    Ok(now.saturating_add(Duration::from_secs(seconds)))
}

/// AWS counts timestamps in whole seconds and drops the rest.
fn at(now: Timestamp, timestamp: Timestamp) -> Result<Timestamp, Failure> {
    let timestamp = Timestamp::from_millis(timestamp.as_millis().div_euclid(1000).saturating_mul(1000));
    after(now, timestamp.since(now).as_secs()).map(|_| timestamp.max(now))
}

fn seconds(path: &JsonPath, scope: &Scope<'_>) -> Result<u64, Failure> {
    const FIELD: &str = "SecondsPath";
    let value = find(path, FIELD, scope)?;
    count(&value).map_err(|refused| {
        let fault = match refused {
            NotACount::Negative => "references a negative value",
            NotACount::NotAnInteger => "cannot be parsed as a long value",
        };
        wrong_value(FIELD, fault, path, &value)
    })
}

fn timestamp(path: &JsonPath, scope: &Scope<'_>) -> Result<Timestamp, Failure> {
    const FIELD: &str = "TimestampPath";
    let value = find(path, FIELD, scope)?;
    value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
        let fault = "does not reference a valid ISO-8601 extended offset date-time format string";
        wrong_value(FIELD, fault, path, &value)
    })
}

fn find(path: &JsonPath, field: &str, scope: &Scope<'_>) -> Result<Value, Failure> {
    scope.find(path).map_err(|_| {
        Failure::runtime(format!("The {field} parameter does not reference an input value: {}", path.text()))
    })
}

fn wrong_value(field: &str, fault: &str, path: &JsonPath, value: &Value) -> Failure {
    Failure::runtime(format!("The {field} parameter {fault}: {} == {}", path.text(), bare_text(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::tests::{path, with_scope};

    const NOW: &str = "2026-11-23T06:50:00.250Z";

    fn check(wait: &Wait, input: &str, expected: Result<&str, &str>) {
        let until = with_scope(input, |scope| wait.until(NOW.parse().unwrap(), scope));
        assert_eq!(
            until.map(|until| until.to_string()),
            expected.map(String::from).map_err(Failure::runtime),
            "{input}"
        );
    }

    #[test]
    fn waits_for_seconds() {
        check(&Wait::Seconds(10), "{}", Ok("2026-11-23T06:50:10.250Z"));
        let wait = Wait::SecondsPath(path("$.wait"));
        for (input, expected) in [
            (r#"{"wait":0}"#, Ok(NOW)),
            (r#"{"wait":60}"#, Ok("2026-11-23T06:51:00.250Z")),
            (r#"{"wait":-1}"#, Err("The SecondsPath parameter references a negative value: $.wait == -1")),
            (r#"{"wait":1.5}"#, Err("The SecondsPath parameter cannot be parsed as a long value: $.wait == 1.5")),
            (r#"{"wait":-1.5}"#, Err("The SecondsPath parameter cannot be parsed as a long value: $.wait == -1.5")),
            (r#"{"wait":"ten"}"#, Err("The SecondsPath parameter cannot be parsed as a long value: $.wait == ten")),
            ("{}", Err("The SecondsPath parameter does not reference an input value: $.wait")),
            (r#"{"wait":2147483648}"#, Err("Wait state delay is too long.")),
        ] {
            check(&wait, input, expected);
        }
    }

    #[test]
    fn waits_until_a_timestamp_in_whole_seconds() {
        check(&Wait::Timestamp("2026-11-23T07:00:00.900Z".parse().unwrap()), "{}", Ok("2026-11-23T07:00:00.000Z"));
        let wait = Wait::TimestampPath(path("$.at"));
        for (input, expected) in [
            (r#"{"at":"2027-01-01T00:00:00+01:00"}"#, Ok("2026-12-31T23:00:00.000Z")),
            (r#"{"at":"2000-01-01T00:00:00Z"}"#, Ok(NOW)),
            (r#"{"at":"2094-12-11T10:04:07Z"}"#, Ok("2094-12-11T10:04:07.000Z")),
            (r#"{"at":"2094-12-12T10:04:08Z"}"#, Err("Wait state delay is too long.")),
            ("{}", Err("The TimestampPath parameter does not reference an input value: $.at")),
            (
                r#"{"at":"2027-01-01 00:00:00Z"}"#,
                Err(
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format \
                     string: $.at == 2027-01-01 00:00:00Z",
                ),
            ),
        ] {
            check(&wait, input, expected);
        }
    }
}
