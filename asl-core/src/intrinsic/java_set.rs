//! The order in which a Java `HashSet` hands out its elements.

use crate::value::{Number, Value};

/// The different elements of `elements`, in the order of a `HashSet` made of them.
///
/// Java keeps elements in buckets chosen by their hash codes, and those of one bucket as they came.
pub(super) fn unique(elements: &[Value]) -> Vec<Value> {
    let buckets = bucket_count(elements.len());
    let mut hashed: Vec<(u32, u32, usize, &Value)> = elements
        .iter()
        .enumerate()
        .map(|(position, element)| {
            let hash = spread(hash_code(element));
            (hash % buckets, hash, position, element)
        })
        .collect();
    // Equal elements have equal hashes, so they stand together but for others of the same hash.
    hashed.sort_unstable_by_key(|(bucket, hash, position, _)| (*bucket, *hash, *position));
    let mut kept: Vec<(u32, u32, usize, &Value)> = Vec::new();
    for candidate in hashed {
        let same_hash = kept.iter().rev().take_while(|(_, hash, ..)| *hash == candidate.1);
        if !same_hash.into_iter().any(|(.., element)| element == &candidate.3) {
            kept.push(candidate);
        }
    }
    kept.sort_unstable_by_key(|(bucket, _, position, _)| (*bucket, *position));
    kept.into_iter().map(|(.., element)| element.clone()).collect()
}

/// The table size of `new HashSet(collection)`: a power of two, at least 16, at most three quarters full.
fn bucket_count(elements: usize) -> u32 {
    u32::try_from((elements / 3 * 4 + elements % 3 + 1).max(16))
        .map_or(1 << 30, |count| count.min(1 << 30).next_power_of_two())
}

fn spread(hash: i32) -> u32 {
    let hash = hash.cast_unsigned();
    hash ^ (hash >> 16)
}

/// Java's `hashCode` of the object that a JSON value becomes.
fn hash_code(value: &Value) -> i32 {
    match value {
        Value::Null => 0,
        Value::Bool(true) => 1_231,
        Value::Bool(false) => 1_237,
        Value::Number(number) => number_hash(*number),
        Value::String(text) => text_hash(text),
        Value::Array(array) => {
            array.iter().fold(1, |hash: i32, element| hash.wrapping_mul(31).wrapping_add(hash_code(element)))
        }
        Value::Object(object) => {
            object.iter().fold(0, |hash: i32, (key, member)| hash.wrapping_add(text_hash(key) ^ hash_code(member)))
        }
    }
}

fn number_hash(number: Number) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "Java folds the upper half onto the lower")]
    let folded = |bits: u64| ((bits ^ (bits >> 32)) as u32).cast_signed();
    match (number.as_i64(), number.as_u64()) {
        (Some(integer), _) => i32::try_from(integer).unwrap_or_else(|_| folded(integer.cast_unsigned())),
        (None, Some(integer)) => folded(integer),
        (None, None) => folded(number.as_f64().to_bits()),
    }
}

fn text_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(elements: &str, expected: &str) {
        let elements: Value = elements.parse().unwrap();
        assert_eq!(Value::from(unique(elements.as_array().unwrap())).to_string(), expected);
    }

    #[test]
    fn hash_codes_are_javas() {
        for (json, expected) in [
            ("null", 0),
            ("7", 7),
            ("-1", -1),
            ("5000000000", 705_032_705),
            ("1.5", 1_073_217_536),
            (r#""hello""#, 99_162_322),
            ("[1,2]", 994),
            (r#"{"a":1}"#, 96),
        ] {
            assert_eq!(hash_code(&json.parse().unwrap()), expected, "{json}");
        }
    }

    #[test]
    fn elements_come_bucket_by_bucket() {
        check("[1,2,3,3,3,4]", "[1,2,3,4]");
        check(r#"["a","b","a","c","b"]"#, r#"["a","b","c"]"#);
        check("[true,false,true,false]", "[false,true]");
        check("[null,null,1,null]", "[null,1]");
        check(r#"[1,"1",1,"01"]"#, r#"[1,"1","01"]"#);
        check("[[1,2],[1,2],[2,1]]", "[[2,1],[1,2]]");
        check(r#"[{"a":1,"b":2},{"b":2,"a":1}]"#, r#"[{"a":1,"b":2}]"#);
        check("[17,1,16,0]", "[16,0,17,1]");
        check(r#"[1.5,-2,5000000000,null,true,"x",[1,2]]"#, r#"[null,-2,[1,2],5000000000,1.5,"x",true]"#);
        check(
            r#"["apple","pear","fig","kiwi","plum","date","lime","nut","oat","rye","soy","tea","yam"]"#,
            r#"["plum","date","kiwi","oat","yam","fig","lime","nut","apple","tea","pear","soy","rye"]"#,
        );
        check("[]", "[]");
    }

    #[test]
    fn tables_are_as_large_as_javas() {
        for (elements, expected) in [(0, 16), (11, 16), (12, 32), (23, 32), (24, 64), (1_000, 2_048)] {
            assert_eq!(bucket_count(elements), expected, "{elements}");
        }
    }
}
