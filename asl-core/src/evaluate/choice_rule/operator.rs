//! The comparison operators by name.

use crate::jsonpath::JsonPath;
use crate::timestamp::instant;
use crate::value::Value;

use super::{Kind, Operand, Pattern, Relation, Test};

/// A comparison operator without its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    String(Relation),
    Numeric(Relation),
    Timestamp(Relation),
    BooleanEquals,
    StringMatches,
    Is(Kind),
}

/// How an operator's field gives its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperandForm {
    /// As a value: `StringEquals`.
    Literal,
    /// By a path to it: `StringEqualsPath`.
    Path,
}

/// A literal that an operator does not compare with; `expected` names the type that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongOperand {
    pub(crate) expected: &'static str,
}

impl Operator {
    /// Every operator, in the order of the specification; all but the last seven also end in `Path`.
    pub(crate) const NAMES: [(&'static str, Self); 23] = [
        ("StringEquals", Self::String(Relation::Equals)),
        ("StringLessThan", Self::String(Relation::LessThan)),
        ("StringGreaterThan", Self::String(Relation::GreaterThan)),
        ("StringLessThanEquals", Self::String(Relation::LessThanEquals)),
        ("StringGreaterThanEquals", Self::String(Relation::GreaterThanEquals)),
        ("NumericEquals", Self::Numeric(Relation::Equals)),
        ("NumericLessThan", Self::Numeric(Relation::LessThan)),
        ("NumericGreaterThan", Self::Numeric(Relation::GreaterThan)),
        ("NumericLessThanEquals", Self::Numeric(Relation::LessThanEquals)),
        ("NumericGreaterThanEquals", Self::Numeric(Relation::GreaterThanEquals)),
        ("BooleanEquals", Self::BooleanEquals),
        ("TimestampEquals", Self::Timestamp(Relation::Equals)),
        ("TimestampLessThan", Self::Timestamp(Relation::LessThan)),
        ("TimestampGreaterThan", Self::Timestamp(Relation::GreaterThan)),
        ("TimestampLessThanEquals", Self::Timestamp(Relation::LessThanEquals)),
        ("TimestampGreaterThanEquals", Self::Timestamp(Relation::GreaterThanEquals)),
        ("StringMatches", Self::StringMatches),
        ("IsNull", Self::Is(Kind::Null)),
        ("IsPresent", Self::Is(Kind::Present)),
        ("IsNumeric", Self::Is(Kind::Numeric)),
        ("IsString", Self::Is(Kind::String)),
        ("IsBoolean", Self::Is(Kind::Boolean)),
        ("IsTimestamp", Self::Is(Kind::Timestamp)),
    ];

    /// The operator that a field called `name` stands for, and how the field gives the operand.
    pub(crate) fn named(name: &str) -> Option<(Self, OperandForm)> {
        let literal = |name: &str| Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, operator)| *operator);
        literal(name).map(|operator| (operator, OperandForm::Literal)).or_else(|| {
            let operator = literal(name.strip_suffix("Path")?)?;
            operator.takes_a_path().then_some((operator, OperandForm::Path))
        })
    }

    /// The field whose operand is a literal.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, operator)| *operator == self).map_or("", |(name, _)| name)
    }

    /// The test for a literal operand.
    pub(crate) fn with_literal(self, operand: &Value) -> Result<Test, WrongOperand> {
        let test = match self {
            Self::String(relation) => super::string(operand).map(|text| Test::String(relation, Operand::Literal(text))),
            Self::Numeric(relation) => {
                operand.as_number().map(|number| Test::Numeric(relation, Operand::Literal(number)))
            }
            Self::Timestamp(relation) => {
                operand.as_str().and_then(instant).map(|instant| Test::Timestamp(relation, Operand::Literal(instant)))
            }
            Self::BooleanEquals => operand.as_bool().map(|boolean| Test::BooleanEquals(Operand::Literal(boolean))),
            Self::StringMatches => operand.as_str().map(|text| Test::StringMatches(Pattern::parse(text))),
            Self::Is(kind) => operand.as_bool().map(|answer| Test::Is { kind, answer }),
        };
        test.ok_or(WrongOperand { expected: self.operand_type() })
    }

    /// The test for an operand that `path` finds; none if the operator has no `…Path` twin.
    pub(crate) fn with_path(self, path: JsonPath) -> Option<Test> {
        match self {
            Self::String(relation) => Some(Test::String(relation, Operand::Path(path))),
            Self::Numeric(relation) => Some(Test::Numeric(relation, Operand::Path(path))),
            Self::Timestamp(relation) => Some(Test::Timestamp(relation, Operand::Path(path))),
            Self::BooleanEquals => Some(Test::BooleanEquals(Operand::Path(path))),
            Self::StringMatches | Self::Is(_) => None,
        }
    }

    fn takes_a_path(self) -> bool {
        !matches!(self, Self::StringMatches | Self::Is(_))
    }

    fn operand_type(self) -> &'static str {
        match self {
            Self::String(_) | Self::StringMatches => "string",
            Self::Numeric(_) => "number",
            Self::Timestamp(_) => "timestamp",
            Self::BooleanEquals | Self::Is(_) => "boolean",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_known_by_name_and_by_the_name_of_their_twin() {
        for (name, expected) in [
            ("NumericLessThanEquals", Some((Operator::Numeric(Relation::LessThanEquals), OperandForm::Literal))),
            ("NumericLessThanEqualsPath", Some((Operator::Numeric(Relation::LessThanEquals), OperandForm::Path))),
            ("BooleanEqualsPath", Some((Operator::BooleanEquals, OperandForm::Path))),
            ("IsNull", Some((Operator::Is(Kind::Null), OperandForm::Literal))),
            ("IsNullPath", None),
            ("StringMatchesPath", None),
            ("stringEquals", None),
            ("Path", None),
            ("Variable", None),
        ] {
            assert_eq!(Operator::named(name), expected, "{name}");
        }
        assert_eq!(Operator::NAMES.iter().filter(|(_, operator)| operator.takes_a_path()).count(), 16);
    }

    #[test]
    fn a_literal_must_have_the_type_of_the_operator() {
        for (name, operand, expected) in [
            ("StringEquals", Value::from(1), "string"),
            ("StringMatches", Value::Null, "string"),
            ("NumericEquals", "1".into(), "number"),
            ("TimestampEquals", "2016-03-14".into(), "timestamp"),
            ("IsPresent", "true".into(), "boolean"),
        ] {
            let (operator, _) = Operator::named(name).unwrap();
            assert_eq!(operator.with_literal(&operand).err(), Some(WrongOperand { expected }), "{name}");
        }
    }
}
