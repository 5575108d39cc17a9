//! The loops of a graph, by Tarjan's algorithm.

/// The groups of the states up to `count` that all lead to each other; a state alone counts if it leads to itself.
///
/// The indices of a group are sorted.
pub(super) fn components(count: usize, successors: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let mut search =
        Search { successors, visits: vec![None; count], stack: Vec::new(), count: 0, components: Vec::new() };
    for index in 0..count {
        search.run(index);
    }
    search.components
}

#[derive(Clone, Copy)]
struct Visit {
    order: usize,
    low: usize,
    is_on_stack: bool,
}

struct Search<F> {
    successors: F,
    visits: Vec<Option<Visit>>,
    stack: Vec<usize>,
    count: usize,
    components: Vec<Vec<usize>>,
}

impl<F: Fn(usize) -> Vec<usize>> Search<F> {
    /// Visits everything that can be reached from `root`; the path there is kept on the heap, however long it is.
    fn run(&mut self, root: usize) {
        let mut path: Vec<(usize, Vec<usize>)> = Vec::new();
        self.enter(root, &mut path);
        while let Some((index, successors)) = path.last_mut() {
            let index = *index;
            if let Some(next) = successors.pop() {
                match self.visit(next) {
                    None => self.enter(next, &mut path),
                    Some(visit) if visit.is_on_stack => self.lower(index, visit.order),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            let Some(visit) = self.visit(index) else { continue };
            if let Some((parent, _)) = path.last() {
                self.lower(*parent, visit.low);
            }
            if visit.low == visit.order {
                self.take_component(index);
            }
        }
    }

    fn visit(&self, index: usize) -> Option<Visit> {
        self.visits.get(index).copied().flatten()
    }

    fn enter(&mut self, index: usize, path: &mut Vec<(usize, Vec<usize>)>) {
        let Some(visit @ None) = self.visits.get_mut(index) else { return };
        *visit = Some(Visit { order: self.count, low: self.count, is_on_stack: true });
        self.count += 1;
        self.stack.push(index);
        path.push((index, (self.successors)(index)));
    }

    fn lower(&mut self, index: usize, low: usize) {
        if let Some(Some(visit)) = self.visits.get_mut(index) {
            visit.low = visit.low.min(low);
        }
    }

    fn take_component(&mut self, root: usize) {
        let mut component = Vec::new();
        while let Some(index) = self.stack.pop() {
            if let Some(Some(visit)) = self.visits.get_mut(index) {
                visit.is_on_stack = false;
            }
            component.push(index);
            if index == root {
                break;
            }
        }
        if component.len() > 1 || (self.successors)(root).contains(&root) {
            component.sort_unstable();
            self.components.push(component);
        }
    }
}
