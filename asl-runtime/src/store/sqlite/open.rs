//! Opening a file, and making sure that it is one of ours.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::failure::{Failed, broken, store_error};
use super::{Durability, SqliteOptions};
use crate::store::StoreError;

/// `ASLE`, which says whose file it is.
const APPLICATION_ID: i64 = 0x4153_4c45;

/// The version of the file that this library writes, and the newest that it reads.
const VERSION: i64 = 1;

const SCHEMA: &str = include_str!("schema.sql");

/// Statements that a connection keeps prepared; there are fewer.
const STATEMENTS: usize = 64;

/// A checkpoint is made when the log has so many pages: seldom enough that many writes of a page become one.
const CHECKPOINT_PAGES: i64 = 1_000;

/// The log is cut down to so many bytes when it begins anew.
const LOG_BYTES: i64 = 64 << 20;

/// How often, and how long apart, a step is tried for which SQLite does not wait by itself.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// A connection that writes, to a file that has been made or brought up to date.
pub(super) fn writer(options: &SqliteOptions) -> Result<Connection, StoreError> {
    let failed = |failed: Failed| failed.told(&options.path);
    let mut connection = connect(options).map_err(|error| store_error(&error, &options.path))?;
    for attempt in 1.. {
        // A file that is not ours is refused before anything is changed.
        match identify(&connection, &options.path).and_then(|_| prepare(&mut connection, options)) {
            Err(Failed::Sqlite(error)) if attempt < ATTEMPTS && is_busy(&error) => std::thread::sleep(PAUSE),
            Err(error) => return Err(failed(error)),
            Ok(()) => break,
        }
    }
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = connect(options).map_err(|error| store_error(&error, &options.path))?;
    connection.pragma_update(None, "query_only", true).map_err(|error| store_error(&error, &options.path))?;
    Ok(connection)
}

fn connect(options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&options.path, flags)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan does not depend on what is bound: SQLite would prepare a statement anew whenever something else is.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// What a file says of itself.
enum Identity {
    Empty,
    Ours { version: i64 },
}

/// Reads whose file it is, and refuses it if it is not ours or newer than this library.
fn identify(connection: &Connection, path: &Path) -> Result<Identity, Failed> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    let file = path.display();
    match (application, version) {
        (0, 0) if tables == 0 => Ok(Identity::Empty),
        (APPLICATION_ID, 1..=VERSION) => Ok(Identity::Ours { version }),
        (APPLICATION_ID, newer) if newer > VERSION => Err(Failed::Refused(broken(format!(
            "`{file}` has version {newer}, and this library reads up to version {VERSION}: open it with a newer one"
        )))),
        _ => Err(Failed::Refused(broken(format!(
            "`{file}` is an SQLite file of another application; name another file"
        )))),
    }
}

/// Sets the connection up, and makes the tables if there are none.
fn prepare(connection: &mut Connection, options: &SqliteOptions) -> Result<(), Failed> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    if mode != "wal" {
        return Err(Failed::Refused(broken(format!(
            "`{}` cannot have a write-ahead log; use a local disk",
            options.path.display()
        ))));
    }
    let synchronous = match options.durability {
        Durability::Disk => "FULL",
        Durability::Process => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "fullfsync", options.durability == Durability::Disk)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
    if let Some(pages) = options.max_pages {
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match identify(&transaction, &options.path)? {
        // There is one version, so there is nothing to migrate; an older one would be brought up to date here.
        Identity::Ours { version: VERSION } => return Ok(()),
        Identity::Ours { version } => {
            return Err(Failed::Refused(broken(format!("version {version} of the file is not known"))));
        }
        Identity::Empty => {}
    }
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
