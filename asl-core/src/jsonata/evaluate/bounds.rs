//! What an evaluation may use up.

use super::super::Limits;
use super::super::error::Fault;
use super::super::item::{Extent, Item};

/// The use so far, against its limits.
#[derive(Debug)]
pub(in super::super) struct Bounds {
    limits: Limits,
    steps: u64,
    depth: usize,
    memory: usize,
}

impl Bounds {
    pub(in super::super) fn new(limits: Limits) -> Self {
        Self { limits, steps: 0, depth: 0, memory: 0 }
    }

    /// The steps taken so far.
    pub(in super::super) fn steps(&self) -> u64 {
        self.steps
    }

    /// One level deeper, one step on.
    pub(super) fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > self.limits.depth { Err(Fault::new("U1001")) } else { self.spend(1) }
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts work done outside of the walk.
    pub(in super::super) fn spend(&mut self, steps: u64) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps { Err(Fault::new("U1002")) } else { Ok(()) }
    }

    /// Counts memory taken; what was given back since is not subtracted.
    pub(in super::super) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        self.memory = self.memory.saturating_add(bytes);
        if self.memory > self.limits.memory { Err(Fault::new("U1003")) } else { Ok(()) }
    }

    /// Counts the elements of a sequence being built, and the steps that took.
    pub(in super::super) fn charge_items(&mut self, count: usize) -> Result<(), Fault> {
        self.check_length(count)?;
        self.charge(count.saturating_mul(size_of::<Item>()))?;
        self.spend(count as u64)
    }

    /// Refuses a sequence that is too long before it is built.
    pub(in super::super) fn check_length(&self, count: usize) -> Result<(), Fault> {
        if count > self.limits.sequence_length {
            return Err(Fault::new("U1004").with("limit", self.limits.sequence_length.to_string()));
        }
        Ok(())
    }

    /// Counts text that is only read.
    pub(in super::super) fn read_text(&mut self, bytes: usize) -> Result<(), Fault> {
        self.spend(bytes as u64 / 64)
    }

    /// Refuses text that is too long before it is built.
    pub(in super::super) fn charge_text(&mut self, bytes: usize) -> Result<(), Fault> {
        self.charge(bytes)?;
        self.read_text(bytes)
    }

    /// Refuses a value that nests too deep, or that would be too large if its shared parts were copied.
    pub(super) fn check_extent(&self, built: Extent) -> Result<(), Fault> {
        self.check_value_depth(built.depth)?;
        if built.size > self.limits.memory { Err(Fault::new("U1003")) } else { Ok(()) }
    }

    pub(in super::super) fn check_value_depth(&self, depth: usize) -> Result<(), Fault> {
        if depth > self.limits.value_depth {
            return Err(Fault::new("U1005").with("limit", self.limits.value_depth.to_string()));
        }
        Ok(())
    }
}
