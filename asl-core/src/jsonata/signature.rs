//! The signatures of functions, such as `<s-nn?:s>`: which arguments they take, and where the context fills in.

use super::error::Fault;
use super::item::{ArrayRef, Item};

/// What a function takes, compiled from its text.
///
/// The reference matches the kinds of the arguments, one letter each, against a regular expression made from the
/// signature. Here the same greedy match is worked out directly.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
struct Parameter {
    accepts: Kinds,
    occurs: Occurs,
    /// Filled from the context if it is not supplied.
    from_context: bool,
    is_array: bool,
    /// What an array's elements must be.
    element: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occurs {
    Once,
    Optional,
    Repeatedly,
}

/// A set of kinds of values, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kinds(u8);

impl Kinds {
    const MISSING: Self = Self(1);
    const FUNCTION: Self = Self::of_letter('f');
    const ANY: Self = Self(u8::MAX);

    const fn of_letter(letter: char) -> Self {
        Self(match letter {
            's' => 2,
            'n' => 4,
            'b' => 8,
            'l' => 16,
            'o' => 32,
            'a' => 64,
            'f' => 128,
            _ => 0,
        })
    }

    fn of(item: Option<&Item>) -> Self {
        match item {
            None => Self::MISSING,
            Some(item) => Self::of_letter(item.signature_letter()),
        }
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn includes(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }
}

impl Signature {
    /// Compiles `<…>` with its angle brackets.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut rest = text.strip_prefix('<').unwrap_or(text).chars();
        while let Some(symbol) = rest.next() {
            match symbol {
                ':' => break,
                '-' => {
                    if let Some(previous) = parameters.last_mut() {
                        previous.from_context = true;
                        previous.occurs = Occurs::Optional;
                    }
                }
                '?' | '+' => {
                    if let Some(previous) = parameters.last_mut() {
                        previous.occurs = if symbol == '?' { Occurs::Optional } else { Occurs::Repeatedly };
                    }
                }
                '(' => {
                    let choice = bracketed(&mut rest, '(', ')');
                    if choice.contains('<') {
                        return Err(Fault::new("S0402"));
                    }
                    let kinds = choice.chars().fold(Kinds::MISSING, |kinds, letter| kinds.or(Kinds::of_letter(letter)));
                    parameters.push(Parameter::of(kinds));
                }
                '<' => {
                    let element = bracketed(&mut rest, '<', '>');
                    match parameters.last_mut() {
                        Some(previous) if previous.is_array => previous.element = Some(element),
                        Some(previous) if previous.accepts == Kinds::FUNCTION => {}
                        _ => return Err(Fault::new("S0401")),
                    }
                }
                's' | 'n' | 'b' | 'l' | 'o' => {
                    parameters.push(Parameter::of(Kinds::of_letter(symbol).or(Kinds::MISSING)));
                }
                'a' => parameters.push(Parameter { is_array: true, ..Parameter::of(Kinds::ANY) }),
                'f' => parameters.push(Parameter::of(Kinds::FUNCTION)),
                'j' => parameters.push(Parameter::of(Kinds::ANY.without(Kinds::FUNCTION))),
                'x' => parameters.push(Parameter::of(Kinds::ANY)),
                _ => {}
            }
        }
        Ok(Self { parameters })
    }

    /// The least and the most number of arguments that a call can have.
    pub(super) fn arity(&self) -> (usize, Option<usize>) {
        let required = self.parameters.iter().filter(|parameter| parameter.occurs != Occurs::Optional).count();
        let is_open = self.parameters.iter().any(|parameter| parameter.occurs == Occurs::Repeatedly);
        (required, if is_open { None } else { Some(self.parameters.len()) })
    }

    /// The arguments as the function sees them: checked, scalars made arrays where arrays are asked for, the context
    /// in the place of what was left out.
    pub(super) fn apply(
        &self,
        mut arguments: Vec<Option<Item>>,
        context: Option<&Item>,
    ) -> Result<Vec<Option<Item>>, Fault> {
        if self.takes_in_order(&arguments) {
            for (position, (parameter, argument)) in self.parameters.iter().zip(&mut arguments).enumerate() {
                if parameter.is_array
                    && let Some(item) = argument.take()
                {
                    *argument = Some(parameter.array(item, position)?);
                }
            }
            return Ok(arguments);
        }
        let kinds: Vec<Kinds> = arguments.iter().map(|argument| Kinds::of(argument.as_ref())).collect();
        match self.distribute(&kinds) {
            Some(counts) => self.collect(&arguments, &counts, context),
            None => Err(mismatch(self.first_mismatch(&kinds))),
        }
    }

    /// How often [`apply`](Self::apply) compares a parameter with an argument to arrange so many of them.
    pub(super) fn comparisons(&self, arguments: usize) -> usize {
        self.parameters.len().saturating_mul(arguments + 1)
    }

    /// How many elements of arrays [`apply`](Self::apply) looked at to arrange these arguments.
    pub(super) fn elements_checked(&self, arranged: &[Option<Item>]) -> usize {
        let checked = self.parameters.iter().zip(arranged).filter(|(parameter, _)| parameter.element.is_some());
        checked.filter_map(|(_, argument)| argument.as_ref()?.as_array()).map(ArrayRef::len).sum()
    }

    /// Whether each argument belongs to the parameter in its place and whatever is left over may be left out.
    fn takes_in_order(&self, arguments: &[Option<Item>]) -> bool {
        arguments.len() <= self.parameters.len()
            && self.parameters.iter().enumerate().all(|(position, parameter)| match arguments.get(position) {
                Some(argument) => {
                    parameter.occurs != Occurs::Repeatedly && parameter.accepts.includes(Kinds::of(argument.as_ref()))
                }
                None => parameter.occurs == Occurs::Optional && !parameter.from_context,
            })
    }

    /// How many arguments each parameter takes when the earlier ones take what they can.
    fn distribute(&self, kinds: &[Kinds]) -> Option<Vec<usize>> {
        // fits[parameter][argument]: whether the parameters from `parameter` on can take the arguments from `argument` on.
        let mut fits = vec![vec![false; kinds.len() + 1]; self.parameters.len() + 1];
        if let Some(last) = fits.last_mut().and_then(|row| row.last_mut()) {
            *last = true;
        }
        let fit = |fits: &[Vec<bool>], parameter: usize, argument: usize| {
            fits.get(parameter).and_then(|row| row.get(argument)).copied().unwrap_or(false)
        };
        for (index, parameter) in self.parameters.iter().enumerate().rev() {
            for argument in (0..=kinds.len()).rev() {
                let takes_one = kinds.get(argument).is_some_and(|kind| parameter.accepts.includes(*kind));
                let result = match parameter.occurs {
                    Occurs::Once => takes_one && fit(&fits, index + 1, argument + 1),
                    Occurs::Optional => {
                        takes_one && fit(&fits, index + 1, argument + 1) || fit(&fits, index + 1, argument)
                    }
                    Occurs::Repeatedly => {
                        takes_one && (fit(&fits, index, argument + 1) || fit(&fits, index + 1, argument + 1))
                    }
                };
                if let Some(slot) = fits.get_mut(index).and_then(|row| row.get_mut(argument)) {
                    *slot = result;
                }
            }
        }
        if !fit(&fits, 0, 0) {
            return None;
        }
        let mut argument = 0;
        let mut counts = Vec::with_capacity(self.parameters.len());
        for (index, parameter) in self.parameters.iter().enumerate() {
            let takes_one = kinds.get(argument).is_some_and(|kind| parameter.accepts.includes(*kind));
            let mut count = usize::from(takes_one && fit(&fits, index + 1, argument + 1));
            if parameter.occurs == Occurs::Repeatedly {
                count = 1;
                while fit(&fits, index, argument + count) {
                    count += 1;
                }
            }
            argument += count;
            counts.push(count);
        }
        Some(counts)
    }

    fn collect(
        &self,
        arguments: &[Option<Item>],
        counts: &[usize],
        context: Option<&Item>,
    ) -> Result<Vec<Option<Item>>, Fault> {
        let mut collected = Vec::with_capacity(self.parameters.len());
        let mut position = 0;
        for (parameter, &count) in self.parameters.iter().zip(counts) {
            let first = arguments.get(position).cloned().flatten();
            if count == 0 && parameter.from_context {
                if !parameter.accepts.includes(Kinds::of(context)) {
                    return Err(Fault::new("T0411").with("index", (position + 1).to_string()));
                }
                collected.push(context.cloned());
            } else if parameter.is_array && count > 0 {
                for _ in 0..count {
                    let argument = arguments.get(position).cloned().flatten();
                    collected.push(argument.map(|item| parameter.array(item, position)).transpose()?);
                    position += 1;
                }
            } else {
                // Like the reference, a parameter that repeats sees its first argument each time, and one that was
                // left out still uses up an argument.
                for _ in 0..count.max(1) {
                    collected.push(first.clone());
                    position += 1;
                }
            }
        }
        Ok(collected)
    }

    /// The position of the first argument that the parameters before it leave no place for.
    fn first_mismatch(&self, kinds: &[Kinds]) -> usize {
        let mut good = 0;
        // Whether the parameters so far can take exactly the first so many arguments.
        let mut taken = vec![false; kinds.len() + 1];
        if let Some(none) = taken.first_mut() {
            *none = true;
        }
        for parameter in &self.parameters {
            let mut next = Vec::with_capacity(taken.len());
            let one_fewer = std::iter::once(&false).chain(&taken);
            for (argument, (&fewer, &same)) in one_fewer.zip(&taken).enumerate() {
                let last = argument.checked_sub(1).and_then(|last| kinds.get(last));
                let takes_last = last.is_some_and(|kind| parameter.accepts.includes(*kind));
                next.push(match parameter.occurs {
                    Occurs::Once => takes_last && fewer,
                    Occurs::Optional => takes_last && fewer || same,
                    Occurs::Repeatedly => takes_last && (fewer || next.last() == Some(&true)),
                });
            }
            taken = next;
            match taken.iter().rposition(|&can| can) {
                Some(end) => good = end,
                None => break,
            }
        }
        good
    }
}

impl Parameter {
    fn of(accepts: Kinds) -> Self {
        Self { accepts, occurs: Occurs::Once, from_context: false, is_array: false, element: None }
    }

    /// `item` as the array that this parameter asks for, if its elements are what they should be.
    fn array(&self, item: Item, position: usize) -> Result<Item, Fault> {
        let Some(array) = item.as_array() else {
            return match self.element.as_deref() {
                Some(element) if element != item.signature_letter().encode_utf8(&mut [0; 4]) => {
                    Err(wrong_elements(element, position))
                }
                _ => Ok(Item::array(vec![item])),
            };
        };
        if let Some(element) = self.element.as_deref() {
            let expected = element.chars().next();
            if !array.signature_letters().all(|letter| Some(letter) == expected) {
                return Err(wrong_elements(element, position));
            }
        }
        Ok(item)
    }
}

fn mismatch(position: usize) -> Fault {
    Fault::new("T0410").with("index", (position + 1).to_string())
}

fn wrong_elements(element: &str, position: usize) -> Fault {
    let kind = match element {
        "a" => "\"arrays\"",
        "b" => "\"booleans\"",
        "f" => "\"functions\"",
        "n" => "\"numbers\"",
        "o" => "\"objects\"",
        "s" => "\"strings\"",
        _ => "undefined",
    };
    Fault::new("T0412").with("index", (position + 1).to_string()).with("type", kind)
}

/// What stands before the bracket that closes the one just read.
fn bracketed(rest: &mut std::str::Chars<'_>, open: char, close: char) -> String {
    let mut depth = 1;
    let mut inside = String::new();
    for symbol in rest.by_ref() {
        if symbol == open {
            depth += 1;
        } else if symbol == close {
            depth -= 1;
            if depth == 0 {
                break;
            }
        }
        inside.push(symbol);
    }
    inside
}
