//! One half of a number picture: the form of positive or of negative numbers.

use super::decimal_format::DecimalFormat;
use super::{PictureError, regular_interval};

/// What a sub-picture asks for ([analysis](https://www.w3.org/TR/xpath-functions-31/#analyzing-picture-string)).
#[derive(Debug, Clone)]
pub(super) struct SubPicture {
    pub(super) prefix: String,
    pub(super) suffix: String,
    /// How many digits stand right of each separator in the integer part, from left to right.
    pub(super) integer_groups: Vec<usize>,
    /// The interval at which `integer_groups` go on to the left without end.
    pub(super) regular_group: Option<usize>,
    /// How many digits stand left of each separator in the fractional part.
    pub(super) fraction_groups: Vec<usize>,
    pub(super) minimum_integer_digits: usize,
    pub(super) minimum_fraction_digits: usize,
    pub(super) maximum_fraction_digits: usize,
    /// The digits of the mantissa's integer part.
    pub(super) scaling_factor: usize,
    /// None: not in scientific notation.
    pub(super) minimum_exponent_digits: Option<usize>,
    /// 100 for a percentage, 1000 per mille, 1 otherwise.
    pub(super) multiplier: f64,
    pub(super) has_decimal_separator: bool,
}

impl SubPicture {
    /// Reads one sub-picture.
    ///
    /// # Errors
    ///
    /// `D3081` to `D3093`. Of several faults it is the last in this order, as in the reference.
    pub(super) fn parse(picture: &str, format: &DecimalFormat) -> Result<Self, PictureError> {
        let parts = Parts::split(picture, format).ok_or(PictureError::new("D3085"))?;
        match parts.last_fault(format) {
            Some(code) => Err(PictureError::new(code)),
            None => Ok(parts.analyse(format)),
        }
    }

    /// The same form for negative numbers, for a picture that has one half only.
    pub(super) fn negative(&self, minus_sign: &str) -> Self {
        Self { prefix: format!("{minus_sign}{}", self.prefix), ..self.clone() }
    }
}

/// The parts of a sub-picture, without the separators between them.
struct Parts {
    whole: Vec<char>,
    prefix: String,
    suffix: String,
    active: Vec<char>,
    mantissa: Vec<char>,
    integer: Vec<char>,
    fraction: Vec<char>,
    exponent: Option<Vec<char>>,
}

impl Parts {
    /// None where nothing in the picture stands for a digit or separates digits.
    fn split(picture: &str, format: &DecimalFormat) -> Option<Self> {
        let whole: Vec<char> = picture.chars().collect();
        let is_edge = |&character: &char| format.is_active(character) && character != format.exponent_separator;
        let start = whole.iter().position(is_edge)?;
        let end = whole.iter().rposition(is_edge)? + 1;
        let active = slice(&whole, start, end);
        // The reference counts the exponent separator's place from the prefix's start but cuts the active part there.
        let place = position(&whole, format.exponent_separator, start).filter(|&place| place <= end);
        let mantissa = slice(&active, 0, place.unwrap_or(usize::MAX));
        let exponent = place.map(|place| slice(&active, place + 1, usize::MAX));
        let point = position(&mantissa, format.decimal_separator, 0);
        Some(Self {
            prefix: slice(&whole, 0, start).into_iter().collect(),
            suffix: slice(&whole, end, usize::MAX).into_iter().collect(),
            integer: slice(&mantissa, 0, point.unwrap_or(usize::MAX)),
            fraction: point.map(|point| slice(&mantissa, point + 1, usize::MAX)).unwrap_or_default(),
            whole,
            active,
            mantissa,
            exponent,
        })
    }

    fn last_fault(&self, format: &DecimalFormat) -> Option<&'static str> {
        let whole: String = self.whole.iter().collect();
        let repeats = |text: &str| whole.find(text) != whole.rfind(text);
        let (percent, per_mille) = (whole.contains(&format.percent), whole.contains(&format.per_mille));
        let is_grouping = |character: Option<&char>| character == Some(&format.grouping_separator);
        let point = position(&self.whole, format.decimal_separator, 0);
        let beside_point = point.is_some_and(|point| {
            let before = point.checked_sub(1).and_then(|index| self.whole.get(index));
            is_grouping(before) || is_grouping(self.whole.get(point + 1))
        });
        let exponent = self.exponent.as_deref();
        let faults = [
            ("D3081", self.whole.iter().filter(|&&character| character == format.decimal_separator).count() > 1),
            ("D3082", repeats(&format.percent)),
            ("D3083", repeats(&format.per_mille)),
            ("D3084", percent && per_mille),
            ("D3085", !self.mantissa.iter().any(|&character| format.is_digit_place(character))),
            ("D3086", !self.active.iter().all(|&character| format.is_active(character))),
            ("D3087", beside_point),
            ("D3088", point.is_none() && is_grouping(self.integer.last())),
            ("D3089", self.whole.windows(2).any(|pair| pair.iter().all(|character| is_grouping(Some(character))))),
            ("D3090", digit_before_first_optional(&self.integer, format)),
            ("D3091", digit_after_last_optional(&self.fraction, format)),
            ("D3092", exponent.is_some_and(|digits| !digits.is_empty()) && (percent || per_mille)),
            ("D3093", exponent.is_some_and(|digits| digits.is_empty() || count_digits(digits, format) < digits.len())),
        ];
        faults.into_iter().rev().find_map(|(code, found)| found.then_some(code))
    }

    fn analyse(self, format: &DecimalFormat) -> SubPicture {
        let whole: String = self.whole.iter().collect();
        let integer_groups = self.integer_groups(format);
        let scaling_factor = count_digits(&self.integer, format);
        let mut minimum_integer_digits = scaling_factor;
        let mut minimum_fraction_digits = count_digits(&self.fraction, format);
        let mut maximum_fraction_digits = count_digit_places(&self.fraction, format);
        if minimum_integer_digits == 0 && maximum_fraction_digits == 0 {
            if self.exponent.is_some() {
                minimum_fraction_digits = 1;
                maximum_fraction_digits = 1;
            } else {
                minimum_integer_digits = 1;
            }
        }
        if self.exponent.is_some() && minimum_integer_digits == 0 && self.integer.contains(&format.digit) {
            minimum_integer_digits = 1;
        }
        if minimum_integer_digits == 0 && minimum_fraction_digits == 0 {
            minimum_fraction_digits = 1;
        }
        let multiplier = if whole.contains(&format.percent) {
            100.0
        } else if whole.contains(&format.per_mille) {
            1000.0
        } else {
            1.0
        };
        SubPicture {
            regular_group: regular_interval(&integer_groups),
            integer_groups,
            fraction_groups: self.fraction_groups(format),
            minimum_integer_digits,
            minimum_fraction_digits,
            maximum_fraction_digits,
            scaling_factor,
            minimum_exponent_digits: self.exponent.map(|digits| count_digits(&digits, format)),
            multiplier,
            has_decimal_separator: self.whole.contains(&format.decimal_separator),
            prefix: self.prefix,
            suffix: self.suffix,
        }
    }

    fn integer_groups(&self, format: &DecimalFormat) -> Vec<usize> {
        separators(&self.integer, format, 0)
            .map(|place| count_digit_places(&slice(&self.integer, place, usize::MAX), format))
            .collect()
    }

    /// From the second separator on, the reference looks for its place in the integer part; so does this.
    fn fraction_groups(&self, format: &DecimalFormat) -> Vec<usize> {
        let Some(first) = separators(&self.fraction, format, 0).next() else { return Vec::new() };
        std::iter::once(first)
            .chain(separators(&self.integer, format, first + 1))
            .map(|place| count_digit_places(&slice(&self.fraction, 0, place), format))
            .collect()
    }
}

fn separators<'a>(part: &'a [char], format: &'a DecimalFormat, from: usize) -> impl Iterator<Item = usize> + 'a {
    let is_separator = |&(_, &character): &(usize, &char)| character == format.grouping_separator;
    part.iter().enumerate().skip(from).filter(is_separator).map(|(place, _)| place)
}

fn digit_before_first_optional(integer: &[char], format: &DecimalFormat) -> bool {
    let optional = position(integer, format.digit, 0).unwrap_or(0);
    integer.iter().take(optional).any(|&character| format.is_decimal_digit(character))
}

fn digit_after_last_optional(fraction: &[char], format: &DecimalFormat) -> bool {
    let optional = fraction.iter().rposition(|&character| character == format.digit).unwrap_or(usize::MAX);
    fraction.iter().skip(optional).any(|&character| format.is_decimal_digit(character))
}

fn count_digits(part: &[char], format: &DecimalFormat) -> usize {
    part.iter().filter(|&&character| format.is_decimal_digit(character)).count()
}

fn count_digit_places(part: &[char], format: &DecimalFormat) -> usize {
    part.iter().filter(|&&character| format.is_digit_place(character)).count()
}

fn position(part: &[char], wanted: char, from: usize) -> Option<usize> {
    part.iter().skip(from).position(|&character| character == wanted).map(|place| place + from)
}

/// The characters from `start` to `end`, as far as there are any.
fn slice(part: &[char], start: usize, end: usize) -> Vec<char> {
    part.iter().take(end).skip(start).copied().collect()
}
