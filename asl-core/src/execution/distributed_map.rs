//! Distributed Map: the Map Run is the driver's, this is what the execution knows of it.

use super::step::{Known, Step};
use super::strand::{Phase, Strand, StrandId};
use super::{
    Command, Execution, ItemBatcher, ItemReader, ItemScope, ItemSource, MapRunId, ParentExecution, Rejected,
    ResultDestination, ResultWriter, StartMapRun,
};
use crate::evaluate::{self, Scope};
use crate::failure::error_equals::Origin;
use crate::failure::{ErrorName, Failure};
use crate::history::EventDetails;
use crate::program::{self, DistributedMap, Map, State};
use crate::random::uuid_of;
use crate::value::{Object, Value};

/// How often a Map Run can be redriven.
const MOST_REDRIVES: u32 = 1_000;

impl Execution {
    pub(super) fn start_map_run(
        &mut self,
        strand: &mut Strand,
        state: &State,
        map: &Map,
        distributed: &DistributedMap,
        input: Value,
    ) -> Result<Step, Failure> {
        // An ItemReader finds the items on its own; `ItemsPath` then says nothing, as recorded.
        let given = match &distributed.item_reader {
            Some(_) => None,
            None => Some(self.evaluate(strand, &input, |scope| map.items.evaluate(scope))?),
        };
        let length = given.as_ref().map_or(0, |items| items.len());
        strand.chain = self.emit(strand.chain, EventDetails::MapStateStarted { length });
        let max_concurrency = match &map.max_concurrency {
            None => 0,
            Some(quantity) => self.evaluate(strand, &input, |scope| quantity.evaluate("MaxConcurrency", scope))?,
        };
        let tolerance = self.evaluate(strand, &input, |scope| super::map::tolerance(map, scope))?;
        let items = match (given, &distributed.item_reader) {
            (None, Some(reader)) => {
                ItemSource::Read(self.evaluate(strand, &input, |scope| item_reader(reader, scope))?)
            }
            (items, _) => ItemSource::Given(items.unwrap_or_default()),
        };
        let batcher = distributed.item_batcher.as_ref();
        let batcher = batcher.map(|batcher| self.evaluate(strand, &input, |scope| item_batcher(batcher, scope)));
        let writer = distributed.result_writer.as_ref();
        let writer = writer.map(|writer| self.evaluate(strand, &input, |scope| result_writer(writer, scope)));
        let (batcher, result_writer) = (batcher.transpose()?, writer.transpose()?);

        let arn = self.map_run_arn(&distributed.label);
        strand.chain = self.emit(strand.chain, EventDetails::MapRunStarted { map_run_arn: arn.as_str().into() });
        let start = StartMapRun {
            map_run: MapRunId(strand.chain),
            arn: arn.into(),
            redrive_count: 0,
            state_name: state.name.clone(),
            label: distributed.label.clone(),
            execution_type: distributed.execution_type,
            items,
            batcher,
            max_concurrency,
            tolerance,
            result_writer,
            parent: self.as_parent(),
            scope: ItemScope {
                input: strand.input.clone(),
                effective_input: input,
                variables: self.visible_variables(strand),
                context: self.context_object(strand, &Known::default()),
                entered: strand.entered,
                seed: self.progress.random.next_u64(),
            },
        };
        self.command(Command::StartMapRun(Box::new(start.clone())));
        strand.phase = Phase::MapRun(Box::new(start));
        Ok(Step::Rest)
    }

    /// Goes on with the Map Run that was interrupted; only this many times, as on AWS.
    pub(super) fn redrive_map_run(&mut self, strand: &mut Strand) -> Step {
        let Some(Phase::MapRun(mut start)) = strand.interrupted.take().map(|phase| *phase) else {
            return Step::Attempt;
        };
        if start.redrive_count >= MOST_REDRIVES {
            let cause = format!("The Map Run was redriven {MOST_REDRIVES} times, which is the limit.");
            return Step::Fail { failure: Failure::runtime(cause), origin: Origin::State };
        }
        start.redrive_count += 1;
        let details = EventDetails::MapRunRedriven { map_run_arn: start.arn.clone(), count: start.redrive_count };
        strand.chain = self.emit(strand.chain, details);
        start.map_run = MapRunId(strand.chain);
        self.command(Command::StartMapRun(start.clone()));
        strand.phase = Phase::MapRun(start);
        Step::Rest
    }

    /// The Map Runs that are out, in the order in which they were started: what a driver that lost them starts again.
    pub fn map_runs(&self) -> impl Iterator<Item = &StartMapRun> {
        let strand = |id: &StrandId| self.progress.strands.get(id);
        self.map_runs.values().filter_map(strand).filter_map(|strand| match &strand.phase {
            Phase::MapRun(start) => Some(&**start),
            _ => None,
        })
    }

    pub(super) fn map_run_answered(
        &mut self,
        map_run: MapRunId,
        answer: Result<Value, Failure>,
    ) -> Result<(), Rejected> {
        let id = self.map_runs.remove(&map_run).ok_or(Rejected::MapRunDoesNotExist)?;
        let name = self.map_run_state(id);
        let answer = answer
            .and_then(|result| evaluate::check_payload(&result, &name, &self.progress.start.limits).map(|()| result));
        let started = self.progress.strands.get(&id).map(|strand| strand.chain).unwrap_or_default();
        match answer {
            Ok(result) => {
                let succeeded = self.emit(started, EventDetails::MapRunSucceeded);
                self.emit(succeeded, EventDetails::MapStateSucceeded);
                if self.program.compatibility().map_run_success_is_followed()
                    && let Some(strand) = self.progress.strands.get_mut(&id)
                {
                    strand.chain = succeeded;
                }
                self.ready.push_back((id, Step::Succeed { result }));
            }
            Err(failure) => {
                let failed = self.emit(started, EventDetails::MapRunFailed { failure: failure.clone() });
                if let Some(strand) = self.progress.strands.get_mut(&id) {
                    strand.chain = failed;
                    strand.interrupted = is_redrivable(&failure).then(|| Box::new(strand.phase.clone()));
                }
                self.ready.push_back((id, Step::Fail { failure, origin: Origin::State }));
            }
        }
        Ok(())
    }

    /// Nobody waits for the strand's Map Run any more.
    pub(super) fn forget_map_run(&mut self, id: StrandId) -> Option<MapRunId> {
        let map_run = self.progress.strands.get(&id)?.map_run()?;
        self.map_runs.remove(&map_run);
        Some(map_run)
    }

    fn map_run_state(&self, id: StrandId) -> std::sync::Arc<str> {
        let strand = self.progress.strands.get(&id);
        let state = strand.and_then(|strand| self.program.state(strand.state));
        state.map_or_else(|| "".into(), |state| state.name.clone())
    }

    /// `arn:aws:states:REGION:ACCOUNT:mapRun:MACHINE/LABEL:UUID`, with the parts of the machine's own ARN.
    ///
    /// No other execution has it, even one of the same seed: what is known of a Map Run is kept under its ARN.
    fn map_run_arn(&self, label: &str) -> String {
        let start = &self.progress.start;
        let machine = start.state_machine_id.rsplit_once(":stateMachine:");
        let prefix = machine.map_or("arn:aws:states:us-east-1:000000000000", |(prefix, _)| prefix);
        let name = &start.state_machine_name;
        let uuid = uuid_of([&*start.id, label, &self.progress.last_event.to_string()]);
        format!("{prefix}:mapRun:{name}/{label}:{uuid}")
    }

    fn as_parent(&self) -> ParentExecution {
        let start = &self.progress.start;
        ParentExecution {
            id: start.id.clone(),
            state_machine_id: start.state_machine_id.clone(),
            state_machine_name: start.state_machine_name.clone(),
            role_arn: start.role_arn.clone(),
            region: start.region.clone(),
            token_key: start.token_key.clone(),
            limits: start.limits.clone(),
        }
    }

    /// The variables that `strand` sees, in one object.
    fn visible_variables(&self, strand: &Strand) -> Object {
        let outer = self.outer_scopes(strand);
        let mut visible = Object::default();
        for (name, value) in outer.into_iter().rev().chain([&strand.variables]).flat_map(Object::iter) {
            visible.insert(name.clone(), value.clone());
        }
        visible
    }
}

/// Whether a redrive goes on with a Map Run that failed so; otherwise it starts a new one, since data that do not fit
/// would not fit again.
fn is_redrivable(failure: &Failure) -> bool {
    let of_data = [ErrorName::DATA_LIMIT_EXCEEDED, ErrorName::RUNTIME, ErrorName::QUERY_EVALUATION_ERROR];
    !of_data.into_iter().any(|name| failure.is(name))
}

fn item_reader(reader: &program::ItemReader, scope: &Scope<'_>) -> Result<ItemReader, Failure> {
    let max_items = reader.max_items.as_ref().map(|quantity| quantity.evaluate("MaxItems", scope)).transpose()?;
    Ok(ItemReader {
        resource: reader.resource.clone(),
        arguments: match &reader.arguments {
            None => Value::empty_object(),
            Some(template) => template.evaluate(scope)?,
        },
        config: program::ReaderConfig { max_items: max_items.filter(|items| *items > 0), ..reader.config.clone() },
    })
}

fn item_batcher(batcher: &program::ItemBatcher, scope: &Scope<'_>) -> Result<ItemBatcher, Failure> {
    let quantity = |field: &str, quantity: Option<&program::Quantity>| {
        let evaluated = quantity.map(|quantity| quantity.evaluate(field, scope)).transpose();
        evaluated.map(|number| number.filter(|number| *number > 0))
    };
    Ok(ItemBatcher {
        batch_input: batcher.batch_input.as_ref().map(|template| template.evaluate(scope)).transpose()?,
        max_items: quantity("MaxItemsPerBatch", batcher.max_items_per_batch.as_ref())?,
        max_input_bytes: quantity("MaxInputBytesPerBatch", batcher.max_input_bytes_per_batch.as_ref())?,
    })
}

fn result_writer(writer: &program::ResultWriter, scope: &Scope<'_>) -> Result<ResultWriter, Failure> {
    let destination = match &writer.destination {
        None => None,
        Some((resource, template)) => {
            Some(ResultDestination { resource: resource.clone(), arguments: template.evaluate(scope)? })
        }
    };
    Ok(ResultWriter { destination, config: writer.config })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::execution::{Event, Outcome, Start};
    use crate::timestamp::Timestamp;

    #[test]
    fn a_map_run_is_redriven_a_thousand_times_and_a_new_one_follows() {
        let definition = r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}}}"#;
        let program = crate::compile(definition).into_program().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let mut execution = Execution::start(program, Start::new("test", serde_json::json!([1])), now);
        let waits_for = |execution: &Execution| execution.map_runs().next().cloned();
        let begun = waits_for(&execution).unwrap();
        for redrive_count in 0..=MOST_REDRIVES {
            let start = waits_for(&execution).unwrap();
            assert_eq!((start.redrive_count, &start.arn), (redrive_count, &begun.arn));
            let failure = Failure::new(ErrorName::EXCEED_TOLERATED_FAILURE_THRESHOLD, "too many");
            execution.handle(now, Event::MapRunFailed { map_run: start.map_run, failure }).unwrap();
            execution.handle(now, Event::Redriven).unwrap();
        }
        let failure = execution.outcome().and_then(Outcome::failure).unwrap();
        assert_eq!(failure.error(), Some(ErrorName::RUNTIME));
        execution.handle(now, Event::Redriven).unwrap();
        let new = waits_for(&execution).unwrap();
        assert_eq!(new.redrive_count, 0);
        assert_ne!(new.arn, begun.arn);
    }

    #[test]
    fn map_runs_of_different_executions_have_different_arns_even_with_one_seed() {
        let definition = r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}}}"#;
        let program = crate::compile(definition).into_program().unwrap();
        let arn = |name: &str| -> Arc<str> {
            let start = Start::new(name, serde_json::json!([1]));
            let execution = Execution::start(program.clone(), start, Timestamp::UNIX_EPOCH);
            execution.map_runs().next().unwrap().arn.clone()
        };
        assert_eq!(arn("one"), arn("one"));
        assert_ne!(arn("one"), arn("other"));
    }
}
