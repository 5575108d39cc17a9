//! A graph as a picture: SVG that needs no script, no font and no network.

mod far;
#[cfg(test)]
mod geometry;
mod layout;
mod route;
mod text;

use std::fmt::{self, Write as _};

use asl_core::graph::State;
use asl_core::history::StateType;

use self::layout::{Box, Line, NAME, Plan, Point, Rect, SMALL, What};
use super::label;
use super::palette::{self, Paint};
use super::scene::{Node, NodeKind, Scene};
use super::trace::{Mark, Trace};

/// How many nodes are laid out: more take long, and nobody can read them.
const MAX_NODES: usize = 2000;
/// How many links are laid out.
const MAX_LINKS: usize = 3000;

/// The room around the picture.
const MARGIN: f64 = 20.0;

/// The fonts, the widest first: the layout reckons with it.
const FONTS: &str = "'DejaVu Sans', Verdana, 'Helvetica Neue', Arial, sans-serif";

/// A graph that is too large to be laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge {
    nodes: usize,
    links: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, links } = self;
        write!(
            formatter,
            "the graph has {nodes} nodes and {links} links, and a picture at most {MAX_NODES} and {MAX_LINKS}: \
             `--format dot` and `--format ascii` take any number"
        )
    }
}

/// Draws `scene`, and the path of `trace` over it.
pub(super) fn draw(scene: &Scene<'_>, trace: Option<&Trace>) -> Result<String, TooLarge> {
    let (nodes, links) = (scene.all_nodes().len(), scene.all_links().len());
    if nodes > MAX_NODES || links > MAX_LINKS {
        return Err(TooLarge { nodes, links });
    }
    let plan = layout::plan(scene, trace);
    let legend_height = if trace.is_some() { 34.0 } else { 0.0 };
    let (width, height) = (plan.width.max(LEGEND_WIDTH) + 2.0 * MARGIN, plan.height + 2.0 * MARGIN + legend_height);
    let mut picture = Picture { text: String::new(), trace };
    picture.line(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\" font-family=\"{FONTS}\">"
    ));
    picture.line(format_args!("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"));
    if trace.is_some() {
        picture.legend();
    }
    picture.plan(&plan, MARGIN + (width - 2.0 * MARGIN - plan.width) / 2.0, MARGIN + legend_height);
    picture.line(format_args!("</svg>"));
    Ok(picture.text)
}

/// The room that the legend takes.
const LEGEND_WIDTH: f64 = 540.0;

struct Picture<'t> {
    text: String,
    trace: Option<&'t Trace>,
}

impl Picture<'_> {
    fn line(&mut self, line: fmt::Arguments<'_>) {
        // Writing to a `String` does not fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// What each colour of an execution's path means.
    fn legend(&mut self) {
        let mut x = MARGIN;
        for mark in Mark::ALL {
            let Paint { fill, stroke, text } = Paint::marked(mark);
            let (rect, name) = (Rect { x, y: MARGIN - 6.0, width: 14.0, height: 14.0 }, mark.name());
            self.rect(rect, 3.0, format_args!("fill=\"{fill}\" stroke=\"{stroke}\""));
            self.text(
                &[name.to_owned()],
                Point { x: x + 20.0, y: MARGIN + 5.0 },
                SMALL,
                format_args!("fill=\"{text}\""),
            );
            x += 34.0 + text::width(name, SMALL);
        }
    }

    fn plan(&mut self, plan: &Plan<'_, '_>, x: f64, y: f64) {
        self.line(format_args!("<g transform=\"translate({x:.1} {y:.1})\">"));
        for placed in &plan.boxes {
            self.placed(placed);
        }
        // What the execution took is drawn over what it did not.
        let (taken, others): (Vec<&Line<'_, '_>>, Vec<_>) = plan.lines.iter().partition(|line| is_taken(line));
        for line in others.iter().chain(&taken) {
            self.way(line);
        }
        for line in &plan.lines {
            self.words(line);
        }
        self.line(format_args!("</g>"));
    }

    fn placed(&mut self, placed: &Box<'_, '_>) {
        let node = match placed.what {
            What::Node(node) => node,
            What::Reference(target) => return self.reference(placed, target),
        };
        match node.kind {
            NodeKind::Start => self.dot(placed.rect, "start"),
            NodeKind::End => {
                self.dot(placed.rect, "end");
                let (x, y) = (placed.rect.center_x(), placed.rect.center_y());
                let attributes = "fill=\"none\" stroke=\"#ffffff\" stroke-width=\"1.5\"";
                self.line(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" {attributes}/>"));
            }
            NodeKind::Missing(name) => {
                self.open("missing", node, &format!("{name} is missing"));
                let stroke = Paint::FAULT.stroke;
                let attributes = format_args!("fill=\"#ffffff\" stroke=\"{stroke}\" stroke-dasharray=\"4 3\"");
                self.rect(placed.rect, 6.0, attributes);
                self.name(placed, Paint::FAULT.text);
                self.line(format_args!("</g>"));
            }
            NodeKind::State(state) => self.state(placed, node, state),
        }
    }

    fn state(&mut self, placed: &Box<'_, '_>, node: &Node<'_>, state: &State) {
        let paint = Paint::of(state, self.trace);
        let mark = self.trace.map(|trace| format!(", {}", trace.state(&state.name).mark().name())).unwrap_or_default();
        self.open("state", node, &format!("{}: {}{mark}", state.name, label::state(state)));
        self.shape(placed.rect, state, paint);
        self.name(placed, paint.text);
        for inner in &placed.inner {
            let rect = Rect { x: placed.rect.x + inner.rect.x, y: placed.rect.y + inner.rect.y, ..inner.rect };
            self.rect(rect, 6.0, format_args!("fill=\"#ffffff\" stroke=\"#9aa5b1\" stroke-dasharray=\"5 4\""));
            let title = [inner.title.clone()];
            self.text(&title, Point { x: rect.x + 10.0, y: rect.y + 16.0 }, SMALL, format_args!("fill=\"#4f5f6f\""));
            let (width, height) = (inner.plan.width, inner.plan.height);
            self.plan(&inner.plan, rect.center_x() - width / 2.0, rect.bottom() - 12.0 - height);
        }
        self.line(format_args!("</g>"));
    }

    fn shape(&mut self, rect: Rect, state: &State, paint: Paint) {
        let Paint { fill, stroke, .. } = paint;
        let width = if self.trace.is_some() { 2.0 } else { 1.3 };
        let attributes = format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{width}\"");
        match state.state_type {
            Some(StateType::Choice) => {
                let (left, right, top, bottom, middle) = (rect.x, rect.right(), rect.y, rect.bottom(), rect.center_y());
                let (inner_left, inner_right) = (left + 14.0, right - 14.0);
                self.line(format_args!(
                    "<polygon points=\"{left:.1},{middle:.1} {inner_left:.1},{top:.1} {inner_right:.1},{top:.1} \
                     {right:.1},{middle:.1} {inner_right:.1},{bottom:.1} {inner_left:.1},{bottom:.1}\" {attributes}/>"
                ));
            }
            Some(StateType::Succeed | StateType::Fail) => {
                self.rect(rect, (rect.height / 2.0).min(22.0), format_args!("{attributes}"));
            }
            Some(StateType::Parallel | StateType::Map) => self.rect(rect, 8.0, format_args!("{attributes}")),
            Some(StateType::Wait) => self.rect(rect, 14.0, format_args!("{attributes}")),
            _ => self.rect(rect, 6.0, format_args!("{attributes}")),
        }
    }

    /// A state's name and type, in the middle of its box, or at the head of what it contains.
    fn name(&mut self, placed: &Box<'_, '_>, colour: &str) {
        let x = placed.rect.center_x();
        let attributes = "text-anchor=\"middle\"";
        let y = placed.rect.y + 7.0 + NAME;
        let names = &placed.name;
        self.text(names, Point { x, y }, NAME, format_args!("{attributes} font-weight=\"600\" fill=\"{colour}\""));
        let below = names.iter().fold(y, |y, _| y + NAME * text::LINE) - 2.0;
        let detail = [placed.detail.clone()];
        self.text(
            &detail,
            Point { x, y: below },
            SMALL,
            format_args!("{attributes} fill=\"{colour}\" opacity=\"0.8\""),
        );
    }

    fn reference(&mut self, placed: &Box<'_, '_>, target: &Node<'_>) {
        self.line(format_args!("<a href=\"#n{}\"><g class=\"reference\">", target.number));
        let attributes = format_args!("fill=\"#f4f5f7\" stroke=\"#9aa5b1\" stroke-dasharray=\"3 2\"");
        self.rect(placed.rect, placed.rect.height / 2.0, attributes);
        let at = Point { x: placed.rect.center_x(), y: placed.rect.y + 4.0 + SMALL };
        self.text(&placed.name, at, SMALL, format_args!("text-anchor=\"middle\" fill=\"#1c2733\""));
        self.line(format_args!("</g></a>"));
    }

    fn way(&mut self, line: &Line<'_, '_>) {
        let [start, .., end] = line.points.as_slice() else { return };
        let (colour, width) = self.stroke(line);
        let dashes = if is_catch(line) { " stroke-dasharray=\"6 4\"" } else { "" };
        let mut path = format!("M{:.1},{:.1}", start.x, start.y);
        if line.from == line.to {
            let corners = line.points.iter().skip(1).map(|point| format!(" L{:.1},{:.1}", point.x, point.y));
            path.extend(corners);
        } else {
            for [first, second, end] in route::curves(&line.points) {
                // Writing to a `String` does not fail.
                let _ = write!(
                    path,
                    " C{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}",
                    first.x, first.y, second.x, second.y, end.x, end.y
                );
            }
        }
        self.line(format_args!(
            "<path class=\"transition\" d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dashes}/>"
        ));
        self.head(line, *end, colour);
    }

    fn head(&mut self, line: &Line<'_, '_>, end: Point, colour: &str) {
        let before = line.points.iter().rev().nth(1).copied().unwrap_or(end);
        let (across, along) = if line.from == line.to { (0.0, -1.0) } else { (1.0, (before.y - end.y).signum()) };
        let corners = if across > 0.0 {
            [(end.x - 4.5, end.y + along * 9.0), (end.x + 4.5, end.y + along * 9.0)]
        } else {
            [(end.x + 9.0, end.y - 4.5), (end.x + 9.0, end.y + 4.5)]
        };
        let [(x1, y1), (x2, y2)] = corners;
        self.line(format_args!(
            "<polygon points=\"{:.1},{:.1} {x1:.1},{y1:.1} {x2:.1},{y2:.1}\" fill=\"{colour}\"/>",
            end.x, end.y
        ));
    }

    fn words(&mut self, line: &Line<'_, '_>) {
        if line.words.is_empty() {
            return;
        }
        let all = escaped(&label::link(line.link).join("; "));
        self.line(format_args!("<g class=\"label\"><title>{all}</title>"));
        self.rect(line.label, 3.0, format_args!("fill=\"#ffffff\" fill-opacity=\"0.92\""));
        let at = Point { x: line.label.center_x(), y: line.label.y + SMALL };
        let colour = if is_catch(line) { "#8f3322" } else { "#33404d" };
        self.text(&line.words, at, SMALL, format_args!("text-anchor=\"middle\" fill=\"{colour}\""));
        self.line(format_args!("</g>"));
    }

    fn stroke(&self, line: &Line<'_, '_>) -> (&'static str, &'static str) {
        match self.trace {
            Some(_) if is_taken(line) && is_catch(line) => (Paint::marked(Mark::Caught).stroke, "3"),
            Some(_) if is_taken(line) => (palette::TAKEN, "3"),
            Some(_) => (palette::NOT_TAKEN, "1.2"),
            None if is_catch(line) => (palette::CATCH, "1.3"),
            None => (palette::LINK, "1.3"),
        }
    }

    fn open(&mut self, class: &str, node: &Node<'_>, title: &str) {
        let title = escaped(&label::visible(title));
        self.line(format_args!("<g class=\"{class}\" id=\"n{}\"><title>{title}</title>", node.number));
    }

    fn dot(&mut self, rect: Rect, class: &str) {
        let (x, y, radius) = (rect.center_x(), rect.center_y(), rect.width / 2.0);
        self.line(format_args!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"#1c2733\"/>"
        ));
    }

    fn rect(&mut self, rect: Rect, radius: f64, attributes: fmt::Arguments<'_>) {
        let Rect { x, y, width, height } = rect;
        self.line(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius:.1}\" {attributes}/>"
        ));
    }

    /// Lines of text one below the other, the first on the base line at `at`.
    fn text(&mut self, lines: &[String], at: Point, size: f64, attributes: fmt::Arguments<'_>) {
        let mut y = at.y;
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let (x, words) = (at.x, escaped(line));
            self.line(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" {attributes}>{words}</text>"));
            y += size * text::LINE;
        }
    }
}

fn is_taken(line: &Line<'_, '_>) -> bool {
    line.link.taken > 0
}

fn is_catch(line: &Line<'_, '_>) -> bool {
    line.link.is_catch()
}

/// `text` as the text of an element.
fn escaped(text: &str) -> String {
    label::visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
