//! `$formatNumber`: a number as a picture shows it.

use super::decimal_format::DecimalFormat;
use super::sub_picture::SubPicture;
use super::{PictureError, check_length, javascript_digits};

/// The most digits after the decimal point, as in JavaScript's `toFixed`.
const MAX_FRACTION_DIGITS: usize = 100;

/// `value` as `picture` shows it
/// ([fn:format-number](https://www.w3.org/TR/xpath-functions-31/#func-format-number)).
///
/// # Errors
///
/// `D3080` to `D3093` for a faulty picture; `D1001` for one that is too long or has over a hundred fractional digits.
pub(in super::super) fn format_number(
    value: f64,
    picture: &str,
    format: &DecimalFormat,
) -> Result<String, PictureError> {
    check_length(picture)?;
    let halves: Vec<&str> = picture.split(format.pattern_separator).collect();
    if halves.len() > 2 {
        return Err(PictureError::new("D3080"));
    }
    let halves = halves.into_iter().map(|half| SubPicture::parse(half, format)).collect::<Result<Vec<_>, _>>()?;
    let sub_picture = match halves.as_slice() {
        [only] if value < 0.0 => &only.negative(&format.minus_sign),
        [_, negative] if value < 0.0 => negative,
        [positive, ..] => positive,
        [] => return Err(PictureError::new("D3085")),
    };
    if value.is_nan() {
        return Ok(format.not_a_number.clone());
    }
    let shown = shown_number(value.abs() * sub_picture.multiplier, sub_picture, format)?;
    Ok(format!("{}{shown}{}", sub_picture.prefix, sub_picture.suffix))
}

fn shown_number(value: f64, sub_picture: &SubPicture, format: &DecimalFormat) -> Result<String, PictureError> {
    if value.is_infinite() {
        return Ok(format.infinity.clone());
    }
    if sub_picture.maximum_fraction_digits > MAX_FRACTION_DIGITS {
        return Err(PictureError::out_of_range(format!("{} digits", sub_picture.maximum_fraction_digits)));
    }
    let Some(minimum_exponent_digits) = sub_picture.minimum_exponent_digits else {
        return Ok(shown_mantissa(value, sub_picture, format));
    };
    let (mantissa, exponent) = scientific(value, sub_picture.scaling_factor);
    let mantissa = shown_mantissa(mantissa, sub_picture, format);
    let sign = if exponent < 0 { format.minus_sign.as_str() } else { "" };
    let digits = format.with_digits(&format!("{:0minimum_exponent_digits$}", exponent.unsigned_abs()));
    Ok(format!("{mantissa}{}{sign}{digits}", format.exponent_separator))
}

/// The mantissa and the exponent of `value`, so that the mantissa has `scaling_factor` digits before the point.
///
/// The steps by ten, with their errors of rounding, are the reference's; it never ends for zero.
fn scientific(value: f64, scaling_factor: usize) -> (f64, i32) {
    let digits = i32::try_from(scaling_factor).unwrap_or(i32::MAX);
    let (minimum, maximum) = (shifted(1.0, digits.saturating_sub(1)), shifted(1.0, digits));
    let (mut mantissa, mut exponent) = (value, 0);
    while mantissa > 0.0 && mantissa < minimum && mantissa.is_finite() {
        mantissa *= 10.0;
        exponent -= 1;
    }
    while mantissa > maximum {
        mantissa /= 10.0;
        exponent += 1;
    }
    (mantissa, exponent)
}

fn shown_mantissa(value: f64, sub_picture: &SubPicture, format: &DecimalFormat) -> String {
    let digits = to_fixed(value, sub_picture.maximum_fraction_digits);
    let (integer, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let integer = integer.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let integer = format!("{integer:0>width$}", width = sub_picture.minimum_integer_digits);
    let fraction = format!("{fraction:0<width$}", width = sub_picture.minimum_fraction_digits);
    let mut point = integer.chars().count();
    let mut text: Vec<char> = format.with_digits(&integer).chars().collect();
    text.push(format.decimal_separator);
    text.extend(format.with_digits(&fraction).chars());
    point += group_integer(&mut text, point, sub_picture, format.grouping_separator);
    for &digits in &sub_picture.fraction_groups {
        insert(&mut text, signed(point + 1 + digits), format.grouping_separator);
    }
    if !sub_picture.has_decimal_separator || text.last() == Some(&format.decimal_separator) {
        text.pop();
    }
    text.into_iter().collect()
}

/// Puts the separators into the digits left of `point`; their number.
fn group_integer(text: &mut Vec<char>, point: usize, sub_picture: &SubPicture, separator: char) -> usize {
    if let Some(interval) = sub_picture.regular_group {
        let groups = point.saturating_sub(1).checked_div(interval).unwrap_or(0);
        for group in 1..=groups {
            insert(text, signed(point) - signed(group * interval), separator);
        }
        groups
    } else {
        for (inserted, &digits) in sub_picture.integer_groups.iter().enumerate() {
            insert(text, signed(point + inserted) - signed(digits), separator);
        }
        sub_picture.integer_groups.len()
    }
}

/// Inserts before the character at `place`, which counts from the end where it is negative, as JavaScript's `slice` does.
///
/// The reference gets there where a picture with irregular groups has more digits than the number.
fn insert(text: &mut Vec<char>, place: isize, separator: char) {
    let place = if place < 0 { text.len().saturating_sub(place.unsigned_abs()) } else { place.unsigned_abs() };
    text.insert(place.min(text.len()), separator);
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

/// The digits of `value`, rounded to `fraction_digits`, half to even.
fn to_fixed(value: f64, fraction_digits: usize) -> String {
    let rounded = round_half_to_even(value, fraction_digits);
    if rounded < 1e21 { format!("{rounded:.fraction_digits$}") } else { javascript_digits(rounded) }
}

fn round_half_to_even(value: f64, fraction_digits: usize) -> f64 {
    let places = i32::try_from(fraction_digits).unwrap_or(i32::MAX);
    let whole = shifted(value, places);
    if whole.is_finite() { shifted(whole.round_ties_even(), -places) } else { value }
}

/// `value` × 10^`places`, its decimal digits unchanged.
fn shifted(value: f64, places: i32) -> f64 {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse::<i32>().unwrap_or(0).saturating_add(places);
    format!("{digits}e{exponent}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format_with(value: f64, picture: &str, options: &[(&str, &str)]) -> Result<String, PictureError> {
        let mut format = DecimalFormat::default();
        for (name, option) in options {
            format.set(name, option);
        }
        format_number(value, picture, &format)
    }

    #[test]
    fn shows_numbers() {
        for (value, picture, expected) in [
            (12345.6, "#,###.00", "12,345.60"),
            (12_345_678.9, "9,999.99", "12,345,678.90"),
            (123_412_345_678.9, "9,9,99.99", "123412345,6,78.90"),
            (1234.56789, "9,999.999,999", "1,234.567,890"),
            (1.123_456_789, "0.000,000,000", "1.123,456789"),
            (123.9, "9999", "0124"),
            (0.14, "01%", "14%"),
            (0.14, "001‰", "140‰"),
            (-6.0, "000", "-006"),
            (-6.0, "0;(0)", "(6)"),
            (2.5, "0", "2"),
            (3.5, "0", "4"),
            (-2.5, "0", "-2"),
            (0.0, "#", "0"),
            (0.5, ".0", ".5"),
            (0.0, "#.#", ".0"),
            (12.0, "PREFIX#0SUFFIX", "PREFIX12SUFFIX"),
            (1e20, "#,######", "100,000000,000000,000000"),
            (5.0, "#,#,##0", ",5,"),
            (f64::NAN, "0", "NaN"),
            (f64::NEG_INFINITY, "0", "-Infinity"),
        ] {
            assert_eq!(format_with(value, picture, &[]).as_deref(), Ok(expected), "{value} as {picture}");
        }
    }

    #[test]
    fn shows_scientific_notation() {
        for (value, picture, expected) in [
            (1234.5678, "00.000e0", "12.346e2"),
            (1234.5678, "00.000e000", "12.346e002"),
            (0.234, "0.0e0", "2.3e-1"),
            (0.234, "#.00e0", "0.23e0"),
            (0.123, "#.e9", "0.1e0"),
            (0.0, "0.0e0", "0.0e0"),
            (-1234.0, "0.0e0", "-1.2e3"),
        ] {
            assert_eq!(format_with(value, picture, &[]).as_deref(), Ok(expected), "{value} as {picture}");
        }
    }

    #[test]
    fn takes_characters_from_the_options() {
        for (value, picture, options, expected) in [
            (0.14, "###pm", &[("per-mille", "pm")][..], "140pm"),
            (2.0, "AAA.AAA", &[("zero-digit", "A")], "AAC.AAA"),
            (0.1, "AeAAA", &[("zero-digit", "A")], "Be-AAB"),
            (1234.5, "#.##0,00", &[("grouping-separator", "."), ("decimal-separator", ",")], "1.234,50"),
            (-1.0, "0", &[("minus-sign", "minus "), ("unknown", "x"), ("digit", "")], "minus 1"),
            (12.0, "𝟎𝟎𝟎", &[("zero-digit", "𝟎")], "𝟎𝟏𝟐"),
        ] {
            assert_eq!(format_with(value, picture, options).as_deref(), Ok(expected), "{value} as {picture}");
        }
    }

    #[test]
    fn refuses_faulty_pictures() {
        for (picture, code) in [
            ("#;#;#", "D3080"),
            ("#.0.0", "D3081"),
            ("#0%%", "D3082"),
            ("#0‰‰", "D3083"),
            ("#0%‰", "D3084"),
            (".e0", "D3085"),
            ("", "D3085"),
            ("text", "D3085"),
            ("0+.e0", "D3086"),
            ("0,.e0", "D3087"),
            ("0,", "D3088"),
            ("0,,0", "D3089"),
            ("0#.e0", "D3090"),
            ("#0.#0e0", "D3091"),
            ("#0.0e0%", "D3092"),
            ("#0.0e0,0", "D3093"),
            ("$0.0e0", "D3093"),
        ] {
            assert_eq!(format_with(20.0, picture, &[]), Err(PictureError::new(code)), "{picture}");
        }
    }

    #[test]
    fn refuses_pictures_out_of_bounds() {
        for picture in ["0".repeat(crate::jsonata::picture::MAX_LENGTH + 1), format!("0.{}", "0".repeat(101))] {
            assert_eq!(format_with(1.0, &picture, &[]).unwrap_err().code, "D1001");
        }
    }

    #[test]
    fn shows_extreme_numbers() {
        for value in [f64::MAX, f64::MIN_POSITIVE, 5e-324] {
            for picture in ["0.0e0", "#,##0.00", "0e0", "#.e0", "00000.000%"] {
                assert!(format_with(value, picture, &[]).is_ok(), "{value} as {picture}");
            }
        }
    }
}
