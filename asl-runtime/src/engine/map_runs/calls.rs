//! The engine's calls about Map Runs.

use std::sync::Arc;

use asl_core::history::EventDetails;
use asl_core::map_run::MapRunUpdate;
use tokio::sync::oneshot;

use super::document::MapRunDocument;
use super::{MapRunDescription, MapRunPage, MapRunSummary, Told};
use crate::engine::Engine;
use crate::error::Error;
use crate::status::ExecutionStatus;

/// The most Map Runs of a page, as on AWS.
const MOST: usize = 1_000;

impl Engine {
    /// What is known of a Map Run.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`, and [`Error::Store`] when the store cannot be read.
    pub async fn describe_map_run(&self, map_run_arn: &str) -> Result<MapRunDescription, Error> {
        let (answer, answered) = oneshot::channel();
        if self.0.map_runs.tell(map_run_arn, Told::Describe(answer))
            && let Ok(description) = answered.await
        {
            return Ok(description);
        }
        match MapRunDocument::find(&*self.0.store, map_run_arn).await? {
            Some((document, _)) => Ok(document.describe(&map_run_arn.into())),
            None => Err(Error::ResourceNotFound(format!("Resource not found: '{map_run_arn}'").into())),
        }
    }

    /// Up to `max_results` Map Runs of an execution, 1,000 at most, the newest first; `next_token` comes from the page before.
    ///
    /// # Errors
    ///
    /// `ExecutionDoesNotExist`, `InvalidToken` for a token that does not come from another page,
    /// and [`Error::Store`] when the store cannot be read.
    pub async fn list_map_runs(
        &self,
        execution_arn: &str,
        max_results: usize,
        next_token: Option<&str>,
    ) -> Result<MapRunPage, Error> {
        let skipped: usize = match next_token {
            None => 0,
            Some(token) => token.parse().map_err(|_| Error::InvalidToken)?,
        };
        let record = self.0.store.find(execution_arn).await?;
        let record = record.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.into()))?;
        let mut arns: Vec<_> = self
            .get_execution_history(execution_arn)
            .await?
            .into_iter()
            .filter_map(|event| match event.details {
                EventDetails::MapRunStarted { map_run_arn } => Some(map_run_arn),
                _ => None,
            })
            .collect();
        arns.reverse();
        let max_results = max_results.clamp(1, MOST);
        let end = skipped.saturating_add(max_results);
        let next_token = (arns.len() > end).then(|| end.to_string().into());
        let mut map_runs = Vec::new();
        for arn in arns.into_iter().skip(skipped).take(max_results) {
            let Some((document, _)) = MapRunDocument::find(&*self.0.store, &arn).await? else { continue };
            let MapRunDescription { map_run_arn, execution_arn, start_date, stop_date, .. } = document.describe(&arn);
            let label = map_run_arn.split(':').nth(6).and_then(|name| name.split_once('/')).map(|(_, label)| label);
            let machine = &record.opening.state_machine_arn;
            let state_machine_arn = format!("{machine}/{}", label.unwrap_or_default()).into();
            map_runs.push(MapRunSummary { map_run_arn, execution_arn, state_machine_arn, start_date, stop_date });
        }
        Ok(MapRunPage { map_runs, next_token })
    }

    /// Changes how many children of a running Map Run run at once, and how many of its items may fail;
    /// returns once that is in the store.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`, `ValidationException` for a share that is none, for a Map Run that ended, and for one that
    /// another engine runs: it must be asked; [`Error::Store`] when the update could not be written.
    pub async fn update_map_run(&self, map_run_arn: &str, update: MapRunUpdate) -> Result<(), Error> {
        self.0.is_open()?;
        if update.tolerated_failure_percentage.is_some_and(|share| !(0.0..=100.0).contains(&share)) {
            return Err(Error::Validation("toleratedFailurePercentage must be from 0 to 100".into()));
        }
        let (answer, answered) = oneshot::channel();
        if self.0.map_runs.tell(map_run_arn, Told::Update(update, answer))
            && let Ok(updated) = answered.await
        {
            return updated;
        }
        let status = self.describe_map_run(map_run_arn).await?.status;
        let reason = match status {
            ExecutionStatus::Running => "another engine runs the Map Run".to_owned(),
            status => format!("the Map Run is {status}"),
        };
        Err(Error::Validation(Arc::from(reason)))
    }
}
