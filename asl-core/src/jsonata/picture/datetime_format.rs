//! `$fromMillis`: a point in time as a picture shows it.

use super::PictureError;
use super::calendar::{self, DateTime};
use super::datetime_picture::{self, Component, Form, Marker, Part};
use super::integer::{Case, Grouping, IntegerPicture, Primary, format_integer, parse_leading_digits};

const ISO_8601: &str = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

/// The time `millis` milliseconds after the Unix epoch, as `picture` shows it in `timezone`
/// ([fn:format-dateTime](https://www.w3.org/TR/xpath-functions-31/#func-format-dateTime)).
///
/// Without a picture it is shown as ISO 8601 does. A timezone is an offset in hours and minutes without a colon, `+0530`.
///
/// # Errors
///
/// `D3130` to `D3135` for a picture that is faulty or does not fit, `D1001` for a time or a timezone that is none.
pub(in super::super) fn from_millis(
    millis: f64,
    picture: Option<&str>,
    timezone: Option<&str>,
) -> Result<String, PictureError> {
    let parts = datetime_picture::parse(picture.unwrap_or(ISO_8601))?;
    let offset = timezone.map(Offset::parse).transpose()?.unwrap_or_default();
    let local = calendar::whole(millis + calendar::number(calendar::minutes(offset.total_minutes())));
    let time = local.and_then(DateTime::from_millis).ok_or(PictureError::out_of_range(millis))?;
    let mut text = String::new();
    for part in &parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Marker(marker) => text.push_str(&marker.format(&time, offset)?),
        }
    }
    Ok(text)
}

/// How far local time is from UTC.
#[derive(Debug, Clone, Copy, Default)]
struct Offset {
    hours: i64,
    minutes: i64,
}

impl Offset {
    /// Reads `+0530`. As in the reference, hours are rounded down: `-0530` is six hours and thirty minutes behind.
    fn parse(timezone: &str) -> Result<Self, PictureError> {
        let digits = calendar::whole(parse_leading_digits(timezone)).ok_or(PictureError::out_of_range(timezone))?;
        Ok(Self { hours: digits.div_euclid(100), minutes: digits % 100 })
    }

    fn total_minutes(self) -> i64 {
        self.hours * 60 + self.minutes
    }

    /// The number whose digits are the hours and the minutes.
    fn digits(self) -> i64 {
        self.hours * 100 + self.minutes
    }
}

impl Marker {
    fn format(&self, time: &DateTime, offset: Offset) -> Result<String, PictureError> {
        let value = match self.component {
            Component::Offset | Component::NamedOffset => return self.format_offset(offset),
            Component::HalfDay => return Ok(self.half_day(time.hour).to_owned()),
            Component::Calendar | Component::Era => return Ok("ISO".to_owned()),
            Component::Year => self.last_digits(time.year),
            Component::Month => time.month,
            Component::Day => time.day,
            Component::DayOfYear => time.day_of_year(),
            Component::DayOfWeek => time.day_of_week(),
            Component::WeekOfYear => time.week_of_year(),
            Component::WeekOfMonth => time.week_of_month(),
            Component::YearOfWeek => time.year_of_week(),
            Component::MonthOfWeek => time.month_of_week(),
            Component::Hour => time.hour,
            Component::HourOfHalfDay => time.hour_of_half_day(),
            Component::Minute => time.minute,
            Component::Second => time.second,
            Component::Millisecond => time.millisecond,
        };
        match &self.form {
            Form::Integer(integer) => integer.format(calendar::number(value)),
            Form::Name(case) => self.name(value, *case),
        }
    }

    fn last_digits(&self, year: i64) -> i64 {
        let limit = self.digits.and_then(|digits| 10_i64.checked_pow(u32::try_from(digits).ok()?));
        limit.map_or(year, |limit| year % limit)
    }

    fn half_day(&self, hour: i64) -> &'static str {
        match (hour, &self.form) {
            (..12, Form::Name(Case::Upper)) => "AM",
            (_, Form::Name(Case::Upper)) => "PM",
            (..12, _) => "am",
            _ => "pm",
        }
    }

    fn name(&self, value: i64, case: Case) -> Result<String, PictureError> {
        let names = self.component.names()?;
        let index = usize::try_from(value - 1).ok();
        let name = index.and_then(|index| names.get(index)).copied().unwrap_or_default();
        Ok(case.apply(name).chars().take(self.maximum_width.unwrap_or(usize::MAX)).collect())
    }

    /// The timezone ([9.8.4.6](https://www.w3.org/TR/xpath-functions-31/#formatting-timezones)).
    fn format_offset(&self, offset: Offset) -> Result<String, PictureError> {
        let Form::Integer(integer) = &self.form else { return Err(PictureError::new("D3134")) };
        let shown = offset_digits(integer, offset)?;
        if offset.digits() == 0 && self.zero_is_zulu {
            return Ok("Z".to_owned());
        }
        let name = if self.component == Component::NamedOffset { "GMT" } else { "" };
        let sign = if offset.digits() >= 0 { "+" } else { "" };
        Ok(format!("{name}{sign}{shown}"))
    }
}

fn offset_digits(integer: &IntegerPicture, offset: Offset) -> Result<String, PictureError> {
    let Primary::Digits(pattern) = &integer.primary else { return Err(PictureError::new("D3134")) };
    let together = calendar::number(offset.digits());
    match (&pattern.grouping, pattern.mandatory_digits) {
        (Grouping::Regular { .. }, _) | (_, 3 | 4) => integer.format(together),
        (_, 1 | 2) => {
            let hours = integer.format(calendar::number(offset.hours))?;
            match offset.minutes {
                0 => Ok(hours),
                minutes => Ok(format!("{hours}:{}", format_integer(calendar::number(minutes), "00")?)),
            }
        }
        (_, digits) => Err(PictureError::quoting("D3134", digits.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday, 30 December 2018, 15:04:05.006.
    const SUNDAY_AFTERNOON: f64 = 1_546_182_245_006.0;

    #[track_caller]
    fn check(millis: f64, timezone: Option<&str>, cases: &[(&str, &str)]) {
        for &(picture, expected) in cases {
            assert_eq!(from_millis(millis, Some(picture), timezone).as_deref(), Ok(expected), "{picture}");
        }
    }

    #[test]
    fn shows_iso_8601_by_default() {
        for (millis, timezone, expected) in [
            (1_509_380_732_935.0, None, "2017-10-30T16:25:32.935Z"),
            (1_509_380_732_935.9, None, "2017-10-30T16:25:32.935Z"),
            (0.0, Some("+0100"), "1970-01-01T01:00:00.000+01:00"),
            (0.0, Some("-0500"), "1969-12-31T19:00:00.000-05:00"),
            (0.0, Some("-0530"), "1969-12-31T17:30:00.000-06:30"),
            (0.0, Some("+05:30"), "1970-01-01T00:05:00.000+00:05"),
            (-62_198_755_200_001.0, None, "-0002-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(from_millis(millis, None, timezone).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn shows_every_component() {
        check(
            SUNDAY_AFTERNOON,
            None,
            &[
                ("[Y]-[M]-[D]", "2018-12-30"),
                ("[d]", "364"),
                ("[F] [F1] [FNn] [FN,3-3]", "sunday 7 Sunday SUN"),
                ("[X]-W[W01] [xNn] [w]", "2018-W52 December 4"),
                ("[H]:[h]:[m]:[s].[f]", "15:3:04:05.6"),
                ("[f001]", "006"),
                ("[P] [PN] [Pn] [PNn]", "pm PM pm pm"),
                ("[C] [E] [EN]", "ISO ISO ISO"),
                ("[Z] [z]", "+00:00 GMT+00:00"),
                ("[[[Y]]]", "[2018]"),
            ],
        );
    }

    #[test]
    fn shows_numbers_in_the_form_asked_for() {
        check(
            SUNDAY_AFTERNOON,
            None,
            &[
                ("[Y,2] [Y,2-2] [Y01] [Y##01]", "18 18 18 2018"),
                ("[YI] [Yi] [YA]", "MMXVIII mmxviii BYP"),
                ("[YWw] [Dwo]", "Two Thousand and Eighteen thirtieth"),
                ("[D1o] [M1o] [d#.##0o]", "30th 12th 364th"),
                ("[H0001] [H,3]", "0015 015"),
                ("[MNn,*-3] [Mn] [MN]", "Dec december DECEMBER"),
                ("[Y٠]", "٢٠١٨"),
            ],
        );
    }

    #[test]
    fn shows_timezones() {
        let pictures = ["[Z]", "[z]", "[Z0]", "[Z00]", "[Z0000]", "[Z01:01t]", "[z0101t]"];
        for (timezone, expected) in [
            ("+0000", ["+00:00", "GMT+00:00", "+0", "+00", "+0000", "Z", "Z"]),
            ("+0530", ["+05:30", "GMT+05:30", "+5:30", "+05:30", "+0530", "+05:30", "GMT+0530"]),
            ("-0800", ["-08:00", "GMT-08:00", "-8", "-08", "-0800", "-08:00", "GMT-0800"]),
        ] {
            let cases: Vec<(&str, &str)> = pictures.into_iter().zip(expected).collect();
            check(0.0, Some(timezone), &cases);
        }
    }

    #[test]
    fn refuses_what_it_cannot_show() {
        for (millis, picture, timezone, code) in [
            (0.0, "[YN]", None, "D3133"),
            (0.0, "[Hn]", None, "D3133"),
            (0.0, "[fN]", None, "D3133"),
            (0.0, "[Yα]", None, "D3130"),
            (0.0, "[Z00000]", None, "D3134"),
            (0.0, "[ZN]", None, "D3134"),
            (0.0, "[q]", None, "D3132"),
            (0.0, "[Y", None, "D3135"),
            (0.0, "[Y]", Some("Z"), "D1001"),
            (0.0, "[Y]", Some("99999999999999999"), "D1001"),
            (8_640_000_000_000_001.0, "[Y]", None, "D1001"),
            (f64::NAN, "[Y]", None, "D1001"),
        ] {
            assert_eq!(from_millis(millis, Some(picture), timezone).unwrap_err().code, code, "{picture}");
        }
    }
}
