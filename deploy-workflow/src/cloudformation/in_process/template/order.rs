//! The order in which a template's resources can be created.

use std::collections::BTreeSet;

use super::ResourceDeclaration;
use crate::cloudformation::error::ApiError;

/// The resources, each after those that it depends on, else as declared.
pub(super) fn in_creation_order(resources: Vec<ResourceDeclaration>) -> Result<Vec<ResourceDeclaration>, ApiError> {
    let ids: BTreeSet<String> = resources.iter().map(|resource| resource.logical_id.clone()).collect();
    let mut waiting: Vec<_> = resources
        .into_iter()
        .map(|resource| {
            let needs: BTreeSet<_> = resource.dependencies().into_iter().filter(|name| ids.contains(name)).collect();
            (resource, needs)
        })
        .collect();
    let mut created = BTreeSet::new();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let (ready, blocked): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, needs)| needs.iter().all(|name| created.contains(name)));
        if ready.is_empty() {
            let names: Vec<_> = blocked.iter().map(|(resource, _)| resource.logical_id.as_str()).collect();
            let names = names.join(", ");
            return Err(ApiError::validation(format!("Circular dependency between resources: [{names}]")));
        }
        created.extend(ready.iter().map(|(resource, _)| resource.logical_id.clone()));
        ordered.extend(ready.into_iter().map(|(resource, _)| resource));
        waiting = blocked;
    }
    Ok(ordered)
}
