//! The tree of a text into the form that is evaluated, as the reference's second pass over its tree.

mod ancestry;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::ancestry::Ancestry;
use super::ast::{self, Ast, AstKind, Span};
use super::compiled::{
    BinaryOperator, Call, Compiled, Condition, Group, Kind, Lambda, Look, Node, Slot, SortTerm, Stage, Symbol,
    Transform,
};
use super::error::Fault;
use super::item::Item;
use super::{Dialect, functions};
use crate::value::Value;

/// The compiled form of `ast`.
pub(super) fn lower(ast: Ast, dialect: Dialect) -> Result<Compiled, Fault> {
    let mut lowering = Lowering::default();
    let part = lowering.lower(ast)?;
    if part.is_parent() || !part.seeking.is_empty() {
        return Err(Fault::at("S0217", part.node.span));
    }
    let Lowering { symbols, ancestry, .. } = lowering;
    let builtins = symbols.names.iter().map(|name| functions::find(name, dialect)).collect();
    let Symbols { names, is_bound, .. } = symbols;
    Ok(Compiled { root: part.node, labels: ancestry.into_labels(), names, is_bound, builtins })
}

#[derive(Default)]
struct Lowering {
    symbols: Symbols,
    ancestry: Ancestry,
    /// For each block or function around: whether something in it binds a variable.
    binds: Vec<bool>,
}

/// The names of an expression, numbered.
#[derive(Default)]
struct Symbols {
    names: Vec<Arc<str>>,
    is_bound: Vec<bool>,
    by_name: BTreeMap<Arc<str>, Symbol>,
}

impl Symbols {
    fn of(&mut self, name: &Arc<str>) -> Symbol {
        if let Some(symbol) = self.by_name.get(name) {
            return *symbol;
        }
        let symbol = self.anonymous(name);
        self.by_name.insert(name.clone(), symbol);
        symbol
    }

    fn bound(&mut self, name: &Arc<str>) -> Symbol {
        let symbol = self.of(name);
        if let Some(is_bound) = self.is_bound.get_mut(symbol.0) {
            *is_bound = true;
        }
        symbol
    }

    /// A symbol that no variable can have.
    fn anonymous(&mut self, name: &Arc<str>) -> Symbol {
        self.names.push(name.clone());
        self.is_bound.push(false);
        Symbol(self.names.len() - 1)
    }
}

/// A node and the `%`s in it whose ancestors lie further out.
struct Part {
    node: Node,
    seeking: Vec<Slot>,
    /// Of a path: what its last step seeks, for the path that takes the step over.
    step_seeking: Vec<Slot>,
}

impl Part {
    fn of(kind: Kind, span: Span) -> Self {
        Self::seeking(Vec::new(), kind, span)
    }

    fn seeking(seeking: Vec<Slot>, kind: Kind, span: Span) -> Self {
        Self { node: Node::new(kind, span), seeking, step_seeking: Vec::new() }
    }

    fn is_parent(&self) -> bool {
        matches!(self.node.kind, Kind::Parent(_))
    }

    /// The node, as a piece of one that takes over what this still seeks.
    fn into_node(self, seeking: &mut Vec<Slot>) -> Node {
        seeking.extend(self.seeking);
        if let Kind::Parent(slot) = self.node.kind {
            seeking.push(slot);
        }
        self.node
    }

    /// This as a path of at least one step.
    fn into_path(self) -> Self {
        if matches!(self.node.kind, Kind::Path { .. }) {
            return self;
        }
        let span = self.node.span;
        let mut path = Self::of(Kind::Path { steps: vec![self.node], keep_singleton: false }, span);
        path.step_seeking = self.seeking;
        path
    }
}

type Lowered = Result<Part, Fault>;

impl Lowering {
    fn lower(&mut self, ast: Ast) -> Lowered {
        let span = ast.span;
        let keep_array = ast.keep_array;
        let mut part = match ast.kind {
            AstKind::Binary { operator: ".", left, right } => self.path(*left, *right)?,
            AstKind::Binary { operator: "~>", left, right } => self.application(*left, *right, span)?,
            AstKind::Binary { operator, left, right } => self.binary(operator, *left, *right, span)?,
            AstKind::Filter { left, right } => self.filter(*left, *right)?,
            AstKind::Group { left, pairs } => self.group(*left, pairs, span)?,
            AstKind::Sort { left, terms } => {
                let mut sorted = self.sort(*left, terms, span)?;
                if let Kind::Path { keep_singleton, .. } = &mut sorted.node.kind {
                    *keep_singleton |= keep_array;
                }
                sorted
            }
            AstKind::Bind { name, right } => {
                if let Some(binds) = self.binds.last_mut() {
                    *binds = true;
                }
                let name = self.symbols.bound(&name);
                let mut seeking = Vec::new();
                let value = Box::new(self.lower(*right)?.into_node(&mut seeking));
                Part::seeking(seeking, Kind::Bind { name, value }, span)
            }
            AstKind::Focus { left, name } => {
                let mut focused = self.focus(*left, &name, span)?;
                on_last_step(&mut focused.node, |step| step.keep_array |= keep_array);
                focused
            }
            AstKind::Index { left, name } => self.index(*left, &name)?,
            AstKind::Negation(operand) => self.negation(*operand, span)?,
            AstKind::Array(items) => {
                let mut seeking = Vec::new();
                let mut lowered = Vec::with_capacity(items.len());
                for item in items {
                    lowered.push(self.lower(item)?.into_node(&mut seeking));
                }
                Part::seeking(seeking, Kind::Array(lowered), span)
            }
            AstKind::Object(pairs) => {
                let mut seeking = Vec::new();
                let mut lowered = Vec::with_capacity(pairs.len());
                for (key, value) in pairs {
                    let key = self.lower(key)?.into_node(&mut seeking);
                    lowered.push((key, self.lower(value)?.into_node(&mut seeking)));
                }
                Part::seeking(seeking, Kind::Object(Group { pairs: lowered, span }), span)
            }
            AstKind::Call(call) => {
                let (call, seeking) = self.call(call)?;
                Part::seeking(seeking, Kind::Call(call), span)
            }
            AstKind::Partial(call) => {
                let (call, seeking) = self.call(call)?;
                Part::seeking(seeking, Kind::Partial(call), span)
            }
            AstKind::Lambda { parameters, signature, body } => {
                let parameters = parameters.iter().map(|name| self.symbols.bound(name)).collect();
                self.binds.push(false);
                let body = self.lower(*body)?.node;
                self.binds.pop();
                Part::of(Kind::Lambda(Box::new(Lambda { parameters, signature, body })), span)
            }
            AstKind::Condition { test, then, otherwise } => {
                let mut seeking = Vec::new();
                let test = self.lower(*test)?.into_node(&mut seeking);
                let then = self.lower(*then)?.into_node(&mut seeking);
                let otherwise = otherwise.map(|otherwise| self.lower(*otherwise)).transpose()?;
                let otherwise = otherwise.map(|otherwise| otherwise.into_node(&mut seeking));
                Part::seeking(seeking, Kind::Condition(Box::new(Condition { test, then, otherwise })), span)
            }
            AstKind::Transform { pattern, update, delete } => {
                let transform = Transform {
                    pattern: self.lower(*pattern)?.node,
                    update: self.lower(*update)?.node,
                    delete: delete.map(|delete| self.lower(*delete)).transpose()?.map(|delete| delete.node),
                    clone: self.symbols.of(&"clone".into()),
                };
                Part::of(Kind::Transform(Box::new(transform)), span)
            }
            AstKind::Block(parts) => self.block(parts, span)?,
            AstKind::Name(name) => {
                let mut step = Node::new(Kind::Name(name), span);
                step.keep_array = keep_array;
                Part::of(Kind::Path { steps: vec![step], keep_singleton: keep_array }, span)
            }
            AstKind::Parent => Part::of(Kind::Parent(self.ancestry.slot(&mut self.symbols)), span),
            AstKind::Variable(name) if name.is_empty() => Part::of(Kind::Context, span),
            AstKind::Variable(name) => Part::of(Kind::Variable(self.symbols.of(&name)), span),
            AstKind::String(text) => Part::of(Kind::Literal(Value::String(text)), span),
            AstKind::Number(number) => Part::of(Kind::Literal(literal(number)), span),
            AstKind::Constant(value) => Part::of(Kind::Literal(value), span),
            AstKind::Regex(regex) => Part::of(Kind::Regex(regex), span),
            AstKind::Wildcard => Part::of(Kind::Wildcard, span),
            AstKind::Descendants => Part::of(Kind::Descendants, span),
            AstKind::Placeholder => Part::of(Kind::Placeholder, span),
            AstKind::End => return Err(Fault::at("S0207", span)),
        };
        part.node.keep_array |= keep_array;
        Ok(part)
    }

    /// `left.right`
    fn path(&mut self, left: Ast, right: Ast) -> Lowered {
        let left = self.lower(left)?;
        let parent = if let Kind::Parent(slot) = left.node.kind { Some(slot) } else { None };
        let mut path = left.into_path();
        path.seeking.extend(parent);
        let right = self.lower(right)?;
        let Kind::Path { steps, keep_singleton } = &mut path.node.kind else { return Ok(path) };
        let mut last_seeking = if let Kind::Path { steps: more, .. } = right.node.kind {
            steps.extend(more);
            right.step_seeking
        } else {
            steps.push(as_step(right.node));
            right.seeking
        };
        if let Some(Kind::Parent(slot)) = steps.last().map(|step| &step.kind) {
            last_seeking.push(*slot);
        }
        for step in steps.iter_mut() {
            if let Kind::Literal(literal) = &step.kind {
                match literal {
                    Value::String(name) => step.kind = Kind::Name(name.clone()),
                    other => return Err(Fault::at("S0213", step.span).with("value", other.to_string())),
                }
            }
        }
        *keep_singleton |= steps.iter().any(|step| step.keep_array);
        if let Some(first) = steps.first_mut() {
            first.is_constructed |= matches!(first.kind, Kind::Array(_));
        }
        if let Some(last) = steps.last_mut() {
            last.is_constructed |= matches!(last.kind, Kind::Array(_));
        }
        self.ancestry.resolve(steps, last_seeking, &mut path.seeking)?;
        Ok(path)
    }

    fn application(&mut self, left: Ast, right: Ast, span: Span) -> Lowered {
        let left = self.lower(left)?.node;
        let right = self.lower(right)?.node;
        let keep_array = left.keep_array || right.keep_array;
        let mut part = Part::of(Kind::Apply(Box::new((left, right))), span);
        part.node.keep_array = keep_array;
        Ok(part)
    }

    fn binary(&mut self, operator: &str, left: Ast, right: Ast, span: Span) -> Lowered {
        let Some(operator) = BinaryOperator::of_symbol(operator) else {
            return Err(Fault::at("S0201", span).with_token(operator));
        };
        let mut seeking = Vec::new();
        let left = self.lower(left)?.into_node(&mut seeking);
        let right = self.lower(right)?.into_node(&mut seeking);
        let looks = Look::at_operands(operator, (&left, &right));
        Ok(Part::seeking(seeking, Kind::Binary { operator, operands: Box::new((left, right)), looks }, span))
    }

    /// `left[right]`
    fn filter(&mut self, left: Ast, right: Ast) -> Lowered {
        let span = right.span;
        let mut left = self.lower(left)?;
        let predicate = self.lower(right)?;
        let is_path = matches!(left.node.kind, Kind::Path { .. });
        let step_seeking = on_last_step(&mut left.node, |step| {
            if step.group.is_some() {
                return Err(Fault::at("S0209", span));
            }
            for slot in &predicate.seeking {
                self.ancestry.resolve_in_predicate(step, *slot)?;
            }
            let Part { node: predicate, seeking, .. } = predicate;
            if is_path {
                step.stages.push(Stage::Filter(predicate));
            } else {
                step.predicates.push(predicate);
            }
            Ok(seeking)
        })?;
        if is_path {
            left.step_seeking.extend(step_seeking);
        } else {
            left.seeking.extend(step_seeking);
        }
        Ok(left)
    }

    /// `left{key: value}`
    fn group(&mut self, left: Ast, pairs: Vec<(Ast, Ast)>, span: Span) -> Lowered {
        let mut left = self.lower(left)?;
        if left.node.group.is_some() {
            return Err(Fault::at("S0210", span));
        }
        let mut lowered = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            lowered.push((self.lower(key)?.node, self.lower(value)?.node));
        }
        left.node.group = Some(Group { pairs: lowered, span });
        Ok(left)
    }

    /// `left^(term, …)`
    fn sort(&mut self, left: Ast, terms: Vec<ast::SortTerm>, span: Span) -> Lowered {
        let mut path = self.lower(left)?.into_path();
        let mut seeking = Vec::new();
        let mut lowered = Vec::with_capacity(terms.len());
        for term in terms {
            let expression = self.lower(term.expression)?.into_node(&mut seeking);
            lowered.push(SortTerm { descending: term.descending, expression });
        }
        if let Kind::Path { steps, .. } = &mut path.node.kind {
            steps.push(Node::new(Kind::Sort(lowered), span));
            self.ancestry.resolve(steps, seeking, &mut path.seeking)?;
        }
        Ok(path)
    }

    /// `left@$name`
    fn focus(&mut self, left: Ast, name: &Arc<str>, span: Span) -> Lowered {
        let mut left = self.lower(left)?;
        let focus = self.symbols.bound(name);
        on_last_step(&mut left.node, |step| {
            if !step.stages.is_empty() || !step.predicates.is_empty() {
                return Err(Fault::at("S0215", span));
            }
            if matches!(step.kind, Kind::Sort(_)) {
                return Err(Fault::at("S0216", span));
            }
            step.focus = Some(focus);
            step.is_tuple = true;
            Ok(())
        })?;
        Ok(left)
    }

    /// `left#$name`
    fn index(&mut self, left: Ast, name: &Arc<str>) -> Lowered {
        let mut left = self.lower(left)?;
        if !matches!(left.node.kind, Kind::Path { .. }) {
            left.node = as_step(left.node);
        }
        let mut path = left.into_path();
        let symbol = self.symbols.bound(name);
        on_last_step(&mut path.node, |step| {
            if step.stages.is_empty() {
                step.index = Some(symbol);
            } else {
                step.stages.push(Stage::Index(symbol));
            }
            step.is_tuple = true;
        });
        Ok(path)
    }

    fn negation(&mut self, operand: Ast, span: Span) -> Lowered {
        let operand = self.lower(operand)?;
        if let Kind::Literal(Value::Number(number)) = operand.node.kind {
            let mut negative = operand;
            negative.node.kind = Kind::Literal(literal(-number.as_f64()));
            return Ok(negative);
        }
        let mut seeking = Vec::new();
        let operand = Box::new(operand.into_node(&mut seeking));
        Ok(Part::seeking(seeking, Kind::Negation(operand), span))
    }

    fn call(&mut self, call: ast::Call) -> Result<(Box<Call>, Vec<Slot>), Fault> {
        let mut seeking = Vec::new();
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in call.arguments {
            arguments.push(self.lower(argument)?.into_node(&mut seeking));
        }
        let procedure = self.lower(*call.procedure)?.node;
        let (name, meant) = match &procedure.kind {
            Kind::Path { steps, .. } => match steps.first().map(|step| &step.kind) {
                Some(Kind::Name(name)) => (Some(name.clone()), Some(self.symbols.of(name))),
                _ => (None, None),
            },
            Kind::Variable(symbol) => (self.symbols.names.get(symbol.0).cloned(), None),
            _ => (None, None),
        };
        Ok((Box::new(Call { procedure, arguments, name, meant }), seeking))
    }

    fn block(&mut self, parts: Vec<Ast>, span: Span) -> Lowered {
        let mut seeking = Vec::new();
        let mut is_constructed = false;
        let mut lowered = Vec::with_capacity(parts.len());
        self.binds.push(false);
        for part in parts {
            let part = self.lower(part)?.into_node(&mut seeking);
            is_constructed |= part.is_constructed
                || matches!(&part.kind, Kind::Path { steps, .. } if steps.first().is_some_and(|step| step.is_constructed));
            lowered.push(part);
        }
        let binds = self.binds.pop().unwrap_or(false);
        let mut block = Part::seeking(seeking, Kind::Block { parts: lowered, binds }, span);
        block.node.is_constructed = is_constructed;
        Ok(block)
    }
}

/// Does something to the step that what follows `node` applies to: the last of a path, or `node` itself.
fn on_last_step<R>(node: &mut Node, act: impl FnOnce(&mut Node) -> R) -> R {
    if let Kind::Path { steps, .. } = &mut node.kind
        && let Some(last) = steps.last_mut()
    {
        return act(last);
    }
    act(node)
}

/// A node as a step of a path, whose predicates filter the result for each context item.
fn as_step(mut node: Node) -> Node {
    node.stages.extend(std::mem::take(&mut node.predicates).into_iter().map(Stage::Filter));
    node
}

/// A number as it prints: whole numbers as integers.
fn literal(number: f64) -> Value {
    match Item::from(number) {
        Item::Value(value) => value,
        _ => Value::Null,
    }
}
