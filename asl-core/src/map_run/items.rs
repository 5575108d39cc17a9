//! From items to the inputs of children: `ItemSelector` and `ItemBatcher`.

use std::sync::Arc;

use super::child::StartChild;
use super::{Item, MapRun, MapRunCommand, Running};
use crate::evaluate::{self, Budget, PayloadTemplate, Scope, States, Variables};
use crate::execution::{ItemBatcher, ItemSource};
use crate::failure::Failure;
use crate::value::{Object, Value};

/// The text of `{"Items":[]}`, without which an input with items is not.
const EMPTY_BATCH_BYTES: usize = 12;

impl MapRun {
    /// The input of the next child and how many items are in it; none until there are more items.
    pub(super) fn next_input(&mut self) -> Result<Option<(Value, u64)>, Failure> {
        let next = loop {
            let Some(item) = self.progress.waiting.pop_front().or_else(|| self.next_given()) else {
                let is_last = self.progress.source_ended && !self.progress.batch.is_empty();
                break is_last.then(|| self.take_batch());
            };
            let index = self.progress.items_taken;
            self.progress.items_taken += 1;
            let item = self.select(index, &item).map_err(|failure| self.in_state(&failure))?;
            if self.progress.start.batcher.is_none() {
                break Some((item, 1));
            }
            if let Some(batch) = self.put_into_batch(item) {
                break Some(batch);
            }
        };
        if let Some((input, _)) = &next {
            let start = &self.progress.start;
            evaluate::check_payload(input, &start.state_name, &start.parent.limits)?;
        }
        Ok(next)
    }

    /// Adds an item to the batch that is being filled; gives the batch that is full, with the item or without it.
    fn put_into_batch(&mut self, item: Value) -> Option<(Value, u64)> {
        let batcher = self.progress.start.batcher.as_ref()?;
        let (max_items, largest) = (batcher.max_items, largest(batcher, self.limit()));
        let bytes = item.text_size() + 1;
        let has_no_room = !self.progress.batch.is_empty() && self.progress.batch_bytes + bytes > largest;
        let full = has_no_room.then(|| self.take_batch());
        if self.progress.batch.is_empty() {
            self.progress.batch_bytes = self.empty_batch_bytes();
        }
        self.progress.batch_bytes += bytes;
        self.progress.batch.push(item);
        if full.is_some() {
            return full;
        }
        let items = self.progress.batch.len() as u64;
        max_items.is_some_and(|most| items >= most).then(|| self.take_batch())
    }

    /// Whether there are items that no child has.
    pub(super) fn has_more_items(&self) -> bool {
        let progress = &self.progress;
        let is_given =
            matches!(&progress.start.items, ItemSource::Given(items) if (items.len() as u64) > progress.items_taken);
        is_given || !progress.source_ended || !progress.waiting.is_empty() || !progress.batch.is_empty()
    }

    pub(super) fn start_child(&mut self, input: Value, items: u64) {
        let index = self.progress.children;
        self.progress.children += 1;
        let start = StartChild::new(&self.progress.start, index, items, input);
        self.progress.running.insert(index, Running { items, start: Some(start.clone()), redrive: false });
        self.commands.push_back(MapRunCommand::StartChild(start));
    }

    fn next_given(&self) -> Option<Item> {
        match &self.progress.start.items {
            ItemSource::Given(items) => {
                items.get(usize::try_from(self.progress.items_taken).ok()?).cloned().map(Item::from)
            }
            ItemSource::Read(_) => None,
        }
    }

    /// What `ItemSelector` makes of an item; without one, its value, with its key if it has one.
    fn select(&self, index: u64, item: &Item) -> Result<Value, Failure> {
        if let Some(template) = self.selector() {
            return self.in_scope(index, item, |scope| template.evaluate(scope));
        }
        Ok(match &item.key {
            None => item.value.clone(),
            Some(key) => {
                let members = [("Key", Value::from(key.clone())), ("Value", item.value.clone())];
                members.into_iter().collect::<Object>().into()
            }
        })
    }

    fn selector(&self) -> Option<&PayloadTemplate> {
        let (map, _) = self.program.state_called(&self.progress.start.state_name)?.distributed_map()?;
        map.item_selector.as_ref()
    }

    /// Evaluates something in the scope of the Map state, with the item in the Context Object.
    fn in_scope<T>(
        &self,
        index: u64,
        item: &Item,
        evaluation: impl FnOnce(&Scope<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let scope = &self.progress.start.scope;
        let context = || with_item(&scope.context, index, item);
        evaluation(&Scope {
            input: &scope.effective_input,
            states: States { input: &scope.input, result: None, error_output: None },
            context: &context,
            variables: &Variables::new(&scope.variables, &[]),
            random: &self.progress.random,
            now: self.progress.now,
            budget: Budget::of(self.progress.start.parent.limits.evaluation_steps),
        })
    }

    /// A failure of the interpreter says where it happened.
    fn in_state(&self, failure: &Failure) -> Failure {
        let start = &self.progress.start;
        let failure = self.program.compatibility().interpreter_failure(failure.clone());
        failure.while_executing(&start.state_name, start.scope.entered).split_location().0
    }

    /// The largest payload.
    fn limit(&self) -> usize {
        self.progress.start.parent.limits.payload_bytes
    }

    fn take_batch(&mut self) -> (Value, u64) {
        let items = std::mem::take(&mut self.progress.batch);
        self.progress.batch_bytes = 0;
        let count = items.len() as u64;
        let mut input = Object::default();
        if let Some(batch_input) = self.batch_input() {
            input.insert("BatchInput", batch_input.clone());
        }
        input.insert("Items", items);
        (input.into(), count)
    }

    fn batch_input(&self) -> Option<&Value> {
        self.progress.start.batcher.as_ref()?.batch_input.as_ref()
    }

    /// The size of an input without items; one comma too many makes up for the one that the last item lacks.
    fn empty_batch_bytes(&self) -> usize {
        const BATCH_INPUT_BYTES: usize = r#""BatchInput":,"#.len();
        let batch_input = self.batch_input().map_or(0, |input| input.text_size() + BATCH_INPUT_BYTES);
        EMPTY_BATCH_BYTES + batch_input - 1
    }
}

/// How large a child's input may become, in bytes.
fn largest(batcher: &ItemBatcher, limit: usize) -> usize {
    batcher.max_input_bytes.map_or(limit, |bytes| usize::try_from(bytes).map_or(limit, |bytes| bytes.min(limit)))
}

/// The Context Object with `Map.Item`.
fn with_item(context: &Value, index: u64, item: &Item) -> Value {
    let mut context = context.as_object().cloned().unwrap_or_default();
    let text = |text: &Option<Arc<str>>| text.clone().map(Value::from);
    let members = [
        ("Index", Some(index.into())),
        ("Key", text(&item.key)),
        ("Value", Some(item.value.clone())),
        ("Source", text(&item.source)),
    ];
    let item: Object = members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    context.insert("Map", [("Item", item)].into_iter().collect::<Object>());
    context.into()
}
