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

/// The candidate that `name` was probably meant to be; none if all are too different.
///
/// # Examples
///
/// ```
/// use asl_core::suggestion::nearest;
///
/// assert_eq!(nearest("ResultPaht", ["Result", "ResultPath"].into_iter()), Some("ResultPath"));
/// assert_eq!(nearest("Xyz", ["Result", "ResultPath"].into_iter()), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = (name.chars().count() + 1) / 3;
    let distances = candidates.take(MAX_CANDIDATES).map(|candidate| (edit_distance(name, candidate), candidate));
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= tolerated).then_some(nearest)
}

/// How many characters must be added, removed, replaced or swapped with the next, upper and lower case being the same.
fn edit_distance(one: &str, other: &str) -> usize {
    let letters =
        |text: &str| text.chars().take(MAX_CHARACTERS).map(|letter| letter.to_ascii_lowercase()).collect::<Vec<_>>();
    let (one, other) = (letters(one), letters(other));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (index, left) in one.iter().enumerate() {
        let mut next = vec![index + 1];
        let mut last = index + 1;
        let mut previous_right = None;
        for (column, (right, cells)) in other.iter().zip(row.windows(2)).enumerate() {
            let &[diagonal, above] = cells else { break };
            last = (diagonal + usize::from(left != right)).min(above + 1).min(last + 1);
            let is_swapped = previous == Some(right) && previous_right == Some(left);
            if let Some(cell) = column.checked_sub(1).and_then(|column| before.get(column)).filter(|_| is_swapped) {
                last = last.min(cell + 1);
            }
            next.push(last);
            previous_right = Some(right);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(left);
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
            ("Nxet", Some("Next")),
            ("Result", None),
            ("Xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, fields.into_iter()), expected, "{name}");
        }
    }
}
