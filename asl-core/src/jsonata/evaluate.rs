//! What an expression yields for an input: the walk over the compiled form.
//!
//! The walk follows the reference's evaluator closely, because what becomes of sequences depends on which of its steps
//! makes, flattens or collapses them. It recurses, so its depth is bounded; calls in tail position do not deepen it.

mod bounds;
mod call;
mod frame;
mod group;
mod lookup;
mod operator;
mod path;
mod sort;
mod transform;
mod tuple;

use std::sync::Arc;

pub(super) use self::bounds::Bounds;
pub(super) use self::call::{Closure, Function};
use self::frame::{Frame, FrameId};
pub(super) use self::operator::compare_text;
pub(super) use self::sort::merge_sort;
pub(super) use self::tuple::Tuple;
use super::compiled::{Compiled, Condition, Kind, Node, Symbol};
use super::error::Fault;
use super::functions;
use super::item::{Item, List, Record, Role};
use super::{Bindings, Environment};
use crate::value::Value;

/// The result of evaluating something; `None` is undefined.
pub(super) type Evaluated = Result<Option<Item>, Fault>;

/// One evaluation of a compiled expression.
pub(super) struct Evaluator<'e> {
    compiled: &'e Compiled,
    pub(super) environment: &'e Environment<'e>,
    pub(super) bounds: Bounds,
    bindings: &'e dyn Bindings,
    input: Option<Item>,
    /// What the host made for each symbol; empty until it made something.
    made: Vec<Option<Value>>,
    /// Frames and closures live in these two until the end, so that closures may refer to each other in cycles;
    /// not even the outermost frame exists before something is bound.
    frames: Vec<Frame>,
    closures: Vec<Closure<'e>>,
}

impl<'e> Evaluator<'e> {
    pub(super) fn new(
        compiled: &'e Compiled,
        input: Option<&Value>,
        bindings: &'e dyn Bindings,
        environment: &'e Environment<'e>,
    ) -> Self {
        Self {
            compiled,
            environment,
            bounds: Bounds::new(environment.limits),
            bindings,
            input: input.cloned().map(Item::Value),
            made: Vec::new(),
            frames: Vec::new(),
            closures: Vec::new(),
        }
    }

    pub(super) fn run(&mut self) -> Evaluated {
        let input = self.input.clone().map(|input| {
            if input.is_array() { Item::Array(List::new(vec![input], Role::InputWrapper).into()) } else { input }
        });
        self.evaluate(&self.compiled.root, input.as_ref(), FrameId::ROOT)
    }

    pub(super) fn evaluate(&mut self, node: &'e Node, input: Option<&Item>, frame: FrameId) -> Evaluated {
        self.bounds.enter().map_err(|fault| fault.with_span(node.span))?;
        let mut result = self.evaluate_kind(node, input, frame)?;
        for predicate in &node.predicates {
            result = self.filter(predicate, result, frame)?;
        }
        if let Some(group) = &node.group
            && !matches!(node.kind, Kind::Path { .. })
        {
            result = Some(self.group_items(group, result.as_ref(), frame)?);
        }
        self.bounds.leave();
        match &result {
            Some(built @ (Item::Array(_) | Item::Object(_))) => {
                self.bounds.check_extent(built.extent()).map_err(|fault| fault.with_span(node.span))?;
                Ok(if node.keep_array { keep(result) } else { collapse(result) })
            }
            _ => Ok(result),
        }
    }

    fn evaluate_kind(&mut self, node: &'e Node, input: Option<&Item>, frame: FrameId) -> Evaluated {
        match &node.kind {
            Kind::Path { steps, keep_singleton } => {
                let role = if *keep_singleton { Role::KeptSequence } else { Role::Sequence };
                self.path(node, steps, role, input, frame)
            }
            Kind::Name(name) => match input {
                Some(input) => functions::lookup(self, input, name),
                None => Ok(None),
            },
            Kind::Literal(value) => Ok(Some(Item::Value(value.clone()))),
            Kind::Context => Ok(input.map(Item::unwrapped)),
            Kind::Variable(symbol) => Ok(self.variable(*symbol, frame)),
            Kind::Wildcard => self.wildcard(input),
            Kind::Descendants => self.descendants(input),
            Kind::Parent(slot) => {
                Ok(self.compiled.labels.get(slot.0).and_then(|label| self.local(*label, frame)).cloned().flatten())
            }
            Kind::Sort(_) | Kind::Placeholder => Ok(None),
            Kind::Binary { operator, operands, looks } => {
                match self.operator_at_a_look(*operator, looks.as_deref(), input.and_then(Item::as_json))? {
                    Some(result) => Ok(Some(result.into())),
                    None => self.binary(*operator, operands, node.span, input, frame),
                }
            }
            Kind::Negation(operand) => self.negation(operand, node.span, input, frame),
            Kind::Array(items) => self.array(node, items, input, frame),
            Kind::Object(group) => self.group_items(group, input, frame).map(Some),
            Kind::Bind { name, value } => self.binding(*name, value, input, frame),
            Kind::Condition(condition) => self.condition(condition, input, frame),
            Kind::Block { parts, binds: false } => self.block(parts, input, frame),
            Kind::Block { parts, binds: true } => {
                self.in_frame_of_its_own(frame, |evaluator, inner| evaluator.block(parts, input, inner))
            }
            Kind::Regex(regex) => self.define(Closure::Matcher(regex)),
            Kind::Call(call) => self.call_node(call, node.span, Vec::new(), input, frame),
            Kind::Partial(call) => self.partial(call, node.span, input, frame),
            Kind::Lambda(lambda) => self.define(Closure::Lambda { lambda, input: input.cloned(), frame }),
            Kind::Apply(sides) => self.application(&sides.0, &sides.1, node.span, input, frame),
            Kind::Transform(transform) => self.define(Closure::Transform { transform, span: node.span, frame }),
        }
    }

    /// What a variable means: the closest binding in the expression, else the host's, else the function of that name.
    fn variable(&mut self, symbol: Symbol, frame: FrameId) -> Option<Item> {
        if self.compiled.is_bound.get(symbol.0).copied().unwrap_or(false)
            && let Some(bound) = self.local(symbol, frame)
        {
            return bound.clone();
        }
        let name = self.compiled.names.get(symbol.0)?;
        if &**name == "$" {
            return self.input.clone();
        }
        if let Some(value) = self.of_host(symbol, name) {
            return Some(Item::Value(value));
        }
        let builtin = self.compiled.builtins.get(symbol.0).copied().flatten();
        builtin.map(|builtin| Item::Function(Function::Builtin(builtin)))
    }

    /// The host's variable; what it has to make for that is kept.
    fn of_host(&mut self, symbol: Symbol, name: &str) -> Option<Value> {
        if let Some(known) = self.bindings.known(name) {
            return Some(known.clone());
        }
        if let Some(Some(made)) = self.made.get(symbol.0) {
            return Some(made.clone());
        }
        let made = self.bindings.value(name)?;
        if self.made.is_empty() {
            self.made.resize(self.compiled.names.len(), None);
        }
        if let Some(slot) = self.made.get_mut(symbol.0) {
            *slot = Some(made.clone());
        }
        Some(made)
    }

    fn binding(&mut self, name: Symbol, value: &'e Node, input: Option<&Item>, frame: FrameId) -> Evaluated {
        let value = self.evaluate(value, input, frame)?;
        self.bind(frame, name, value.clone());
        Ok(value)
    }

    fn condition(&mut self, condition: &'e Condition, input: Option<&Item>, frame: FrameId) -> Evaluated {
        match self.branch(condition, input, frame)? {
            Some(branch) => self.evaluate(branch, input, frame),
            None => Ok(None),
        }
    }

    /// The side of a condition that its test chooses.
    fn branch(
        &mut self,
        condition: &'e Condition,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Result<Option<&'e Node>, Fault> {
        let test = self.evaluate(&condition.test, input, frame)?;
        let holds = self.is_truthy(test.as_ref())?;
        Ok(if holds { Some(&condition.then) } else { condition.otherwise.as_ref() })
    }

    /// Whether a value counts as true; undefined does not.
    pub(super) fn is_truthy(&mut self, item: Option<&Item>) -> Result<bool, Fault> {
        let mut looked_at = 0;
        let is_truthy = item.map_or(Ok(false), |item| item.is_truthy(&mut looked_at))?;
        self.bounds.spend(looked_at / 16)?;
        Ok(is_truthy)
    }

    fn block(&mut self, parts: &'e [Node], input: Option<&Item>, frame: FrameId) -> Evaluated {
        let mut result = None;
        for part in parts {
            result = self.evaluate(part, input, frame)?;
        }
        Ok(result)
    }

    /// Evaluates what binds variables that `frame` does not see.
    fn in_frame_of_its_own<R>(
        &mut self,
        frame: FrameId,
        evaluate: impl FnOnce(&mut Self, FrameId) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let inner = self.push_frame(frame, Vec::new())?;
        let result = evaluate(self, inner)?;
        self.release(inner);
        Ok(result)
    }

    fn array(&mut self, node: &Node, parts: &'e [Node], input: Option<&Item>, frame: FrameId) -> Evaluated {
        let mut items = Vec::new();
        for part in parts {
            let Some(item) = self.evaluate(part, input, frame)? else { continue };
            let is_spread = !matches!(part.kind, Kind::Array(_));
            let before = items.len();
            match item {
                Item::Array(list) if is_spread && items.is_empty() => items = List::take_items(list),
                item => match item.as_array() {
                    Some(array) if is_spread => items.extend(array.iter()),
                    _ => items.push(item),
                },
            }
            self.bounds.charge_items(items.len() - before)?;
        }
        let role = if node.is_constructed { Role::Constructed } else { Role::Plain };
        Ok(Some(Item::Array(List::new(items, role).into())))
    }

    /// The values of an object; arrays among them are flattened and make the result a plain array.
    fn wildcard(&mut self, input: Option<&Item>) -> Evaluated {
        let Some(input) = input.map(Item::unwrapped) else { return Ok(Some(Item::sequence(Vec::new()))) };
        let values: Vec<Item> = match (input.as_object(), input.as_array()) {
            (Some(object), _) => object.iter().map(|(_, item)| item).collect(),
            (None, Some(array)) => array.to_vec(),
            (None, None) => Vec::new(),
        };
        self.bounds.spend(values.len() as u64 / 16)?;
        let mut items = Vec::new();
        let mut role = Role::Sequence;
        for value in values {
            if value.is_array() {
                role = Role::Plain;
                self.flatten(&value, &mut items)?;
            } else {
                items.push(value);
            }
        }
        self.bounds.charge_items(items.len())?;
        Ok(Some(Item::Array(List::new(items, role).into())))
    }

    /// Every element of `array` and of the arrays within it.
    fn flatten(&mut self, array: &Item, items: &mut Vec<Item>) -> Result<(), Fault> {
        let Some(elements) = array.as_array() else {
            items.push(array.clone());
            return Ok(());
        };
        self.bounds.spend(1 + elements.len() as u64 / 16)?;
        self.bounds.check_length(items.len().saturating_add(elements.len()))?;
        elements.iter().try_for_each(|element| self.flatten(&element, items))
    }

    /// The input and everything within it that is not an array.
    fn descendants(&mut self, input: Option<&Item>) -> Evaluated {
        let Some(input) = input else { return Ok(None) };
        let mut items = Vec::new();
        self.collect_descendants(input, &mut items)?;
        Ok(match items.len() {
            1 => items.pop(),
            _ => Some(Item::sequence(items)),
        })
    }

    fn collect_descendants(&mut self, input: &Item, items: &mut Vec<Item>) -> Result<(), Fault> {
        self.bounds.charge_items(1)?;
        if let Some(array) = input.as_array() {
            return array.iter().try_for_each(|item| self.collect_descendants(&item, items));
        }
        items.push(input.clone());
        match input.as_object() {
            Some(object) => object.iter().try_for_each(|(_, item)| self.collect_descendants(&item, items)),
            None => Ok(()),
        }
    }

    /// An object of these members.
    fn object_of(&mut self, members: Vec<(Arc<str>, Item)>) -> Result<Item, Fault> {
        self.bounds.charge_items(members.len() * 2)?;
        let mut record = Record::default();
        for (key, item) in members {
            record.insert(key, item);
        }
        Ok(Item::object(record))
    }
}

/// A sequence as the result of an expression: undefined if it is empty, its item if it has one and need not stay.
fn collapse(result: Option<Item>) -> Option<Item> {
    let Some(Item::Array(list)) = &result else { return result };
    match list.items() {
        [] if list.is_sequence() => None,
        [only] if list.is_sequence() && list.role() != Role::KeptSequence => Some(only.clone()),
        _ => result,
    }
}

/// The same, but one that stays a sequence though it has one item only.
fn keep(result: Option<Item>) -> Option<Item> {
    let Some(Item::Array(mut list)) = result else { return result };
    if list.is_sequence() && list.items().is_empty() {
        return None;
    }
    if list.is_sequence() && list.role() != Role::KeptSequence {
        std::rc::Rc::make_mut(&mut list).set_role(Role::KeptSequence);
    }
    Some(Item::Array(list))
}
