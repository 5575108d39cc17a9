//! Where everything stands: boxes by a layered layout, machines inside of states as boxes of their own.

use std::collections::BTreeMap;

use asl_core::history::StateType;
use dugong::graphlib::{Graph, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel, layout_dagreish};

use super::super::label;
use super::super::scene::{Link, Node, NodeKind, Scene};
use super::super::trace::Trace;
use super::far;
use super::route::{self, Ends};
use super::text;

/// The size of names.
pub(super) const NAME: f64 = 13.0;
/// How much wider bold characters are.
const BOLD: f64 = 1.12;
/// The size of everything else that is written.
pub(super) const SMALL: f64 = 11.0;

const NAME_WIDTH: f64 = 200.0;
const LABEL_WIDTH: f64 = 250.0;
const LABEL_LINES: usize = 4;
const PADDING: f64 = 12.0;
const DOT: f64 = 14.0;
/// How wide the machines inside of a state may become before they go on in a row below.
const ROW_WIDTH: f64 = 1600.0;

/// A rectangle by its upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn right(self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.height
    }

    pub(super) fn center_x(self) -> f64 {
        self.x + self.width / 2.0
    }

    pub(super) fn center_y(self) -> f64 {
        self.y + self.height / 2.0
    }

    fn centered(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x: x - width / 2.0, y: y - height / 2.0, width, height }
    }
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A machine, laid out; its upper left corner is at 0, 0.
#[derive(Debug)]
pub(super) struct Plan<'s, 'g> {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) boxes: Vec<Box<'s, 'g>>,
    pub(super) lines: Vec<Line<'s, 'g>>,
}

/// A node with its place.
#[derive(Debug)]
pub(super) struct Box<'s, 'g> {
    pub(super) rect: Rect,
    pub(super) what: What<'s, 'g>,
    pub(super) name: Vec<String>,
    pub(super) detail: String,
    pub(super) inner: Vec<Inner<'s, 'g>>,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'s, 'g> {
    Node(&'s Node<'g>),
    /// The name of a node that stands far away, for a link to it.
    Reference(&'s Node<'g>),
}

/// A machine inside of a box, with its place in the plan around.
#[derive(Debug)]
pub(super) struct Inner<'s, 'g> {
    pub(super) rect: Rect,
    pub(super) title: String,
    pub(super) plan: Plan<'s, 'g>,
}

/// A link with its way.
#[derive(Debug)]
pub(super) struct Line<'s, 'g> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) link: &'s Link<'g>,
    pub(super) points: Vec<Point>,
    pub(super) words: Vec<String>,
    /// Where the words stand.
    pub(super) label: Rect,
}

/// Lays out `scene`.
pub(super) fn plan<'s, 'g>(scene: &'s Scene<'g>, trace: Option<&Trace>) -> Plan<'s, 'g> {
    let mut boxes: Vec<Box<'_, '_>> = scene.nodes.iter().map(|node| measure(node, trace)).collect();
    let mut lines = Vec::new();
    for (link, is_far) in scene.links.iter().zip(far::far(scene)) {
        let mut to = link.to;
        if let Some(target) = scene.nodes.get(to).filter(|_| is_far) {
            to = boxes.len();
            boxes.push(reference(target));
        }
        let words = words(link);
        lines.push(Line { from: link.from, to, link, points: Vec::new(), words, label: Rect::default() });
    }
    let (width, height) = place(&mut boxes, &mut lines);
    Plan { width, height, boxes, lines }
}

fn words(link: &Link<'_>) -> Vec<String> {
    let all = label::link(link).into_iter();
    let mut lines: Vec<String> = all.flat_map(|words| text::wrapped(&words, SMALL, LABEL_WIDTH, 2)).collect();
    if lines.len() > LABEL_LINES {
        let hidden = lines.len() - LABEL_LINES + 1;
        lines.truncate(LABEL_LINES - 1);
        lines.push(format!("… {hidden} more"));
    }
    lines
}

fn lines_size(lines: &[String], size: f64) -> (f64, f64) {
    let width = lines.iter().map(|line| text::width(line, size)).fold(0.0, f64::max);
    (width, as_f64(lines.len()) * size * text::LINE)
}

/// A box with its size, and without a place.
fn measure<'s, 'g>(node: &'s Node<'g>, trace: Option<&Trace>) -> Box<'s, 'g> {
    let what = What::Node(node);
    let state = match node.kind {
        NodeKind::Start | NodeKind::End => {
            let rect = Rect { width: DOT, height: DOT, ..Rect::default() };
            return Box { rect, what, name: Vec::new(), detail: String::new(), inner: Vec::new() };
        }
        NodeKind::Missing(name) => {
            let name = text::wrapped(&label::visible(name), NAME, NAME_WIDTH, 4);
            return sized(what, name, "is missing".to_owned(), 0.0);
        }
        NodeKind::State(state) => state,
    };
    let name = label::visible(&state.name) + &label::count(state, trace);
    let detail = text::wrapped(&label::state(state), SMALL, NAME_WIDTH + 70.0, 1).concat();
    let is_choice = state.state_type == Some(StateType::Choice);
    let mut measured =
        sized(what, text::wrapped(&name, NAME, NAME_WIDTH, 4), detail, if is_choice { 14.0 } else { 0.0 });
    if !node.inner.is_empty() {
        contain(&mut measured, node, trace);
    }
    measured
}

fn sized<'s, 'g>(what: What<'s, 'g>, name: Vec<String>, detail: String, more: f64) -> Box<'s, 'g> {
    let (width, height) = lines_size(&name, NAME * BOLD);
    let detail_width = text::width(&detail, SMALL);
    let detail_height = if detail.is_empty() { 0.0 } else { SMALL * text::LINE };
    let width = (width.max(detail_width) + 2.0 * (PADDING + more)).max(80.0);
    let rect = Rect { width, height: height / BOLD + detail_height + 14.0, ..Rect::default() };
    Box { rect, what, name, detail, inner: Vec::new() }
}

fn reference<'s, 'g>(target: &'s Node<'g>) -> Box<'s, 'g> {
    let name = match target.kind {
        NodeKind::State(state) => label::visible(&state.name),
        NodeKind::Missing(name) => label::visible(name),
        NodeKind::Start | NodeKind::End => String::new(),
    };
    let name = text::wrapped(&format!("→ {name}"), SMALL, NAME_WIDTH, 2);
    let (width, height) = lines_size(&name, SMALL);
    let rect = Rect { width: width + 20.0, height: height + 8.0, ..Rect::default() };
    Box { rect, what: What::Reference(target), name, detail: String::new(), inner: Vec::new() }
}

/// Makes room for the machines inside of `container`, in rows below its name.
fn contain<'s, 'g>(container: &mut Box<'s, 'g>, node: &'s Node<'g>, trace: Option<&Trace>) {
    let title_height = SMALL * text::LINE + 4.0;
    let (mut x, mut y, mut row_height, mut width) = (PADDING, container.rect.height, 0.0_f64, container.rect.width);
    for (index, scene) in node.inner.iter().enumerate() {
        let plan = plan(scene, trace);
        let title = label::machine(scene.role, index);
        let inner_width = plan.width.max(text::width(&title, SMALL)) + 2.0 * PADDING;
        let inner_height = plan.height + title_height + 2.0 * PADDING;
        if x > PADDING && x + inner_width > ROW_WIDTH {
            (x, y, row_height) = (PADDING, y + row_height + PADDING, 0.0);
        }
        let rect = Rect { x, y, width: inner_width, height: inner_height };
        x += inner_width + PADDING;
        row_height = row_height.max(inner_height);
        width = width.max(x);
        container.inner.push(Inner { rect, title, plan });
    }
    container.rect.width = width;
    container.rect.height = y + row_height + PADDING;
}

/// Gives every box its place and every line its way; the size of all.
fn place(boxes: &mut [Box<'_, '_>], lines: &mut [Line<'_, '_>]) -> (f64, f64) {
    let mut graph: Graph<NodeLabel, EdgeLabel, GraphLabel> =
        Graph::new(GraphOptions { multigraph: true, compound: true, directed: true });
    graph.set_graph(GraphLabel { nodesep: 36.0, ranksep: 52.0, edgesep: 18.0, ..GraphLabel::default() });
    for (index, placed) in boxes.iter().enumerate() {
        let Rect { width, height, .. } = placed.rect;
        graph.set_node(index.to_string(), NodeLabel { width, height, ..NodeLabel::default() });
    }
    for (index, line) in lines.iter_mut().enumerate() {
        let (width, height) = lines_size(&line.words, SMALL);
        let (width, height) = if line.words.is_empty() { (0.0, 0.0) } else { (width + 10.0, height + 2.0) };
        line.label = Rect { width, height, ..Rect::default() };
        let weight = if line.link.is_catch() { 1.0 } else { 3.0 };
        let edge = EdgeLabel { width, height, weight, ..EdgeLabel::default() };
        graph.set_edge_named(line.from.to_string(), line.to.to_string(), Some(index.to_string()), Some(edge));
    }
    layout_dagreish(&mut graph);
    for (index, placed) in boxes.iter_mut().enumerate() {
        let node = graph.node(&index.to_string());
        let (x, y) = node.map_or((0.0, 0.0), |node| (node.x.unwrap_or(0.0), node.y.unwrap_or(0.0)));
        placed.rect = Rect::centered(x, y, placed.rect.width, placed.rect.height);
    }
    let mut ways = Vec::new();
    for (index, line) in lines.iter_mut().enumerate() {
        let edge = graph.edge(&line.from.to_string(), &line.to.to_string(), Some(&index.to_string()));
        let (x, y) = edge.map_or((0.0, 0.0), |edge| (edge.x.unwrap_or(0.0), edge.y.unwrap_or(0.0)));
        line.label = Rect::centered(x, y, line.label.width, line.label.height);
        let points = edge.map_or(&[][..], |edge| edge.points.as_slice());
        ways.push(points.iter().map(|point| Point { x: point.x, y: point.y }).collect::<Vec<_>>());
    }
    let bands = Bands::of(boxes, lines);
    let ends: Vec<Ends> = lines.iter().map(|line| Ends { from: line.from, to: line.to }).collect();
    let rects: Vec<Rect> = boxes.iter().map(|placed| placed.rect).collect();
    for (line, points) in lines.iter_mut().zip(route::ways(&rects, &ends, &ways, &bands)) {
        line.points = points;
    }
    fit(boxes, lines)
}

/// The heights that the layers of a layout take: between two of them there is nothing but lines.
#[derive(Debug, Default)]
pub(super) struct Bands(BTreeMap<i64, f64>);

impl Bands {
    fn of(boxes: &[Box<'_, '_>], lines: &[Line<'_, '_>]) -> Self {
        let mut bands = Self::default();
        let labels = lines.iter().filter(|line| line.from != line.to).map(|line| line.label);
        for rect in boxes.iter().map(|placed| placed.rect).chain(labels) {
            let half = bands.0.entry(Self::key(rect.center_y())).or_default();
            *half = half.max(rect.height / 2.0);
        }
        bands
    }

    /// Half the height of the layer around `y`.
    pub(super) fn half(&self, y: f64) -> f64 {
        self.0.get(&Self::key(y)).copied().unwrap_or(0.0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a key needs no more than tenths")]
    fn key(y: f64) -> i64 {
        (y * 10.0).round() as i64
    }
}

/// Moves everything to where the plan begins; the size of all.
fn fit(boxes: &mut [Box<'_, '_>], lines: &mut [Line<'_, '_>]) -> (f64, f64) {
    let mut bounds = (f64::MAX, f64::MAX, f64::MIN, f64::MIN);
    let rects = boxes.iter().map(|placed| placed.rect).chain(lines.iter().map(|line| line.label));
    let corners = rects.flat_map(|rect| [Point { x: rect.x, y: rect.y }, Point { x: rect.right(), y: rect.bottom() }]);
    for point in corners.chain(lines.iter().flat_map(|line| line.points.iter().copied())) {
        bounds = (bounds.0.min(point.x), bounds.1.min(point.y), bounds.2.max(point.x), bounds.3.max(point.y));
    }
    if boxes.is_empty() {
        return (0.0, 0.0);
    }
    let (left, top, right, bottom) = bounds;
    for placed in boxes {
        placed.rect.x -= left;
        placed.rect.y -= top;
    }
    for line in lines {
        line.label.x -= left;
        line.label.y -= top;
        for point in &mut line.points {
            point.x -= left;
            point.y -= top;
        }
    }
    (right - left, bottom - top)
}

#[expect(clippy::cast_precision_loss, reason = "counts of lines are small")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
