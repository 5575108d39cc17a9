//! What stands before a node's content: blanks, comments, indicators, anchors and tags.

use crate::source::Span;

/// Where the content begins that the bytes from `start` lead to, and where its tag stands.
pub(super) fn content_after(text: &str, start: usize) -> (usize, Option<Span>) {
    let mut tag = None;
    let mut at = start;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let length = match rest.chars().next() {
            Some(' ' | '\t' | '\r' | '\n') => 1,
            Some('#') => rest.find('\n').unwrap_or(rest.len()),
            Some(property @ ('&' | '!')) => {
                let length = rest.find([' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                if property == '!' {
                    tag = Some((at..at + length).into());
                }
                length
            }
            _ => return (at, tag),
        };
        at += length;
    }
}

/// Where the header of a block scalar stands, `|` or `>`, whose content begins at `content`.
///
/// `from` is the end of what comes before the scalar and its properties.
pub(super) fn block_header(text: &str, from: usize, content: usize) -> Option<usize> {
    let mut at = from;
    while at < content {
        at = content_after(text, at).0;
        match text.get(at..)?.chars().next()? {
            '|' | '>' if at < content => return Some(at),
            ':' | '-' | '?' => at += 1,
            _ => return None,
        }
    }
    None
}
