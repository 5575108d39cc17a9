//! Civil dates in UTC, in the proleptic Gregorian calendar, as far as JavaScript's go.
//!
//! This reaches 271,821 years before and 275,760 years after our era, beyond what `jiff` counts.

const MILLIS_PER_SECOND: i64 = 1000;
const MILLIS_PER_MINUTE: i64 = 60 * MILLIS_PER_SECOND;
const MILLIS_PER_HOUR: i64 = 60 * MILLIS_PER_MINUTE;
const MILLIS_PER_DAY: i64 = 24 * MILLIS_PER_HOUR;

/// How far a time may be from the Unix epoch: a hundred million days.
const MAX_MILLIS: i64 = 100_000_000 * MILLIS_PER_DAY;

/// A bound for years that keeps the arithmetic of days far from overflow.
const MAX_YEAR: i64 = 1_000_000;

/// A point in time and what a calendar and a clock in UTC say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateTime {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    /// 1 to 31.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) millisecond: i64,
    days_since_epoch: i64,
}

/// A time of the day, any part of which may be out of its usual range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TimeOfDay {
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) millisecond: i64,
}

impl DateTime {
    /// None beyond the range of JavaScript's dates.
    pub(super) fn from_millis(millis: i64) -> Option<Self> {
        if millis.checked_abs()? > MAX_MILLIS {
            return None;
        }
        let days_since_epoch = millis.div_euclid(MILLIS_PER_DAY);
        let of_day = millis.rem_euclid(MILLIS_PER_DAY);
        let (year, month, day) = civil_from_days(days_since_epoch);
        Some(Self {
            year,
            month,
            day,
            hour: of_day / MILLIS_PER_HOUR,
            minute: of_day / MILLIS_PER_MINUTE % 60,
            second: of_day / MILLIS_PER_SECOND % 60,
            millisecond: of_day % MILLIS_PER_SECOND,
            days_since_epoch,
        })
    }

    /// 1 to 12.
    pub(super) fn hour_of_half_day(&self) -> i64 {
        (self.hour + 11) % 12 + 1
    }

    /// From 1 on.
    pub(super) fn day_of_year(&self) -> i64 {
        self.counted_day() - self.this_january().first_day() + 1
    }

    /// 1 for Monday to 7 for Sunday.
    pub(super) fn day_of_week(&self) -> i64 {
        day_of_week(self.days_since_epoch)
    }

    /// The week of ISO 8601.
    pub(super) fn week_of_year(&self) -> i64 {
        let january = self.this_january();
        let week = self.week_since(january);
        if week > 52 && self.counted_day() >= january.next_year().first_week() {
            1
        } else if week < 1 {
            self.week_since(january.previous_year())
        } else {
            week
        }
    }

    /// The week counted from the one that has the month's first Thursday.
    pub(super) fn week_of_month(&self) -> i64 {
        let month = self.this_month();
        let week = self.week_since(month);
        if week > 4 && self.counted_day() >= month.next().first_week() {
            1
        } else if week < 1 {
            self.week_since(month.previous())
        } else {
            week
        }
    }

    /// The year that [`Self::week_of_year`] belongs to.
    pub(super) fn year_of_week(&self) -> i64 {
        let january = self.this_january();
        if self.days_since_epoch < january.first_week() {
            self.year - 1
        } else if self.days_since_epoch >= january.next_year().first_week() {
            self.year + 1
        } else {
            self.year
        }
    }

    /// The month, 1 to 12, that [`Self::week_of_month`] belongs to.
    pub(super) fn month_of_week(&self) -> i64 {
        let month = self.this_month();
        if self.days_since_epoch < month.first_week() {
            month.previous().month
        } else if self.days_since_epoch >= month.next().first_week() {
            month.next().month
        } else {
            month.month
        }
    }

    fn week_since(&self, start: Month) -> i64 {
        (self.counted_day() - start.first_week()).div_euclid(7) + 1
    }

    fn counted_day(&self) -> i64 {
        days_since_epoch(full_year(self.year), self.month, self.day)
    }

    fn this_january(&self) -> Month {
        Month { year: self.year, month: 1 }
    }

    fn this_month(&self) -> Month {
        Month { year: self.year, month: self.month }
    }
}

#[derive(Debug, Clone, Copy)]
struct Month {
    year: i64,
    /// 1 to 12.
    month: i64,
}

impl Month {
    fn first_day(self) -> i64 {
        days_since_epoch(full_year(self.year), self.month, 1)
    }

    /// The Monday of the week that has the month's first Thursday.
    fn first_week(self) -> i64 {
        let first_day = self.first_day();
        match day_of_week(first_day) {
            late @ 5.. => first_day + 8 - late,
            early => first_day + 1 - early,
        }
    }

    fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }

    fn previous(self) -> Self {
        if self.month == 1 { Self { year: self.year - 1, month: 12 } } else { Self { month: self.month - 1, ..self } }
    }

    fn next_year(self) -> Self {
        Self { year: self.year + 1, ..self }
    }

    fn previous_year(self) -> Self {
        Self { year: self.year - 1, ..self }
    }
}

/// The year that JavaScript's `Date.UTC` takes `year` for: 0 to 99 are in the twentieth century.
///
/// The reference counts weeks and days of the year with it, so this module does.
pub(super) fn full_year(year: i64) -> i64 {
    if (0..100).contains(&year) { year + 1900 } else { year }
}

/// The time in milliseconds since the Unix epoch; months, days and times of day out of their range carry over.
///
/// None beyond the range of JavaScript's dates.
pub(super) fn utc_millis(year: i64, month: i64, day: i64, time: TimeOfDay) -> Option<i64> {
    let year = year.checked_add(month.checked_sub(1)?.div_euclid(12))?;
    if year.checked_abs()? > MAX_YEAR {
        return None;
    }
    let first_of_month = days_since_epoch(year, (month - 1).rem_euclid(12) + 1, 1);
    let days = first_of_month.checked_add(day.checked_sub(1)?)?;
    [
        (days, MILLIS_PER_DAY),
        (time.hour, MILLIS_PER_HOUR),
        (time.minute, MILLIS_PER_MINUTE),
        (time.second, MILLIS_PER_SECOND),
        (time.millisecond, 1),
    ]
    .into_iter()
    .try_fold(0_i64, |sum, (count, unit)| sum.checked_add(count.checked_mul(unit)?))
    .filter(|millis| millis.unsigned_abs() <= MAX_MILLIS.unsigned_abs())
}

/// `minutes` in milliseconds.
pub(super) fn minutes(minutes: i64) -> i64 {
    minutes.saturating_mul(MILLIS_PER_MINUTE)
}

fn day_of_week(days_since_epoch: i64) -> i64 {
    (days_since_epoch + 3).rem_euclid(7) + 1
}

/// Days are counted from 1 March of the year 0, whose 400-year eras all have the same 146,097 days.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days_since_epoch: i64) -> (i64, i64, i64) {
    let days = days_since_epoch + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// The whole part of `number`; none where it is not a number or beyond any date.
pub(super) fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "within 2^53, of which only the fraction is lost")]
    (number.abs() <= 9_007_199_254_740_991.0).then_some(number as i64)
}

/// A count as the number that expressions see.
pub(super) fn number(count: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of days and milliseconds stay within 2^53")]
    {
        count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_days_as_jiff_does() {
        let mut date = jiff::civil::date(-9999, 1, 1);
        let epoch = jiff::civil::date(1970, 1, 1);
        while let Ok(next) = date.checked_add(jiff::ToSpan::days(997)) {
            let days = i64::from((date - epoch).get_days());
            let civil = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            assert_eq!(civil_from_days(days), civil);
            assert_eq!(days_since_epoch(civil.0, civil.1, civil.2), days);
            assert_eq!(day_of_week(days), i64::from(date.weekday().to_monday_one_offset()));
            date = next;
        }
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let mut date = jiff::civil::date(1899, 1, 1);
        while date.year() < 2101 {
            let millis = date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond();
            let time = DateTime::from_millis(millis).unwrap();
            let week = date.iso_week_date();
            assert_eq!(time.week_of_year(), i64::from(week.week()), "{date}");
            assert_eq!(time.year_of_week(), i64::from(week.year()), "{date}");
            assert_eq!(time.day_of_year(), i64::from(date.day_of_year()), "{date}");
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn weeks_of_months_begin_with_the_first_thursday() {
        for (date, week, month) in [
            ((2018, 1, 1), 1, 1),
            ((2018, 7, 1), 4, 6),
            ((2018, 7, 2), 1, 7),
            ((2018, 8, 30), 5, 8),
            ((2018, 12, 31), 1, 1),
            ((2005, 1, 1), 5, 12),
        ] {
            let (year, month_of_date, day) = date;
            let millis = utc_millis(year, month_of_date, day, TimeOfDay::default()).unwrap();
            let time = DateTime::from_millis(millis).unwrap();
            assert_eq!((time.week_of_month(), time.month_of_week()), (week, month), "{date:?}");
        }
    }

    #[test]
    fn ends_where_javascript_does() {
        assert_eq!(DateTime::from_millis(MAX_MILLIS).unwrap().year, 275_760);
        assert_eq!(DateTime::from_millis(-MAX_MILLIS).unwrap().year, -271_821);
        for millis in [MAX_MILLIS + 1, -MAX_MILLIS - 1, i64::MAX, i64::MIN] {
            assert_eq!(DateTime::from_millis(millis), None);
        }
        let time = TimeOfDay { hour: i64::MAX, ..TimeOfDay::default() };
        assert_eq!(utc_millis(i64::MAX, i64::MIN, i64::MAX, time), None);
        assert_eq!(utc_millis(275_760, 9, 14, TimeOfDay::default()), None);
        assert_eq!(utc_millis(2018, 14, 0, TimeOfDay::default()), utc_millis(2019, 1, 31, TimeOfDay::default()));
    }
}
