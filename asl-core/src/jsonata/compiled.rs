//! The form of an expression that is evaluated: paths flattened into steps, names made numbers, parents resolved.

use std::sync::Arc;

use super::ast::Span;
use super::functions::Builtin;
use super::regex::Regex;
use super::signature::Signature;
use crate::value::Value;

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) root: Node,
    /// The names that [`Symbol`]s stand for.
    pub(super) names: Vec<Arc<str>>,
    /// Whether something in the expression binds the symbol; if nothing does, only the host or a function can be meant.
    pub(super) is_bound: Vec<bool>,
    /// The function of the dialect that each name means, if nothing else has the name.
    pub(super) builtins: Vec<Option<&'static Builtin>>,
    /// The symbol under which the ancestor of each [`Slot`] is kept.
    pub(super) labels: Vec<Symbol>,
}

/// A variable's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Symbol(pub(super) usize);

/// A `%` of the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(pub(super) usize);

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// A sequence of one stays an array.
    pub(super) keep_array: bool,
    /// Filters of the result.
    pub(super) predicates: Vec<Self>,
    pub(super) group: Option<Group>,
    /// Filters and indices of a step, one context item at a time.
    pub(super) stages: Vec<Stage>,
    /// `@$name`
    pub(super) focus: Option<Symbol>,
    /// `#$name`
    pub(super) index: Option<Symbol>,
    /// The `%` that means what this step starts from.
    pub(super) ancestor: Option<Slot>,
    /// The step yields tuples: values with variables bound beside them.
    pub(super) is_tuple: bool,
    /// An array written at an end of a path, which is not flattened into it.
    pub(super) is_constructed: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Path {
        steps: Vec<Node>,
        keep_singleton: bool,
    },
    Name(Arc<str>),
    Literal(Value),
    /// `$`
    Context,
    Variable(Symbol),
    Wildcard,
    Descendants,
    Parent(Slot),
    Sort(Vec<SortTerm>),
    Binary {
        operator: BinaryOperator,
        operands: Box<(Node, Node)>,
        /// The operands again, if a look may show both to be numbers and the operator takes numbers.
        looks: Option<Box<(Look, Look)>>,
    },
    Negation(Box<Node>),
    Array(Vec<Node>),
    Object(Group),
    Bind {
        name: Symbol,
        value: Box<Node>,
    },
    Condition(Box<Condition>),
    Block {
        parts: Vec<Node>,
        binds: bool,
    },
    Regex(Arc<Regex>),
    Call(Box<Call>),
    Partial(Box<Call>),
    Placeholder,
    Lambda(Box<Lambda>),
    Apply(Box<(Node, Node)>),
    Transform(Box<Transform>),
}

/// An operand that a look at JSON may show to be a number.
#[derive(Debug)]
pub(super) enum Look {
    Number(f64),
    /// Names to follow from a variable, or from the context.
    Path {
        from: Option<Symbol>,
        names: Vec<Arc<str>>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Concatenate,
    Range,
    In,
    And,
    Or,
}

#[derive(Debug)]
pub(super) enum Stage {
    Filter(Node),
    Index(Symbol),
}

/// The `key: value` pairs of an object or a grouping.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) pairs: Vec<(Node, Node)>,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) struct SortTerm {
    pub(super) descending: bool,
    pub(super) expression: Node,
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) test: Node,
    pub(super) then: Node,
    pub(super) otherwise: Option<Node>,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) procedure: Node,
    pub(super) arguments: Vec<Node>,
    /// The function's name, if it was called by one.
    pub(super) name: Option<Arc<str>>,
    /// The variable that was probably meant where a bare name was called.
    pub(super) meant: Option<Symbol>,
}

#[derive(Debug)]
pub(super) struct Lambda {
    pub(super) parameters: Vec<Symbol>,
    pub(super) signature: Option<Signature>,
    pub(super) body: Node,
}

#[derive(Debug)]
pub(super) struct Transform {
    pub(super) pattern: Node,
    pub(super) update: Node,
    pub(super) delete: Option<Node>,
    /// `$clone`, which makes the copy to be changed.
    pub(super) clone: Symbol,
}

impl Node {
    pub(super) fn new(kind: Kind, span: Span) -> Self {
        Self {
            kind,
            span,
            keep_array: false,
            predicates: Vec::new(),
            group: None,
            stages: Vec::new(),
            focus: None,
            index: None,
            ancestor: None,
            is_tuple: false,
            is_constructed: false,
        }
    }

    /// Whether nothing is done with what this yields.
    pub(super) fn is_bare(&self) -> bool {
        !self.is_tuple && self.is_unfiltered() && self.stages.is_empty()
    }

    /// Whether what this yields has yet to go through its stages at most.
    pub(super) fn is_unfiltered(&self) -> bool {
        !self.keep_array && self.predicates.is_empty() && self.group.is_none()
    }

    /// The name that this step looks up, if it does nothing else.
    pub(super) fn name_looked_up(&self) -> Option<&Arc<str>> {
        match &self.kind {
            Kind::Name(name) if self.is_bare() => Some(name),
            _ => None,
        }
    }
}

impl Look {
    /// The operands of an operator, if it takes numbers and a look may show both to be some.
    pub(super) fn at_operands(operator: BinaryOperator, (left, right): (&Node, &Node)) -> Option<Box<(Self, Self)>> {
        if operator.takes_numbers() { Some(Box::new((Self::at(left)?, Self::at(right)?))) } else { None }
    }

    fn at(node: &Node) -> Option<Self> {
        match &node.kind {
            Kind::Literal(value) if node.is_unfiltered() => value.as_f64().map(Self::Number),
            Kind::Variable(symbol) if node.is_bare() => Some(Self::Path { from: Some(*symbol), names: Vec::new() }),
            Kind::Path { steps, keep_singleton: false } if node.is_unfiltered() => {
                let (from, steps) = match steps.as_slice() {
                    [first, rest @ ..]
                        if let Kind::Variable(symbol) = first.kind
                            && first.is_bare() =>
                    {
                        (Some(symbol), rest)
                    }
                    steps => (None, steps),
                };
                let names = steps.iter().map(|step| step.name_looked_up().cloned()).collect::<Option<_>>()?;
                Some(Self::Path { from, names })
            }
            _ => None,
        }
    }
}

impl BinaryOperator {
    /// The operator of a symbol that is neither a path, a binding nor an application.
    pub(super) fn of_symbol(symbol: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.symbol() == symbol)
    }

    const ALL: [Self; 16] = [
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Remainder,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Concatenate,
        Self::Range,
        Self::In,
        Self::And,
        Self::Or,
    ];

    /// Whether it is an arithmetic operator or a comparison by size.
    fn takes_numbers(self) -> bool {
        let takes_others = [Self::Equal, Self::NotEqual, Self::Concatenate, Self::Range, Self::In, Self::And, Self::Or];
        !takes_others.contains(&self)
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Concatenate => "&",
            Self::Range => "..",
            Self::In => "in",
            Self::And => "and",
            Self::Or => "or",
        }
    }
}
