//! Tests of the layout: what stands where, by its own numbers.

use std::fs;

use asl_core::graph::Graph;

use super::super::scene::Scene;
use super::layout::{self, Plan, Point, Rect};
use super::route;

/// How far things may touch that should not overlap.
const TOUCH: f64 = 0.5;

fn overlap(one: Rect, other: Rect) -> bool {
    let apart = |start: f64, end: f64, other_start: f64, other_end: f64| {
        end - TOUCH <= other_start || other_end - TOUCH <= start
    };
    !apart(one.x, one.right(), other.x, other.right()) && !apart(one.y, one.bottom(), other.y, other.bottom())
}

fn contains(outer: Rect, inner: Rect) -> bool {
    inner.x >= outer.x - TOUCH
        && inner.y >= outer.y - TOUCH
        && inner.right() <= outer.right() + TOUCH
        && inner.bottom() <= outer.bottom() + TOUCH
}

/// Points along a line, close enough to each other to meet every box that it crosses.
fn along(points: &[Point]) -> Vec<Rect> {
    let mut sampled = Vec::new();
    let mut start = points[0];
    for [first, second, end] in route::curves(points) {
        for step in 0..=20 {
            let (t, back) = (f64::from(step) / 20.0, 1.0 - f64::from(step) / 20.0);
            let weights = [back.powi(3), 3.0 * back * back * t, 3.0 * back * t * t, t.powi(3)];
            let sum = |of: fn(&Point) -> f64| {
                [start, first, second, end].iter().zip(weights).map(|(point, weight)| of(point) * weight).sum::<f64>()
            };
            let (width, height) = (2.0 * TOUCH, 2.0 * TOUCH);
            sampled.push(Rect { x: sum(|point| point.x) - TOUCH, y: sum(|point| point.y) - TOUCH, width, height });
        }
        start = end;
    }
    sampled
}

/// Checks that nothing overlaps and everything is inside of what contains it.
fn check(name: &str, plan: &Plan<'_, '_>) {
    let whole = Rect { x: 0.0, y: 0.0, width: plan.width, height: plan.height };
    for (index, placed) in plan.boxes.iter().enumerate() {
        assert!(contains(whole, placed.rect), "{name}: {placed:?} leaves the plan");
        for other in &plan.boxes[index + 1..] {
            assert!(!overlap(placed.rect, other.rect), "{name}: {:?} over {:?}", placed.name, other.name);
        }
        for (index, inner) in placed.inner.iter().enumerate() {
            let own = Rect { x: 0.0, y: 0.0, ..placed.rect };
            assert!(contains(own, inner.rect), "{name}: {} leaves {:?}", inner.title, placed.name);
            assert!(inner.plan.width <= inner.rect.width && inner.plan.height <= inner.rect.height, "{name}");
            assert!(placed.inner[index + 1..].iter().all(|other| !overlap(inner.rect, other.rect)), "{name}");
            check(name, &inner.plan);
        }
    }
    for line in &plan.lines {
        assert!(line.points.len() >= 2, "{name}: a line has no way");
        let is_end = |index: &usize| *index == line.from || *index == line.to;
        let others = || plan.boxes.iter().enumerate().filter(|(index, _)| !is_end(index)).map(|(_, placed)| placed);
        if !line.words.is_empty() {
            assert!(contains(whole, line.label), "{name}: {:?} leaves the plan", line.words);
            let covered = plan.boxes.iter().find(|placed| overlap(placed.rect, line.label));
            assert!(covered.is_none(), "{name}: {:?} over {:?}", line.words, covered.map(|placed| &placed.name));
        }
        if line.from != line.to {
            for point in along(&line.points) {
                let center = Rect { x: point.center_x(), y: point.center_y(), ..Rect::default() };
                assert!(contains(whole, center), "{name}: a line leaves the plan");
                let crossed = others().find(|placed| overlap(placed.rect, point));
                assert!(
                    crossed.is_none(),
                    "{name}: {:?} runs through {:?}",
                    line.words,
                    crossed.map(|placed| &placed.name)
                );
            }
        }
    }
}

fn check_definition(name: &str, text: &str) {
    let graph = Graph::read(text).unwrap();
    check(name, &layout::plan(&Scene::of(&graph, None), None));
}

#[test]
fn nothing_overlaps_in_real_definitions() {
    for path in [
        "../deploy-workflow/definitions/standard.asl.json",
        "../deploy-workflow/definitions/blue-green.asl.json",
        "../deploy-workflow/definitions/wait-for-execution.asl.json",
        "../examples/definitions/order.asl.json",
        "tests/data/graph/nested.asl.json",
        "tests/data/graph/hostile.asl.json",
        "tests/data/graph/faulty.asl.json",
    ] {
        check_definition(path, &fs::read_to_string(path).unwrap());
    }
}

/// Numbers that a seed determines.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// The fields of a machine whose states lead anywhere, themselves included.
fn arbitrary_machine(numbers: &mut Numbers, depth: usize) -> String {
    let count = 1 + numbers.below(14);
    let states: Vec<String> = (0..count)
        .map(|index| {
            let mut target = || format!(r#""State {}""#, numbers.below(count + 1));
            let (next, caught, rule, default) = (target(), target(), target(), target());
            let state = match numbers.below(5) {
                0 => format!(
                    r#""Type": "Choice", "Choices": [{{"Variable": "$.value", "IsNull": true, "Next": {rule}}},
                       {{"Variable": "$.value", "NumericGreaterThan": 100000, "Next": {next}}}], "Default": {default}"#
                ),
                1 if depth > 0 => {
                    let branches: Vec<String> =
                        (0..=numbers.below(3)).map(|_| arbitrary_machine(numbers, depth - 1)).collect();
                    format!(r#""Type": "Parallel", "Next": {next}, "Branches": [{}]"#, branches.join(", "))
                }
                2 => r#""Type": "Succeed""#.to_owned(),
                3 => r#""Type": "Pass", "End": true"#.to_owned(),
                _ => format!(
                    r#""Type": "Task", "Resource": "x", "Next": {next},
                       "Catch": [{{"ErrorEquals": ["States.ALL"], "Next": {caught}}}]"#
                ),
            };
            format!(r#""State {index}": {{{state}}}"#)
        })
        .collect();
    format!(r#"{{"StartAt": "State 0", "States": {{{}}}}}"#, states.join(", "))
}

#[test]
fn nothing_overlaps_in_arbitrary_definitions() {
    for seed in 0..40 {
        let text = arbitrary_machine(&mut Numbers(seed), 2);
        check_definition(&format!("seed {seed}"), &text);
    }
}
