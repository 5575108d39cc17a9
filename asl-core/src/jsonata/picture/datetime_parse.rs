//! `$toMillis`: the point in time that a text shows in the form of a picture.

use super::calendar::{self, DateTime, TimeOfDay};
use super::datetime_picture::{self, Component, Form, Marker, Part};
use super::integer::{Grouping, IntegerPicture, Primary, parse_leading_digits};
use super::text_match::{Pattern, Suffix, match_all};
use super::words::Numbering;
use super::{PictureError, check_length, iso8601};

/// The milliseconds since the Unix epoch that `text` shows in the form of `picture`, or in ISO 8601 without one.
///
/// What the text leaves out before its most significant component is as in `now_millis`; what it leaves out after the least
/// significant one is zero, or the first. None where the text does not have the form of the picture, or the picture shows
/// no component. A text that fits and names no time is not a number (`NaN`), as in the reference.
///
/// # Errors
///
/// `D3110` for a text that is not ISO 8601, `D3130` to `D3135` for a faulty picture, `D3136` where the picture does not say
/// which time it is (weeks are not read at all), `D1001` beyond the bounds.
pub(in super::super) fn to_millis(
    text: &str,
    picture: Option<&str>,
    now_millis: i64,
) -> Result<Option<f64>, PictureError> {
    check_length(text)?;
    let Some(picture) = picture else { return iso8601::parse(text).map(Some) };
    let parts = datetime_picture::parse(picture)?;
    let patterns = parts.iter().map(Part::pattern).collect::<Result<Vec<_>, _>>()?;
    let characters: Vec<char> = text.chars().collect();
    let Some(ranges) = match_all(&patterns, &characters)? else { return Ok(None) };
    let mut readings = Readings::default();
    for (part, range) in parts.iter().zip(ranges) {
        if let Part::Marker(marker) = part {
            let shown: String = characters.get(range).unwrap_or_default().iter().collect();
            readings.set(marker.component, marker.read(&shown)?);
        }
    }
    if !parts.iter().any(|part| matches!(part, Part::Marker(_))) {
        return Ok(None);
    }
    let now = DateTime::from_millis(now_millis).ok_or_else(|| PictureError::out_of_range(now_millis.to_string()))?;
    readings.millis(&now).map(|millis| Some(millis.unwrap_or(f64::NAN)))
}

impl Part {
    fn pattern(&self) -> Result<Pattern, PictureError> {
        match self {
            Self::Literal(literal) => Ok(Pattern::Literal(literal.chars().collect())),
            Self::Marker(marker) => marker.pattern(),
        }
    }
}

impl Marker {
    fn pattern(&self) -> Result<Pattern, PictureError> {
        match (self.component, &self.form) {
            (Component::Offset, Form::Integer(integer)) => Ok(offset_pattern(integer, "")),
            (Component::NamedOffset, Form::Integer(integer)) => Ok(offset_pattern(integer, "GMT")),
            (Component::HalfDay, _) => Ok(Pattern::Letters),
            (component, Form::Name(_)) => component.names().map(|_| Pattern::Letters),
            (_, Form::Integer(integer)) => self.integer_pattern(integer),
        }
    }

    fn integer_pattern(&self, integer: &IntegerPicture) -> Result<Pattern, PictureError> {
        Ok(match &integer.primary {
            Primary::Letters(_) => Pattern::Letters,
            Primary::Roman(_) => Pattern::RomanNumerals,
            Primary::Words(_) => Pattern::NumberWords,
            Primary::Sequence(token) => return Err(PictureError::quoting("D3130", token.as_str())),
            Primary::Digits(pattern) => {
                let (minimum, maximum) = match self.digits {
                    Some(digits @ 1..) => (digits.saturating_sub(pattern.optional_digits), digits),
                    _ => (1, usize::MAX),
                };
                let suffix = match integer.numbering {
                    Numbering::Cardinal => Suffix::None,
                    Numbering::Ordinal => Suffix::Ordinal,
                };
                Pattern::Digits { minimum, maximum, suffix }
            }
        })
    }

    /// What `shown` says of the component: none where it is not one of its names.
    fn read(&self, shown: &str) -> Result<Option<f64>, PictureError> {
        match (self.component, &self.form) {
            (Component::Offset, Form::Integer(integer)) => Ok(Some(read_offset(shown, separator(integer)))),
            (Component::NamedOffset, Form::Integer(integer)) => {
                Ok(Some(read_offset(shown.get(3..).unwrap_or_default(), separator(integer))))
            }
            (Component::HalfDay, _) => Ok(match shown {
                "am" | "AM" => Some(0.0),
                "pm" | "PM" => Some(1.0),
                _ => None,
            }),
            (_, Form::Name(_)) => self.read_name(shown),
            (_, Form::Integer(integer)) => integer.read(shown).map(Some),
        }
    }

    /// Names are read in title case only, cut to the picture's width; of equal ones it is the last.
    fn read_name(&self, shown: &str) -> Result<Option<f64>, PictureError> {
        let width = self.maximum_width.filter(|&width| width > 0).unwrap_or(usize::MAX);
        let names = self.component.names()?.iter().zip(1_u8..);
        let found = names.filter(|(name, _)| name.chars().take(width).eq(shown.chars())).last();
        Ok(found.map(|(_, number)| f64::from(number)))
    }
}

fn offset_pattern(integer: &IntegerPicture, prefix: &'static str) -> Pattern {
    Pattern::Offset { prefix, separator: separator(integer) }
}

fn separator(integer: &IntegerPicture) -> Option<char> {
    match &integer.primary {
        Primary::Digits(pattern) => match pattern.grouping {
            Grouping::Regular { separator, .. } => Some(separator),
            Grouping::Irregular(_) => None,
        },
        _ => None,
    }
}

/// The minutes of `+05:30`, `+0530` or `+5`. As in the reference, the sign is of the hours only.
fn read_offset(shown: &str, separator: Option<char>) -> f64 {
    let parts = match separator {
        Some(separator) => shown.split_once(separator),
        None => shown.split_at_checked(3).filter(|(_, minutes)| !minutes.is_empty()),
    };
    let (hours, minutes) = parts.unwrap_or((shown, "0"));
    parse_leading_digits(hours) * 60.0 + parse_leading_digits(minutes)
}

const DATE_COMPONENTS: [Component; 8] = [
    Component::Year,
    Component::YearOfWeek,
    Component::Month,
    Component::MonthOfWeek,
    Component::WeekOfYear,
    Component::WeekOfMonth,
    Component::DayOfYear,
    Component::Day,
];

const TIME_COMPONENTS: [Component; 6] = [
    Component::HalfDay,
    Component::Hour,
    Component::HourOfHalfDay,
    Component::Minute,
    Component::Second,
    Component::Millisecond,
];

/// What a text says of each component, in the order it was read.
#[derive(Debug, Default)]
struct Readings(Vec<(Component, f64)>);

impl Readings {
    fn set(&mut self, component: Component, value: Option<f64>) {
        self.0.retain(|&(known, _)| known != component);
        self.0.extend(value.map(|value| (component, value)));
    }

    fn value(&self, component: Component) -> Option<f64> {
        self.0.iter().find(|&&(known, _)| known == component).map(|&(_, value)| value)
    }

    /// Where a component is zero the reference takes it for missing when it decides what the text shows.
    fn shows(&self, component: Component) -> bool {
        self.value(component).is_some_and(|value| value != 0.0 && !value.is_nan())
    }

    /// Whether of `all` some of `wanted` are shown and no others.
    fn show_only(&self, all: &[Component], wanted: &[Component]) -> bool {
        let mut shown = all.iter().filter(|&&component| self.shows(component)).peekable();
        shown.peek().is_some() && shown.all(|component| wanted.contains(component))
    }

    /// None where the components have no value that a date may have.
    fn millis(mut self, now: &DateTime) -> Result<Option<f64>, PictureError> {
        use Component::{
            Day, DayOfYear, HalfDay, Hour, HourOfHalfDay, Millisecond, Minute, Month, MonthOfWeek, NamedOffset, Offset,
            Second, WeekOfMonth, WeekOfYear, Year, YearOfWeek,
        };
        let shows_date = |wanted: &[Component]| self.show_only(&DATE_COMPONENTS, wanted);
        let shows_time = |wanted: &[Component]| self.show_only(&TIME_COMPONENTS, wanted);
        if shows_date(&[YearOfWeek, MonthOfWeek, WeekOfMonth]) || shows_date(&[YearOfWeek, WeekOfYear]) {
            return Err(PictureError::new("D3136"));
        }
        let by_day_of_year = shows_date(&[Year, DayOfYear]) && !shows_date(&[Year, Month, Day]);
        let by_half_day = shows_time(&[HalfDay, HourOfHalfDay, Minute, Second, Millisecond])
            && !shows_time(&[Hour, Minute, Second, Millisecond]);
        let date: &[Component] = if by_day_of_year { &[Year, Day] } else { &[Year, Month, Day] };
        let hour: &[Component] = if by_half_day { &[HalfDay, HourOfHalfDay] } else { &[Hour] };
        self.complete(date.iter().chain(hour).chain(&[Minute, Second, Millisecond]), now)?;
        let hour = match (by_half_day, self.whole(HourOfHalfDay)) {
            (false, _) => self.whole(Hour),
            (true, hour) => {
                let afternoon = if self.whole(HalfDay) == Some(1) { 12 } else { 0 };
                hour.map(|hour| if hour == 12 { afternoon } else { hour.saturating_add(afternoon) })
            }
        };
        let offset = [Offset, NamedOffset].into_iter().find(|&component| self.shows(component));
        let offset = offset.and_then(|component| self.value(component)).unwrap_or(0.0);
        let local = || {
            let year = self.whole(Year)?;
            let (month, day) =
                if by_day_of_year { self.month_and_day(year)? } else { (self.month(), self.whole(Day)?) };
            let time = TimeOfDay {
                hour: hour?,
                minute: self.whole(Minute)?,
                second: self.whole(Second)?,
                millisecond: self.whole(Millisecond)?,
            };
            calendar::utc_millis(calendar::full_year(year), month, day, time)
        };
        Ok(local().map(|millis| calendar::number(millis) - offset * 60_000.0))
    }

    /// Fills in what is missing on both sides of what the text shows.
    fn complete<'a>(
        &mut self,
        components: impl Iterator<Item = &'a Component>,
        now: &DateTime,
    ) -> Result<(), PictureError> {
        let (mut begun, mut ended) = (false, false);
        for &component in components {
            match (self.value(component), begun) {
                (Some(_), _) if ended => return Err(PictureError::new("D3136")),
                (Some(_), _) => begun = true,
                (None, true) => {
                    ended = true;
                    self.set(component, Some(first(component)));
                }
                (None, false) => self.set(component, Some(calendar::number(current(component, now)))),
            }
        }
        Ok(())
    }

    fn whole(&self, component: Component) -> Option<i64> {
        self.value(component).and_then(calendar::whole)
    }

    fn month(&self) -> i64 {
        self.whole(Component::Month).map_or(1, |month| month.max(1))
    }

    /// As in the reference, a day beyond the end of the year is one of the next year's days in this year.
    fn month_and_day(&self, year: i64) -> Option<(i64, i64)> {
        let day = self.whole(Component::DayOfYear)?;
        let millis = calendar::utc_millis(calendar::full_year(year), 1, day, TimeOfDay::default())?;
        DateTime::from_millis(millis).map(|date| (date.month, date.day))
    }
}

fn first(component: Component) -> f64 {
    if matches!(component, Component::Month | Component::Day) { 1.0 } else { 0.0 }
}

fn current(component: Component, now: &DateTime) -> i64 {
    match component {
        Component::Year => now.year,
        Component::Month => now.month,
        Component::Day => now.day,
        Component::Hour => now.hour,
        Component::HourOfHalfDay => now.hour_of_half_day(),
        Component::Minute => now.minute,
        Component::Second => now.second,
        Component::Millisecond => now.millisecond,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2018-11-14T09:08:07.006Z
    const NOW: i64 = 1_542_186_487_006;

    #[track_caller]
    fn check(cases: &[(&str, &str, &str)]) {
        for &(text, picture, expected) in cases {
            let millis = to_millis(text, Some(picture), NOW)
                .unwrap()
                .map(|millis| crate::jsonata::picture::from_millis(millis, None, None).unwrap());
            assert_eq!(millis.as_deref(), Some(expected), "{text} as {picture}");
        }
    }

    #[test]
    fn reads_dates() {
        check(&[
            ("2018-03-27", "[Y1]-[M01]-[D01]", "2018-03-27T00:00:00.000Z"),
            ("20180205", "[Y0001][M01][D01]", "2018-02-05T00:00:00.000Z"),
            ("27th 3 1976", "[D1o] [M#1] [Y0001]", "1976-03-27T00:00:00.000Z"),
            ("27 iii MMXVIII", "[D1] [Mi] [YI]", "2018-03-27T00:00:00.000Z"),
            ("ae C mmxviii", "[Da] [MA] [Yi]", "2018-03-31T00:00:00.000Z"),
            ("2 Feb 2012", "[D1] [MNn,3-3] [Y0001]", "2012-02-02T00:00:00.000Z"),
            ("Mon, Twelfth November 2018", "[FNn,*-3], [DWwo] [MNn] [Y]", "2018-11-12T00:00:00.000Z"),
            ("Twentieth of August, two thousand and seventeen", "[DW] of [MNn], [Yw]", "2017-08-20T00:00:00.000Z"),
            ("2018-094", "[Y0001]-[d001]", "2018-04-04T00:00:00.000Z"),
            ("2018-400", "[Y0001]-[d001]", "2018-02-04T00:00:00.000Z"),
            ("99", "[Y]", "1999-01-01T00:00:00.000Z"),
            ("2018-14-00", "[Y]-[M]-[D]", "2019-01-31T00:00:00.000Z"),
            ("[2018]", "[[[Y]]]", "2018-01-01T00:00:00.000Z"),
        ]);
    }

    #[test]
    fn reads_times() {
        check(&[
            ("4/4/2018 12:06 am", "[D1]/[M1]/[Y0001] [h]:[m] [P]", "2018-04-04T00:06:00.000Z"),
            ("4/4/2018 12:06 PM", "[D1]/[M1]/[Y0001] [h]:[m] [P]", "2018-04-04T12:06:00.000Z"),
            ("4/4/2018 11:30 pm", "[D1]/[M1]/[Y0001] [h]:[m] [P]", "2018-04-04T23:30:00.000Z"),
            ("2018-03-27T14:03:00.123Z", "[Y]-[M]-[D]t[H]:[m]:[s].[f001]Z", "2018-03-27T14:03:00.123Z"),
        ]);
    }

    #[test]
    fn takes_what_comes_before_from_now_and_what_comes_after_from_zero() {
        check(&[
            ("13:45", "[H]:[m]", "2018-11-14T13:45:00.000Z"),
            ("30", "[s]", "2018-11-14T09:08:30.000Z"),
            ("12-25", "[M]-[D]", "2018-12-25T00:00:00.000Z"),
            ("5 pm", "[h] [P]", "2018-11-14T17:00:00.000Z"),
        ]);
    }

    #[test]
    fn reads_timezones() {
        check(&[
            ("2020-09-09 08:00 +02:00", "[Y]-[M]-[D] [H]:[m] [Z]", "2020-09-09T06:00:00.000Z"),
            ("2020-09-09 08:00 GMT-05:00", "[Y]-[M]-[D] [H]:[m] [z]", "2020-09-09T13:00:00.000Z"),
            ("2020-09-09 12:00 gmt-5", "[Y]-[M]-[D] [H]:[m] [z01]", "2020-09-09T17:00:00.000Z"),
            ("2020-09-09 12:00 +0530", "[Y]-[M]-[D] [H]:[m] [Z0001]", "2020-09-09T06:30:00.000Z"),
            ("2020-09-09 12:00 -05:30", "[Y]-[M]-[D] [H]:[m] [Z]", "2020-09-09T16:30:00.000Z"),
        ]);
    }

    #[test]
    fn texts_of_another_form_are_undefined() {
        for (text, picture) in [
            ("irrelevent string", "[Y]-[M]-[D]"),
            ("Hello", "Hello"),
            ("", ""),
            ("18", "[Y0001]"),
            ("2018", "[Y01]"),
            ("2018-01", "[Y]"),
        ] {
            assert_eq!(to_millis(text, Some(picture), NOW), Ok(None), "{text} as {picture}");
        }
    }

    #[test]
    fn texts_that_name_no_time_are_not_numbers() {
        for (text, picture) in [("mmxviii", "[YI]"), ("999999", "[Y]"), ("9999999999999999999", "[f]")] {
            let millis = to_millis(text, Some(picture), NOW);
            assert!(millis.as_ref().is_ok_and(|millis| millis.is_some_and(f64::is_nan)), "{text}: {millis:?}");
        }
    }

    #[test]
    fn refuses_pictures_that_do_not_say_which_time_it_is() {
        for (text, picture, code) in [
            ("2018-05-22", "[Y]-[M]-[q]", "D3132"),
            ("2018-05-22", "[YN]-[M]-[D]", "D3133"),
            ("ISO", "[C]", "D3133"),
            ("2018", "[Yα]", "D3130"),
            ("2018", "[Y", "D3135"),
            ("2018-22", "[Y]-[D]", "D3136"),
            ("5-22 23:59", "[M]-[D] [m]:[s]", "D3136"),
            ("2018-3-2-5", "[X]-[x]-[w]-[F1]", "D3136"),
            ("2018-32-5", "[X]-[W]-[F1]", "D3136"),
            ("27 APRIL 2018", "[D] [MN] [Y]", "D3136"),
            ("2018-094 10:00", "[Y]-[d] [H]:[m]", "D3136"),
        ] {
            assert_eq!(to_millis(text, Some(picture), NOW).unwrap_err().code, code, "{text} as {picture}");
        }
    }

    #[test]
    fn refuses_texts_out_of_bounds() {
        let text = "1".repeat(9_999);
        let picture = "[Y]".repeat(3_000);
        assert_eq!(to_millis(&format!("{text}x"), Some(&picture), NOW).unwrap_err().code, "D1001");
        assert_eq!(to_millis(&format!("{text}xx"), None, NOW).unwrap_err().code, "D1001");
    }
}
