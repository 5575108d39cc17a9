//! `$formatNumber`, `$formatInteger` and `$parseInteger`.

use super::Arguments;
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;
use crate::jsonata::picture::{self, DecimalFormat};

pub(super) fn format_number(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(number), Some(picture)) = (arguments.number(0), arguments.text(1)) else { return Ok(None) };
    read_picture(evaluator, &picture)?;
    let mut format = DecimalFormat::default();
    if let Some(options) = arguments.item(2).and_then(Item::as_object) {
        for (name, option) in options.iter() {
            format.set(name, option.as_str().unwrap_or(""));
        }
    }
    shown(evaluator, picture::format_number(number, &picture, &format)?)
}

pub(super) fn format_integer(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(number), Some(picture)) = (arguments.number(0), arguments.text(1)) else { return Ok(None) };
    read_picture(evaluator, &picture)?;
    shown(evaluator, picture::format_integer(number, &picture)?)
}

pub(super) fn parse_integer(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(text), Some(picture)) = (arguments.text(0), arguments.text(1)) else { return Ok(None) };
    evaluator.bounds.spend(text.len() as u64 / 4)?;
    read_picture(evaluator, &picture)?;
    Ok(Some(picture::parse_integer(&text, &picture)?.into()))
}

/// Counts a picture, whose separators are put in one by one.
fn read_picture(evaluator: &mut Evaluator<'_>, picture: &str) -> Result<(), Fault> {
    let length = picture.len() as u64;
    evaluator.bounds.spend(length.saturating_mul(length / 64 + 1))
}

/// What a picture made; a text is made digit by digit.
fn shown(evaluator: &mut Evaluator<'_>, text: String) -> Evaluated {
    evaluator.bounds.charge(text.len())?;
    evaluator.bounds.spend(text.len() as u64 / 8)?;
    Ok(Some(text.into()))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn pictures_format_and_parse_numbers() {
        check("$formatNumber(12345.6, '#,###.00')", r#""12,345.60""#);
        check(
            "$formatNumber(1234.5, '#.##0,00', {'decimal-separator': ',', 'grouping-separator': '.'})",
            r#""1.234,50""#,
        );
        check("$formatNumber(1, '0.0.0')", "D3081");
        check("$formatInteger(2789, 'w')", r#""two thousand, seven hundred and eighty-nine""#);
        check("$parseInteger('twelve', 'w')", "12");
        check("$formatNumber(undefined, '0')", "undefined");
    }
}
