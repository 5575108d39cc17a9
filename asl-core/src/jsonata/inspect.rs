//! What an expression refers to, for checks before it is ever evaluated.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use super::Dialect;
use super::ast::{Ast, AstKind, Call, Span};
use super::functions;

/// Everything an expression takes from outside of itself, in the order of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Uses of the context: bare names, `$`, `$$` and the like.
    pub context: Vec<ContextReference>,
    /// Variables that the expression does not bind; functions that are only called are not among them.
    pub variables: Vec<VariableReference>,
    /// Calls of functions by a name that the expression does not bind.
    pub functions: Vec<CalledFunction>,
}

/// A use of the input or of the current item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextReference {
    /// A bare name, or `$`, `$$`, `*`, `**`, `%`.
    pub name: Arc<str>,
    /// Whether the expression's own input is meant, not an item within a path, a predicate or a transform.
    pub is_top_level: bool,
    /// The bytes of the expression's text.
    pub span: Range<usize>,
}

/// A use of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableReference {
    /// The name without its `$`.
    pub name: Arc<str>,
    /// The names behind it, as in `$name.a.b`, as far as they are plain.
    pub path: Vec<Arc<str>>,
    /// The bytes of the variable in the expression's text.
    pub span: Range<usize>,
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledFunction {
    /// The name without its `$`.
    pub name: Arc<str>,
    /// How many arguments it is given, one that is piped in by `~>` included.
    pub arguments: usize,
    /// Whether the language has a function of this name.
    pub is_known: bool,
    /// The least number of arguments that a known function takes.
    pub least: usize,
    /// The most, if there is any.
    pub most: Option<usize>,
    /// The bytes of the function's name in the expression's text.
    pub span: Range<usize>,
}

impl CalledFunction {
    /// Whether the function, if it is known, can be called with this many arguments.
    pub fn fits(&self) -> bool {
        self.arguments >= self.least && self.most.is_none_or(|most| self.arguments <= most)
    }
}

/// Collects what `ast` refers to.
pub(super) fn references(ast: &Ast, dialect: Dialect) -> References {
    let mut inspection = Inspection { references: References::default(), bound: Bound::default(), dialect };
    inspection.visit(ast, Context::Input, &[]);
    inspection.references
}

struct Inspection {
    references: References,
    /// The variables that the expression itself binds around the piece being visited.
    bound: Bound,
    dialect: Dialect,
}

/// What a bare name or `$` means where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    /// The expression's own input.
    Input,
    /// An item within a path, a predicate or a transform.
    Item,
}

/// Names that are bound, the innermost last.
#[derive(Default)]
struct Bound {
    names: Vec<Arc<str>>,
    /// How often each name is among them.
    times: BTreeMap<Arc<str>, usize>,
}

impl Bound {
    fn contains(&self, name: &str) -> bool {
        self.times.contains_key(name)
    }

    fn push(&mut self, name: Arc<str>) {
        *self.times.entry(name.clone()).or_default() += 1;
        self.names.push(name);
    }

    /// Forgets all names but the first `length`.
    fn truncate(&mut self, length: usize) {
        for name in self.names.drain(length.min(self.names.len())..) {
            if let Entry::Occupied(mut times) = self.times.entry(name) {
                *times.get_mut() -= 1;
                if *times.get() == 0 {
                    times.remove();
                }
            }
        }
    }
}

impl Extend<Arc<str>> for Bound {
    fn extend<I: IntoIterator<Item = Arc<str>>>(&mut self, names: I) {
        names.into_iter().for_each(|name| self.push(name));
    }
}

impl Inspection {
    /// `path` is the plain names that follow `ast`.
    fn visit(&mut self, ast: &Ast, context: Context, path: &[Arc<str>]) {
        match &ast.kind {
            AstKind::Name(name) => self.use_of_context(name, context, ast.span),
            AstKind::Wildcard => self.use_of_context(&"*".into(), context, ast.span),
            AstKind::Descendants => self.use_of_context(&"**".into(), context, ast.span),
            AstKind::Parent => self.use_of_context(&"%".into(), context, ast.span),
            AstKind::Variable(name) if name.is_empty() => self.use_of_context(&"$".into(), context, ast.span),
            AstKind::Variable(name) if &**name == "$" => self.use_of_context(&"$$".into(), Context::Input, ast.span),
            AstKind::Variable(name) => self.variable(name, path, ast.span),
            AstKind::Binary { operator: ".", left, right } => {
                let mut longer = plain_name(right).into_iter().collect::<Vec<_>>();
                if !longer.is_empty() {
                    longer.extend(path.iter().cloned());
                }
                self.visit(left, context, &longer);
                if !matches!(right.kind, AstKind::String(_)) {
                    self.visit(right, Context::Item, &[]);
                }
            }
            AstKind::Binary { operator: "~>", left, right } => {
                self.visit(left, context, &[]);
                match &right.kind {
                    AstKind::Call(call) => self.call(call, 1, context),
                    AstKind::Variable(name) => self.called(name, 1, right.span),
                    _ => self.visit(right, context, &[]),
                }
            }
            AstKind::Filter { left, right } => {
                self.visit(left, context, path);
                self.visit(right, Context::Item, &[]);
            }
            AstKind::Group { left, pairs } => {
                self.visit(left, context, &[]);
                for (key, value) in pairs {
                    self.visit(key, Context::Item, &[]);
                    self.visit(value, Context::Item, &[]);
                }
            }
            AstKind::Sort { left, terms } => {
                self.visit(left, context, &[]);
                for term in terms {
                    self.visit(&term.expression, Context::Item, &[]);
                }
            }
            AstKind::Focus { left, name } | AstKind::Index { left, name } => {
                self.visit(left, context, path);
                self.bound.push(name.clone());
            }
            AstKind::Bind { name, right } => {
                // A function may call itself by the name it is given.
                let is_function = matches!(right.kind, AstKind::Lambda { .. });
                if is_function {
                    self.bound.push(name.clone());
                }
                self.visit(right, context, &[]);
                if !is_function {
                    self.bound.push(name.clone());
                }
            }
            AstKind::Call(call) | AstKind::Partial(call) => self.call(call, 0, context),
            AstKind::Lambda { parameters, body, .. } => {
                let outer = self.bound.names.len();
                self.bound.extend(parameters.iter().cloned());
                self.visit(body, context, &[]);
                self.bound.truncate(outer);
            }
            AstKind::Block(parts) => {
                let outer = self.bound.names.len();
                // A function can refer to what the block binds only after it.
                let later = parts.iter().filter_map(|part| match &part.kind {
                    AstKind::Bind { name, right } if matches!(right.kind, AstKind::Lambda { .. }) => Some(name.clone()),
                    _ => None,
                });
                self.bound.extend(later);
                for part in parts {
                    self.visit(part, context, &[]);
                }
                self.bound.truncate(outer);
            }
            AstKind::Transform { pattern, update, delete } => {
                self.visit(pattern, Context::Item, &[]);
                self.visit(update, Context::Item, &[]);
                if let Some(delete) = delete {
                    self.visit(delete, Context::Item, &[]);
                }
            }
            _ => ast.kind.for_each_child(|child| self.visit(child, context, &[])),
        }
    }

    fn call(&mut self, call: &Call, piped: usize, context: Context) {
        match &call.procedure.kind {
            AstKind::Variable(name) => self.called(name, piped + call.arguments.len(), call.procedure.span),
            _ => self.visit(&call.procedure, context, &[]),
        }
        for argument in &call.arguments {
            self.visit(argument, context, &[]);
        }
    }

    fn called(&mut self, name: &Arc<str>, arguments: usize, span: Span) {
        if self.bound.contains(name) {
            return;
        }
        let function = functions::find(name, self.dialect);
        let (least, most) = function.map_or((0, None), |function| function.signature.arity());
        self.references.functions.push(CalledFunction {
            name: name.clone(),
            arguments,
            is_known: function.is_some(),
            least,
            most,
            span: span.start..span.end,
        });
    }

    fn use_of_context(&mut self, name: &Arc<str>, context: Context, span: Span) {
        let is_top_level = context == Context::Input;
        let reference = ContextReference { name: name.clone(), is_top_level, span: span.start..span.end };
        self.references.context.push(reference);
    }

    fn variable(&mut self, name: &Arc<str>, path: &[Arc<str>], span: Span) {
        if self.bound.contains(name) || functions::find(name, self.dialect).is_some() {
            return;
        }
        let reference = VariableReference { name: name.clone(), path: path.to_vec(), span: span.start..span.end };
        self.references.variables.push(reference);
    }
}

/// The name that a step of a path is, its predicates aside.
fn plain_name(step: &Ast) -> Option<Arc<str>> {
    match &step.kind {
        AstKind::Name(name) | AstKind::String(name) => Some(name.clone()),
        AstKind::Filter { left, .. } => plain_name(left),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dialect, Expression};

    /// `expected` names what `text` refers to: top-level context, then `$variables` with their paths, then calls.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let expression = Expression::parse(text, Dialect::Aws).unwrap();
        let references = expression.references();
        let context = references.context.iter().filter(|reference| reference.is_top_level);
        let context = context.map(|reference| {
            assert_eq!(text.get(reference.span.clone()), Some(&*reference.name));
            reference.name.to_string()
        });
        let variables = references.variables.iter().map(|variable| {
            let names: Vec<&str> = std::iter::once(&variable.name).chain(&variable.path).map(|name| &**name).collect();
            format!("${}", names.join("."))
        });
        let functions = references.functions.iter().map(|function| {
            let fits = if !function.is_known {
                "?"
            } else if function.fits() {
                ""
            } else {
                "!"
            };
            format!("{}/{}{fits}", function.name, function.arguments)
        });
        let found: Vec<String> = context.chain(variables).chain(functions).collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }

    #[test]
    fn context_is_top_level_outside_of_steps_and_predicates() {
        check("phone", "phone");
        check("$", "$");
        check("$$.a", "$$");
        check("phone.number[type = 'x']", "phone");
        check("$states.input.items[price < 50].sku", "$states.input.items.sku");
        check("$states.input.items.(price * qty)", "$states.input.items");
        check("$states.input.items^(>price)[0]", "$states.input.items");
        check("$x.a{k: v}", "$x.a");
        check("[a, {'b': c}]", "a c");
        check("$map($x, function($v) { name })", "name $x map/2");
        check("$x.$y[$$ = 1]", "$$ $x $y");
    }

    #[test]
    fn variables_are_those_the_expression_does_not_bind() {
        check("($a := 1; $a + $b)", "$b");
        check("($a := $a; $a)", "$a");
        check("function($v, $w) { $v + $w + $u }", "$u");
        check("($f := function($n) { $f($n - 1) }; $f(1))", "");
        check("($f := function() { $g() }; $g := function() { 1 }; $f())", "");
        check("$x@$i.$i", "$x");
        check("$sum", "");
        check("$states.'result'.a", "$states.result.a");
    }

    #[test]
    fn calls_tell_their_function_and_number_of_arguments() {
        check("$sum([1]) + $nope(1, 2)", "sum/1 nope/2?");
        check("$substring()", "substring/0!");
        check("$x ~> $substring(1) ~> $trim", "$x substring/2 trim/1");
        check("$uuid() & $hash('a', 'MD5') & $eval('1')", "uuid/0 hash/2 eval/1?");
        check("$zip($a, $b, $c)", "$a $b $c zip/3");
    }
}
