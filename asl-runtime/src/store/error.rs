//! Why a store failed.

use std::sync::Arc;

/// Why a store failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else wrote to the execution's journal.
    #[error("`{execution_arn}` is at version {found} of its journal, not {expected}")]
    VersionConflict {
        /// Whose journal.
        execution_arn: Arc<str>,
        /// The version that was expected.
        expected: u64,
        /// The version that the journal has.
        found: u64,
    },
    /// Another engine claimed the execution, because the lease of this one ran out.
    #[error("`{execution_arn}` belongs to another engine")]
    Fenced {
        /// Whose journal.
        execution_arn: Arc<str>,
    },
    /// Somebody else wrote the document.
    #[error("the document `{name}` was changed meanwhile")]
    RevisionConflict {
        /// Which document.
        name: Arc<str>,
    },
    /// The store cannot be reached now; it may be later.
    #[error("the store is unavailable: {0}")]
    Unavailable(Arc<str>),
    /// The store is broken, or holds what this version cannot read.
    #[error("the store is broken: {0}")]
    Broken(Arc<str>),
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
