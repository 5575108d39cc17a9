//! `$toMillis` without a picture: ISO 8601 as JavaScript reads it.

use super::PictureError;
use super::calendar::{self, TimeOfDay};

/// The milliseconds since the Unix epoch of a date, or of a date and time with an offset or in UTC.
///
/// A text of the right shape that names no time, such as `2018-13-01`, is not a number, as in the reference.
///
/// # Errors
///
/// `D3110` for a text of another shape.
pub(super) fn parse(text: &str) -> Result<f64, PictureError> {
    let shape = Shape::parse(text.as_bytes()).ok_or_else(|| PictureError::quoting("D3110", text))?;
    Ok(shape.millis().map_or(f64::NAN, calendar::number))
}

/// What the reference lets through.
struct Shape {
    year: i64,
    /// The month and the day, where there are no more.
    dates: Vec<i64>,
    times: Vec<[i64; 3]>,
    /// The digits after the decimal point.
    fraction: Option<Vec<i64>>,
    zone: Zone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    None,
    Utc,
    Offset { sign: i64, hours: i64, minutes: i64 },
}

impl Shape {
    fn parse(text: &[u8]) -> Option<Self> {
        let mut rest = text;
        let year = number(take(&mut rest, "9999")?);
        let mut dates = Vec::new();
        while rest.get(3).is_none_or(|byte| !matches!(byte, b'0'..=b'9' | b':')) {
            let Some(date) = take(&mut rest, "-39") else { break };
            dates.push(number(date));
        }
        let mut times = Vec::new();
        while let Some(time) = take(&mut rest, "T29:59:59") {
            let mut parts = time.split(|&byte| byte == b':').map(number);
            times.push([parts.next()?, parts.next()?, parts.next()?]);
        }
        let fraction = take(&mut rest, ".").map(|_| digits(&mut rest));
        if fraction.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let zone = Zone::parse(&mut rest)?;
        rest.is_empty().then_some(Self { year, dates, times, fraction, zone })
    }

    fn millis(&self) -> Option<i64> {
        let (month, day) = match *self.dates.as_slice() {
            [] => (1, 1),
            [month] => (month, 1),
            [month, day] => (month, day),
            _ => return None,
        };
        let time = match *self.times.as_slice() {
            [] if self.fraction.is_none() && !matches!(self.zone, Zone::Offset { .. }) => TimeOfDay::default(),
            [[hour, minute, second]] => TimeOfDay { hour, minute, second, millisecond: self.millisecond() },
            _ => return None,
        };
        let midnight = TimeOfDay { hour: 24, ..TimeOfDay::default() };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || time.hour > 23 && time != midnight {
            return None;
        }
        let offset = match self.zone {
            Zone::None | Zone::Utc => 0,
            Zone::Offset { hours: 24.., .. } => return None,
            Zone::Offset { sign, hours, minutes } => sign * (hours * 60 + minutes),
        };
        Some(calendar::utc_millis(self.year, month, day, time)? - calendar::minutes(offset))
    }

    fn millisecond(&self) -> i64 {
        let digits = self.fraction.iter().flatten().copied().chain(std::iter::repeat(0));
        digits.take(3).fold(0, |millisecond, digit| millisecond * 10 + digit)
    }
}

impl Zone {
    fn parse(rest: &mut &[u8]) -> Option<Self> {
        if rest.is_empty() {
            return Some(Self::None);
        }
        if take(rest, "Z").is_some() {
            return Some(Self::Utc);
        }
        let sign = if take(rest, "-").is_some() { -1 } else { take(rest, "+").map(|_| 1)? };
        let hours = number(take(rest, "29")?);
        let _ = take(rest, ":");
        Some(Self::Offset { sign, hours, minutes: number(take(rest, "59")?) })
    }
}

/// What `rest` begins with, if it fits `shape`: a digit there stands for itself and those below it.
fn take<'a>(rest: &mut &'a [u8], shape: &str) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(shape.len())?;
    let fits = head.iter().zip(shape.bytes()).all(|(&byte, wanted)| match wanted {
        b'0'..=b'9' => (b'0'..=wanted).contains(&byte),
        literal => byte == literal,
    });
    fits.then(|| {
        *rest = tail;
        head
    })
}

fn digits(rest: &mut &[u8]) -> Vec<i64> {
    std::iter::from_fn(|| take(rest, "9").map(number)).collect()
}

/// The number that the digits among `bytes` make.
fn number(bytes: &[u8]) -> i64 {
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, byte| number * 10 + i64::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_and_times() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.001Z", 1),
            ("2018-02-01T09:42:13.123+0000", 1_517_478_133_123),
            ("2017-10-30T15:28:34Z", 1_509_377_314_000),
            ("2018", 1_514_764_800_000),
            ("2018Z", 1_514_764_800_000),
            ("2018-05", 1_525_132_800_000),
            ("2018-05-06", 1_525_564_800_000),
            ("2018T10:11:12+0100", 1_514_797_872_000),
            ("2018-05-06T10:11:12", 1_525_601_472_000),
            ("2018-05-06T10:11:12.1", 1_525_601_472_100),
            ("2018-05-06T10:11:12.9999+0530", 1_525_581_672_999),
            ("2018-05-06T10:11:12-05:30", 1_525_621_272_000),
            ("2018-05-06T24:00:00Z", 1_525_651_200_000),
            ("2018-02-31", 1_520_035_200_000),
            ("0050", -60_589_296_000_000),
        ] {
            assert_eq!(parse(text), Ok(calendar::number(expected)), "{text}");
        }
    }

    #[test]
    fn times_that_are_none_are_not_numbers() {
        for text in [
            "2018-13-01",
            "2018-30",
            "2018-01-00",
            "2018-02-32",
            "2018-05-06-07",
            "2018-05-06-0100",
            "2018-05-06T25:00:00Z",
            "2018-05-06T24:00:01Z",
            "2018-05-06T10:11:12T10:11:12Z",
            "2018-05-06T10:11:12+24:00",
            "2018-05-06+01:00",
            "2018-05-06.5",
        ] {
            assert!(parse(text).is_ok_and(f64::is_nan), "{text}");
        }
    }

    #[test]
    fn refuses_other_shapes() {
        for text in [
            "foo",
            "",
            "01-02-2018",
            "2018-02-03 11:15:33",
            "2018-05-06T10:11:12.",
            "2018-05-06T10:11:12+0060",
            "２０１８",
        ] {
            assert_eq!(parse(text), Err(PictureError::quoting("D3110", text)));
        }
    }
}
