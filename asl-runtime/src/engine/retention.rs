//! Which executions and Map Runs that ended are kept: the newest, and those that something which runs still needs.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Weak};

use super::inner::{Inner, lock};
use super::map_runs;
use crate::error::Error;
use crate::status::ExecutionStatus;
use crate::store::{Collection, DocumentKey, ExecutionQuery, ExecutionRecord, Parent};

/// How many executions are listed or removed at once.
const PAGE: usize = 500;

/// How many documents of Map Runs are read at once; each may hold as much as a Map Run has to remember.
const MAP_RUNS: usize = 16;

/// The statuses of executions that ended.
const ENDED: [ExecutionStatus; 4] =
    [ExecutionStatus::Succeeded, ExecutionStatus::Failed, ExecutionStatus::TimedOut, ExecutionStatus::Aborted];

/// The ARNs of what ended and is in the store, as far as this engine knows, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Ended(VecDeque<Arc<str>>);

impl Ended {
    /// Adds what ended now; returns what is beyond the newest `retained`.
    pub(super) fn add(&mut self, arns: impl IntoIterator<Item = Arc<str>>, retained: usize) -> Vec<Arc<str>> {
        self.0.extend(arns);
        let surplus = self.0.len().saturating_sub(retained);
        self.0.drain(..surplus).collect()
    }

    /// Adds what ended earlier than all that is known, the oldest first; returns what is beyond the newest `retained`.
    fn add_earlier(&mut self, arns: impl IntoIterator<Item = Arc<str>>, retained: usize) -> Vec<Arc<str>> {
        let here = std::mem::take(&mut self.0);
        let known: HashSet<_> = here.iter().cloned().collect();
        self.0.extend(arns.into_iter().filter(|arn| !known.contains(arn)));
        self.add(here, retained)
    }

    /// What goes on has not ended.
    pub(super) fn forget(&mut self, arn: &str) {
        self.0.retain(|ended| &**ended != arn);
    }
}

/// Counts once what ended before the engine was built, and removes what need not be kept.
pub(super) async fn run(engine: Weak<Inner>) {
    let Some(engine) = engine.upgrade() else { return };
    let counted = match engine.count_ended_map_runs().await {
        Ok(()) => engine.count_ended_executions().await,
        error => error,
    };
    if let Err(error) = counted {
        tracing::warn!(%error, "what ended earlier stays in the store");
    }
}

impl Inner {
    async fn count_ended_map_runs(&self) -> Result<(), Error> {
        let (mut ended, mut after) = (Vec::new(), Arc::from(""));
        loop {
            let page = self.store.scan(Collection::MapRuns, &after, MAP_RUNS).await?;
            let is_last = page.len() < MAP_RUNS;
            for document in page {
                match map_runs::stop_date(&document) {
                    Ok(stop_date) => ended.extend(stop_date.map(|stop_date| (stop_date, Arc::clone(&document.name)))),
                    Err(error) => tracing::error!(map_run = &*document.name, %error, "the Map Run cannot be read"),
                }
                after = document.name;
            }
            if is_last {
                break;
            }
        }
        ended.sort_unstable();
        let surplus = lock(&self.map_runs.ended).add_earlier(ended.into_iter().map(|(_, arn)| arn), self.retained);
        for name in surplus {
            self.store.delete(DocumentKey { collection: Collection::MapRuns, name: &name }).await?;
        }
        Ok(())
    }

    async fn count_ended_executions(&self) -> Result<(), Error> {
        let (mut kept, mut needs) = (BTreeMap::new(), Needs::default());
        for status in ENDED {
            let mut query = ExecutionQuery { status: Some(status), limit: Some(PAGE), ..ExecutionQuery::default() };
            loop {
                let page = self.store.list(&query).await?;
                query.before = page.last().map(|record| record.number);
                let is_last = page.len() < PAGE;
                for record in page {
                    if !needs.need(self, &record).await? {
                        kept.insert(record.number, record.execution_arn);
                    }
                }
                let mut surplus = Vec::new();
                while kept.len() > self.retained {
                    surplus.extend(kept.pop_first().map(|(_, execution_arn)| execution_arn));
                }
                self.remove(&surplus).await;
                if is_last {
                    break;
                }
            }
        }
        let surplus = lock(&self.executions).ended.add_earlier(kept.into_values(), self.retained);
        for page in surplus.chunks(PAGE) {
            self.remove(page).await;
        }
        Ok(())
    }
}

/// Which executions that ended are needed by what started them; remembers the Map Run that it asked for last.
#[derive(Debug, Default)]
struct Needs {
    map_run: Option<(Arc<str>, bool)>,
}

impl Needs {
    async fn need(&mut self, engine: &Inner, record: &ExecutionRecord) -> Result<bool, Error> {
        match &record.opening.parent {
            None => Ok(false),
            // It may not have been told of the end.
            Some(Parent::Task { execution_arn, .. }) => {
                let parent = engine.store.find(execution_arn).await?;
                Ok(parent.is_some_and(|parent| parent.standing.end().is_none()))
            }
            Some(Parent::MapRun { map_run_arn, .. }) => match &self.map_run {
                Some((known, is_needed)) if known == map_run_arn => Ok(*is_needed),
                _ => {
                    let key = DocumentKey { collection: Collection::MapRuns, name: map_run_arn };
                    let is_needed = match engine.store.get(key).await? {
                        Some(document) => map_runs::needs_children(&document)?,
                        None => false,
                    };
                    self.map_run = Some((Arc::clone(map_run_arn), is_needed));
                    Ok(is_needed)
                }
            },
        }
    }
}
