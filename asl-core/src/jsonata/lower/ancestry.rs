//! Which step of a path each `%` means.

use super::Symbols;
use crate::jsonata::compiled::{Kind, Node, Slot, Symbol};
use crate::jsonata::error::Fault;

/// The `%`s of an expression.
#[derive(Default)]
pub(super) struct Ancestry {
    slots: Vec<Seeking>,
}

struct Seeking {
    /// How many steps further out the ancestor is.
    level: usize,
    label: Symbol,
}

impl Ancestry {
    /// A new `%`, whose ancestor is one step out.
    pub(super) fn slot(&mut self, symbols: &mut Symbols) -> Slot {
        let label = symbols.anonymous(&"%".into());
        self.slots.push(Seeking { level: 1, label });
        Slot(self.slots.len() - 1)
    }

    pub(super) fn into_labels(self) -> Vec<Symbol> {
        self.slots.into_iter().map(|seeking| seeking.label).collect()
    }

    /// Finds the ancestors that the last of `steps` seeks; those of steps before the path are left in `unresolved`.
    pub(super) fn resolve(
        &mut self,
        steps: &mut [Node],
        last_seeking: Vec<Slot>,
        unresolved: &mut Vec<Slot>,
    ) -> Result<(), Fault> {
        let Some((_, before)) = steps.split_last_mut() else { return Ok(()) };
        for slot in last_seeking {
            let mut next = before.len();
            while self.level(slot) > 0 {
                // Steps that bind a context variable all start from the same place.
                while next > 1 && has_focus(before, next - 1) && has_focus(before, next - 2) {
                    next -= 1;
                }
                let Some(step) = next.checked_sub(1).and_then(|index| before.get_mut(index)) else {
                    unresolved.push(slot);
                    break;
                };
                next -= 1;
                self.seek(step, slot)?;
            }
        }
        Ok(())
    }

    /// Finds or approaches the ancestor of a `%` within a predicate of `step`.
    pub(super) fn resolve_in_predicate(&mut self, step: &mut Node, slot: Slot) -> Result<(), Fault> {
        if self.level(slot) == 1 {
            return self.seek(step, slot);
        }
        self.set_level(slot, self.level(slot).saturating_sub(1));
        Ok(())
    }

    /// Goes one step out: to what `node` starts from.
    fn seek(&mut self, node: &mut Node, slot: Slot) -> Result<(), Fault> {
        match &mut node.kind {
            Kind::Name(_) | Kind::Wildcard => {
                let level = self.level(slot).saturating_sub(1);
                self.set_level(slot, level);
                if level == 0 {
                    if let Some(label) = node.ancestor.map(|existing| self.label(existing))
                        && let Some(seeking) = self.slots.get_mut(slot.0)
                    {
                        seeking.label = label;
                    }
                    node.ancestor = Some(slot);
                    node.is_tuple = true;
                }
            }
            Kind::Parent(_) => self.set_level(slot, self.level(slot) + 1),
            Kind::Block { parts, .. } => {
                if let Some(last) = parts.last_mut() {
                    node.is_tuple = true;
                    self.seek(last, slot)?;
                }
            }
            Kind::Path { steps, .. } => {
                node.is_tuple = true;
                for (position, step) in steps.iter_mut().rev().enumerate() {
                    if position > 0 && self.level(slot) == 0 {
                        break;
                    }
                    self.seek(step, slot)?;
                }
            }
            _ => return Err(Fault::at("S0217", node.span)),
        }
        Ok(())
    }

    fn level(&self, slot: Slot) -> usize {
        self.slots.get(slot.0).map_or(0, |seeking| seeking.level)
    }

    fn set_level(&mut self, slot: Slot, level: usize) {
        if let Some(seeking) = self.slots.get_mut(slot.0) {
            seeking.level = level;
        }
    }

    fn label(&self, slot: Slot) -> Symbol {
        self.slots.get(slot.0).map_or(Symbol(0), |seeking| seeking.label)
    }
}

fn has_focus(steps: &[Node], index: usize) -> bool {
    steps.get(index).is_some_and(|step| step.focus.is_some())
}
