//! What is drawn, whatever the format: nodes with numbers, and links between them.

use std::collections::{BTreeMap, HashMap};

use asl_core::graph::{Graph, Machine, Role, State, TransitionKind};

use super::trace::{Trace, Way};

/// A machine with its nodes and links.
#[derive(Debug)]
pub(super) struct Scene<'g> {
    pub(super) role: Role,
    pub(super) nodes: Vec<Node<'g>>,
    pub(super) links: Vec<Link<'g>>,
}

/// Something that links join.
#[derive(Debug)]
pub(super) struct Node<'g> {
    /// Its number among all nodes of the graph.
    pub(super) number: usize,
    pub(super) kind: NodeKind<'g>,
    /// The machines inside of it.
    pub(super) inner: Vec<Scene<'g>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum NodeKind<'g> {
    /// Where the machine starts.
    Start,
    State(&'g State),
    /// Where the machine ends after a state that says so.
    End,
    /// A state that the definition names and does not have.
    Missing(&'g str),
}

/// A way from one node of a machine to another; transitions that only differ in their conditions are one.
#[derive(Debug, Clone)]
pub(super) struct Link<'g> {
    /// The index of the node that it leaves.
    pub(super) from: usize,
    /// The index of the node that it leads to.
    pub(super) to: usize,
    /// When it is taken, if a state decides that: either Catchers or others.
    pub(super) kinds: Vec<&'g TransitionKind>,
    /// How often the execution took it.
    pub(super) taken: usize,
}

impl Link<'_> {
    /// Whether a failure leads along it.
    pub(super) fn is_catch(&self) -> bool {
        self.kinds.iter().any(|kind| is_catch(kind))
    }
}

impl<'g> Scene<'g> {
    /// What is to be seen of `graph`, with the path of `trace`.
    pub(super) fn of(graph: &'g Graph, trace: Option<&Trace>) -> Self {
        Self::machine(&graph.machine, trace, &mut 0)
    }

    /// Every node of this machine and of those inside.
    pub(super) fn all_nodes(&self) -> Vec<&Node<'g>> {
        self.nodes
            .iter()
            .flat_map(|node| [node].into_iter().chain(node.inner.iter().flat_map(Self::all_nodes)))
            .collect()
    }

    /// Every link of this machine and of those inside, from the outermost one inwards, with the nodes that it joins.
    pub(super) fn all_links(&self) -> Vec<(&Link<'g>, &Node<'g>, &Node<'g>)> {
        let joined = |link: &Link<'_>| Some((self.nodes.get(link.from)?, self.nodes.get(link.to)?));
        let links = self.links.iter().filter_map(|link| joined(link).map(|(from, to)| (link, from, to)));
        let inner = self.nodes.iter().flat_map(|node| &node.inner);
        links.chain(inner.flat_map(Self::all_links)).collect()
    }

    fn machine(machine: &'g Machine, trace: Option<&Trace>, numbers: &mut usize) -> Self {
        let mut scene = Self { role: machine.role, nodes: Vec::new(), links: Vec::new() };
        let start = machine.start_at.as_deref().map(|target| (scene.add(NodeKind::Start, numbers), target));
        let mut by_name = HashMap::new();
        for state in &machine.states {
            let index = scene.add(NodeKind::State(state), numbers);
            by_name.entry(&*state.name).or_insert(index);
            let inner = state.machines.iter().map(|inner| Self::machine(inner, trace, numbers)).collect();
            if let Some(node) = scene.nodes.last_mut() {
                node.inner = inner;
            }
        }
        let mut find = |scene: &mut Self, name: &'g str| {
            *by_name.entry(name).or_insert_with(|| scene.add(NodeKind::Missing(name), numbers))
        };
        if let Some((from, target)) = start {
            let to = find(&mut scene, target);
            let taken = trace.map_or(0, |trace| trace.started(target));
            scene.links.push(Link { from, to, kinds: Vec::new(), taken });
        }
        let states = scene.states();
        for (from, state) in &states {
            let mut places = BTreeMap::new();
            for transition in &state.transitions {
                let (kind, target) = (&transition.kind, &*transition.target);
                let to = find(&mut scene, target);
                let way = if is_catch(kind) { Way::Catch } else { Way::Transition };
                let place = *places.entry((to, way)).or_insert(scene.links.len());
                if let Some(link) = scene.links.get_mut(place) {
                    link.kinds.push(kind);
                    continue;
                }
                let taken = trace.map_or(0, |trace| trace.taken(&state.name, target, way));
                scene.links.push(Link { from: *from, to, kinds: vec![kind], taken });
            }
        }
        for (from, state) in states.into_iter().filter(|(_, state)| state.is_end && !is_terminal(state)) {
            let to = scene.add(NodeKind::End, numbers);
            let taken = trace.map_or(0, |trace| trace.state(&state.name).left());
            scene.links.push(Link { from, to, kinds: Vec::new(), taken });
        }
        scene
    }

    fn add(&mut self, kind: NodeKind<'g>, numbers: &mut usize) -> usize {
        *numbers += 1;
        self.nodes.push(Node { number: *numbers, kind, inner: Vec::new() });
        self.nodes.len() - 1
    }

    fn states(&self) -> Vec<(usize, &'g State)> {
        let states = self.nodes.iter().enumerate().filter_map(|(index, node)| match node.kind {
            NodeKind::State(state) => Some((index, state)),
            _ => None,
        });
        states.collect()
    }
}

fn is_catch(kind: &TransitionKind) -> bool {
    matches!(kind, TransitionKind::Catch { .. })
}

/// Whether a state's shape already says that the machine ends there.
fn is_terminal(state: &State) -> bool {
    use asl_core::history::StateType::{Fail, Succeed};
    matches!(state.state_type, Some(Succeed | Fail))
}
