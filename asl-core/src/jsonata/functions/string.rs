//! Functions of text that need no patterns. Positions and lengths count characters.

use super::{Arguments, Layout, to_text};
use crate::jsonata::evaluate::{Evaluated, Evaluator};
use crate::jsonata::item::Item;

pub(super) fn string(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(item) = arguments.take(0) else { return Ok(None) };
    if item.as_text().is_some() {
        return Ok(Some(item));
    }
    let layout = if arguments.boolean(1) == Some(true) { Layout::Indented } else { Layout::Compact };
    let text = to_text(&item.unwrapped(), layout, &mut evaluator.bounds)?;
    Ok(Some(text.into()))
}

pub(super) fn substring(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(text), Some(start)) = (arguments.text(0), arguments.number(1)) else {
        return Ok(arguments.text(0).map(Item::from));
    };
    #[expect(clippy::cast_precision_loss, reason = "texts are far shorter than 2⁵³")]
    let length = text.chars().count() as f64;
    let start = if length + start < 0.0 { 0.0 } else { start };
    let end = match arguments.number(2) {
        Some(count) if count <= 0.0 => return Ok(Some("".into())),
        Some(count) if start >= 0.0 => start + count,
        Some(count) => length + start + count,
        None => length,
    };
    let from_start = |place: f64| if place < 0.0 { (length + place.trunc()).max(0.0) } else { place.trunc() };
    let (first, last) = (from_start(start), from_start(end));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; too large saturates")]
    let part: String = text.chars().skip(first as usize).take((last - first).max(0.0) as usize).collect();
    evaluator.bounds.charge_text(part.len())?;
    Ok(Some(part.into()))
}

pub(super) fn substring_before(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let before =
        arguments.text(1).and_then(|separator| text.split_once(&*separator).map(|(before, _)| Item::from(before)));
    Ok(Some(before.unwrap_or_else(|| text.into())))
}

pub(super) fn substring_after(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let after =
        arguments.text(1).and_then(|separator| text.split_once(&*separator).map(|(_, after)| Item::from(after)));
    Ok(Some(after.unwrap_or_else(|| text.into())))
}

pub(super) fn lowercase(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    changed(evaluator, arguments, str::to_lowercase)
}

pub(super) fn uppercase(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    changed(evaluator, arguments, str::to_uppercase)
}

/// The text with every run of blanks made one space, and none at its ends.
pub(super) fn trim(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    changed(evaluator, arguments, |text| {
        let words: Vec<&str> = text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect();
        words.join(" ")
    })
}

fn changed(evaluator: &mut Evaluator<'_>, arguments: &Arguments, change: impl Fn(&str) -> String) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let changed = change(&text);
    evaluator.bounds.charge_text(changed.len())?;
    Ok(Some(changed.into()))
}

pub(super) fn length(_evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    Ok(Some(text.chars().count().into()))
}

/// The text made `width` long, to the right of it, or to the left if `width` is negative.
pub(super) fn pad(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let (Some(text), Some(width)) = (arguments.text(0), arguments.number(1)) else {
        return Ok(arguments.text(0).map(Item::from));
    };
    let filler = arguments.text(2).filter(|filler| !filler.is_empty()).unwrap_or_else(|| " ".into());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; too large saturates")]
    let missing = (width.abs() as usize).saturating_sub(text.chars().count());
    if missing == 0 {
        return Ok(Some(text.into()));
    }
    evaluator.bounds.charge_text(missing.saturating_mul(4).saturating_add(text.len()))?;
    let padding: String = filler.chars().cycle().take(missing).collect();
    Ok(Some(if width > 0.0 { format!("{text}{padding}") } else { format!("{padding}{text}") }.into()))
}

pub(super) fn join(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Evaluated {
    let Some(items) = arguments.elements(0, evaluator)? else { return Ok(None) };
    let separator = arguments.text(1).unwrap_or_else(|| "".into());
    let parts: Vec<&str> = items.iter().filter_map(Item::as_str).collect();
    let size: usize = parts.iter().map(|part| part.len() + separator.len()).sum();
    evaluator.bounds.charge_text(size)?;
    Ok(Some(parts.join(&separator).into()))
}

#[cfg(test)]
mod tests {
    use crate::jsonata::tests::check;

    #[test]
    fn substrings_count_characters_from_either_end() {
        check(r#"$substring("héllo", 1, 2)"#, r#""él""#);
        check(r#"$substring("hello", -3)"#, r#""llo""#);
        check(r#"$substring("hello", -3, 2)"#, r#""ll""#);
        check(r#"$substring("hello", -9, 2)"#, r#""he""#);
        check(r#"$substring("hello", 1, 0)"#, r#""""#);
        check(r#"$substring("hello", 9)"#, r#""""#);
        check(r#"$substringBefore("a-b-c", "-")"#, r#""a""#);
        check(r#"$substringAfter("a-b-c", "-")"#, r#""b-c""#);
        check(r#"$substringAfter("abc", "-")"#, r#""abc""#);
    }

    #[test]
    fn padding_trimming_and_joining() {
        check(r#"$pad("foo", 5)"#, r#""foo  ""#);
        check(r#"$pad("foo", -8, "-+")"#, r#""-+-+-foo""#);
        check(r#"$pad("foobar", 4)"#, r#""foobar""#);
        check(r#"$trim("  Hello \n\t  World ")"#, r#""Hello World""#);
        check(r#"$join(["a","b"], ", ")"#, r#""a, b""#);
        check(r#"$join("a")"#, r#""a""#);
        check(r#"$length("💩é")"#, "2");
    }

    #[test]
    fn casting_to_text() {
        check(r"$string([1, {'a': 'b'}, null, 0.1 + 0.2])", r#""[1,{\"a\":\"b\"},null,0.3]""#);
        check(r"$string({'a': [1, {}]}, true)", r#""{\n  \"a\": [\n    1,\n    {}\n  ]\n}""#);
        check("$string($sum)", r#""""#);
        check("$string(1/0)", "D3001");
        check("$string()", "undefined");
    }
}
