//! Functions of numbers.

use super::{Arguments, number_text, quote};
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;

/// The number an item is, if it is one.
///
/// # Errors
///
/// An infinity is out of range wherever a number is asked for.
pub(in super::super) fn finite_number(item: &Item) -> Result<Option<f64>, Fault> {
    match item.as_f64() {
        Some(number) if number.is_infinite() => Err(Fault::new("D1001").with("value", "null")),
        Some(number) if number.is_nan() => Ok(None),
        number => Ok(number),
    }
}

pub(super) fn number(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(item) = arguments.take(0) else { return Ok(None) };
    if item.as_f64().is_some() {
        return Ok(Some(item));
    }
    match cast(&item) {
        Some(number) => Ok(Some(number.into())),
        None => Err(Fault::new("D3030").with("value", quote(&item))),
    }
}

fn cast(item: &Item) -> Option<f64> {
    match item {
        Item::Value(crate::value::Value::Bool(boolean)) => Some(f64::from(u8::from(*boolean))),
        _ => item.as_str().and_then(parse_number),
    }
}

/// A JSON number, or a whole number in hexadecimal, octal or binary.
fn parse_number(text: &str) -> Option<f64> {
    let radixes = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)];
    if let Some((digits, radix)) =
        radixes.into_iter().find_map(|(prefix, radix)| text.strip_prefix(prefix).map(|digits| (digits, radix)))
    {
        if digits.is_empty() {
            return None;
        }
        return digits
            .chars()
            .try_fold(0.0, |number, digit| Some(number * f64::from(radix) + f64::from(digit.to_digit(radix)?)));
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = is_digits(whole) && fraction.is_none_or(is_digits) && exponent.is_none_or(is_digits);
    if is_number { text.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}

pub(super) fn floor(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    Ok(arguments.number(0).map(|number| number.floor().into()))
}

pub(super) fn ceil(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    Ok(arguments.number(0).map(|number| number.ceil().into()))
}

pub(super) fn abs(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    Ok(arguments.number(0).map(|number| number.abs().into()))
}

pub(super) fn round(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    Ok(arguments.number(0).map(|number| round_half_even(number, arguments.number(1).unwrap_or(0.0)).into()))
}

/// `number` rounded to `precision` decimal places, a half to the even neighbour.
fn round_half_even(number: f64, precision: f64) -> f64 {
    let shifted = shift_decimal_point(number, precision);
    let mut rounded = (shifted + 0.5).floor();
    #[expect(clippy::float_cmp, reason = "halves and their remainders are exact")]
    let is_odd_half = (rounded - shifted).abs() == 0.5 && (rounded % 2.0).abs() == 1.0;
    if is_odd_half {
        rounded -= 1.0;
    }
    shift_decimal_point(rounded, -precision)
}

/// `number` with its decimal point moved in its text, which unlike a multiplication adds no error.
fn shift_decimal_point(number: f64, places: f64) -> f64 {
    if places == 0.0 {
        return number;
    }
    let text = number_text(number);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse::<f64>().unwrap_or(0.0) + places;
    format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN)
}

pub(super) fn sqrt(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    match arguments.number(0) {
        Some(number) if number < 0.0 => Err(Fault::new("D3060").with("value", number_text(number))),
        number => Ok(number.map(|number| number.sqrt().into())),
    }
}

pub(super) fn power(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(base) = arguments.number(0) else { return Ok(None) };
    let power = base.powf(arguments.number(1).unwrap_or(f64::NAN));
    if !power.is_finite() {
        let quoted = |position| arguments.item(position).map_or_else(|| "undefined".to_owned(), quote);
        return Err(Fault::new("D3061").with("value", quoted(0)).with("exp", quoted(1)));
    }
    Ok(Some(power.into()))
}

pub(super) fn random(evaluator: &mut Evaluator<'_>, _arguments: &mut Arguments) -> Evaluated {
    Ok(Some(evaluator.environment.random.number().into()))
}

pub(super) fn format_base(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(number) = arguments.number(0) else { return Ok(None) };
    let number = round_half_even(number, 0.0);
    let radix = round_half_even(arguments.number(1).unwrap_or(10.0), 0.0);
    if !(2.0..=36.0).contains(&radix) {
        return Err(Fault::new("D3100").with("value", number_text(radix)));
    }
    #[expect(clippy::float_cmp, reason = "the radix is whole")]
    if !number.is_finite() || radix == 10.0 {
        return Ok(Some(number_text(number).into()));
    }
    let mut digits = Vec::new();
    let mut rest = number.abs();
    // Past 2⁵³ the last digits stand for nothing, and the reference's engine prints zeros.
    while rest / radix >= 9_007_199_254_740_992.0 {
        digits.push('0');
        rest /= radix;
    }
    while rest >= 1.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a remainder of at most 35")]
        let digit = (rest % radix) as u32;
        digits.extend(char::from_digit(digit, 36));
        rest = (rest - rest % radix) / radix;
    }
    evaluator.bounds.charge(digits.len())?;
    evaluator.bounds.spend(digits.len() as u64 / 4)?;
    if digits.is_empty() {
        digits.push('0');
    } else if number < 0.0 {
        digits.push('-');
    }
    Ok(Some(digits.into_iter().rev().collect::<String>().into()))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn rounding_goes_to_the_even_neighbour() {
        check("[$round(2.5), $round(3.5), $round(-2.5), $round(4.525, 2), $round(155, -1)]", "[2,4,-2,4.52,160]");
        check("[$floor(-1.5), $ceil(-1.5), $abs(-1.5)]", "[-2,-1,1.5]");
    }

    #[test]
    fn casting_to_numbers() {
        check(r#"[$number("-1.5e3"), $number("0x1F"), $number("0b101"), $number(true)]"#, "[-1500,31,5,1]");
        check(r#"$number("1.")"#, "D3030");
        check(r#"$number("0x")"#, "D3030");
        check(r#"$number("1e999")"#, "D3030");
        check("$number(null)", "T0410");
    }

    #[test]
    fn powers_roots_and_bases() {
        check("[$power(2, 10), $sqrt(16)]", "[1024,4]");
        check("$power(100, 1000)", "D3061");
        check("$sqrt(-1)", "D3060");
        check("[$formatBase(-255, 16), $formatBase(100), $formatBase(2.5, 2)]", r#"["-ff","100","10"]"#);
        check("$formatBase(1, 37)", "D3100");
        check("[$formatBase(1e20, 36), $formatBase(1e21)]", r#"["l3r41ifs0p800","1e+21"]"#);
    }

    #[test]
    fn infinities_are_out_of_range_when_used() {
        check("1/0 + 1", "D1001");
        check("[1/0]", "[null]");
        check("0/0 = 0/0", "false");
    }
}
