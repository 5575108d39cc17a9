//! Guesses at what a mistyped name was meant to be.

use crate::report::Report;

/// The most characters of a name that are compared.
const MAX_CHARACTERS: usize = 80;
/// The most candidates that are compared with one name.
const MAX_CANDIDATES: usize = 300;

/// A hint for a name that is no candidate but nearly one.
pub(crate) fn similar<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
    report: &Report<'_>,
) -> Option<String> {
    report.may_guess().then(|| nearest(name, candidates)).flatten().map(|nearest| format!("did you mean `{nearest}`?"))
}

fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = (name.chars().count() + 1) / 3;
    let distances = candidates.take(MAX_CANDIDATES).map(|candidate| (edit_distance(name, candidate), candidate));
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= tolerated).then_some(nearest)
}

/// How many characters must be added, removed or replaced, upper and lower case being the same.
fn edit_distance(one: &str, other: &str) -> usize {
    let letters =
        |text: &str| text.chars().take(MAX_CHARACTERS).map(|letter| letter.to_ascii_lowercase()).collect::<Vec<_>>();
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, left) in one.iter().enumerate() {
        let mut before = index;
        let mut last = index + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(&other) {
            let replaced = before + usize::from(left != right);
            before = *cell;
            last = replaced.min(before + 1).min(last + 1);
            *cell = last;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(one.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_recognised() {
        let fields = ["Comment", "Next", "ResultPath", "ResultSelector"];
        for (name, expected) in [
            ("Coment", Some("Comment")),
            ("comment", Some("Comment")),
            ("next", Some("Next")),
            ("ResultPaht", Some("ResultPath")),
            ("Result", None),
            ("Xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, fields.into_iter()), expected, "{name}");
        }
    }
}
