//! Rows of Parquet files, which `pyarrow` wrote.

use std::sync::Arc;

use asl_core::execution::ItemSource;
use asl_runtime::map_run::{Dataset, ItemReader, ReaderLimits};
use serde_json::json;

use super::{GET_OBJECT, LIST_OBJECTS, Memory, cause, dataset, items, map_run, one_object, reader, run, shown};

const TYPES: &[u8] = include_bytes!("../data/parquet/types.parquet");
/// Fifty rows in row groups of twenty, packed with this and that.
const NONE: &[u8] = include_bytes!("../data/parquet/none.parquet");
const SNAPPY: &[u8] = include_bytes!("../data/parquet/snappy.parquet");
const GZIP: &[u8] = include_bytes!("../data/parquet/gzip.parquet");
const ZSTD: &[u8] = include_bytes!("../data/parquet/zstd.parquet");
const BROTLI: &[u8] = include_bytes!("../data/parquet/brotli.parquet");
const INT96: &[u8] = include_bytes!("../data/parquet/int96.parquet");
const EMPTY: &[u8] = include_bytes!("../data/parquet/empty.parquet");

/// The rows of a file as one line of JSON, or `failed:` and the cause.
fn rows(file: &[u8], limits: ReaderLimits) -> String {
    let objects = Memory::of([("f", file)]);
    let dataset = one_object(&json!({"InputType": "PARQUET"}));
    let values = run(async {
        let mut reader = ItemReader::new(Arc::new(objects), dataset, limits);
        let mut values = Vec::new();
        while let Some(item) = reader.next().await? {
            values.push(item.value);
        }
        Ok(values)
    });
    shown(values.map_err(cause))
}

fn fifty() -> serde_json::Value {
    let tags = |row: usize| (0..row % 3).map(|tag| format!("t{tag}")).collect::<Vec<_>>();
    (0..50).map(|row| json!({"id": row, "name": format!("name {row}"), "tags": tags(row)})).collect()
}

#[test]
fn values_of_every_type_are_json() {
    let rows: serde_json::Value = serde_json::from_str(&rows(TYPES, ReaderLimits::default())).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&rows).unwrap());
}

#[test]
fn old_timestamps_are_milliseconds_too() {
    assert_eq!(rows(INT96, ReaderLimits::default()), r#"[{"at":1772600767891,"old":"eA=="}]"#);
}

#[test]
fn rows_are_the_same_however_they_are_packed() {
    for file in [NONE, SNAPPY, GZIP, ZSTD] {
        assert_eq!(rows(file, ReaderLimits::default()), fifty().to_string());
    }
    assert_eq!(rows(EMPTY, ReaderLimits::default()), "[]");
    let refused = rows(BROTLI, ReaderLimits::default());
    assert!(refused.contains("it is packed with BROTLI"), "{refused}");
}

#[test]
fn files_of_a_listing_and_of_a_manifest_are_read_one_after_the_other() {
    let manifest = b"s3://b/p/1\ns3://b/p/2\n";
    let objects = Memory::of([("m", &manifest[..]), ("p/1", GZIP), ("p/2", INT96)]);
    for (resource, parameters, config) in [
        (
            LIST_OBJECTS,
            json!({"Bucket": "b", "Prefix": "p/"}),
            json!({"InputType": "PARQUET", "Transformation": "LOAD_AND_FLATTEN"}),
        ),
        (
            GET_OBJECT,
            json!({"Bucket": "b", "Key": "m"}),
            json!({"InputType": "PARQUET", "ManifestType": "ATHENA_DATA"}),
        ),
    ] {
        let items = items(&objects, &dataset(resource, &parameters, &config).unwrap(), 7).unwrap();
        assert_eq!(items.len(), 51);
        assert_eq!(items[49].value.get("id").unwrap().as_i64(), Some(49));
        assert_eq!(items[50].value.get("at").unwrap().as_i64(), Some(1_772_600_767_891));
        assert_eq!(items[50].source.as_deref(), Some("S3://b/p/2"));
    }
}

#[test]
fn a_reader_of_rows_goes_on_where_another_stopped() {
    let objects = Memory::of([("f", ZSTD)]);
    let dataset = one_object(&json!({"InputType": "PARQUET", "MaxItems": 45}));
    for position in [0, 1, 19, 20, 21, 44, 45, 46] {
        run(async {
            let mut reader = reader(&objects, &dataset, 7);
            assert_eq!(reader.skip(position).await, Ok(position.min(45)));
            let next = reader.next().await.unwrap();
            let id = next.and_then(|item| item.value.get("id")?.as_i64());
            assert_eq!(id, (position < 45).then(|| position.try_into().unwrap()));
        });
    }
}

#[test]
fn one_row_group_is_held_at_a_time() {
    let objects = Memory::of([("f", NONE)]);
    let dataset = one_object(&json!({"InputType": "PARQUET"}));
    run(async {
        let mut reader = reader(&objects, &dataset, 7);
        let mut held = Vec::new();
        while reader.next().await.unwrap().is_some() {
            held.push(reader.buffered());
        }
        held.dedup();
        assert_eq!(held.len(), 3, "{held:?}");
        assert!(held.iter().all(|held| *held < NONE.len() / 2), "{held:?} of {}", NONE.len());
    });
}

#[test]
fn what_is_over_a_limit_fails() {
    let limits = ReaderLimits::default();
    for (limits, expected) in [
        (limits.parquet_footer_bytes(100), "its footer has"),
        (limits.parquet_row_group_bytes(100), "its row group 1 has"),
        (limits.item_bytes(20), "an item of the dataset is longer than 20 bytes"),
    ] {
        assert!(rows(SNAPPY, limits).contains(expected), "{}", rows(SNAPPY, limits));
    }
}

#[test]
fn what_is_no_parquet_fails_with_its_reason() {
    let mut encrypted = SNAPPY.to_vec();
    let end = encrypted.len();
    encrypted[end - 4..].copy_from_slice(b"PARE");
    let mut long = SNAPPY.to_vec();
    long[end - 8..end - 4].copy_from_slice(&100_000u32.to_le_bytes());
    for (file, expected) in [
        (&b""[..], "it is too short"),
        (b"PAR1", "it is too short"),
        (b"id,name\n1,tea\n2,coffee\n", "Invalid Parquet file"),
        (&SNAPPY[..SNAPPY.len() - 20], "Invalid Parquet file"),
        (&encrypted, "it is encrypted"),
        (&long, "its footer is longer than the file"),
    ] {
        let read = rows(file, ReaderLimits::default());
        assert!(read.starts_with("failed: the object `f` cannot be read as Parquet: "), "{read}");
        assert!(read.contains(expected), "{read}");
    }
}

/// A damaged file is read, or fails; it is not a fault of the host.
#[test]
fn a_byte_that_flipped_anywhere_does_no_harm() {
    let limits = ReaderLimits::default().parquet_row_group_bytes(1 << 20);
    let mut failed = 0;
    for (file, step) in [(GZIP, 1), (TYPES, 61)] {
        for at in (0..file.len()).step_by(step) {
            let mut damaged = file.to_vec();
            damaged[at] ^= 1 << (at % 8);
            failed += usize::from(rows(&damaged, limits).starts_with("failed: "));
        }
    }
    assert!(failed > 500, "{failed}");
}

#[test]
fn a_version_of_a_parquet_file_cannot_be_asked_for() {
    let start = map_run(json!({"QueryLanguage": "JSONata", "ItemReader": {
        "Resource": GET_OBJECT,
        "Arguments": "{% {'Bucket': 'b', 'Key': 'f', 'VersionId': '1'} %}",
        "ReaderConfig": {"InputType": "PARQUET"},
    }}));
    let ItemSource::Read(reader) = &start.items else { panic!("an ItemReader") };
    let failure = Dataset::new(reader).unwrap_err();
    let expected = "the argument `VersionId` of the ItemReader is not supported where the InputType is `PARQUET`";
    assert_eq!(failure.cause(), Some(expected));
}
