//! Threads that work on connections: one that writes, and some that read.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, mem, thread};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::SqliteOptions;
use super::failure::{Failed, broken, store_error};
use super::open;
use crate::store::StoreError;

/// How many pieces of work wait at most; who brings more waits too.
const QUEUE: usize = 1_024;

/// The most pieces of work that one transaction takes in.
const GROUP: usize = 512;

/// How long apart the thread that writes looks for more work before it begins.
const PAUSE: Duration = Duration::from_micros(50);

/// How many threads read: a long list must not hold up the rest.
const READERS: usize = 2;

/// The way to the threads; they end when it is dropped.
#[derive(Debug)]
pub(super) struct Threads {
    path: Arc<Path>,
    writes: mpsc::Sender<Box<dyn Work>>,
    reads: mpsc::Sender<Box<dyn Work>>,
}

impl Threads {
    /// Opens the file and starts the threads.
    pub(super) fn start(options: &SqliteOptions) -> Result<Self, StoreError> {
        let (writes, to_write) = mpsc::channel(QUEUE);
        let (reads, to_read) = mpsc::channel(QUEUE);
        let path: Arc<Path> = options.path.as_path().into();
        let writer = Writer { connection: open::writer(options)?, path: Arc::clone(&path) };
        spawn("asl-sqlite-write", move || writer.run(to_write))?;
        let to_read = Arc::new(Mutex::new(to_read));
        for _ in 0..READERS {
            let (connection, to_read, path) = (open::reader(options)?, Arc::clone(&to_read), Arc::clone(&path));
            spawn("asl-sqlite-read", move || read(&connection, &to_read, &path))?;
        }
        Ok(Self { path, writes, reads })
    }

    /// Does `work` on the connection that writes, and returns once it is committed.
    ///
    /// What it refuses it must refuse before it changes anything: others share the transaction.
    /// It may be done again, after what it did first was rolled back.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.bring(&self.writes, work).await
    }

    /// Does `work` on a connection that reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.bring(&self.reads, work).await
    }

    async fn bring<T: Send + 'static>(
        &self,
        queue: &mpsc::Sender<Box<dyn Work>>,
        work: impl FnMut(&Connection) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let gone = || broken(format!("the thread that works on `{}` has ended", self.path.display()));
        queue.send(Box::new(Piece { work, result: None, answer })).await.map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|error| StoreError::Unavailable(format!("no thread could be started: {error}").into()))
}

/// A piece of work, whatever it answers.
trait Work: Send {
    /// Does it, or does it again. An error is SQLite's: the transaction must be rolled back.
    fn perform(&mut self, connection: &Connection) -> rusqlite::Result<()>;

    /// Tells what became of it, or the error that undid it.
    fn conclude(self: Box<Self>, undone: Option<StoreError>);

    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
}

impl fmt::Debug for dyn Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Work")
    }
}

struct Piece<T, F> {
    work: F,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&Connection) -> Result<T, Failed> + Send> Work for Piece<T, F> {
    fn perform(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.result = Some(match (self.work)(connection) {
            Ok(answer) => Ok(answer),
            Err(Failed::Refused(error)) => Err(error),
            Err(Failed::Sqlite(error)) => return Err(error),
        });
        Ok(())
    }

    fn conclude(self: Box<Self>, undone: Option<StoreError>) {
        // A refusal may be due to what another piece of work did, which is undone too.
        let Some(result) = undone.map(Err).or(self.result) else { return };
        // Who asked may have gone meanwhile.
        let _ = self.answer.send(result);
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}

/// Reads until the store is gone.
fn read(connection: &Connection, queue: &Mutex<mpsc::Receiver<Box<dyn Work>>>, path: &Path) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(mut work) = next else { return };
        if !work.is_abandoned() {
            let undone = work.perform(connection).err();
            work.conclude(undone.map(|error| store_error(&error, path)));
        }
    }
}

struct Writer {
    connection: Connection,
    path: Arc<Path>,
}

impl Writer {
    /// Writes until the store is gone.
    fn run(self, mut queue: mpsc::Receiver<Box<dyn Work>>) {
        let mut group = Vec::with_capacity(GROUP);
        let (mut expected, mut patience) = (1, Duration::ZERO);
        while queue.blocking_recv_many(&mut group, GROUP) > 0 {
            // Who was answered last soon asks again: the first of them would have a sync of its own otherwise.
            let begin = Instant::now();
            while group.len() + queue.len() < expected && begin.elapsed() < patience {
                thread::sleep(PAUSE);
            }
            while let (true, Ok(work)) = (group.len() < GROUP, queue.try_recv()) {
                group.push(work);
            }
            expected = group.len();
            let begin = Instant::now();
            self.write(mem::take(&mut group));
            patience = begin.elapsed() / 8;
        }
    }

    /// Writes a group in one transaction, or each alone where one of them cannot be done.
    fn write(&self, mut group: Vec<Box<dyn Work>>) {
        match self.transact(&mut group) {
            Ok(()) => conclude(group, None),
            Err(Undone::Whole(error)) => conclude(group, Some(&store_error(&error, &self.path))),
            Err(Undone::ByOne(error)) if group.len() == 1 => {
                conclude(group, Some(&store_error(&error, &self.path)));
            }
            Err(Undone::ByOne(_)) => group.into_iter().for_each(|work| self.write(vec![work])),
        }
    }

    fn transact(&self, group: &mut [Box<dyn Work>]) -> Result<(), Undone> {
        self.run_statement("BEGIN IMMEDIATE").map_err(Undone::Whole)?;
        let performed = group.iter_mut().try_for_each(|work| work.perform(&self.connection)).map_err(Undone::ByOne);
        let committed = performed.and_then(|()| self.run_statement("COMMIT").map_err(Undone::Whole));
        if committed.is_err() && !self.connection.is_autocommit() {
            // A transaction that can be neither committed nor rolled back fails the next `BEGIN`, which says so.
            let _ = self.run_statement("ROLLBACK");
        }
        committed
    }

    fn run_statement(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(statement)?.execute(()).map(drop)
    }
}

/// Why a transaction was undone.
enum Undone {
    /// It could not begin or be committed.
    Whole(rusqlite::Error),
    /// One piece of work could not be done.
    ByOne(rusqlite::Error),
}

fn conclude(group: Vec<Box<dyn Work>>, undone: Option<&StoreError>) {
    for work in group {
        work.conclude(undone.cloned());
    }
}
