//! `$formatInteger` and `$parseInteger`: whole numbers as digits, letters, roman numerals or words.

use super::numerals::{from_letters, from_roman, to_letters, to_roman};
use super::words::{Numbering, from_words, to_words};
use super::{MAX_WIDTH, PictureError, check_length, javascript_digits, regular_interval};

/// The largest number with roman numerals here, which count thousands one by one.
const MAX_ROMAN: f64 = 10_000_000.0;

/// The zeros of the families of ten digits in Unicode's basic plane that a picture may use.
const ZEROS: [u32; 37] = [
    0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

const ASCII_ZERO: u32 = 0x30;

/// `value`, rounded down, as `picture` shows it
/// ([fn:format-integer](https://www.w3.org/TR/xpath-functions-31/#func-format-integer)).
///
/// # Errors
///
/// `D3130` for a numbering sequence (such as `α`), `D3131` for digits of two families, `D1001` for a number or a picture
/// beyond the bounds.
pub(in super::super) fn format_integer(value: f64, picture: &str) -> Result<String, PictureError> {
    check_length(picture)?;
    IntegerPicture::parse(picture)?.format(value.floor())
}

/// The whole number that `text` shows in the form of `picture`.
///
/// As in the reference the text is not checked against the picture: separators are dropped, whatever follows the digits is
/// passed over, and the result of a text that is no number is not a number (`NaN`).
///
/// # Errors
///
/// As [`format_integer`].
pub(in super::super) fn parse_integer(text: &str, picture: &str) -> Result<f64, PictureError> {
    check_length(picture)?;
    check_length(text)?;
    IntegerPicture::parse(picture)?.read(text)
}

/// An analysed integer picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct IntegerPicture {
    pub(super) primary: Primary,
    pub(super) numbering: Numbering,
}

/// The form of the number itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Primary {
    Digits(DigitPattern),
    Letters(Case),
    Roman(Case),
    Words(Case),
    /// A numbering sequence of the specification that the reference does not have.
    Sequence(String),
}

/// The case of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
    Title,
}

impl Case {
    pub(super) fn apply(self, text: &str) -> String {
        match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::Title => text.to_owned(),
        }
    }
}

/// A pattern such as `#,##0`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DigitPattern {
    pub(super) mandatory_digits: usize,
    pub(super) optional_digits: usize,
    pub(super) grouping: Grouping,
    zero: u32,
}

/// Where separators stand between digits.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Grouping {
    /// One character after every so many digits.
    Regular { interval: usize, separator: char },
    /// These only, from right to left, each with the number of digits on its right.
    Irregular(Vec<(usize, char)>),
}

impl IntegerPicture {
    pub(super) fn parse(picture: &str) -> Result<Self, PictureError> {
        let (primary, modifier) = picture.rsplit_once(';').unwrap_or((picture, ""));
        let numbering = if modifier.starts_with('o') { Numbering::Ordinal } else { Numbering::Cardinal };
        let primary = match primary {
            "A" => Primary::Letters(Case::Upper),
            "a" => Primary::Letters(Case::Lower),
            "I" => Primary::Roman(Case::Upper),
            "i" => Primary::Roman(Case::Lower),
            "W" => Primary::Words(Case::Upper),
            "w" => Primary::Words(Case::Lower),
            "Ww" => Primary::Words(Case::Title),
            pattern => {
                DigitPattern::parse(pattern)?.map_or_else(|| Primary::Sequence(pattern.to_owned()), Primary::Digits)
            }
        };
        Ok(Self { primary, numbering })
    }

    /// The number, which must be whole.
    pub(super) fn format(&self, value: f64) -> Result<String, PictureError> {
        if !value.is_finite() {
            return Err(PictureError::out_of_range(value.to_string()));
        }
        let magnitude = value.abs();
        let shown = match &self.primary {
            Primary::Digits(pattern) => pattern.format(magnitude, self.numbering)?,
            Primary::Letters(case) => case.apply(&to_letters(magnitude)),
            Primary::Roman(_) if magnitude > MAX_ROMAN => return Err(PictureError::out_of_range(value)),
            Primary::Roman(case) => case.apply(&to_roman(magnitude)),
            Primary::Words(case) => case.apply(&to_words(magnitude, self.numbering)),
            Primary::Sequence(token) => return Err(PictureError::quoting("D3130", token.as_str())),
        };
        Ok(if value < 0.0 { format!("-{shown}") } else { shown })
    }

    pub(super) fn read(&self, text: &str) -> Result<f64, PictureError> {
        Ok(match &self.primary {
            Primary::Digits(pattern) => pattern.read(text, self.numbering),
            Primary::Letters(Case::Upper) => from_letters(text, 'A'),
            Primary::Letters(_) => from_letters(text, 'a'),
            Primary::Roman(Case::Upper) if text.contains(char::is_lowercase) => f64::NAN,
            Primary::Roman(_) => from_roman(&text.to_lowercase()),
            Primary::Words(_) => from_words(&text.to_lowercase()),
            Primary::Sequence(token) => return Err(PictureError::quoting("D3130", token.as_str())),
        })
    }
}

impl DigitPattern {
    /// None where the pattern has no digit.
    fn parse(pattern: &str) -> Result<Option<Self>, PictureError> {
        let (mut mandatory_digits, mut optional_digits) = (0, 0);
        let mut separators = Vec::new();
        let mut family = None;
        for character in pattern.chars().rev() {
            if let Some(zero) = zero_of_family(character) {
                mandatory_digits += 1;
                if *family.get_or_insert(zero) != zero {
                    return Err(PictureError::new("D3131"));
                }
            } else if character == '#' {
                optional_digits += 1;
            } else {
                separators.push((mandatory_digits + optional_digits, character));
            }
        }
        Ok(family.map(|zero| Self { mandatory_digits, optional_digits, grouping: Grouping::of(separators), zero }))
    }

    fn format(&self, value: f64, numbering: Numbering) -> Result<String, PictureError> {
        if self.mandatory_digits > MAX_WIDTH {
            return Err(PictureError::out_of_range(format!("{} digits", self.mandatory_digits)));
        }
        let digits = format!("{:0>width$}", javascript_digits(value), width = self.mandatory_digits);
        let digits = digits.chars().filter_map(|digit| char::from_u32(u32::from(digit) + self.zero - ASCII_ZERO));
        let mut text = self.grouping.apply(digits.collect());
        if numbering == Numbering::Ordinal {
            text.extend(ordinal_suffix(&text).chars());
        }
        Ok(text.into_iter().collect())
    }

    fn read(&self, text: &str, numbering: Numbering) -> f64 {
        let suffix = if numbering == Numbering::Ordinal { 2 } else { 0 };
        let length = text.chars().count().saturating_sub(suffix);
        let digits: String = text
            .chars()
            .take(length)
            .filter(|&character| !self.grouping.drops(character))
            .map(|character| self.ascii_digit(character))
            .collect();
        parse_leading_digits(&digits)
    }

    fn ascii_digit(&self, character: char) -> char {
        let code = (u32::from(character) + ASCII_ZERO).checked_sub(self.zero);
        code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

impl Grouping {
    fn of(separators: Vec<(usize, char)>) -> Self {
        let positions: Vec<usize> = separators.iter().map(|&(position, _)| position).collect();
        match (separators.first(), regular_interval(&positions)) {
            (Some(&(_, separator)), Some(interval)) if separators.iter().all(|&(_, other)| other == separator) => {
                Self::Regular { interval, separator }
            }
            _ => Self::Irregular(separators),
        }
    }

    fn apply(&self, mut text: Vec<char>) -> Vec<char> {
        match self {
            Self::Regular { interval, separator } => {
                let groups = text.len().saturating_sub(1).checked_div(*interval).unwrap_or(0);
                for group in (1..=groups).rev() {
                    text.insert(text.len().saturating_sub(group * interval), *separator);
                }
            }
            Self::Irregular(separators) => {
                for &(position, separator) in separators.iter().rev() {
                    insert_before_last(&mut text, position, separator);
                }
            }
        }
        text
    }

    /// Whether reading passes over `character`. Where groups are regular, the reference passes over commas only.
    fn drops(&self, character: char) -> bool {
        match self {
            Self::Regular { .. } => character == ',',
            Self::Irregular(separators) => separators.iter().any(|&(_, separator)| separator == character),
        }
    }
}

/// Inserts a separator that has `count` characters on its right.
///
/// Where there are fewer, the reference counts the missing ones from the end and keeps only what follows; so does this.
fn insert_before_last(text: &mut Vec<char>, count: usize, separator: char) {
    let length = text.len();
    if count <= length {
        text.insert(length - count, separator);
    } else {
        text.drain(..length.saturating_sub(count - length));
        text.insert(0, separator);
    }
}

fn zero_of_family(character: char) -> Option<u32> {
    let code = u32::from(character);
    ZEROS.into_iter().find(|&zero| (zero..zero + 10).contains(&code))
}

fn ordinal_suffix(digits: &[char]) -> &'static str {
    match digits {
        [.., '1', _] => "th",
        [.., '1'] => "st",
        [.., '2'] => "nd",
        [.., '3'] => "rd",
        _ => "th",
    }
}

/// The number that the text begins with, as JavaScript's `parseInt` reads decimal digits; else not a number.
pub(super) fn parse_leading_digits(text: &str) -> f64 {
    let text = text.trim_start();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let length = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let digits = unsigned.get(..length).and_then(|digits| digits.parse::<f64>().ok()).unwrap_or(f64::NAN);
    if text.starts_with('-') { -digits } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cases: &[(f64, &str, &str)]) {
        for &(value, picture, expected) in cases {
            assert_eq!(format_integer(value, picture).as_deref(), Ok(expected), "{value} as {picture}");
        }
    }

    #[track_caller]
    fn check_read(cases: &[(&str, &str, f64)]) {
        for &(text, picture, expected) in cases {
            let number = parse_integer(text, picture).unwrap();
            assert_eq!(number.to_string(), expected.to_string(), "{text} as {picture}");
        }
    }

    #[test]
    fn shows_digits() {
        check(&[
            (123.0, "000", "123"),
            (123.0, "0000", "0123"),
            (-3.0, "0000", "-0003"),
            (1234.0, "0;c", "1234"),
            (12.6, "###0", "12"),
            (-0.5, "0", "-1"),
            (12340.0, "###١", "١٢٣٤٠"),
            (12340.0, "###０", "１２３４０"),
            (1e20, "0", "100000000000000000000"),
            (1e21, "0", "1e+21"),
        ]);
    }

    #[test]
    fn groups_digits_regularly_without_end_and_irregularly_as_given() {
        check(&[
            (12.0, "#,##0", "12"),
            (1200.0, "#,##0", "1,200"),
            (12_345_678.0, "#,##0", "12,345,678"),
            (1_234_567_890.0, "#,###,##0", "1,234,567,890"),
            (1_234_567_890.0, "#:###,##0", "1234:567,890"),
            (1_234_567_890.0, "##,##,##0", "12345,67,890"),
            (12.0, "#:###,##0", ",:12"),
        ]);
    }

    #[test]
    fn shows_ordinals() {
        check(&[
            (123.0, "000;o", "123rd"),
            (1.0, "0;o", "1st"),
            (22.0, "0;o", "22nd"),
            (28.0, "#0;o", "28th"),
            (12.0, "###0;o", "12th"),
            (12.0, "w;o", "twelfth"),
            (99.0, "W;o", "NINETY-NINTH"),
        ]);
    }

    #[test]
    fn shows_letters_roman_numerals_and_words() {
        check(&[
            (1.0, "A", "A"),
            (26.0, "a", "z"),
            (27.0, "a", "aa"),
            (300.0, "A", "KN"),
            (123_456.0, "A", "FZPH"),
            (0.0, "I", ""),
            (1984.0, "I", "MCMLXXXIV"),
            (99.0, "i", "xcix"),
            (555.0, "Ww", "Five Hundred and Fifty-Five"),
            (-7.0, "w", "-seven"),
        ]);
    }

    #[test]
    fn reads_what_it_shows() {
        for picture in ["0", "#,##0", "0;o", "#,##0;o", "A", "a", "I", "i", "w", "W", "Ww", "w;o", "W;o", "٠"] {
            for value in [1.0, 9.0, 12.0, 21.0, 33.0, 104.0, 999.0, 1000.0, 1984.0, 3999.0] {
                let shown = format_integer(value, picture).unwrap();
                assert_eq!(parse_integer(&shown, picture), Ok(value), "{shown} as {picture}");
            }
        }
    }

    #[test]
    fn reads_loosely() {
        check_read(&[
            ("1 million", "0", 1.0),
            (" -12,345", "#,##0", -12345.0),
            ("12.345", "#.##0", 12.0),
            ("12:345,678", "#:###,##0", 12_345_678.0),
            ("nineteen hundred and eighty-four", "w", 1984.0),
            ("", "A", 0.0),
            ("x", "0", f64::NAN),
            ("", "0", f64::NAN),
            ("12", "٠", f64::NAN),
            ("mcm", "I", f64::NAN),
            ("mcq", "i", f64::NAN),
            ("twelv", "w", f64::NAN),
            ("", "w", f64::NAN),
        ]);
    }

    #[test]
    fn refuses_pictures_and_numbers_it_cannot_show() {
        let code = |value, picture: &str| format_integer(value, picture).unwrap_err().code;
        assert_eq!(format_integer(1.0, "α"), Err(PictureError::quoting("D3130", "α")));
        assert_eq!(parse_integer("1", "α"), Err(PictureError::quoting("D3130", "α")));
        assert_eq!(code(1.0, ""), "D3130");
        assert_eq!(code(12340.0, "##0０"), "D3131");
        assert_eq!(code(f64::INFINITY, "A"), "D1001");
        assert_eq!(code(1e9, "I"), "D1001");
        assert_eq!(code(1.0, &"0".repeat(MAX_WIDTH + 1)), "D1001");
        assert_eq!(code(1.0, &"0".repeat(crate::jsonata::picture::MAX_LENGTH + 1)), "D1001");
    }
}
