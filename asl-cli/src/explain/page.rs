//! The pages of `docs/codes`, and how a terminal shows them.

use std::fmt::Write as _;

use asl_core::diagnostic::{Code, Colour};

/// Every page by its name, in alphabetical order.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

const STRONG: &str = "\u{1b}[1m";
const HEADING: &str = "\u{1b}[1;34m";
const CODE: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";

/// The page of `code`, as Markdown.
pub(crate) fn of(code: Code) -> Option<&'static str> {
    PAGES.iter().find(|(name, _)| *name == code.name()).map(|(_, page)| *page)
}

/// A page for a person: with colours in place of Markdown's signs, or as it is.
pub(super) fn drawn(page: &str, colour: Colour) -> String {
    if colour == Colour::Plain {
        return page.to_owned();
    }
    let mut drawn = String::with_capacity(page.len() * 2);
    let mut is_code = false;
    for line in page.lines() {
        // INVARIANT: writing to a string cannot fail.
        let _ = match line.split_once(' ') {
            _ if line.starts_with("```") => {
                is_code = !is_code;
                continue;
            }
            _ if is_code => writeln!(drawn, "    {CODE}{line}{PLAIN}"),
            Some(("#", title)) => writeln!(drawn, "{STRONG}{title}{PLAIN}"),
            Some(("##", title)) => writeln!(drawn, "{HEADING}{title}{PLAIN}"),
            _ => writeln!(drawn, "{}", inline(line)),
        };
    }
    drawn
}

/// A line of text: links as what they say, code in colour.
fn inline(line: &str) -> String {
    let mut drawn = String::new();
    for (index, part) in without_links(line).split('`').enumerate() {
        match index % 2 {
            0 => drawn.push_str(part),
            _ => drawn.extend([CODE, part, PLAIN]),
        }
    }
    drawn
}

/// `[this](there)` becomes `this`.
fn without_links(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, link)) = rest.split_once('[') {
        let parts = link.split_once("](").and_then(|(shown, after)| {
            let (_, after) = after.split_once(')')?;
            (!shown.contains(['[', '`'])).then_some((shown, after))
        });
        let Some((shown, after)) = parts else {
            text.extend([before, "["]);
            rest = link;
            continue;
        };
        text.extend([before, shown]);
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        for code in Code::ALL {
            assert!(of(*code).is_some_and(|page| page.starts_with(&format!("# {code}\n"))), "{code}");
        }
    }

    #[test]
    fn signs_of_markdown_become_colours() {
        let page = "# A\n\nUse `b[0]` of [C](C.md), not [d].\n\n## Wrong\n\n```json\n{\n  \"# e\": 1\n}\n```\n";
        let drawn = drawn(page, Colour::Ansi);
        let visible = [STRONG, HEADING, CODE, PLAIN].iter().fold(drawn.clone(), |text, sign| text.replace(sign, ""));
        assert_eq!(visible, "A\n\nUse b[0] of C, not [d].\n\nWrong\n\n    {\n      \"# e\": 1\n    }\n");
        assert!(drawn.contains(&format!("{CODE}b[0]{PLAIN}")), "{drawn:?}");
        assert_eq!(super::drawn(page, Colour::Plain), page);
    }
}
