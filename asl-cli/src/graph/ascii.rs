//! A graph as text for a terminal, drawn with ASCII only.
//!
//! States stand one below the other, each with the transitions that leave it; a transition to the state right below is
//! an arrow down, every other one names its target.

use asl_core::graph::TransitionKind;
use asl_core::history::StateType;

use super::label;
use super::scene::{Link, Node, NodeKind, Scene};
use super::trace::{Mark, Trace};

/// How many characters of a condition or of error names are shown.
const MAX_WORDS: usize = 100;

/// Draws `scene`, and the path of `trace` over it.
pub(super) fn draw(scene: &Scene<'_>, trace: Option<&Trace>) -> String {
    let mut text = String::new();
    for line in machine(scene, trace) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn machine(scene: &Scene<'_>, trace: Option<&Trace>) -> Vec<String> {
    let leaving = leaving(scene);
    let links = |index: usize| leaving.get(index).map_or(&[][..], Vec::as_slice);
    let order = order(scene, &leaving);
    let mut lines = Vec::new();
    for (place, index) in order.iter().enumerate() {
        let Some(node) = scene.nodes.get(*index) else { continue };
        lines.push(head(node, trace));
        for (number, inner) in node.inner.iter().enumerate() {
            lines.push(format!("   : {}", label::machine(inner.role, number)));
            lines.extend(machine(inner, trace).iter().map(|line| format!("   :   {line}")));
        }
        let next = order.get(place + 1).copied();
        let (below, aside): (Vec<&Link<'_>>, Vec<&Link<'_>>) =
            links(*index).iter().copied().partition(|link| Some(link.to) == next);
        for (number, link) in aside.iter().enumerate() {
            let corner = if below.is_empty() && number + 1 == aside.len() { '\'' } else { '|' };
            lines.push(format!("   {corner}{}", arrow(scene, link)));
        }
        lines.extend(below.iter().map(|link| format!("   {} {}", shaft(link), words(link))));
        match (below.is_empty(), next) {
            (false, _) => lines.push("   v".to_owned()),
            (true, Some(_)) => lines.push(String::new()),
            (true, None) => {}
        }
    }
    lines
}

/// The links that leave each node.
fn leaving<'s, 'g>(scene: &'s Scene<'g>) -> Vec<Vec<&'s Link<'g>>> {
    let mut leaving: Vec<Vec<&Link<'_>>> = scene.nodes.iter().map(|_| Vec::new()).collect();
    for link in &scene.links {
        if let Some(links) = leaving.get_mut(link.from) {
            links.push(link);
        }
    }
    leaving
}

/// All nodes but the ends, from the start on along `Next` and `Default` as far as that goes, then along the others;
/// what cannot be reached comes last.
fn order(scene: &Scene<'_>, leaving: &[Vec<&Link<'_>>]) -> Vec<usize> {
    let is_main =
        |link: &Link<'_>| link.kinds.iter().all(|kind| matches!(kind, TransitionKind::Next | TransitionKind::Default));
    let mut seen = vec![false; scene.nodes.len()];
    let mut order = Vec::new();
    for root in 0..scene.nodes.len() {
        let mut waiting = vec![root];
        while let Some(index) = waiting.pop() {
            let (Some(seen), Some(node)) = (seen.get_mut(index), scene.nodes.get(index)) else { continue };
            if std::mem::replace(seen, true) || matches!(node.kind, NodeKind::End) {
                continue;
            }
            order.push(index);
            let links = leaving.get(index).map_or(&[][..], Vec::as_slice);
            let (main, others): (Vec<&Link<'_>>, Vec<&Link<'_>>) =
                links.iter().copied().partition(|link| is_main(link));
            waiting.extend(others.iter().rev().chain(&main).map(|link| link.to));
        }
    }
    order
}

/// A node on a line of its own.
fn head(node: &Node<'_>, trace: Option<&Trace>) -> String {
    let NodeKind::State(state) = node.kind else { return name(node) };
    let mark = trace.map(|trace| trace.state(&state.name).mark());
    let mark = mark.filter(|mark| *mark != Mark::NotVisited).map(|mark| format!("  <- {}", mark.name()));
    let (count, mark) = (label::count(state, trace), mark.unwrap_or_default());
    format!("{}  {}{mark}{count}", name(node), label::state(state))
}

/// A node's name in brackets that tell what it is.
fn name(node: &Node<'_>) -> String {
    match node.kind {
        NodeKind::Start => "(start)".to_owned(),
        NodeKind::End => "(end)".to_owned(),
        NodeKind::Missing(name) => format!("?{} is missing?", label::visible(name)),
        NodeKind::State(state) => {
            let name = label::visible(&state.name);
            match state.state_type {
                Some(StateType::Choice) => format!("<{name}>"),
                Some(StateType::Succeed | StateType::Fail) => format!("({name})"),
                _ => format!("[{name}]"),
            }
        }
    }
}

/// A link to a node that stands elsewhere.
fn arrow(scene: &Scene<'_>, link: &Link<'_>) -> String {
    let target = scene.nodes.get(link.to).map(name).unwrap_or_default();
    let words = words(link);
    let line = if link.taken > 0 { "==" } else { "--" };
    let words = if words.is_empty() { words } else { format!("{line} {words} ") };
    format!("{words}{line}> {target}")
}

fn shaft(link: &Link<'_>) -> &'static str {
    if link.taken > 0 { "#" } else { "|" }
}

fn words(link: &Link<'_>) -> String {
    let reasons = label::link(link);
    let shortened = reasons.iter().map(|words| label::shortened(words, MAX_WORDS));
    shortened.collect::<Vec<_>>().join("; ")
}
