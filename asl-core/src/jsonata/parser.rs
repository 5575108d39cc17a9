//! Tokens into a tree, by operator precedence (a Pratt parser, with the reference's binding powers).

use std::sync::Arc;

use super::ast::{Ast, AstKind, Call, SortTerm, Span};
use super::error::Fault;
use super::functions::number_text;
use super::lexer::{Lexer, Slash, Token, TokenKind};
use super::signature::Signature;
use crate::value::Value;

/// How deep an expression may nest; everything that walks one recurses, and the evaluation's own bound is not below this.
pub(super) const MAX_HEIGHT: usize = 200;

/// The tree of `text`.
pub(super) fn parse(text: &str) -> Result<Ast, Fault> {
    let current = Token { kind: TokenKind::End, span: Span::new(0, 0) };
    let mut parser = Parser { text, lexer: Lexer::new(text), current, depth: 0 };
    parser.advance(Slash::OpensRegex)?;
    let ast = parser.expression(0)?;
    match parser.current.kind {
        TokenKind::End => Ok(ast),
        _ => Err(Fault::at("S0201", parser.current.span).with("token", parser.current_json())),
    }
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    current: Token,
    depth: usize,
}

type Parsed = Result<Ast, Fault>;

impl<'a> Parser<'a> {
    fn expression(&mut self, right_power: u8) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_HEIGHT {
            return Err(too_deep(self.current.span));
        }
        let token = self.advance(Slash::Divides)?;
        let mut left = self.prefix(token)?;
        while let TokenKind::Operator(operator) = self.current.kind
            && right_power < left_power(operator)
        {
            let token = self.advance(Slash::OpensRegex)?;
            left = self.infix(operator, token.span, left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// What a token means at the beginning of an expression.
    fn prefix(&mut self, token: Token) -> Parsed {
        let span = token.span;
        let kind = match token.kind {
            TokenKind::Name(name) => AstKind::Name(name),
            TokenKind::Variable(name) => AstKind::Variable(name),
            TokenKind::String(text) => AstKind::String(text),
            TokenKind::Number(number) => AstKind::Number(number),
            TokenKind::Constant(value) => AstKind::Constant(value),
            TokenKind::Regex(regex) => AstKind::Regex(regex),
            TokenKind::End => AstKind::End,
            TokenKind::Operator(operator) => match operator {
                "and" | "or" | "in" => AstKind::Name(operator.into()),
                "*" => AstKind::Wildcard,
                "**" => AstKind::Descendants,
                "%" => AstKind::Parent,
                "-" => AstKind::Negation(Box::new(self.expression(70)?)),
                "(" => return self.block(span),
                "[" => return self.array(span),
                "{" => {
                    let pairs = self.pairs()?;
                    let close = self.close("}", Slash::Divides)?;
                    return Self::build(AstKind::Object(pairs), span.to(close));
                }
                "|" => return self.transform(span),
                _ => return Err(Fault::at("S0211", span).with_token(operator)),
            },
        };
        Self::build(kind, span)
    }

    /// What an operator means behind `left`.
    fn infix(&mut self, operator: &'static str, span: Span, left: Ast) -> Parsed {
        let kind = match operator {
            "(" => return self.call(left),
            "[" => return self.filter(span, left),
            "{" => {
                let pairs = self.pairs()?;
                self.close("}", Slash::Divides)?;
                AstKind::Group { left: Box::new(left), pairs }
            }
            "^" => AstKind::Sort { left: Box::new(left), terms: self.sort_terms()? },
            ":=" => {
                let AstKind::Variable(name) = left.kind else {
                    return Err(Fault::at("S0212", left.span).with_token(self.text_of(left.span)));
                };
                AstKind::Bind { name, right: Box::new(self.expression(left_power(":=") - 1)?) }
            }
            "@" => AstKind::Focus { left: Box::new(left), name: self.binding_name("@")? },
            "#" => AstKind::Index { left: Box::new(left), name: self.binding_name("#")? },
            "?" => {
                let then = Box::new(self.expression(0)?);
                let otherwise = if self.is_at(":") {
                    self.advance(Slash::OpensRegex)?;
                    Some(Box::new(self.expression(0)?))
                } else {
                    None
                };
                AstKind::Condition { test: Box::new(left), then, otherwise }
            }
            _ => {
                let right = Box::new(self.expression(left_power(operator))?);
                AstKind::Binary { operator, left: Box::new(left), right }
            }
        };
        Self::build(kind, span)
    }

    fn block(&mut self, open: Span) -> Parsed {
        let mut parts = Vec::new();
        while !self.is_at(")") {
            parts.push(self.expression(0)?);
            if !self.is_at(";") {
                break;
            }
            self.advance(Slash::OpensRegex)?;
        }
        let close = self.close(")", Slash::Divides)?;
        Self::build(AstKind::Block(parts), open.to(close))
    }

    fn array(&mut self, open: Span) -> Parsed {
        let mut items = Vec::new();
        if !self.is_at("]") {
            loop {
                let item = self.expression(0)?;
                items.push(if self.is_at("..") { self.range(item)? } else { item });
                if !self.next_of_list()? {
                    break;
                }
            }
        }
        let close = self.close("]", Slash::Divides)?;
        Self::build(AstKind::Array(items), open.to(close))
    }

    fn range(&mut self, first: Ast) -> Parsed {
        let span = self.advance(Slash::OpensRegex)?.span;
        let last = self.expression(0)?;
        Self::build(AstKind::Binary { operator: "..", left: Box::new(first), right: Box::new(last) }, span)
    }

    fn pairs(&mut self) -> Result<Vec<(Ast, Ast)>, Fault> {
        let mut pairs = Vec::new();
        if !self.is_at("}") {
            loop {
                let key = self.expression(0)?;
                self.close(":", Slash::OpensRegex)?;
                pairs.push((key, self.expression(0)?));
                if !self.next_of_list()? {
                    break;
                }
            }
        }
        Ok(pairs)
    }

    fn transform(&mut self, open: Span) -> Parsed {
        let pattern = Box::new(self.expression(0)?);
        self.close("|", Slash::OpensRegex)?;
        let update = Box::new(self.expression(0)?);
        let delete = if self.next_of_list()? { Some(Box::new(self.expression(0)?)) } else { None };
        let close = self.close("|", Slash::OpensRegex)?;
        Self::build(AstKind::Transform { pattern, update, delete }, open.to(close))
    }

    /// `left[…]`, or `left[]`, which marks the step that the predicates before it belong to.
    fn filter(&mut self, open: Span, mut left: Ast) -> Parsed {
        if self.is_at("]") {
            self.advance(Slash::OpensRegex)?;
            keep_array(&mut left);
            return Ok(left);
        }
        let right = Box::new(self.expression(0)?);
        let close = self.close("]", Slash::Divides)?;
        Self::build(AstKind::Filter { left: Box::new(left), right }, open.to(close))
    }

    fn sort_terms(&mut self) -> Result<Vec<SortTerm>, Fault> {
        self.close("(", Slash::OpensRegex)?;
        let mut terms = Vec::new();
        loop {
            let descending = self.is_at(">");
            if descending || self.is_at("<") {
                self.advance(Slash::OpensRegex)?;
            }
            terms.push(SortTerm { descending, expression: self.expression(0)? });
            if !self.next_of_list()? {
                break;
            }
        }
        self.close(")", Slash::OpensRegex)?;
        Ok(terms)
    }

    fn binding_name(&mut self, operator: &'static str) -> Result<Arc<str>, Fault> {
        let right = self.expression(left_power(operator))?;
        match right.kind {
            AstKind::Variable(name) => Ok(name),
            _ => Err(Fault::at("S0214", right.span).with_token(operator)),
        }
    }

    /// A call of `procedure`, a partial application of it, or the parameters of a lambda.
    fn call(&mut self, procedure: Ast) -> Parsed {
        let mut arguments = Vec::new();
        let mut is_partial = false;
        if !self.is_at(")") {
            loop {
                if self.is_at("?") {
                    is_partial = true;
                    let token = self.advance(Slash::OpensRegex)?;
                    arguments.push(Self::build(AstKind::Placeholder, token.span)?);
                } else {
                    arguments.push(self.expression(0)?);
                }
                if !self.next_of_list()? {
                    break;
                }
            }
        }
        let close = self.close(")", Slash::Divides)?;
        if matches!(&procedure.kind, AstKind::Name(name) if matches!(&**name, "function" | "λ")) {
            return self.lambda(procedure.span, arguments);
        }
        let span = procedure.span.to(close);
        let call = Call { procedure: Box::new(procedure), arguments };
        Self::build(if is_partial { AstKind::Partial(call) } else { AstKind::Call(call) }, span)
    }

    fn lambda(&mut self, keyword: Span, arguments: Vec<Ast>) -> Parsed {
        let mut parameters = Vec::with_capacity(arguments.len());
        for (position, argument) in arguments.into_iter().enumerate() {
            let AstKind::Variable(name) = argument.kind else {
                let fault = Fault::at("S0208", argument.span).with("value", (position + 1).to_string());
                return Err(fault.with_token(self.text_of(argument.span)));
            };
            parameters.push(name);
        }
        let signature = if self.is_at("<") { Some(self.signature()?) } else { None };
        self.close("{", Slash::OpensRegex)?;
        let body = Box::new(self.expression(0)?);
        let close = self.close("}", Slash::OpensRegex)?;
        Self::build(AstKind::Lambda { parameters, signature, body }, keyword.to(close))
    }

    fn signature(&mut self) -> Result<Signature, Fault> {
        let start = self.current.span.start;
        let mut depth = 1;
        while depth > 0 && !self.is_at("{") && !matches!(self.current.kind, TokenKind::End) {
            self.advance(Slash::OpensRegex)?;
            if self.is_at(">") {
                depth -= 1;
            } else if self.is_at("<") {
                depth += 1;
            }
        }
        let close = self.close(">", Slash::OpensRegex)?;
        let span = Span::new(start, close.end);
        Signature::parse(self.text_of(span)).map_err(|fault| fault.with_span(span))
    }

    fn next_of_list(&mut self) -> Result<bool, Fault> {
        let is_comma = self.is_at(",");
        if is_comma {
            self.advance(Slash::OpensRegex)?;
        }
        Ok(is_comma)
    }

    fn is_at(&self, operator: &str) -> bool {
        matches!(self.current.kind, TokenKind::Operator(current) if current == operator)
    }

    /// Takes the operator that must stand here.
    fn close(&mut self, operator: &'static str, slash: Slash) -> Result<Span, Fault> {
        if self.is_at(operator) {
            return Ok(self.advance(slash)?.span);
        }
        let code = if matches!(self.current.kind, TokenKind::End) { "S0203" } else { "S0202" };
        let quoted = Value::from(operator).to_string();
        Err(Fault::at(code, self.current.span).with("value", quoted).with("token", self.current_json()))
    }

    /// Takes the current token and reads the next.
    fn advance(&mut self, slash: Slash) -> Result<Token, Fault> {
        let next = self.lexer.next(slash)?;
        if let TokenKind::Operator(operator @ ("!" | "~")) = next.kind {
            return Err(Fault::at("S0204", next.span).with_token(operator));
        }
        Ok(std::mem::replace(&mut self.current, next))
    }

    /// The current token as messages quote it: its value as JSON.
    fn current_json(&self) -> String {
        match &self.current.kind {
            TokenKind::Number(number) => number_text(*number),
            TokenKind::Constant(value) => value.to_string(),
            TokenKind::Name(text) | TokenKind::Variable(text) | TokenKind::String(text) => {
                Value::from(text.clone()).to_string()
            }
            TokenKind::Operator(_) | TokenKind::Regex(_) | TokenKind::End => {
                Value::from(self.text_of(self.current.span)).to_string()
            }
        }
    }

    fn text_of(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    fn build(kind: AstKind, span: Span) -> Parsed {
        let mut height = 0;
        kind.for_each_child(|child| height = height.max(child.height + 1));
        if height > MAX_HEIGHT {
            return Err(too_deep(span));
        }
        Ok(Ast { kind, span, keep_array: false, height })
    }
}

fn too_deep(span: Span) -> Fault {
    Fault::at("S0304", span).with("limit", MAX_HEIGHT.to_string())
}

/// Marks what stands before all predicates of `ast`.
fn keep_array(ast: &mut Ast) {
    match &mut ast.kind {
        AstKind::Filter { left, .. } => keep_array(left),
        _ => ast.keep_array = true,
    }
}

/// How strongly an operator binds what stands before it; 0 for what ends an expression.
fn left_power(operator: &str) -> u8 {
    match operator {
        "[" | "(" | "@" | "#" => 80,
        "." => 75,
        "{" => 70,
        "*" | "/" | "%" => 60,
        "+" | "-" | "&" => 50,
        "=" | "<" | ">" | "^" | "!=" | "<=" | ">=" | "~>" | "in" => 40,
        "and" => 30,
        "or" => 25,
        "?" => 20,
        ":=" => 10,
        _ => 0,
    }
}
