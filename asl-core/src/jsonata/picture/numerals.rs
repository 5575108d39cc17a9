//! Numbers in letters: roman (`MCMLXXXIV`) and alphabetic, as spreadsheets count columns (`Z`, `AA`).

const ROMAN: [(f64, &str); 13] = [
    (1000.0, "m"),
    (900.0, "cm"),
    (500.0, "d"),
    (400.0, "cd"),
    (100.0, "c"),
    (90.0, "xc"),
    (50.0, "l"),
    (40.0, "xl"),
    (10.0, "x"),
    (9.0, "ix"),
    (5.0, "v"),
    (4.0, "iv"),
    (1.0, "i"),
];

/// A whole number in lower-case roman numerals, one `m` for each thousand: nothing for zero.
pub(super) fn to_roman(mut value: f64) -> String {
    let mut roman = String::new();
    for (worth, letters) in ROMAN {
        while value >= worth {
            roman.push_str(letters);
            value -= worth;
        }
    }
    roman
}

/// The value of lower-case roman numerals in any order; not a number where a letter is none.
pub(super) fn from_roman(text: &str) -> f64 {
    let (mut sum, mut largest) = (0.0, 1.0);
    for letter in text.chars().rev() {
        let Some(&(worth, _)) = ROMAN.iter().find(|(_, letters)| letters.chars().eq([letter])) else {
            return f64::NAN;
        };
        if worth < largest {
            sum -= worth;
        } else {
            largest = worth;
            sum += worth;
        }
    }
    sum
}

/// A whole number in lower-case letters: nothing for zero.
pub(super) fn to_letters(mut value: f64) -> String {
    let mut letters = Vec::new();
    while value > 0.0 {
        let index = (value - 1.0) % 26.0;
        letters.extend(('a'..='z').zip(0_u8..).find(|&(_, letter)| f64::from(letter) >= index));
        value = ((value - 1.0) / 26.0).floor();
    }
    letters.into_iter().rev().map(|(letter, _)| letter).collect()
}

/// The value of `text`, each of its characters counted from `first_letter` on.
pub(super) fn from_letters(text: &str, first_letter: char) -> f64 {
    let first = f64::from(u32::from(first_letter));
    text.encode_utf16().fold(0.0, |value, unit| value * 26.0 + (f64::from(unit) - first + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_huge_numbers_end() {
        assert_eq!(to_letters(f64::MAX).len(), 218);
        assert_eq!(to_roman(3_999_999.0).len(), 3999 + "cmxcix".len());
    }

    #[test]
    fn roman_numerals_in_any_order_have_a_value() {
        for (text, expected) in [("mcmlxxxiv", 1984.0), ("iiii", 4.0), ("ic", 99.0), ("", 0.0)] {
            assert!((from_roman(text) - expected).abs() < 0.5, "{text}");
        }
    }
}
