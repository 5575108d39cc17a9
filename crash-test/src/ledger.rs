//! Files in which a world outside of the engine remembers what happened: effects, and what the engine acknowledged.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Effect {
    /// The name of the execution.
    pub(crate) execution: String,
    /// Which step of it had the effect, and as which attempt; the same in every run of a seed.
    pub(crate) step: String,
    /// What a world outside recognises a repetition by: the idempotency key, or the token of an activity's Task.
    pub(crate) key: String,
    /// What there is to be answered.
    pub(crate) question: Option<Question>,
}

/// A token that somebody has to answer, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) token: String,
    pub(crate) number: u64,
    pub(crate) declined: bool,
}

/// What the engine answered with success: it must never be asked again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Acknowledged {
    /// The start of the execution of a name.
    Start(String),
    /// The answer to a token, which may also have been closed before.
    Answer(String),
}

/// Appends lines to a file, each synced before it counts; clones share the file.
#[derive(Debug, Clone)]
pub(crate) struct Ledger(Arc<Mutex<File>>);

impl Ledger {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(File::options().create(true).append(true).open(path)?))))
    }

    /// Returns once the line is on the disk.
    pub(crate) async fn record(&self, what: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        let ledger = self.clone();
        let write = move || {
            let mut file = ledger.0.lock().unwrap_or_else(PoisonError::into_inner);
            file.write_all(&line)?;
            file.sync_data()
        };
        tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?
    }
}

/// Everything that was recorded in a file, which need not be there.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    match File::open(path) {
        Ok(file) => BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
