//! A graph as a [Mermaid flowchart](https://mermaid.js.org/syntax/flowchart.html).

use std::fmt::Write as _;

use asl_core::graph::State;
use asl_core::history::StateType;

use super::label;
use super::lines::Lines;
use super::palette::{self, Paint};
use super::scene::{Link, Node, NodeKind, Scene};
use super::trace::Trace;

/// Draws `scene`, and the path of `trace` over it.
pub(super) fn draw(scene: &Scene<'_>, trace: Option<&Trace>) -> String {
    let mut flowchart = Flowchart { lines: Lines::default(), trace, links: 0, taken: Vec::new() };
    flowchart.lines.add(0, format_args!("flowchart TD"));
    flowchart.nodes(scene, 1);
    // Mermaid numbers links in the order in which they are written.
    for (link, from, to) in scene.all_links() {
        flowchart.link(link, from, to);
    }
    flowchart.styles(scene);
    flowchart.lines.into_text()
}

struct Flowchart<'t> {
    lines: Lines,
    trace: Option<&'t Trace>,
    links: usize,
    /// The links that the execution took, by their number.
    taken: Vec<String>,
}

impl Flowchart<'_> {
    fn nodes(&mut self, scene: &Scene<'_>, indent: usize) {
        for node in &scene.nodes {
            let number = node.number;
            match node.kind {
                NodeKind::Start => self.lines.add(indent, format_args!("n{number}((\" \"))")),
                NodeKind::End => self.lines.add(indent, format_args!("n{number}(((\" \")))")),
                NodeKind::Missing(name) => {
                    self.lines.add(indent, format_args!("n{number}[\"{} is missing\"]", escaped(name)));
                }
                NodeKind::State(state) if node.inner.is_empty() => {
                    let (open, close) = brackets(state);
                    self.lines.add(indent, format_args!("n{number}{open}\"{}\"{close}", self.name(state)));
                }
                NodeKind::State(state) => self.container(node, state, indent),
            }
        }
    }

    fn container(&mut self, node: &Node<'_>, state: &State, indent: usize) {
        self.lines.add(indent, format_args!("subgraph n{}[\"{}\"]", node.number, self.name(state)));
        for (index, inner) in node.inner.iter().enumerate() {
            let title = label::machine(inner.role, index);
            self.lines.add(indent + 1, format_args!("subgraph n{}m{index}[\"{title}\"]", node.number));
            self.nodes(inner, indent + 2);
            self.lines.add(indent + 1, format_args!("end"));
        }
        self.lines.add(indent, format_args!("end"));
    }

    fn name(&self, state: &State) -> String {
        let name = escaped(&state.name) + &label::count(state, self.trace);
        format!("{name}<br><small>{}</small>", escaped(&label::state(state)))
    }

    fn link(&mut self, link: &Link<'_>, from: &Node<'_>, to: &Node<'_>) {
        let words: Vec<String> = label::link(link).iter().map(|words| escaped(words)).collect();
        let words = if words.is_empty() { String::new() } else { format!("|\"{}\"|", words.join("<br>")) };
        let arrow = if link.is_catch() { "-.->" } else { "-->" };
        self.lines.add(1, format_args!("n{} {arrow}{words} n{}", from.number, to.number));
        if link.taken > 0 {
            self.taken.push(self.links.to_string());
        }
        self.links += 1;
    }

    fn styles(&mut self, scene: &Scene<'_>) {
        for node in scene.all_nodes() {
            let paint = match node.kind {
                NodeKind::State(state) => Paint::of(state, self.trace),
                NodeKind::Missing(_) => Paint::FAULT,
                NodeKind::Start | NodeKind::End => continue,
            };
            let Paint { fill, stroke, text } = paint;
            self.lines.add(1, format_args!("style n{} fill:{fill},stroke:{stroke},color:{text}", node.number));
        }
        if !self.taken.is_empty() {
            let (links, colour) = (self.taken.join(","), palette::TAKEN);
            self.lines.add(1, format_args!("linkStyle {links} stroke:{colour},stroke-width:3px"));
        }
    }
}

fn brackets(state: &State) -> (&'static str, &'static str) {
    match state.state_type {
        Some(StateType::Choice) => ("{{", "}}"),
        Some(StateType::Succeed | StateType::Fail) => ("([", "])"),
        Some(StateType::Wait) => ("(", ")"),
        _ => ("[", "]"),
    }
}

/// `text` with everything that Mermaid, Markdown or HTML could read as more than text as a numeric entity.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in label::visible(text).chars() {
        match character {
            ' ' | ',' | '.' | '-' | '?' => escaped.push(character),
            _ if character.is_alphanumeric() || !character.is_ascii() => escaped.push(character),
            _ => {
                let _ = write!(escaped, "#{};", u32::from(character));
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_taken_for_markup() {
        let text = "a\"]; click \u{1b}`b` <br>#x;&amp; end";
        let expected = "a#34;#93;#59; click \u{fffd}#96;b#96; #60;br#62;#35;x#59;#38;amp#59; end";
        assert_eq!(escaped(text), expected);
    }
}
