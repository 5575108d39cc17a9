//! What the values of a Parquet file are in JSON.

use std::fmt::Display;
use std::sync::Arc;

use asl_core::value::Object;
use asl_core::{Timestamp, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parquet::basic::{LogicalType, Repetition, TimeUnit};
use parquet::record::{Field, Row};
use parquet::schema::types::{Type, TypePtr};

const MILLIS_PER_DAY: i64 = 86_400_000;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// A row, or a group in it, as an object; `group` is its type.
pub(super) fn value(row: &Row, group: Option<&Type>) -> Value {
    let types = group.map(fields).unwrap_or_default();
    let columns = row.get_column_iter().enumerate().map(|(index, (name, field))| {
        let kind = types.get(index).map(|kind| &**kind);
        (Arc::<str>::from(name.as_str()), json(field, kind))
    });
    columns.collect::<Object>().into()
}

/// A value of the type `kind`, which tells apart what the library does not.
fn json(field: &Field, kind: Option<&Type>) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(boolean) => (*boolean).into(),
        Field::Byte(number) => i64::from(*number).into(),
        Field::Short(number) => i64::from(*number).into(),
        Field::Int(number) => i64::from(*number).into(),
        Field::Long(number) => match logical_type(kind) {
            Some(LogicalType::Timestamp(timestamp)) if timestamp.unit == TimeUnit::NANOS => {
                number.div_euclid(1_000_000).into()
            }
            Some(LogicalType::Time(time)) if time.unit == TimeUnit::NANOS => time_of_day(number.div_euclid(1_000)),
            _ => (*number).into(),
        },
        Field::UByte(number) => u64::from(*number).into(),
        Field::UShort(number) => u64::from(*number).into(),
        Field::UInt(number) => u64::from(*number).into(),
        Field::ULong(number) => (*number).into(),
        Field::Float16(number) => float(number.to_f64(), number),
        Field::Float(number) => float(f64::from(*number), number),
        Field::Double(number) => float(*number, number),
        Field::Decimal(_) => decimal(&field.to_string()),
        Field::Str(text) => text.as_str().into(),
        Field::Bytes(bytes) => match (logical_type(kind), uuid(bytes.data())) {
            (Some(LogicalType::Uuid), Some(uuid)) => uuid.into(),
            _ => STANDARD.encode(bytes.data()).into(),
        },
        Field::Date(days) => {
            let midnight = Timestamp::from_millis(i64::from(*days) * MILLIS_PER_DAY).to_string();
            midnight.split('T').next().unwrap_or_default().into()
        }
        Field::TimeMillis(millis) => time_of_day(i64::from(*millis) * 1_000),
        Field::TimeMicros(micros) => time_of_day(*micros),
        Field::TimestampMillis(millis) => (*millis).into(),
        Field::TimestampMicros(micros) => micros.div_euclid(1_000).into(),
        Field::Group(row) => value(row, kind),
        Field::ListInternal(list) => {
            let element = kind.and_then(element);
            list.elements().iter().map(|field| json(field, element)).collect()
        }
        Field::MapInternal(map) => {
            let types = kind.and_then(|kind| fields(kind).first()).map(|entry| fields(entry)).unwrap_or_default();
            let (key_type, value_type) = (types.first().map(|kind| &**kind), types.get(1).map(|kind| &**kind));
            let entry = |(key, field): &(Field, Field)| {
                let key = json(key, key_type);
                let key: Arc<str> = key.as_str().map_or_else(|| key.to_string().into(), Into::into);
                (key, json(field, value_type))
            };
            map.entries().iter().map(entry).collect::<Object>().into()
        }
    }
}

fn fields(kind: &Type) -> &[TypePtr] {
    if kind.is_group() { kind.get_fields() } else { &[] }
}

/// The type of a list's elements, by the [rules](https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists)
/// for files of all ages.
fn element(list: &Type) -> Option<&Type> {
    if list.get_basic_info().has_repetition() && list.get_basic_info().repetition() == Repetition::REPEATED {
        return Some(list);
    }
    let repeated = fields(list).first()?;
    match fields(repeated) {
        [only] if repeated.name() != "array" && repeated.name() != format!("{}_tuple", list.name()) => Some(only),
        _ => Some(repeated),
    }
}

fn logical_type(kind: Option<&Type>) -> Option<&LogicalType> {
    kind?.get_basic_info().logical_type_ref()
}

/// A number as it is written with the fewest digits of its own precision; what is none, as Spark writes it in JSON.
fn float(double: f64, written: impl Display) -> Value {
    if double.is_finite() {
        written.to_string().parse::<f64>().unwrap_or(double).into()
    } else if double.is_nan() {
        "NaN".into()
    } else if double > 0.0 {
        "Infinity".into()
    } else {
        "-Infinity".into()
    }
}

/// The number that is written, as exact as JSON's numbers are here.
fn decimal(written: &str) -> Value {
    let written = written.strip_suffix('.').unwrap_or(written);
    written.parse().unwrap_or_else(|_| written.into())
}

/// `HH:MM:SS`, with the fraction of the second if there is one.
fn time_of_day(micros: i64) -> Value {
    let (seconds, fraction) = (micros.div_euclid(MICROS_PER_SECOND), micros.rem_euclid(MICROS_PER_SECOND));
    let time = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { time.into() } else { format!("{time}.{fraction:06}").into() }
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let number = u128::from_be_bytes(bytes.try_into().ok()?);
    let digits = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    Some(parts.join("-"))
}
