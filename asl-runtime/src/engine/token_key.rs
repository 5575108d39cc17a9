//! The key of task tokens: one for all engines on a store, so that each can read the tokens of all.

use asl_core::execution::TokenKey;

use super::catalogue::{read, written};
use crate::store::{Collection, DocumentKey, Store, StoreError};

const KEY: DocumentKey<'_> = DocumentKey { collection: Collection::Engine, name: "token-key" };

/// The key that the store has; `fresh` if it has none yet.
pub(super) async fn shared(store: &dyn Store, fresh: [u8; 32]) -> Result<TokenKey, StoreError> {
    loop {
        if let Some(document) = store.get(KEY).await? {
            return read(&document);
        }
        let key = TokenKey::new(fresh);
        match store.put(KEY, None, &written(&key)?).await {
            Ok(_) => return Ok(key),
            // Another engine came first: its key counts.
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}
