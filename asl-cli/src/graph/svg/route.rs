//! The ways of lines: from box to box, straight through each layer and bent only between layers.

use std::collections::BTreeMap;

use super::layout::{Bands, Point, Rect};

/// How far from a box's corner lines may begin or end.
const CORNER: f64 = 16.0;
/// How far apart lines begin or end at one side of a box.
const APART: f64 = 16.0;
/// How far before a box a line is straight, for its arrow head.
pub(super) const HEAD: f64 = 9.0;

/// The boxes that a line joins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// A side of a box that lines begin or end at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Top,
    Bottom,
}

/// The way of each line, given where the layout leads it through each layer.
pub(super) fn ways(rects: &[Rect], ends: &[Ends], layers: &[Vec<Point>], bands: &Bands) -> Vec<Vec<Point>> {
    let ports = Ports::of(rects, ends, layers);
    let each = ends.iter().zip(layers).enumerate();
    each.map(|(line, (ends, points))| {
        let (Some(from), Some(to)) = (rects.get(ends.from), rects.get(ends.to)) else { return Vec::new() };
        if ends.from == ends.to {
            return around(*from, points);
        }
        let [start, end] = ports.of_line(line, *from, *to);
        let inner = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
        way(start, end, [*from, *to], inner, bands)
    })
    .collect()
}

/// The way from `start` at the first box to `end` at the second one.
fn way(start: Point, end: Point, boxes: [Rect; 2], inner: &[Point], bands: &Bands) -> Vec<Point> {
    let down = if end.y >= start.y { 1.0 } else { -1.0 };
    let [from, to] = boxes;
    let mut points = vec![start, Point { x: start.x, y: from.center_y() + down * bands.half(from.center_y()) }];
    for point in inner {
        let half = bands.half(point.y);
        points.extend([-half, half].map(|half| Point { x: point.x, y: point.y + down * half }));
    }
    let before = to.center_y() - down * bands.half(to.center_y());
    let head = end.y - down * HEAD;
    points.push(Point { x: end.x, y: if down > 0.0 { before.min(head) } else { before.max(head) } });
    points.push(end);
    // A layer without height gives the same point twice.
    points.dedup_by(|next, point| (next.y - point.y).abs() < 0.01);
    points
}

/// The way from a box back to itself, on its right side.
fn around(rect: Rect, points: &[Point]) -> Vec<Point> {
    let x = points.iter().map(|point| point.x).fold(rect.right() + 16.0, f64::max).min(rect.right() + 24.0);
    let y = rect.center_y();
    [(rect.right(), y - 8.0), (x, y - 8.0), (x, y + 8.0), (rect.right(), y + 8.0)].map(|(x, y)| Point { x, y }).to_vec()
}

/// An end of a line, and where it would best be.
#[derive(Debug, Clone, Copy)]
struct Port {
    wanted: f64,
    line: usize,
    is_start: bool,
}

/// Where on its boxes each line begins and ends.
#[derive(Debug, Default)]
struct Ports(BTreeMap<(usize, bool), f64>);

impl Ports {
    fn of(rects: &[Rect], ends: &[Ends], layers: &[Vec<Point>]) -> Self {
        let mut sides: BTreeMap<(usize, Side), Vec<Port>> = BTreeMap::new();
        for (line, (ends, points)) in ends.iter().zip(layers).enumerate() {
            let (Some(from), Some(to)) = (rects.get(ends.from), rects.get(ends.to)) else { continue };
            if ends.from == ends.to {
                continue;
            }
            let (leaving, arriving) = sides_of(*from, *to);
            let after = points.get(1).map_or(to.center_x(), |point| point.x);
            let before = points.iter().rev().nth(1).map_or(from.center_x(), |point| point.x);
            sides.entry((ends.from, leaving)).or_default().push(Port { wanted: after, line, is_start: true });
            sides.entry((ends.to, arriving)).or_default().push(Port { wanted: before, line, is_start: false });
        }
        let mut ports = Self::default();
        for ((index, _), mut lines) in sides {
            let Some(rect) = rects.get(index) else { continue };
            lines.sort_by(|left, right| left.wanted.total_cmp(&right.wanted).then(left.line.cmp(&right.line)));
            let wanted: Vec<f64> = lines.iter().map(|port| port.wanted).collect();
            for (port, x) in lines.into_iter().zip(spread(*rect, &wanted)) {
                ports.0.insert((port.line, port.is_start), x);
            }
        }
        ports
    }

    fn of_line(&self, line: usize, from: Rect, to: Rect) -> [Point; 2] {
        let x = |is_start, rect: Rect| self.0.get(&(line, is_start)).copied().unwrap_or(rect.center_x());
        let y = |rect: Rect, side| if side == Side::Top { rect.y } else { rect.bottom() };
        let (leaving, arriving) = sides_of(from, to);
        [Point { x: x(true, from), y: y(from, leaving) }, Point { x: x(false, to), y: y(to, arriving) }]
    }
}

/// The side that a line leaves, and the side that it arrives at.
fn sides_of(from: Rect, to: Rect) -> (Side, Side) {
    if from.center_y() <= to.center_y() { (Side::Bottom, Side::Top) } else { (Side::Top, Side::Bottom) }
}

/// Places along a side of `rect`, each as near as can be to where it is wanted, in order and apart from each other.
fn spread(rect: Rect, wanted: &[f64]) -> Vec<f64> {
    let corner = CORNER.min(rect.width / 2.0);
    let left = rect.x + corner;
    // Of a box without room between its corners, rounding may put the right one before the left one.
    let right = (rect.right() - corner).max(left);
    let mut places: Vec<f64> = wanted.iter().map(|x| x.clamp(left, right)).collect();
    let gaps = f64::from(u32::try_from(places.len().saturating_sub(1)).unwrap_or(u32::MAX));
    let apart = if gaps > 0.0 { APART.min((right - left) / gaps) } else { 0.0 };
    let mut limit = left;
    for place in &mut places {
        *place = place.max(limit);
        limit = *place + apart;
    }
    let mut limit = right;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - apart;
    }
    places
}

/// The cubic curves through `points`, which go strictly up or down: each with its two control points and its end.
///
/// Between two points that stand one below the other the curve is straight, and nowhere does it swing out of the
/// range between two points (Fritsch and Carlson's monotone interpolation).
pub(super) fn curves(points: &[Point]) -> Vec<[Point; 3]> {
    let slopes: Vec<f64> = points.windows(2).map(slope).collect();
    let tangents = tangents(points, &slopes);
    let pairs = points.windows(2).zip(tangents.windows(2));
    pairs
        .filter_map(|(points, tangents)| {
            let ([start, end], [first, last]) = (points, tangents) else { return None };
            let third = (end.y - start.y) / 3.0;
            let control = |x, y| Point { x, y };
            Some([
                control(start.x + first * third, start.y + third),
                control(end.x - last * third, end.y - third),
                *end,
            ])
        })
        .collect()
}

fn slope(pair: &[Point]) -> f64 {
    match pair {
        [start, end] if (end.y - start.y).abs() > f64::EPSILON => (end.x - start.x) / (end.y - start.y),
        _ => 0.0,
    }
}

/// The slope of the curve at each point: level where the direction turns, and never so steep as to swing out.
fn tangents(points: &[Point], slopes: &[f64]) -> Vec<f64> {
    let inner = slopes.windows(2).zip(points.windows(3)).map(|(slopes, points)| match (slopes, points) {
        ([before, after], [first, middle, last]) if before * after > 0.0 => {
            let (above, below) = ((middle.y - first.y).abs(), (last.y - middle.y).abs());
            let (one, two) = (2.0 * below + above, below + 2.0 * above);
            (one + two) / (one / before + two / after)
        }
        _ => 0.0,
    });
    // Lines leave and meet boxes at a right angle.
    [0.0].into_iter().chain(inner).chain([0.0]).collect()
}
