//! The eighteen functions: their names, how many arguments they take, and where they are defined.

use std::ops::RangeInclusive;

use super::arguments::Arguments;
use super::{array, encoding, math, text};
use crate::random::Random;
use crate::value::Value;

/// An intrinsic function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Format,
    StringToJson,
    JsonToString,
    Array,
    ArrayPartition,
    ArrayContains,
    ArrayRange,
    ArrayGetItem,
    ArrayLength,
    ArrayUnique,
    Base64Encode,
    Base64Decode,
    Hash,
    JsonMerge,
    MathRandom,
    MathAdd,
    StringSplit,
    Uuid,
}

impl Function {
    pub(super) const ALL: [Self; 18] = [
        Self::Format,
        Self::StringToJson,
        Self::JsonToString,
        Self::Array,
        Self::ArrayPartition,
        Self::ArrayContains,
        Self::ArrayRange,
        Self::ArrayGetItem,
        Self::ArrayLength,
        Self::ArrayUnique,
        Self::Base64Encode,
        Self::Base64Decode,
        Self::Hash,
        Self::JsonMerge,
        Self::MathRandom,
        Self::MathAdd,
        Self::StringSplit,
        Self::Uuid,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Format => "States.Format",
            Self::StringToJson => "States.StringToJson",
            Self::JsonToString => "States.JsonToString",
            Self::Array => "States.Array",
            Self::ArrayPartition => "States.ArrayPartition",
            Self::ArrayContains => "States.ArrayContains",
            Self::ArrayRange => "States.ArrayRange",
            Self::ArrayGetItem => "States.ArrayGetItem",
            Self::ArrayLength => "States.ArrayLength",
            Self::ArrayUnique => "States.ArrayUnique",
            Self::Base64Encode => "States.Base64Encode",
            Self::Base64Decode => "States.Base64Decode",
            Self::Hash => "States.Hash",
            Self::JsonMerge => "States.JsonMerge",
            Self::MathRandom => "States.MathRandom",
            Self::MathAdd => "States.MathAdd",
            Self::StringSplit => "States.StringSplit",
            Self::Uuid => "States.UUID",
        }
    }

    /// How many arguments the function takes.
    pub(super) fn arity(self) -> RangeInclusive<usize> {
        match self {
            // AWS ignores whatever `States.UUID` is given.
            Self::Array | Self::Uuid => 0..=usize::MAX,
            Self::Format => 1..=usize::MAX,
            Self::StringToJson
            | Self::JsonToString
            | Self::ArrayLength
            | Self::ArrayUnique
            | Self::Base64Encode
            | Self::Base64Decode => 1..=1,
            Self::ArrayPartition
            | Self::ArrayContains
            | Self::ArrayGetItem
            | Self::Hash
            | Self::MathAdd
            | Self::StringSplit => 2..=2,
            Self::MathRandom => 2..=3,
            Self::ArrayRange | Self::JsonMerge => 3..=3,
        }
    }

    /// Calls the function; the error is what AWS says about it.
    pub(super) fn apply(self, values: &[Value], random: &Random) -> Result<Value, String> {
        let arguments = Arguments::new(self.name(), values);
        match self {
            Self::Format => text::format(&arguments),
            Self::StringToJson => text::string_to_json(&arguments),
            Self::JsonToString => text::json_to_string(&arguments),
            Self::StringSplit => text::string_split(&arguments),
            Self::Array => Ok(values.to_vec().into()),
            Self::ArrayPartition => array::array_partition(&arguments),
            Self::ArrayContains => array::array_contains(&arguments),
            Self::ArrayRange => array::array_range(&arguments),
            Self::ArrayGetItem => array::array_get_item(&arguments),
            Self::ArrayLength => Ok(arguments.array(0)?.len().into()),
            Self::ArrayUnique => array::array_unique(&arguments),
            Self::Base64Encode => encoding::base64_encode(&arguments),
            Self::Base64Decode => encoding::base64_decode(&arguments),
            Self::Hash => encoding::hash(&arguments),
            Self::JsonMerge => array::json_merge(&arguments),
            Self::MathRandom => math::math_random(&arguments, random),
            Self::MathAdd => math::math_add(&arguments),
            Self::Uuid => Ok(random.next_uuid().into()),
        }
    }
}
