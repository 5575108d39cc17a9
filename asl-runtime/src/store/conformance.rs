//! Holds a store against the contract of [`Store`]; every store must pass.
//!
//! ```
//! use std::sync::Arc;
//!
//! use asl_runtime::store::conformance::{Stores, check};
//! use asl_runtime::store::{MemoryStore, Store};
//! use async_trait::async_trait;
//!
//! struct InMemory;
//!
//! #[async_trait]
//! impl Stores for InMemory {
//!     async fn empty(&self) -> Arc<dyn Store> {
//!         Arc::new(MemoryStore::new())
//!     }
//!
//!     async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
//!         store // nothing of it outlives the process
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! check(&InMemory).await.unwrap();
//! # }
//! ```

mod claims;
mod documents;
mod journals;
mod posts;
mod records;
mod world;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use self::world::Checked;
use super::Store;

/// Where the stores come from that are checked.
#[async_trait]
pub trait Stores: Send + Sync {
    /// A store that nobody used before; it shares nothing with others.
    async fn empty(&self) -> Arc<dyn Store>;

    /// What another process finds that opens the same place after this one has ended.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// Checks every rule, each with a store of its own.
///
/// # Errors
///
/// The rules that do not hold, all of them.
pub async fn check(stores: &dyn Stores) -> Result<(), Violations> {
    let mut checks = Checks { found: Vec::new() };
    checks.note("an owner is never given twice", claims::owners_differ(stores).await);
    checks.note("a journal is what was appended", journals::appended_is_kept(stores).await);
    checks.note("every kind of entry comes back as it went in", journals::entries_come_back(stores).await);
    checks.note("an append is done as a whole or not at all", journals::all_or_nothing(stores).await);
    checks.note("an append at another version is refused", journals::versions_conflict(stores).await);
    checks.note("an execution comes up once in an append", journals::one_batch_each(stores).await);
    checks.note("an append that is tried again is recognised", journals::tried_again(stores).await);
    checks.note("of appends at one version one succeeds", journals::one_wins(stores).await);
    checks.note("appends at the same time are all kept", journals::all_at_once(stores).await);
    checks.note("a snapshot shortens a journal", journals::snapshots(stores).await);
    checks.note("a snapshot is kept of versions that were reached", journals::snapshots_refused(stores).await);
    checks.note("what is not there is not found", journals::nothing(stores).await);
    checks.note("what was acknowledged is there after reopening", journals::reopened(stores).await);
    checks.note("only an owner appends", claims::fenced(stores).await);
    checks.note("executions without a lease are claimed, the oldest first", claims::claimed(stores).await);
    checks.note("a lease that is extended holds", claims::leases(stores).await);
    checks.note("an execution that ended belongs to nobody", claims::ended(stores).await);
    checks.note("a claim outlives the process", claims::claimed_and_reopened(stores).await);
    checks.note("a record says what an execution is", records::records(stores).await);
    checks.note("a list is filtered, ordered and bounded", records::listed(stores).await);
    checks.note("what ended can be removed", records::removed(stores).await);
    checks.note("a post waits for the owner until it is received", posts::delivered(stores).await);
    checks.note("a post follows its execution", posts::follow(stores).await);
    checks.note("a post that waits is not left twice", posts::left_once(stores).await);
    checks.note("a post to what does not run is dropped", posts::dropped(stores).await);
    checks.note("a document is written at the revision that is expected", documents::revisions(stores).await);
    checks.note("a document that is written again is recognised", documents::tried_again(stores).await);
    checks.note("documents are scanned by name", documents::scanned(stores).await);
    if checks.found.is_empty() { Ok(()) } else { Err(Violations(checks.found)) }
}

struct Checks {
    found: Vec<Violation>,
}

impl Checks {
    fn note(&mut self, rule: &'static str, checked: Checked) {
        self.found.extend(checked.err().map(|deviation| Violation { rule, found: deviation.0 }));
    }
}

/// A rule that a store does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    rule: &'static str,
    found: String,
}

impl Violation {
    /// The rule.
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.rule, self.found)
    }
}

/// The rules that a store does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// One by one, in the order in which they were checked.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.0.iter()
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the store does not keep these rules:")?;
        self.0.iter().try_for_each(|violation| write!(formatter, "\n- {violation}"))
    }
}

impl std::error::Error for Violations {}
