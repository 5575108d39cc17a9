//! Events that one engine leaves for another's executions.

use std::sync::Arc;

use rusqlite::Connection;

use super::append::Place;
use super::body::Body;
use super::failure::Failed;
use super::record::RUNNING;
use super::{signed, unsigned};
use crate::store::{OwnerId, Post};

/// Leaves an event, unless the same waits already or the execution does not run.
pub(super) fn post(connection: &Connection, execution_arn: &str, body: &Body) -> Result<(), Failed> {
    let Some(Place { id, .. }) = Place::of(connection, execution_arn)?.filter(|place| place.status == RUNNING) else {
        return Ok(());
    };
    let sql = "INSERT INTO posts (execution, form, checksum, body) SELECT ?1, ?2, ?3, ?4 \
               WHERE NOT EXISTS (SELECT 1 FROM posts WHERE execution = ?1 AND checksum = ?3 AND body = ?4)";
    connection.prepare_cached(sql)?.execute((id, body.form, body.checksum, &body.text))?;
    Ok(())
}

pub(super) fn posts(connection: &Connection, owner: OwnerId, limit: usize) -> Result<Vec<Post>, Failed> {
    let sql = "SELECT posts.id, executions.arn, posts.form, posts.checksum, posts.body \
               FROM posts CROSS JOIN executions ON executions.id = posts.execution \
               WHERE executions.owner = ?1 ORDER BY posts.id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((signed(owner.0), i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut posts = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, execution_arn): (i64, Arc<str>) = (row.get(0)?, row.get(1)?);
        let event = Body::from_row(row, 2)?.read(|| format!("post {id} to `{execution_arn}`"))?;
        posts.push(Post { id: unsigned(id), execution_arn, event });
    }
    Ok(posts)
}

/// Removes what was left for an execution.
pub(super) fn remove_of(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM posts WHERE execution = ?1")?.execute([id]).map(drop)
}
