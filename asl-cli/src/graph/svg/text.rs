//! How much room text takes, and how it is broken into lines.

use unicode_width::UnicodeWidthChar as _;

/// The height of a line in relation to the size of its characters.
pub(super) const LINE: f64 = 1.3;

/// The width of `text` in characters of `size`, as wide as the widest of the usual fonts draws it.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(character_width).sum::<f64>() * size
}

fn character_width(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | 'I' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '"' => 0.44,
        'm' | 'M' | 'W' | '@' | '%' | '…' => 1.0,
        'w' | '<' | '>' | '=' | '+' | '#' | '~' | '→' => 0.84,
        'A'..='Z' => 0.72,
        _ => match character.width() {
            Some(0) => 0.0,
            Some(2) => 1.1,
            _ => 0.63,
        },
    }
}

/// `text` in lines of at most `max_width`, broken between words where that can be, and at most `max_lines` of them.
pub(super) fn wrapped(text: &str, size: f64, max_width: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for character in text.chars() {
        line.push(character);
        if width(&line, size) <= max_width {
            continue;
        }
        let rest = split_off(&mut line, character);
        lines.push(std::mem::replace(&mut line, rest));
    }
    lines.push(line);
    if lines.len() > max_lines {
        let rest = lines.split_off(max_lines.saturating_sub(1)).concat();
        lines.push(cut(&rest, size, max_width));
    }
    lines.iter().map(|line| line.trim().to_owned()).collect()
}

/// The beginning of `text`, with an ellipsis, that fits into `max_width`.
fn cut(text: &str, size: f64, max_width: f64) -> String {
    let mut cut = String::new();
    let mut room = max_width - width("…", size);
    for character in text.trim_start().chars() {
        room -= character_width(character) * size;
        if room < 0.0 {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    cut
}

/// Takes the last word, or at least the `last` character, off a line that is too long.
fn split_off(line: &mut String, last: char) -> String {
    let after_break = |(offset, character): (usize, char)| {
        matches!(character, ' ' | '-' | '_' | ':' | '.' | '/').then_some(offset + character.len_utf8())
    };
    let end = line.len() - last.len_utf8();
    let at = line.char_indices().rev().find_map(after_break).filter(|at| *at * 3 > end && *at <= end).unwrap_or(end);
    line.split_off(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(wrapped(text, 10.0, 100.0, 3), expected, "{text}");
    }

    #[test]
    fn lines_break_between_words_where_that_can_be() {
        check("", &[""]);
        check("Short", &["Short"]);
        check("Get Stack Creation Status", &["Get Stack Creation", "Status"]);
        check("Supercalifragilisticexpiali", &["Supercalifragilisti", "cexpiali"]);
        check(&"word ".repeat(20), &["word word word", "word word word", "word word word …"]);
    }
}
