//! The tree of an expression as its text says it, before paths are flattened and names resolved.

use std::sync::Arc;

use super::regex::Regex;
use super::signature::Signature;
use crate::value::Value;

/// A range of bytes of the expression's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub(super) fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}

/// A piece of an expression.
#[derive(Debug)]
pub(super) struct Ast {
    pub(super) kind: AstKind,
    /// The piece's own text; of an operator, its symbol.
    pub(super) span: Span,
    /// Followed by `[]`: a sequence of one stays an array.
    pub(super) keep_array: bool,
    /// How deep the tree below is, so that whatever walks it can do so recursively.
    pub(super) height: usize,
}

#[derive(Debug)]
pub(super) enum AstKind {
    /// `name`, or a name in backquotes.
    Name(Arc<str>),
    /// `$name`; the name is empty for `$` and `$` for `$$`.
    Variable(Arc<str>),
    String(Arc<str>),
    Number(f64),
    /// `true`, `false` or `null`.
    Constant(Value),
    Regex(Arc<Regex>),
    Wildcard,
    Descendants,
    Parent,
    Binary {
        operator: &'static str,
        left: Box<Ast>,
        right: Box<Ast>,
    },
    Negation(Box<Ast>),
    Array(Vec<Ast>),
    Object(Vec<(Ast, Ast)>),
    /// `left[right]`
    Filter {
        left: Box<Ast>,
        right: Box<Ast>,
    },
    /// `left{key: value, …}`
    Group {
        left: Box<Ast>,
        pairs: Vec<(Ast, Ast)>,
    },
    /// `left^(term, …)`
    Sort {
        left: Box<Ast>,
        terms: Vec<SortTerm>,
    },
    /// `$name := right`
    Bind {
        name: Arc<str>,
        right: Box<Ast>,
    },
    /// `left@$name`
    Focus {
        left: Box<Ast>,
        name: Arc<str>,
    },
    /// `left#$name`
    Index {
        left: Box<Ast>,
        name: Arc<str>,
    },
    Call(Call),
    /// A call with `?` among its arguments.
    Partial(Call),
    Lambda {
        parameters: Vec<Arc<str>>,
        signature: Option<Signature>,
        body: Box<Ast>,
    },
    Condition {
        test: Box<Ast>,
        then: Box<Ast>,
        otherwise: Option<Box<Ast>>,
    },
    /// `|pattern|update, delete|`
    Transform {
        pattern: Box<Ast>,
        update: Box<Ast>,
        delete: Option<Box<Ast>>,
    },
    Block(Vec<Ast>),
    /// `?` as an argument.
    Placeholder,
    /// The end of the text where something should have stood.
    End,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) procedure: Box<Ast>,
    pub(super) arguments: Vec<Ast>,
}

#[derive(Debug)]
pub(super) struct SortTerm {
    pub(super) descending: bool,
    pub(super) expression: Ast,
}

impl AstKind {
    /// Calls `visit` with each child, in the order of the text.
    pub(super) fn for_each_child<'a>(&'a self, mut visit: impl FnMut(&'a Ast)) {
        match self {
            Self::Name(_)
            | Self::Variable(_)
            | Self::String(_)
            | Self::Number(_)
            | Self::Constant(_)
            | Self::Regex(_)
            | Self::Wildcard
            | Self::Descendants
            | Self::Parent
            | Self::Placeholder
            | Self::End => {}
            Self::Binary { left, right, .. } | Self::Filter { left, right } => {
                visit(left);
                visit(right);
            }
            Self::Negation(operand) => visit(operand),
            Self::Array(parts) | Self::Block(parts) => parts.iter().for_each(visit),
            Self::Object(pairs) => visit_pairs(pairs, visit),
            Self::Group { left, pairs } => {
                visit(left);
                visit_pairs(pairs, visit);
            }
            Self::Sort { left, terms } => {
                visit(left);
                for term in terms {
                    visit(&term.expression);
                }
            }
            Self::Bind { right, .. } => visit(right),
            Self::Focus { left, .. } | Self::Index { left, .. } => visit(left),
            Self::Call(call) | Self::Partial(call) => {
                visit(&call.procedure);
                call.arguments.iter().for_each(visit);
            }
            Self::Lambda { body, .. } => visit(body),
            Self::Condition { test, then, otherwise } => {
                visit(test);
                visit(then);
                if let Some(otherwise) = otherwise {
                    visit(otherwise);
                }
            }
            Self::Transform { pattern, update, delete } => {
                visit(pattern);
                visit(update);
                if let Some(delete) = delete {
                    visit(delete);
                }
            }
        }
    }
}

fn visit_pairs<'a>(pairs: &'a [(Ast, Ast)], mut visit: impl FnMut(&'a Ast)) {
    for (key, value) in pairs {
        visit(key);
        visit(value);
    }
}
