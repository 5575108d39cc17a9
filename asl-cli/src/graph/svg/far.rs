//! Which links are too long to be drawn as lines.

use super::super::scene::{NodeKind, Scene};

/// How many layers a line may cross.
///
/// Longer ones end in the name of their target: lines across a whole picture are hard to follow,
/// and laying them out takes time that grows with their length.
const MAX_SPAN: usize = 8;

/// For each link of a machine whether its line would be too long.
pub(super) fn far(scene: &Scene<'_>) -> Vec<bool> {
    let depths = depths(scene);
    let depth = |index: usize| depths.get(index).copied().unwrap_or(0);
    scene.links.iter().map(|link| depth(link.from).abs_diff(depth(link.to)) > MAX_SPAN).collect()
}

/// The layer of each node: the longest way to it that does not go in circles.
fn depths(scene: &Scene<'_>) -> Vec<usize> {
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); scene.nodes.len()];
    for link in &scene.links {
        if let Some(targets) = leaving.get_mut(link.from) {
            targets.push(link.to);
        }
    }
    let order = finished_last(scene, &leaving);
    let mut position = vec![0; scene.nodes.len()];
    for (place, node) in order.iter().enumerate() {
        if let Some(position) = position.get_mut(*node) {
            *position = place;
        }
    }
    let mut depths = vec![0; scene.nodes.len()];
    for from in &order {
        let next = depths.get(*from).map_or(0, |depth: &usize| depth + 1);
        for to in leaving.get(*from).into_iter().flatten() {
            let is_forward = position.get(*to) > position.get(*from);
            if let Some(depth) = depths.get_mut(*to).filter(|_| is_forward) {
                *depth = next.max(*depth);
            }
        }
    }
    depths
}

/// All nodes, each before those that it leads to unless that goes in circles.
fn finished_last(scene: &Scene<'_>, leaving: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; scene.nodes.len()];
    let mut order = Vec::new();
    let starts = scene.nodes.iter().enumerate().filter(|(_, node)| matches!(node.kind, NodeKind::Start));
    let roots: Vec<usize> = starts.map(|(index, _)| index).chain(0..scene.nodes.len()).collect();
    for root in roots {
        if seen.get(root).copied().unwrap_or(true) {
            continue;
        }
        let mut path: Vec<(usize, usize)> = Vec::new();
        let mut next = Some(root);
        loop {
            if let Some(node) = next.take() {
                if let Some(seen) = seen.get_mut(node) {
                    *seen = true;
                }
                path.push((node, 0));
            }
            let Some((node, tried)) = path.last_mut() else { break };
            if let Some(target) = leaving.get(*node).and_then(|targets| targets.get(*tried)) {
                *tried += 1;
                next = Some(*target).filter(|target| seen.get(*target) == Some(&false));
            } else {
                order.push(*node);
                path.pop();
            }
        }
    }
    order.reverse();
    order
}
