//! `$base64encode`, `$base64decode` and the four functions that encode and decode URLs.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Arguments, quote};
use crate::jsonata::error::Fault;
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;

/// What a URL's component keeps as it is, besides letters and digits.
const UNRESERVED: &str = "-_.!~*'()";

/// What a whole URL keeps in addition.
const RESERVED: &str = ";/?:@&=+$,#";

/// Base64 of the text's characters as bytes; of a character beyond U+00FF only the low byte counts.
pub(super) fn base64_encode(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let bytes: Vec<u8> = text.encode_utf16().map(|unit| unit.to_le_bytes()[0]).collect();
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    evaluator.bounds.charge_text(encoded.len())?;
    Ok(Some(encoded.into()))
}

/// The bytes of Base64 as characters; what is not of its alphabet is passed over.
pub(super) fn base64_decode(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    evaluator.bounds.charge_text(text.len())?;
    let digits: String = text
        .chars()
        .take_while(|character| *character != '=')
        .filter_map(|character| match character {
            '-' => Some('+'),
            '_' => Some('/'),
            '+' | '/' => Some(character),
            _ => character.is_ascii_alphanumeric().then_some(character),
        })
        .collect();
    let lenient = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, lenient);
    // A single digit left over is too little for a byte.
    let whole = if digits.len() % 4 == 1 { digits.len() - 1 } else { digits.len() };
    let bytes = engine.decode(digits.get(..whole).unwrap_or("")).unwrap_or_default();
    Ok(Some(bytes.into_iter().map(char::from).collect::<String>().into()))
}

pub(super) fn encode_url_component(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    encode(evaluator, arguments, |character| UNRESERVED.contains(character))
}

pub(super) fn encode_url(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    encode(evaluator, arguments, |character| UNRESERVED.contains(character) || RESERVED.contains(character))
}

pub(super) fn decode_url_component(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    decode(evaluator, arguments, "", "decodeUrlComponent")
}

pub(super) fn decode_url(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    decode(evaluator, arguments, RESERVED, "decodeUrl")
}

fn encode(evaluator: &mut Evaluator<'_>, arguments: &Arguments, is_kept: impl Fn(char) -> bool) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || is_kept(character) {
            encoded.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                encoded.push('%');
                let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16));
                encoded.extend(digits.into_iter().flatten().map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    evaluator.bounds.charge(encoded.len())?;
    evaluator.bounds.spend(encoded.len() as u64 / 16)?;
    Ok(Some(encoded.into()))
}

/// The text with its percent escapes resolved, but for those of characters in `kept`.
fn decode(evaluator: &mut Evaluator<'_>, arguments: &Arguments, kept: &str, function: &'static str) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    evaluator.bounds.charge_text(text.len())?;
    let decoded = decode_escapes(&text, kept).ok_or_else(|| {
        Fault::new("D3140").with("functionName", function).with("value", quote(&Item::from(text.clone())))
    })?;
    Ok(Some(decoded.into()))
}

fn decode_escapes(text: &str, kept: &str) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once('%') {
        decoded.push_str(before);
        let first = byte_of(escaped)?;
        let length = match first {
            0x00..=0x7f => 1,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return None,
        };
        let mut bytes = vec![first];
        rest = escaped.get(2..)?;
        while bytes.len() < length {
            let next = rest.strip_prefix('%')?;
            bytes.push(byte_of(next)?);
            rest = next.get(2..)?;
        }
        let character = std::str::from_utf8(&bytes).ok()?;
        if kept.contains(character) {
            decoded.push('%');
            decoded.push_str(escaped.get(..2)?);
        } else {
            decoded.push_str(character);
        }
    }
    decoded.push_str(rest);
    Some(decoded)
}

/// The byte that two hexadecimal digits stand for.
fn byte_of(digits: &str) -> Option<u8> {
    let digits = digits.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn base64_is_of_low_bytes_and_read_leniently() {
        check("$base64encode('hé')", r#""aOk=""#);
        check("$base64decode('aOk=')", r#""hé""#);
        check("$base64decode('a Ok')", r#""hé""#);
        check("$base64decode('a')", r#""""#);
    }

    #[test]
    fn urls_keep_what_is_reserved() {
        check("$encodeUrlComponent('a b/é')", r#""a%20b%2F%C3%A9""#);
        check("$encodeUrl('a b/é?')", r#""a%20b/%C3%A9?""#);
        check("$decodeUrlComponent('a%20b%2F')", r#""a b/""#);
        check("$decodeUrl('%C3%A9%2F')", r#""é%2F""#);
        check("$decodeUrl('%')", "D3140");
        check("$decodeUrl('%C3%20')", "D3140");
    }
}
