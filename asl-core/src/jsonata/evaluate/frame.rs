//! Variables in scope.

use super::super::compiled::Symbol;
use super::super::error::Fault;
use super::super::item::Item;
use super::Evaluator;

/// The variables of a block, a call or a tuple.
#[derive(Debug, Default)]
pub(super) struct Frame {
    parent: Option<FrameId>,
    /// By symbol, so that one of many is found soon.
    bindings: Vec<(Symbol, Option<Item>)>,
    /// How many closures there were when the frame was made: if there are no more, nothing can still refer to it.
    closures_before: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct FrameId(usize);

impl FrameId {
    pub(super) const ROOT: Self = Self(0);
}

impl Frame {
    /// Where the first binding of `symbol` is, or belongs.
    fn position(&self, symbol: Symbol) -> usize {
        self.bindings.partition_point(|(candidate, _)| *candidate < symbol)
    }
}

impl Evaluator<'_> {
    pub(super) fn push_frame(
        &mut self,
        parent: FrameId,
        mut bindings: Vec<(Symbol, Option<Item>)>,
    ) -> Result<FrameId, Fault> {
        bindings.sort_by_key(|(symbol, _)| *symbol);
        self.bounds.charge(size_of::<Frame>() + bindings.len() * size_of::<(Symbol, Option<Item>)>())?;
        self.ensure_root();
        self.frames.push(Frame { parent: Some(parent), bindings, closures_before: self.closures.len() });
        Ok(FrameId(self.frames.len() - 1))
    }

    /// Gives a frame up when its code has ended, unless a closure may have captured it.
    pub(super) fn release(&mut self, frame: FrameId) {
        if frame.0 + 1 == self.frames.len()
            && self.frames.last().is_some_and(|last| last.closures_before == self.closures.len())
        {
            self.frames.pop();
        }
    }

    pub(super) fn bind(&mut self, frame: FrameId, symbol: Symbol, value: Option<Item>) {
        self.ensure_root();
        let Some(frame) = self.frames.get_mut(frame.0) else { return };
        let position = frame.position(symbol);
        match frame.bindings.get_mut(position) {
            Some((candidate, slot)) if *candidate == symbol => *slot = value,
            _ => frame.bindings.insert(position, (symbol, value)),
        }
    }

    fn ensure_root(&mut self) {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
    }

    /// The closest binding of a symbol, which may be a binding to undefined.
    pub(super) fn local(&self, symbol: Symbol, frame: FrameId) -> Option<&Option<Item>> {
        let mut next = Some(frame);
        while let Some(frame) = next.and_then(|id| self.frames.get(id.0)) {
            if let Some((candidate, value)) = frame.bindings.get(frame.position(symbol))
                && *candidate == symbol
            {
                return Some(value);
            }
            next = frame.parent;
        }
        None
    }
}
