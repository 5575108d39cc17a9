//! Numbers in English words: `three thousand, seven hundred and thirty-first`.

/// Whether a number counts (`three`) or orders (`third`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    Cardinal,
    Ordinal,
}

const UP_TO_NINETEEN: [(&str, &str); 20] = [
    ("Zero", "Zeroth"),
    ("One", "First"),
    ("Two", "Second"),
    ("Three", "Third"),
    ("Four", "Fourth"),
    ("Five", "Fifth"),
    ("Six", "Sixth"),
    ("Seven", "Seventh"),
    ("Eight", "Eighth"),
    ("Nine", "Ninth"),
    ("Ten", "Tenth"),
    ("Eleven", "Eleventh"),
    ("Twelve", "Twelfth"),
    ("Thirteen", "Thirteenth"),
    ("Fourteen", "Fourteenth"),
    ("Fifteen", "Fifteenth"),
    ("Sixteen", "Sixteenth"),
    ("Seventeen", "Seventeenth"),
    ("Eighteen", "Eighteenth"),
    ("Nineteen", "Nineteenth"),
];

/// Twenty, thirty … ninety.
const TENS: [(&str, &str); 8] = [
    ("Twenty", "Twentieth"),
    ("Thirty", "Thirtieth"),
    ("Forty", "Fortieth"),
    ("Fifty", "Fiftieth"),
    ("Sixty", "Sixtieth"),
    ("Seventy", "Seventieth"),
    ("Eighty", "Eightieth"),
    ("Ninety", "Ninetieth"),
];

const HUNDRED: (&str, &str) = ("Hundred", "Hundredth");

/// From the largest down; larger numbers are so many trillion.
const MAGNITUDES: [(f64, (&str, &str)); 4] = [
    (1e12, ("Trillion", "Trillionth")),
    (1e9, ("Billion", "Billionth")),
    (1e6, ("Million", "Millionth")),
    (1e3, ("Thousand", "Thousandth")),
];

/// A whole number that is not negative, in title case but for `and`.
pub(super) fn to_words(value: f64, numbering: Numbering) -> String {
    let mut words = String::new();
    write_words(&mut words, value, Place::First, numbering);
    words
}

/// Whether other words come before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Later,
}

fn write_words(words: &mut String, value: f64, place: Place, numbering: Numbering) {
    let Some((size, name)) = MAGNITUDES.into_iter().find(|&(size, _)| value >= size) else {
        return write_below_thousand(words, value, place, numbering);
    };
    let count = (value / size).floor();
    let rest = value - count * size;
    words.push_str(if place == Place::Later { ", " } else { "" });
    write_words(words, count, Place::First, Numbering::Cardinal);
    words.push(' ');
    if rest > 0.0 {
        words.push_str(name.0);
        write_words(words, rest, Place::Later, numbering);
    } else {
        words.push_str(form(name, numbering));
    }
}

fn write_below_thousand(words: &mut String, value: f64, place: Place, numbering: Numbering) {
    let hundreds = (value / 100.0).floor();
    let rest = value - hundreds * 100.0;
    let later = place == Place::Later;
    if hundreds > 0.0 {
        words.push_str(if later { ", " } else { "" });
        words.push_str(pick(&UP_TO_NINETEEN, hundreds, Numbering::Cardinal));
        words.push(' ');
        if rest > 0.0 {
            words.push_str(HUNDRED.0);
            words.push_str(" and ");
            write_below_hundred(words, rest, numbering);
        } else {
            words.push_str(form(HUNDRED, numbering));
        }
    } else {
        words.push_str(if later { " and " } else { "" });
        write_below_hundred(words, rest, numbering);
    }
}

fn write_below_hundred(words: &mut String, value: f64, numbering: Numbering) {
    if value < 20.0 {
        words.push_str(pick(&UP_TO_NINETEEN, value, numbering));
        return;
    }
    let tens = (value / 10.0).floor();
    let rest = value - tens * 10.0;
    if rest > 0.0 {
        words.push_str(pick(&TENS, tens - 2.0, Numbering::Cardinal));
        words.push('-');
        words.push_str(pick(&UP_TO_NINETEEN, rest, numbering));
    } else {
        words.push_str(pick(&TENS, tens - 2.0, numbering));
    }
}

fn pick(names: &[(&'static str, &'static str)], index: f64, numbering: Numbering) -> &'static str {
    let numbered = names.iter().zip(0_u8..).find(|&(_, number)| f64::from(number) >= index);
    numbered.map_or("", |(&name, _)| form(name, numbering))
}

fn form((cardinal, ordinal): (&'static str, &'static str), numbering: Numbering) -> &'static str {
    match numbering {
        Numbering::Cardinal => cardinal,
        Numbering::Ordinal => ordinal,
    }
}

/// The number that lower-case words name, cardinal or ordinal; not a number where one of them is no number word.
///
/// Any order of words has a value, `nineteen hundred and eighty-four` too.
pub(super) fn from_words(text: &str) -> f64 {
    let mut sums = vec![0.0];
    for word in split_words(text) {
        let Some(value) = word_value(word) else { return f64::NAN };
        let last = sums.pop().unwrap_or(0.0);
        if value >= 100.0 {
            sums.push(last * value);
        } else if last >= 1000.0 {
            sums.extend([last, value]);
        } else {
            sums.push(last + value);
        }
    }
    sums.into_iter().sum()
}

/// Words end at a comma with a space, at `and` between spaces, at a space, a hyphen or a backslash.
fn split_words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut word_start, mut rest_start) = (0, 0);
    while let Some(rest) = text.get(rest_start..) {
        let Some(first) = rest.chars().next() else { break };
        match separator_length(rest) {
            Some(length) => {
                words.extend(text.get(word_start..rest_start));
                rest_start += length;
                word_start = rest_start;
            }
            None => rest_start += first.len_utf8(),
        }
    }
    words.extend(text.get(word_start..));
    words
}

fn separator_length(text: &str) -> Option<usize> {
    let starts_with_space = |text: &str| text.chars().next().filter(|first| first.is_whitespace()).map(char::len_utf8);
    if let Some(space) = text.strip_prefix(',').and_then(starts_with_space) {
        return Some(1 + space);
    }
    if let Some(space) = starts_with_space(text) {
        let and = text.get(space..).and_then(|rest| rest.strip_prefix("and")).and_then(starts_with_space);
        return Some(space + and.map_or(0, |after| "and".len() + after));
    }
    text.starts_with(['-', '\\']).then_some(1)
}

fn word_value(word: &str) -> Option<f64> {
    number_words().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, value)| value)
}

/// Every word that stands for a number, in title case, with its value.
pub(super) fn number_words() -> impl Iterator<Item = (&'static str, f64)> {
    let small = UP_TO_NINETEEN.into_iter().zip(0_u8..).map(|(forms, value)| (forms, f64::from(value)));
    let tens = TENS.into_iter().zip(2_u8..).map(|(forms, value)| (forms, f64::from(value) * 10.0));
    let large = MAGNITUDES.into_iter().map(|(value, forms)| (forms, value));
    let all = small.chain(tens).chain([(HUNDRED, 100.0)]).chain(large);
    all.flat_map(|((cardinal, ordinal), value)| [(cardinal, value), (ordinal, value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers() {
        for (value, cardinal, ordinal) in [
            (0.0, "Zero", "Zeroth"),
            (34.0, "Thirty-Four", "Thirty-Fourth"),
            (100.0, "One Hundred", "One Hundredth"),
            (919.0, "Nine Hundred and Nineteen", "Nine Hundred and Nineteenth"),
            (3730.0, "Three Thousand, Seven Hundred and Thirty", "Three Thousand, Seven Hundred and Thirtieth"),
            (1_000_000_000_001.0, "One Trillion and One", "One Trillion and First"),
            (1e15, "One Thousand Trillion", "One Thousand Trillionth"),
            (1e46, "Ten Billion Trillion Trillion Trillion", "Ten Billion Trillion Trillion Trillionth"),
        ] {
            assert_eq!(to_words(value, Numbering::Cardinal), cardinal);
            assert_eq!(to_words(value, Numbering::Ordinal), ordinal);
        }
    }

    #[test]
    fn names_of_huge_numbers_stay_short() {
        assert!(to_words(f64::MAX, Numbering::Cardinal).len() < 2000);
    }

    #[test]
    fn splits_words_at_separators() {
        for (text, expected) in [
            ("one", vec!["one"]),
            ("thirty-four", vec!["thirty", "four"]),
            ("one hundred and one", vec!["one", "hundred", "one"]),
            ("one thousand, two", vec!["one", "thousand", "two"]),
            ("one,two", vec!["one,two"]),
            ("one  two", vec!["one", "", "two"]),
            ("one andtwo", vec!["one", "andtwo"]),
            ("", vec![""]),
        ] {
            assert_eq!(split_words(text), expected);
        }
    }
}
