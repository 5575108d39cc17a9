//! The characters and texts that a number picture and its result are written with.

/// The decimal format of `$formatNumber`: what its options set.
#[derive(Debug, Clone)]
pub(in super::super) struct DecimalFormat {
    pub(super) decimal_separator: char,
    pub(super) grouping_separator: char,
    pub(super) exponent_separator: char,
    pub(super) pattern_separator: char,
    /// The optional digit, `#`.
    pub(super) digit: char,
    /// The zero of the ten consecutive characters that are the digits.
    pub(super) zero_digit: char,
    pub(super) minus_sign: String,
    pub(super) percent: String,
    pub(super) per_mille: String,
    pub(super) infinity: String,
    pub(super) not_a_number: String,
}

impl Default for DecimalFormat {
    fn default() -> Self {
        Self {
            decimal_separator: '.',
            grouping_separator: ',',
            exponent_separator: 'e',
            pattern_separator: ';',
            digit: '#',
            zero_digit: '0',
            minus_sign: "-".to_owned(),
            percent: "%".to_owned(),
            per_mille: "‰".to_owned(),
            infinity: "Infinity".to_owned(),
            not_a_number: "NaN".to_owned(),
        }
    }
}

impl DecimalFormat {
    /// Sets the option `name`, such as `decimal-separator`, to `value`. Names that are no option change nothing.
    ///
    /// An option that is one character takes the first of `value`, and stays as it was where `value` is empty.
    pub(in super::super) fn set(&mut self, name: &str, value: &str) {
        if let Some(text) = self.text_option(name) {
            value.clone_into(text);
        } else if let (Some(character), Some(first)) = (self.character_option(name), value.chars().next()) {
            *character = first;
        }
    }

    fn text_option(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "minus-sign" => &mut self.minus_sign,
            "percent" => &mut self.percent,
            "per-mille" => &mut self.per_mille,
            "infinity" => &mut self.infinity,
            "NaN" => &mut self.not_a_number,
            _ => return None,
        })
    }

    fn character_option(&mut self, name: &str) -> Option<&mut char> {
        Some(match name {
            "decimal-separator" => &mut self.decimal_separator,
            "grouping-separator" => &mut self.grouping_separator,
            "exponent-separator" => &mut self.exponent_separator,
            "pattern-separator" => &mut self.pattern_separator,
            "digit" => &mut self.digit,
            "zero-digit" => &mut self.zero_digit,
            _ => return None,
        })
    }

    /// Whether `character` is one of the ten digits.
    pub(super) fn is_decimal_digit(&self, character: char) -> bool {
        u32::from(character).checked_sub(u32::from(self.zero_digit)).is_some_and(|digit| digit < 10)
    }

    /// Whether `character` stands for a digit in a picture: one of the ten, or the optional one.
    pub(super) fn is_digit_place(&self, character: char) -> bool {
        character == self.digit || self.is_decimal_digit(character)
    }

    /// Whether `character` has a meaning in a picture, and is not part of the text around the number.
    pub(super) fn is_active(&self, character: char) -> bool {
        self.is_digit_place(character)
            || [self.decimal_separator, self.exponent_separator, self.grouping_separator, self.pattern_separator]
                .contains(&character)
    }

    /// The text of a number, its ASCII digits replaced by this format's.
    pub(super) fn with_digits(&self, text: &str) -> String {
        text.chars().map(|character| self.localized(character)).collect()
    }

    fn localized(&self, character: char) -> char {
        character.to_digit(10).and_then(|digit| char::from_u32(u32::from(self.zero_digit) + digit)).unwrap_or(character)
    }
}
