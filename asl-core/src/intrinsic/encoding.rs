//! Functions that encode, decode and digest.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use sha2::Digest as _;

use super::arguments::Arguments;
use crate::value::Value;

/// The longest text to encode, decode or digest, in characters.
const MAX_CHARACTERS: usize = 10_000;

/// Takes base64 without padding and whatever bits are left over at its end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// `States.Base64Encode(text)`
pub(super) fn base64_encode(arguments: &Arguments<'_>) -> Result<Value, String> {
    let text = arguments.string(0)?;
    check_length(arguments, text)?;
    Ok(BASE64_STANDARD.encode(text.as_bytes()).into())
}

/// `States.Base64Decode(text)`
///
/// AWS decodes leniently: what is not in the alphabet is skipped, the first `=` ends the text, and padding may be
/// missing.
pub(super) fn base64_decode(arguments: &Arguments<'_>) -> Result<Value, String> {
    let text = arguments.string(0)?;
    check_length(arguments, text)?;
    let mut digits: String = text
        .chars()
        .take_while(|character| *character != '=')
        .filter_map(|character| match character {
            '-' => Some('+'),
            '_' => Some('/'),
            '+' | '/' => Some(character),
            _ => character.is_ascii_alphanumeric().then_some(character),
        })
        .collect();
    if digits.len() % 4 == 1 {
        // Six bits are no byte.
        digits.pop();
    }
    let bytes = LENIENT.decode(digits).map_err(|_| arguments.invalid())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}

/// `States.Hash(data, algorithm)`; data other than text is digested as JSON.
pub(super) fn hash(arguments: &Arguments<'_>) -> Result<Value, String> {
    let data = match arguments.value(0)? {
        Value::String(text) => text.to_string(),
        other if other.text_size() > MAX_CHARACTERS * 4 => return Err(arguments.invalid()),
        other => other.to_string(),
    };
    check_length(arguments, &data)?;
    let data = data.as_bytes();
    let digest = match &**arguments.string(1)? {
        "MD5" => md5::Md5::digest(data).to_vec(),
        "SHA-1" => sha1::Sha1::digest(data).to_vec(),
        "SHA-256" => sha2::Sha256::digest(data).to_vec(),
        "SHA-384" => sha2::Sha384::digest(data).to_vec(),
        "SHA-512" => sha2::Sha512::digest(data).to_vec(),
        _ => return Err(arguments.invalid()),
    };
    Ok(hexadecimal(&digest).into())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).flatten().collect()
}

fn check_length(arguments: &Arguments<'_>, text: &str) -> Result<(), String> {
    if text.encode_utf16().take(MAX_CHARACTERS + 1).count() > MAX_CHARACTERS {
        return Err(arguments.invalid());
    }
    Ok(())
}
