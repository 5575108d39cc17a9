//! Who reads the items of Distributed Maps in a simulation.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use asl_core::Failure;
use asl_core::Program;
use asl_core::execution::ItemReader;
use asl_core::map_run::Item;
use asl_core::program::Resource;
use async_trait::async_trait;

/// Reads the items that the `ItemReader` of a Distributed Map names.
///
/// Every `async fn(ItemReader) -> Result<Vec<Item>, Failure>` and every such closure does.
#[async_trait]
pub trait ReadItems: Send + Sync + 'static {
    /// All items, in order; those beyond `MaxItems` are left out by the simulation.
    ///
    /// # Errors
    ///
    /// How the Map Run fails, which AWS calls `States.ItemReaderFailed`.
    async fn read(&self, reader: ItemReader) -> Result<Vec<Item>, Failure>;
}

#[async_trait]
impl<F, R> ReadItems for F
where
    F: Fn(ItemReader) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Vec<Item>, Failure>> + Send,
{
    async fn read(&self, reader: ItemReader) -> Result<Vec<Item>, Failure> {
        self(reader).await
    }
}

/// A Distributed Map reads its items from somewhere, and nothing in the simulation does that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingItems {
    state_name: Arc<str>,
    resource: Resource,
}

impl MissingItems {
    /// Refuses a program that needs items to be read.
    pub(super) fn refuse(program: &Program) -> Result<(), Self> {
        match program.item_readers().next() {
            Some((state_name, resource)) => Err(Self { state_name: state_name.into(), resource: resource.clone() }),
            None => Ok(()),
        }
    }

    /// The name of the Map state.
    pub fn state_name(&self) -> &str {
        &self.state_name
    }
}

impl fmt::Display for MissingItems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state_name, resource } = self;
        write!(
            formatter,
            "the state `{state_name}` reads its items by `{resource}`, which nothing in the simulation does\n\
             help: give them with `.items(…)`"
        )
    }
}

impl std::error::Error for MissingItems {}
