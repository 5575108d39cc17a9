//! Which executions no job has named for too long.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// How long the worker has listened, and when each execution was heard of on that scale.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    listened: Duration,
    listens_since: Option<Instant>,
    heard: BTreeMap<String, Duration>,
}

impl Patience {
    pub(super) fn new<'a>(patience: Duration, executions: impl Iterator<Item = &'a str>) -> Self {
        let heard = executions.map(|execution_arn| (execution_arn.to_owned(), Duration::ZERO)).collect();
        Self { limit: patience, listened: Duration::ZERO, listens_since: None, heard }
    }

    /// The worker was offered all there is; since it listened last, at most `at_most` counts.
    pub(super) fn listened(&mut self, at_most: Duration) {
        let now = Instant::now();
        if let Some(since) = self.listens_since.replace(now) {
            self.listened = self.listened.saturating_add(now.duration_since(since).min(at_most));
        }
    }

    /// There may be jobs that the worker was not offered.
    pub(super) fn did_not_listen(&mut self) {
        self.listens_since = None;
    }

    /// A job names the execution.
    pub(super) fn heard(&mut self, execution_arn: &str) {
        self.heard.insert(execution_arn.to_owned(), self.listened);
    }

    /// A job names an execution that is known, or not.
    pub(super) fn heard_again(&mut self, execution_arn: &str) {
        if let Some(heard) = self.heard.get_mut(execution_arn) {
            *heard = self.listened;
        }
    }

    pub(super) fn forget(&mut self, execution_arn: &str) {
        self.heard.remove(execution_arn);
    }

    /// The executions that no job has named for too long; each is told once per patience.
    pub(super) fn unheard(&mut self) -> Vec<String> {
        let Self { limit, listened, heard, .. } = self;
        let silent = heard.iter_mut().filter(|(_, heard)| listened.saturating_sub(**heard) > *limit);
        silent
            .map(|(execution_arn, heard)| {
                *heard = *listened;
                execution_arn.clone()
            })
            .collect()
    }
}
