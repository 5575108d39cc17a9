//! Functions: what they are, how they are called, applied in part and chained.

use std::sync::Arc;

use super::super::ast::Span;
use super::super::compiled::{Call, Kind, Lambda, Node, Transform};
use super::super::error::Fault;
use super::super::functions::{self, Arguments, Builtin, Search};
use super::super::item::Item;
use super::super::regex::Regex;
use super::super::signature::Signature;
use super::frame::FrameId;
use super::{Evaluated, Evaluator};
use crate::value::Value;

/// A function as a value.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Function {
    Builtin(&'static Builtin),
    /// One that this evaluation defined.
    Defined(usize),
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Builtin(left), Self::Builtin(right)) => left.name == right.name,
            (Self::Defined(left), Self::Defined(right)) => left == right,
            _ => false,
        }
    }
}

/// What a defined function does, and what it captured.
#[derive(Debug, Clone)]
pub(in super::super) enum Closure<'e> {
    Lambda {
        lambda: &'e Lambda,
        input: Option<Item>,
        frame: FrameId,
    },
    /// `given` has a gap for each `?`.
    Partial {
        function: Function,
        given: Vec<Given>,
    },
    /// `first ~> second`
    Composed {
        first: Function,
        second: Function,
    },
    /// A regular expression: called with a text, it yields the first match.
    Matcher(&'e Regex),
    /// The `next` of a match.
    NextMatch {
        regex: &'e Regex,
        text: Arc<str>,
        position: usize,
    },
    Transform {
        transform: &'e Transform,
        span: Span,
        frame: FrameId,
    },
}

/// An argument of a partial application.
#[derive(Debug, Clone)]
pub(in super::super) enum Given {
    Gap,
    Argument(Option<Item>),
}

/// What the body of a function comes to: a value, or a call that takes the place of the function's own.
enum Tail {
    Value(Option<Item>),
    Call { function: Function, arguments: Vec<Option<Item>> },
}

impl<'e> Evaluator<'e> {
    /// A new function value.
    pub(in super::super) fn define(&mut self, closure: Closure<'e>) -> Evaluated {
        self.bounds.charge(size_of::<Closure<'_>>())?;
        self.closures.push(closure);
        Ok(Some(Item::Function(Function::Defined(self.closures.len() - 1))))
    }

    /// How many parameters a function declares, which decides what higher-order functions hand to it.
    pub(in super::super) fn arity(&self, function: Function) -> usize {
        match function {
            Function::Builtin(builtin) => builtin.arity,
            Function::Defined(id) => match self.closures.get(id) {
                Some(Closure::Lambda { lambda, .. }) => lambda.parameters.len(),
                Some(Closure::Partial { given, .. }) => {
                    given.iter().filter(|given| matches!(given, Given::Gap)).count()
                }
                Some(Closure::Matcher(_)) => 2,
                Some(Closure::Composed { .. } | Closure::Transform { .. }) => 1,
                Some(Closure::NextMatch { .. }) | None => 0,
            },
        }
    }

    /// The regular expression that a function is, if it is one.
    pub(in super::super) fn as_regex(&self, function: Function) -> Option<&'e Regex> {
        match function {
            Function::Defined(id) => match self.closures.get(id) {
                Some(Closure::Matcher(regex)) => Some(regex),
                _ => None,
            },
            Function::Builtin(_) => None,
        }
    }

    /// Calls a function; what it leaves out of its signature is filled from `context`.
    pub(in super::super) fn call(
        &mut self,
        function: Function,
        arguments: Vec<Option<Item>>,
        context: Option<&Item>,
    ) -> Evaluated {
        self.bounds.enter()?;
        let result = self.call_and_follow(function, arguments, context)?;
        self.bounds.leave();
        if let Some(built @ (Item::Array(_) | Item::Object(_))) = &result {
            self.bounds.check_extent(built.extent())?;
        }
        Ok(result)
    }

    /// The arguments as a signature arranges them, which takes as long as they are.
    fn arrange(
        &mut self,
        signature: &Signature,
        arguments: Vec<Option<Item>>,
        context: Option<&Item>,
    ) -> Result<Vec<Option<Item>>, Fault> {
        self.bounds.spend(signature.comparisons(arguments.len()) as u64 / 32)?;
        let arguments = signature.apply(arguments, context)?;
        for argument in arguments.iter().flatten() {
            self.bounds.read_text(argument.as_str().map_or(0, str::len))?;
        }
        self.bounds.spend(signature.elements_checked(&arguments) as u64 / 16)?;
        Ok(arguments)
    }

    /// Calls a function, and the function that its end calls, and so on.
    fn call_and_follow(
        &mut self,
        mut function: Function,
        mut arguments: Vec<Option<Item>>,
        context: Option<&Item>,
    ) -> Evaluated {
        loop {
            self.bounds.spend(1)?;
            let id = match function {
                Function::Builtin(builtin) => {
                    let arguments = self.arrange(&builtin.signature, arguments, context);
                    return arguments
                        .and_then(|arguments| (builtin.run)(self, &mut Arguments(arguments)))
                        .map_err(|fault| fault.with_token(builtin.name));
                }
                Function::Defined(id) => id,
            };
            let Some(closure) = self.closures.get(id) else { return Err(Fault::new("T1006")) };
            match closure {
                Closure::Lambda { lambda, input, frame } => {
                    let (lambda, input, frame) = (*lambda, input.clone(), *frame);
                    if let Some(signature) = &lambda.signature {
                        arguments = self.arrange(signature, arguments, context)?;
                    }
                    match self.lambda(lambda, input.as_ref(), frame, arguments)? {
                        Tail::Value(value) => return Ok(value),
                        Tail::Call { function: next, arguments: given } => {
                            function = next;
                            arguments = given;
                        }
                    }
                }
                Closure::Partial { function: inner, given } => {
                    let mut rest = arguments.into_iter();
                    arguments = given
                        .iter()
                        .map(|given| match given {
                            Given::Gap => rest.next().flatten(),
                            Given::Argument(argument) => argument.clone(),
                        })
                        .collect();
                    function = *inner;
                }
                Closure::Composed { first, second } => {
                    let (first, second) = (*first, *second);
                    arguments.truncate(1);
                    arguments = vec![self.call(first, arguments, None)?];
                    function = second;
                }
                Closure::Matcher(regex) => {
                    let regex = *regex;
                    let Some(text) = arguments.first().and_then(Option::as_ref).and_then(Item::as_text).cloned() else {
                        return Ok(None);
                    };
                    let start = arguments.get(1).and_then(Option::as_ref).and_then(Item::as_f64).unwrap_or(0.0);
                    let search = Search::From(functions::byte_offset(&text, start));
                    return functions::match_record(self, regex, &text, search);
                }
                Closure::NextMatch { regex, text, position } => {
                    let (regex, text, position) = (*regex, text.clone(), *position);
                    return functions::match_record(self, regex, &text, Search::After(position));
                }
                Closure::Transform { transform, span, frame } => {
                    let (transform, span, frame) = (*transform, *span, *frame);
                    let argument = arguments.into_iter().next().flatten();
                    return self.transform(transform, span, argument, frame);
                }
            }
        }
    }

    fn lambda(
        &mut self,
        lambda: &'e Lambda,
        input: Option<&Item>,
        frame: FrameId,
        arguments: Vec<Option<Item>>,
    ) -> Result<Tail, Fault> {
        let mut arguments = arguments.into_iter();
        let bindings = lambda.parameters.iter().map(|symbol| (*symbol, arguments.next().flatten())).collect();
        let inner = self.push_frame(frame, bindings)?;
        let result = self.tail(&lambda.body, input, inner)?;
        self.release(inner);
        Ok(result)
    }

    /// Evaluates what stands at the end of a function, without making the calls that stand there.
    fn tail(&mut self, node: &'e Node, input: Option<&Item>, frame: FrameId) -> Result<Tail, Fault> {
        let is_plain = node.predicates.is_empty() && node.group.is_none();
        if !is_plain || !matches!(node.kind, Kind::Call(_) | Kind::Condition(_) | Kind::Block { .. }) {
            return self.evaluate(node, input, frame).map(Tail::Value);
        }
        self.bounds.enter()?;
        let result = match &node.kind {
            Kind::Call(call) => self.tail_call(call, node.span, input, frame)?,
            Kind::Condition(condition) => match self.branch(condition, input, frame)? {
                Some(branch) => self.tail(branch, input, frame)?,
                None => Tail::Value(None),
            },
            Kind::Block { parts, binds: false } => self.tail_block(parts, input, frame)?,
            Kind::Block { parts, binds: true } => {
                self.in_frame_of_its_own(frame, |evaluator, inner| evaluator.tail_block(parts, input, inner))?
            }
            _ => Tail::Value(None),
        };
        self.bounds.leave();
        Ok(result)
    }

    fn tail_block(&mut self, parts: &'e [Node], input: Option<&Item>, frame: FrameId) -> Result<Tail, Fault> {
        let Some((last, before)) = parts.split_last() else { return Ok(Tail::Value(None)) };
        for part in before {
            self.evaluate(part, input, frame)?;
        }
        self.tail(last, input, frame)
    }

    fn tail_call(&mut self, call: &'e Call, span: Span, input: Option<&Item>, frame: FrameId) -> Result<Tail, Fault> {
        let function = self.procedure(call, span, input, frame)?;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument, input, frame)?);
        }
        Ok(Tail::Call { function, arguments })
    }

    /// `procedure(arguments)`, with what was piped into it by `~>` before the arguments.
    pub(super) fn call_node(
        &mut self,
        call: &'e Call,
        span: Span,
        mut arguments: Vec<Option<Item>>,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Evaluated {
        let procedure = match call.procedure.kind {
            Kind::Variable(symbol) if call.procedure.is_bare() => self.variable(symbol, frame),
            _ => self.evaluate(&call.procedure, input, frame)?,
        };
        arguments.reserve_exact(call.arguments.len());
        if procedure.is_none() {
            self.refuse_bare_name(call, span, "T1005", frame)?;
        }
        for argument in &call.arguments {
            arguments.push(self.evaluate(argument, input, frame)?);
        }
        let blame = |fault: Fault| match &call.name {
            Some(name) => fault.with_token(name).with_span(span),
            None => fault.with_span(span),
        };
        match procedure.and_then(|procedure| procedure.as_function()) {
            Some(function) => self.call(function, arguments, input).map_err(blame),
            None => Err(blame(Fault::new("T1006"))),
        }
    }

    fn procedure(
        &mut self,
        call: &'e Call,
        span: Span,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Result<Function, Fault> {
        let procedure = self.evaluate(&call.procedure, input, frame)?;
        if procedure.is_none() {
            self.refuse_bare_name(call, span, "T1005", frame)?;
        }
        procedure.and_then(|procedure| procedure.as_function()).ok_or_else(|| Fault::at("T1006", span))
    }

    /// Refuses to call a bare name that is the name of a variable.
    fn refuse_bare_name(&mut self, call: &Call, span: Span, code: &'static str, frame: FrameId) -> Result<(), Fault> {
        match (call.meant, &call.name) {
            (Some(meant), Some(name)) if self.variable(meant, frame).is_some() => {
                Err(Fault::at(code, span).with("name", &**name))
            }
            _ => Ok(()),
        }
    }

    /// A call with gaps, which makes a function of the gaps.
    pub(super) fn partial(&mut self, call: &'e Call, span: Span, input: Option<&Item>, frame: FrameId) -> Evaluated {
        let mut given = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            given.push(match argument.kind {
                Kind::Placeholder => Given::Gap,
                _ => Given::Argument(self.evaluate(argument, input, frame)?),
            });
        }
        let procedure = self.evaluate(&call.procedure, input, frame)?;
        if procedure.is_none() {
            self.refuse_bare_name(call, span, "T1007", frame)?;
        }
        match procedure.and_then(|procedure| procedure.as_function()) {
            Some(function) => self.define(Closure::Partial { function, given }),
            None => Err(Fault::at("T1008", span)),
        }
    }

    /// `left ~> right`
    pub(super) fn application(
        &mut self,
        left: &'e Node,
        right: &'e Node,
        span: Span,
        input: Option<&Item>,
        frame: FrameId,
    ) -> Evaluated {
        let piped = self.evaluate(left, input, frame)?;
        if let Kind::Call(call) = &right.kind {
            return self.call_node(call, right.span, vec![piped], input, frame);
        }
        let applied = self.evaluate(right, input, frame)?;
        let Some(second) = applied.as_ref().and_then(Item::as_function) else {
            return Err(Fault::at("T2006", span));
        };
        match piped.as_ref().and_then(Item::as_function) {
            Some(first) => self.define(Closure::Composed { first, second }),
            None => {
                self.call(second, vec![piped], Some(&Item::Value(Value::Null))).map_err(|fault| fault.with_span(span))
            }
        }
    }
}
