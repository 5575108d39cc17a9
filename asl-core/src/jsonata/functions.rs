//! The functions of the language, by family, and the table that names them.

#[expect(clippy::unnecessary_wraps, reason = "every function of the table has one type")]
mod aggregate;
mod array;
#[expect(clippy::unnecessary_wraps, reason = "every function of the table has one type")]
mod aws;
#[expect(clippy::unnecessary_wraps, reason = "every function of the table has one type")]
mod boolean;
#[expect(clippy::unnecessary_wraps, reason = "every function of the table has one type")]
mod datetime;
mod encoding;
mod formatting;
mod higher_order;
#[expect(clippy::unnecessary_wraps, reason = "every function of the table has one type")]
mod numeric;
mod object;
mod pattern;
#[expect(clippy::unnecessary_wraps, reason = "every function of the table has one type")]
mod string;
mod text;

use std::fmt;
use std::sync::{Arc, LazyLock};

pub(super) use self::numeric::finite_number;
pub(super) use self::object::lookup;
pub(super) use self::pattern::{Search, byte_offset, match_record};
pub(super) use self::text::{Layout, number_text, quote, to_text};
use super::Dialect;
use super::error::Fault;
use super::evaluate::{Evaluated, Evaluator, Function};
use super::item::Item;
use super::picture::PictureError;
use super::signature::Signature;

/// A function of the language.
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) signature: Signature,
    /// How many parameters the reference's implementation declares.
    pub(super) arity: usize,
    pub(super) run: Run,
    is_aws_only: bool,
}

type Run = for<'a, 'e> fn(&'a mut Evaluator<'e>, &'a mut Arguments) -> Evaluated;

impl fmt::Debug for Builtin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "${}", self.name)
    }
}

/// The function called `name`, without its `$`, if the dialect has it.
pub(super) fn find(name: &str, dialect: Dialect) -> Option<&'static Builtin> {
    static SORTED: LazyLock<Vec<Builtin>> = LazyLock::new(|| {
        let rows = REFERENCE.iter().map(|row| (row, false)).chain(AWS.iter().map(|row| (row, true)));
        let mut builtins: Vec<Builtin> = rows
            .filter_map(|(&(name, signature, arity, run), is_aws_only)| {
                Some(Builtin { name, signature: Signature::parse(signature).ok()?, arity, run, is_aws_only })
            })
            .collect();
        builtins.sort_by_key(|builtin| (builtin.name, builtin.is_aws_only));
        builtins
    });
    let start = SORTED.partition_point(|builtin| builtin.name < name);
    let of_name = SORTED.iter().skip(start).take_while(|builtin| builtin.name == name);
    match dialect {
        Dialect::Reference => of_name.into_iter().find(|builtin| !builtin.is_aws_only),
        Dialect::Aws => of_name.last(),
    }
}

/// The names of the dialect's functions, without their `$`.
pub(super) fn names(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    let aws = AWS.iter().filter(move |_| dialect == Dialect::Aws);
    REFERENCE.iter().chain(aws).map(|(name, ..)| *name)
}

/// The arguments of a call, as its signature arranged them.
pub(super) struct Arguments(pub(super) Vec<Option<Item>>);

impl Arguments {
    fn item(&self, position: usize) -> Option<&Item> {
        self.0.get(position).and_then(Option::as_ref)
    }

    fn take(&mut self, position: usize) -> Option<Item> {
        self.0.get_mut(position).and_then(Option::take)
    }

    fn text(&self, position: usize) -> Option<Arc<str>> {
        self.item(position).and_then(Item::as_text).cloned()
    }

    fn number(&self, position: usize) -> Option<f64> {
        self.item(position).and_then(Item::as_f64)
    }

    fn boolean(&self, position: usize) -> Option<bool> {
        match self.item(position) {
            Some(Item::Value(value)) => value.as_bool(),
            _ => None,
        }
    }

    fn function(&self, position: usize) -> Option<Function> {
        self.item(position).and_then(Item::as_function)
    }

    /// The elements of an array, which takes as long as there are.
    fn elements(&self, position: usize, evaluator: &mut Evaluator<'_>) -> Result<Option<Vec<Item>>, Fault> {
        let Some(array) = self.item(position).and_then(Item::as_array) else { return Ok(None) };
        evaluator.bounds.spend(array.len() as u64 / 16)?;
        Ok(Some(array.to_vec()))
    }
}

type Row = (&'static str, &'static str, usize, Run);

/// Name, signature, declared parameters and code of the reference's functions.
const REFERENCE: &[Row] = &[
    ("sum", "<a<n>:n>", 1, aggregate::sum),
    ("count", "<a:n>", 1, aggregate::count),
    ("max", "<a<n>:n>", 1, aggregate::max),
    ("min", "<a<n>:n>", 1, aggregate::min),
    ("average", "<a<n>:n>", 1, aggregate::average),
    ("string", "<x-b?:s>", 1, string::string),
    ("substring", "<s-nn?:s>", 3, string::substring),
    ("substringBefore", "<s-s:s>", 2, string::substring_before),
    ("substringAfter", "<s-s:s>", 2, string::substring_after),
    ("lowercase", "<s-:s>", 1, string::lowercase),
    ("uppercase", "<s-:s>", 1, string::uppercase),
    ("length", "<s-:n>", 1, string::length),
    ("trim", "<s-:s>", 1, string::trim),
    ("pad", "<s-ns?:s>", 3, string::pad),
    ("join", "<a<s>s?:s>", 2, string::join),
    ("match", "<s-f<s:o>n?:a<o>>", 3, pattern::match_all),
    ("contains", "<s-(sf):b>", 2, pattern::contains),
    ("replace", "<s-(sf)(sf)n?:s>", 4, pattern::replace),
    ("split", "<s-(sf)n?:a<s>>", 3, pattern::split),
    ("formatNumber", "<n-so?:s>", 3, formatting::format_number),
    ("formatBase", "<n-n?:s>", 2, numeric::format_base),
    ("formatInteger", "<n-s:s>", 2, formatting::format_integer),
    ("parseInteger", "<s-s:n>", 2, formatting::parse_integer),
    ("number", "<(nsb)-:n>", 1, numeric::number),
    ("floor", "<n-:n>", 1, numeric::floor),
    ("ceil", "<n-:n>", 1, numeric::ceil),
    ("round", "<n-n?:n>", 2, numeric::round),
    ("abs", "<n-:n>", 1, numeric::abs),
    ("sqrt", "<n-:n>", 1, numeric::sqrt),
    ("power", "<n-n:n>", 2, numeric::power),
    ("random", "<:n>", 0, numeric::random),
    ("boolean", "<x-:b>", 1, boolean::boolean),
    ("not", "<x-:b>", 1, boolean::not),
    ("exists", "<x:b>", 1, boolean::exists),
    ("type", "<x:s>", 1, boolean::kind),
    ("error", "<s?:x>", 1, boolean::error),
    ("assert", "<bs?:x>", 2, boolean::assert),
    ("map", "<af>", 2, higher_order::map),
    ("filter", "<af>", 2, higher_order::filter),
    ("single", "<af?>", 2, higher_order::single),
    ("reduce", "<afj?:j>", 3, higher_order::reduce),
    ("sift", "<o-f?:o>", 2, higher_order::sift),
    ("each", "<o-f:a>", 2, higher_order::each),
    ("sort", "<af?:a>", 2, higher_order::sort),
    ("keys", "<x-:a<s>>", 1, object::keys),
    ("lookup", "<x-s:x>", 2, object::look_up),
    ("spread", "<x-:a<o>>", 1, object::spread),
    ("merge", "<a<o>:o>", 1, object::merge),
    ("clone", "<(oa)-:o>", 1, object::clone),
    ("append", "<xx:a>", 2, array::append),
    ("reverse", "<a:a>", 1, array::reverse),
    ("shuffle", "<a:a>", 1, array::shuffle),
    ("distinct", "<x:x>", 1, array::distinct),
    ("zip", "<a+>", 0, array::zip),
    ("base64encode", "<s-:s>", 1, encoding::base64_encode),
    ("base64decode", "<s-:s>", 1, encoding::base64_decode),
    ("encodeUrlComponent", "<s-:s>", 1, encoding::encode_url_component),
    ("encodeUrl", "<s-:s>", 1, encoding::encode_url),
    ("decodeUrlComponent", "<s-:s>", 1, encoding::decode_url_component),
    ("decodeUrl", "<s-:s>", 1, encoding::decode_url),
    ("toMillis", "<s-s?:n>", 2, datetime::to_millis),
    ("fromMillis", "<n-s?s?:s>", 3, datetime::from_millis),
    ("now", "<s?s?:s>", 2, datetime::now),
    ("millis", "<:n>", 0, datetime::millis),
];

/// The same for those that AWS adds, or has in another form.
const AWS: &[Row] = &[
    ("partition", "<an:a<a>>", 2, aws::partition),
    ("range", "<nnn:a<n>>", 3, aws::range),
    ("hash", "<s-s:s>", 2, aws::hash),
    ("random", "<n?:n>", 1, aws::random),
    ("uuid", "<:s>", 0, aws::uuid),
    ("parse", "<s-:x>", 1, aws::parse),
];

impl From<PictureError> for Fault {
    fn from(error: PictureError) -> Self {
        let fault = Self::new(error.code);
        match error.value {
            Some(value) => fault.with("value", quote(&Item::Value(value))),
            None => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_table_can_be_found() {
        for (name, ..) in REFERENCE {
            assert!(find(name, Dialect::Reference).is_some(), "{name}");
        }
        for (name, signature, ..) in AWS {
            let found = find(name, Dialect::Aws).unwrap();
            assert_eq!(found.signature.arity(), Signature::parse(signature).unwrap().arity(), "{name}");
        }
        assert!(find("uuid", Dialect::Reference).is_none());
        assert!(find("eval", Dialect::Aws).is_none());
    }
}
