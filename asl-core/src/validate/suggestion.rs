//! Guesses at what a mistyped name was meant to be.

/// A hint for a name that is no candidate but nearly one.
pub(super) fn similar<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let tolerated = 1 + name.chars().count() / 4;
    let (distance, nearest) = candidates
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= tolerated).then(|| format!("did you mean `{nearest}`?"))
}

/// How many characters must be added, removed or replaced, upper and lower case being the same; at most 80 are read.
fn edit_distance(one: &str, other: &str) -> usize {
    const READ: usize = 80;
    let letters = |text: &str| text.chars().take(READ).map(|letter| letter.to_ascii_lowercase()).collect::<Vec<_>>();
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
            let expected = expected.map(|field| format!("did you mean `{field}`?"));
            assert_eq!(similar(name, fields.into_iter()), expected, "{name}");
        }
    }
}
