//! How much there is of what the expression built.

/// How deep a value nests and how large it is if every shared part is counted wherever it is seen.
///
/// A few steps that put a value twice into another make more of it than could ever be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Extent {
    pub(in super::super) depth: usize,
    /// About how many bytes, as JSON text or in memory, whichever is more.
    pub(in super::super) size: usize,
}

impl Extent {
    /// What `bytes` of text, or a number or the like, count.
    pub(super) fn scalar(bytes: usize) -> Self {
        Self { depth: 0, size: bytes.saturating_add(16) }
    }

    /// Adds a part one level below.
    pub(super) fn add(&mut self, part: Self) {
        self.depth = self.depth.max(part.depth + 1);
        self.size = self.size.saturating_add(part.size);
    }
}
