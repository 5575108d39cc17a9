//! Owners, their leases, and what they claim.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asl_core::Timestamp;
use rusqlite::Connection;

use super::failure::Failed;
use super::record::{self, column};
use super::{signed, unsigned};
use crate::store::{ExecutionRecord, OwnerId};

/// So many milliseconds after its lease, an owner that has no executions is forgotten.
const FORGOTTEN: i64 = 24 * 60 * 60 * 1_000;

/// What owners claimed but may not have been told of, because the answer got lost.
#[derive(Debug, Clone, Default)]
pub(super) struct Untold(Arc<Mutex<HashMap<OwnerId, Vec<i64>>>>);

impl Untold {
    /// `owner` was told of `records`.
    pub(super) fn told(&self, owner: OwnerId, records: &[ExecutionRecord]) {
        if let Some(untold) = self.by_owner().get_mut(&owner) {
            untold.retain(|id| records.iter().all(|record| record.number != unsigned(*id)));
        }
    }

    fn by_owner(&self) -> MutexGuard<'_, HashMap<OwnerId, Vec<i64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn join(connection: &Connection, lease_until: Timestamp) -> Result<OwnerId, Failed> {
    let mut statement = connection.prepare_cached("INSERT INTO owners (lease_until) VALUES (?1)")?;
    Ok(OwnerId(unsigned(statement.insert([lease_until.as_millis()])?)))
}

pub(super) fn renew(connection: &Connection, owner: OwnerId, lease_until: Timestamp) -> Result<(), Failed> {
    let sql = "INSERT INTO owners (id, lease_until) VALUES (?1, ?2) \
               ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";
    connection.prepare_cached(sql)?.execute((signed(owner.0), lease_until.as_millis()))?;
    Ok(())
}

pub(super) fn leave(connection: &Connection, owner: OwnerId) -> Result<(), Failed> {
    connection.prepare_cached("DELETE FROM owners WHERE id = ?1")?.execute([signed(owner.0)])?;
    Ok(())
}

/// Makes executions that nobody holds those of `owner`, and forgets owners that left long ago.
pub(super) fn claim(
    connection: &Connection,
    owner: OwnerId,
    now: Timestamp,
    limit: usize,
    untold: &Untold,
) -> Result<Vec<ExecutionRecord>, Failed> {
    let us = signed(owner.0);
    let mut claimed = Vec::new();
    for id in untold.by_owner().get(&owner).into_iter().flatten() {
        let sql = "SELECT id FROM executions WHERE id = ?1 AND owner = ?2 AND status = 0";
        claimed.extend(column(connection, sql, (id, us))?);
    }
    let free = free_executions(connection, us, now, limit.saturating_sub(claimed.len()))?;
    claimed.extend(&free);
    claimed.sort_unstable();
    let records = record::by_ids(connection, claimed.get(..limit).unwrap_or(&claimed))?;
    let mut take = connection.prepare_cached("UPDATE executions SET owner = ?2 WHERE id = ?1")?;
    for id in free {
        take.execute((id, us))?;
    }
    let idle = "DELETE FROM owners WHERE lease_until < ?1 AND id <> ?2 \
                AND NOT EXISTS (SELECT 1 FROM executions WHERE owner = owners.id AND status = 0)";
    connection.prepare_cached(idle)?.execute((now.as_millis().saturating_sub(FORGOTTEN), us))?;
    untold.by_owner().insert(owner, claimed);
    Ok(records)
}

/// The oldest executions whose owners have no lease.
fn free_executions(connection: &Connection, us: i64, now: Timestamp, limit: usize) -> rusqlite::Result<Vec<i64>> {
    // Owners one by one from the index, as `DISTINCT` would visit every execution.
    let owners = "WITH RECURSIVE holders (owner) AS ( \
                      SELECT min(owner) FROM executions WHERE status = 0 \
                      UNION ALL \
                      SELECT (SELECT min(owner) FROM executions WHERE status = 0 AND owner > holders.owner) \
                      FROM holders WHERE holders.owner IS NOT NULL) \
                  SELECT owner FROM holders WHERE owner IS NOT NULL AND owner <> ?1 \
                  AND NOT EXISTS (SELECT 1 FROM owners WHERE id = holders.owner AND lease_until >= ?2)";
    let executions = "SELECT id FROM executions WHERE status = 0 AND owner = ?1 ORDER BY id LIMIT ?2";
    let mut free = Vec::new();
    for holder in column(connection, owners, (us, now.as_millis()))? {
        free.extend(column(connection, executions, (holder, i64::try_from(limit).unwrap_or(i64::MAX)))?);
    }
    free.sort_unstable();
    free.truncate(limit);
    Ok(free)
}
