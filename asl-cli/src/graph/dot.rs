//! A graph as a [Graphviz](https://graphviz.org/doc/info/lang.html) graph.

use asl_core::graph::State;
use asl_core::history::StateType;

use super::label;
use super::lines::Lines;
use super::palette::{self, Paint};
use super::scene::{Link, Node, NodeKind, Scene};
use super::trace::Trace;

/// Draws `scene`, and the path of `trace` over it.
pub(super) fn draw(scene: &Scene<'_>, trace: Option<&Trace>) -> String {
    let mut digraph = Digraph { lines: Lines::default(), trace };
    digraph.lines.add(0, format_args!("digraph {{"));
    digraph.lines.add(1, format_args!("compound=true"));
    digraph
        .lines
        .add(1, format_args!("node [fontname=\"Helvetica\", fontsize=12, shape=box, style=\"filled,rounded\"]"));
    digraph.lines.add(1, format_args!("edge [fontname=\"Helvetica\", fontsize=10, color=\"{}\"]", palette::LINK));
    digraph.lines.add(1, format_args!("graph [fontname=\"Helvetica\", fontsize=12]"));
    digraph.nodes(scene, 1);
    for (link, from, to) in scene.all_links() {
        digraph.link(link, from, to);
    }
    digraph.lines.add(0, format_args!("}}"));
    digraph.lines.into_text()
}

struct Digraph<'t> {
    lines: Lines,
    trace: Option<&'t Trace>,
}

impl Digraph<'_> {
    fn nodes(&mut self, scene: &Scene<'_>, indent: usize) {
        for node in &scene.nodes {
            let number = node.number;
            match node.kind {
                NodeKind::Start => {
                    let attributes = "shape=circle, label=\"\", width=0.15, fillcolor=\"#1c2733\"";
                    self.lines.add(indent, format_args!("n{number} [{attributes}]"));
                }
                NodeKind::End => {
                    let attributes = "shape=doublecircle, label=\"\", width=0.12, fillcolor=\"#1c2733\"";
                    self.lines.add(indent, format_args!("n{number} [{attributes}]"));
                }
                NodeKind::Missing(name) => {
                    let attributes = painted(Paint::FAULT);
                    self.lines
                        .add(indent, format_args!("n{number} [label=\"{} is missing\", {attributes}]", escaped(name)));
                }
                NodeKind::State(state) if node.inner.is_empty() => {
                    let (label, shape) = (self.name(state), shape(state));
                    let attributes = painted(Paint::of(state, self.trace));
                    self.lines.add(indent, format_args!("n{number} [label=\"{label}\", {attributes}{shape}]"));
                }
                NodeKind::State(state) => self.container(node, state, indent),
            }
        }
    }

    /// A cluster, with a point at its head and its foot that links can lead to.
    fn container(&mut self, node: &Node<'_>, state: &State, indent: usize) {
        let number = node.number;
        self.lines.add(indent, format_args!("subgraph cluster_n{number} {{"));
        let attributes = painted(Paint::of(state, self.trace));
        self.lines.add(
            indent + 1,
            format_args!("graph [label=\"{}\", style=\"filled,rounded\", {attributes}]", self.name(state)),
        );
        self.lines.add(indent + 1, format_args!("n{number} [shape=point, style=invis]"));
        for (index, inner) in node.inner.iter().enumerate() {
            let title = label::machine(inner.role, index);
            self.lines.add(indent + 1, format_args!("subgraph cluster_n{number}m{index} {{"));
            self.lines.add(
                indent + 2,
                format_args!("graph [label=\"{title}\", style=\"filled,dashed\", fillcolor=\"white\"]"),
            );
            self.nodes(inner, indent + 2);
            self.lines.add(indent + 1, format_args!("}}"));
        }
        self.lines.add(indent, format_args!("}}"));
    }

    fn name(&self, state: &State) -> String {
        let name = escaped(&state.name) + &label::count(state, self.trace);
        format!("{name}\\n{}", escaped(&label::state(state)))
    }

    fn link(&mut self, link: &Link<'_>, from: &Node<'_>, to: &Node<'_>) {
        let mut attributes = Vec::new();
        let words: Vec<String> = label::link(link).iter().map(|words| escaped(words)).collect();
        if !words.is_empty() {
            attributes.push(format!("label=\"{}\"", words.join("\\n")));
        }
        if !from.inner.is_empty() {
            attributes.push(format!("ltail=cluster_n{}", from.number));
        }
        if !to.inner.is_empty() {
            attributes.push(format!("lhead=cluster_n{}", to.number));
        }
        if link.is_catch() {
            attributes.push(format!("style=dashed, color=\"{}\"", palette::CATCH));
        }
        if link.taken > 0 {
            attributes.push(format!("penwidth=3, color=\"{}\"", palette::TAKEN));
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        self.lines.add(1, format_args!("n{} -> n{}{attributes}", from.number, to.number));
    }
}

fn painted(paint: Paint) -> String {
    let Paint { fill, stroke, text } = paint;
    format!("fillcolor=\"{fill}\", color=\"{stroke}\", fontcolor=\"{text}\"")
}

fn shape(state: &State) -> &'static str {
    match state.state_type {
        Some(StateType::Choice) => ", shape=hexagon, style=filled",
        Some(StateType::Succeed | StateType::Fail) => ", shape=oval, style=filled",
        _ => "",
    }
}

/// `text` inside of a quoted string that is a label.
fn escaped(text: &str) -> String {
    label::visible(text).replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_taken_for_markup() {
        assert_eq!(escaped("a\"]\\N &lt; b\n"), "a\\\"]\\\\N &amp;lt; b ");
    }
}
