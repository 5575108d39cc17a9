//! Which objects are read, how many items of them, and how much of them is held.

use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

use asl_core::Value;
use asl_runtime::map_run::{ItemReader, ObjectMetadata, ObjectWriter, Objects, ObjectsError, ReaderLimits};
use async_trait::async_trait;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{GET_OBJECT, LIST_OBJECTS, Memory, cause, dataset, items, metadata, one_object, read, reader, run, shown};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The items of a dataset, which may be several objects.
fn all(objects: &Memory, resource: &str, parameters: &serde_json::Value, config: &serde_json::Value) -> String {
    let read =
        dataset(resource, parameters, config).map_err(Into::into).and_then(|dataset| items(objects, &dataset, 7));
    shown(read.map(|items| items.into_iter().map(|item| item.value).collect()).map_err(cause))
}

#[test]
fn a_listing_has_what_s3_says_of_each_object() {
    let objects = Memory::of([("a", b"1"), ("p/1", b"12"), ("p/2", b""), ("p/3", b"123"), ("q", b"")]);
    let item = |key: &str, size: usize| json!({"Etag": "\"e\"", "Key": key, "LastModified": 1_789_180_622.0, "Size": size, "StorageClass": "STANDARD"});
    for (parameters, expected) in [
        (json!({"Bucket": "b", "Prefix": "p/"}), json!([item("p/1", 2), item("p/2", 0), item("p/3", 3)])),
        (json!({"Bucket": "b", "StartAfter": "p/2"}), json!([item("p/3", 3), item("q", 0)])),
        (json!({"Bucket": "b", "Prefix": "none"}), json!([])),
    ] {
        assert_eq!(all(&objects, LIST_OBJECTS, &parameters, &json!({})), expected.to_string());
    }
    let listing = dataset(LIST_OBJECTS, &json!({"Bucket": "b"}), &json!({"MaxItems": 1})).unwrap();
    let listed = items(&objects, &listing, 1).unwrap();
    assert_eq!(listed.iter().map(|item| item.source.as_deref().unwrap()).collect::<Vec<_>>(), ["S3://b"]);
}

#[test]
fn the_objects_of_a_listing_are_loaded_and_flattened() {
    let packed = gzip("{\"n\":3}\n");
    let objects =
        Memory::of([("p/", b""), ("p/1", b"{\"n\":1}\n{\"n\":2}"), ("p/2", b""), ("p/3", &packed), ("q", b"no")]);
    let config = json!({"Transformation": "LOAD_AND_FLATTEN", "InputType": "JSONL"});
    let parameters = json!({"Bucket": "b", "Prefix": "p/"});
    assert_eq!(all(&objects, LIST_OBJECTS, &parameters, &config), r#"[{"n":1},{"n":2},{"n":3}]"#);

    let loaded = items(&objects, &dataset(LIST_OBJECTS, &parameters, &config).unwrap(), 7).unwrap();
    assert_eq!(loaded[2].source.as_deref(), Some("S3://b/p/3"));
}

#[test]
fn an_inventory_names_its_files_and_columns() {
    let manifest = json!({
        "destinationBucket": "arn:aws:s3:::b", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "data/1.csv.gz", "size": 1}, {"key": "data/2.csv.gz"}],
    });
    let (first, second) = (gzip("\"s\",\"a.png\",\"7\"\n\"s\",\"b%20c\",\"0\"\n"), gzip("\"s\",\"d\",\"1\"\n"));
    let bytes = manifest.to_string();
    let objects =
        Memory::of([("manifest.json", bytes.as_bytes()), ("data/1.csv.gz", &first), ("data/2.csv.gz", &second)]);
    let item = |key: &str, size: &str| json!({"Bucket": "s", "Key": key, "Size": size});
    let expected = json!([item("a.png", "7"), item("b%20c", "0"), item("d", "1")]).to_string();
    let parameters = json!({"Bucket": "b", "Key": "manifest.json"});
    for config in [json!({"InputType": "MANIFEST"}), json!({"ManifestType": "S3_INVENTORY"})] {
        assert_eq!(all(&objects, GET_OBJECT, &parameters, &config), expected);
    }
}

#[test]
fn a_manifest_that_says_too_little_fails() {
    for (manifest, expected) in [
        (json!([]), "has the format None, not `CSV`"),
        (json!({"fileFormat": "ORC"}), "has the format Some(\"ORC\"), not `CSV`"),
        (json!({"fileFormat": "CSV"}), "has no `fileSchema`"),
        (json!({"fileFormat": "CSV", "fileSchema": "a"}), "has no `files`"),
        (json!({"fileFormat": "CSV", "fileSchema": "a", "files": [{}]}), "names a file without a `key`"),
    ] {
        let read = read(manifest.to_string(), &json!({"InputType": "MANIFEST"}));
        assert_eq!(shown(read), format!("failed: the manifest `f` {expected}"));
    }
    assert_eq!(shown(read("x", &json!({"InputType": "MANIFEST"}))), "failed: the manifest `f` is not JSON");
    let athena = json!({"ManifestType": "ATHENA_DATA", "InputType": "JSONL"});
    assert_eq!(shown(read("b/1\n", &athena)), "failed: the manifest names `b/1`, which is not `s3://BUCKET/KEY`");
}

#[test]
fn an_athena_manifest_names_objects_of_any_form() {
    let packed = gzip("x\n1\n");
    let objects = Memory::of([("m.csv", b"s3://b/d/1\n\"s3://b/d/2\"\n"), ("d/1", b"x\n0\n"), ("d/2", &packed)]);
    let config = json!({"ManifestType": "ATHENA_DATA", "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"});
    assert_eq!(all(&objects, GET_OBJECT, &json!({"Bucket": "b", "Key": "m.csv"}), &config), r#"[{"x":"0"},{"x":"1"}]"#);
}

#[test]
fn packed_objects_are_unpacked() {
    let text = (0..1000).fold(String::new(), |text, number| text + &number.to_string() + "\n");
    let lines = json!({"InputType": "JSONL"});
    assert_eq!(read(gzip(&text), &lines).unwrap(), (0..1000).map(Value::from).collect::<Vec<_>>());
    // Several packed texts, one after the other, are one.
    assert_eq!(shown(read([gzip("1\n2"), gzip("3\n4")].concat(), &lines)), "[1,23,4]");
    assert_eq!(shown(read(gzip(""), &lines)), "[]");

    let cut = gzip(&text);
    let read = shown(read(&cut[..cut.len() / 2], &lines));
    assert!(read.starts_with("failed: the object `f` is not valid gzip: "), "{read}");
}

#[test]
fn no_more_items_than_asked_for_are_read() {
    let objects = Memory::of([("f", b"1\n2\n3\nnot JSON")]);
    let lines = |most: u32| one_object(&json!({"InputType": "JSONL", "MaxItems": most}));
    assert_eq!(items(&objects, &lines(3), 5).unwrap().len(), 3);
    assert!(items(&objects, &lines(4), 5).is_err());
}

#[test]
fn a_reader_goes_on_where_another_stopped() {
    let listed = Memory::of([("1", b"0\n1\n2\n"), ("2", b""), ("3", b"3\n4\n")]);
    let config = json!({"Transformation": "LOAD_AND_FLATTEN", "InputType": "JSONL", "MaxItems": 4});
    let dataset = dataset(LIST_OBJECTS, &json!({"Bucket": "b"}), &config).unwrap();
    for position in 0..=6 {
        run(async {
            let mut reader = reader(&listed, &dataset, 2);
            assert_eq!(reader.skip(position).await, Ok(position.min(4)));
            assert_eq!(reader.position(), position.min(4));
            let mut rest = Vec::new();
            while let Some(item) = reader.next().await.unwrap() {
                rest.push(item.value);
            }
            assert_eq!(rest, (position..4).map(Value::from).collect::<Vec<_>>());
            assert_eq!(reader.next().await, Ok(None));
        });
    }
}

#[test]
fn what_the_definition_asks_for_in_vain_is_its_failure() {
    let objects = Memory::of([("f", b"[]")]);
    let here = json!({"Bucket": "b", "Key": "f"});
    for (resource, parameters, config, expected) in [
        (
            GET_OBJECT,
            json!({"Bucket": "b", "Key": "g"}),
            json!({"InputType": "JSON"}),
            "The specified key does not exist: `g` in the bucket `b`",
        ),
        (
            GET_OBJECT,
            json!({"Bucket": "c", "Key": "g"}),
            json!({"InputType": "JSON"}),
            "The specified bucket does not exist: `c`",
        ),
        (LIST_OBJECTS, json!({"Bucket": "c"}), json!({}), "The specified bucket does not exist: `c`"),
        (LIST_OBJECTS, json!({"Prefix": "c"}), json!({}), "the argument `Bucket` of the ItemReader is missing"),
        (
            LIST_OBJECTS,
            json!({"Bucket": ["b"]}),
            json!({}),
            "the argument `Bucket` of the ItemReader must be a string, but is `[\"b\"]`",
        ),
        (
            LIST_OBJECTS,
            json!({"Bucket": "b", "Delimiter": "/"}),
            json!({}),
            "the argument `Delimiter` of the ItemReader is not supported",
        ),
        (GET_OBJECT, here.clone(), json!({}), "the field `ReaderConfig.InputType` of the ItemReader is missing"),
        (
            GET_OBJECT,
            here,
            json!({"InputType": "JSON", "ItemsPointer": "a"}),
            "the ItemsPointer `a` is not a JSON Pointer: it must begin with `/`",
        ),
    ] {
        assert_eq!(all(&objects, resource, &parameters, &config), format!("failed: {expected}"));
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_its_feature_parquet_is_refused() {
    let objects = Memory::of([("f", b"PAR1")]);
    let expected = "failed: the InputType `PARQUET` needs the feature `parquet` of `asl-runtime`";
    let here = json!({"Bucket": "b", "Key": "f"});
    assert_eq!(all(&objects, GET_OBJECT, &here, &json!({"InputType": "PARQUET"})), expected);
}

#[test]
fn a_store_that_does_not_answer_is_no_failure_of_the_workflow() {
    let objects = Memory { is_down: true, ..Memory::default() };
    let error = items(&objects, &one_object(&json!({"InputType": "JSON"})), 1).unwrap_err();
    assert_eq!(cause(error), "unavailable: the object store failed: no answer");
}

/// An object of any length that repeats a text, after another; nothing of it is kept.
#[derive(Debug)]
struct Endless {
    head: &'static str,
    repeated: &'static str,
    size: u64,
}

#[async_trait]
impl Objects for Endless {
    async fn head(&self, _: &str, key: &str, _: Option<&str>) -> Result<ObjectMetadata, ObjectsError> {
        Ok(metadata(key, self.size))
    }

    async fn read(&self, _: &str, _: &ObjectMetadata, range: Range<u64>) -> Result<Vec<u8>, ObjectsError> {
        let head = self.head.len() as u64;
        let byte = |at: u64| match at.checked_sub(head) {
            None => self.head.as_bytes()[usize::try_from(at).unwrap()],
            Some(at) => self.repeated.as_bytes()[usize::try_from(at % self.repeated.len() as u64).unwrap()],
        };
        Ok(range.map(byte).collect())
    }

    async fn list(&self, _: &str, _: &str, _: Option<&str>) -> Result<Vec<ObjectMetadata>, ObjectsError> {
        Ok(Vec::new())
    }

    async fn create(&self, _: &str, _: &str) -> Result<Box<dyn ObjectWriter>, ObjectsError> {
        Err(ObjectsError::Unavailable("read only".into()))
    }
}

#[test]
fn no_more_is_held_than_a_piece_and_an_item() {
    const PIECE: usize = 4 << 10;
    for (config, head, repeated) in [
        (json!({"InputType": "JSON"}), "[", r#"{"name":"tea","lines":[1,2,3]},"#),
        (json!({"InputType": "JSON", "ItemsPointer": "/a"}), r#"{"b":[1,2,3],"a":["#, r#"{"name":"tea"},"#),
        (json!({"InputType": "JSON"}), "{", r#""key":{"name":"tea"},"#),
        (json!({"InputType": "JSONL"}), "", "{\"name\":\"tea\"}\n"),
        (json!({"InputType": "CSV"}), "name,price\n", "tea,7\n"),
    ] {
        let objects = Endless { head, repeated, size: 1 << 40 };
        let limits = ReaderLimits::default().chunk_bytes(PIECE);
        let mut reader = ItemReader::new(Arc::new(objects), one_object(&config), limits);
        run(async {
            let mut most = 0;
            for _ in 0..4_000 {
                assert!(reader.next().await.unwrap().is_some());
                most = most.max(reader.buffered());
            }
            assert!(most < PIECE + 2 * repeated.len(), "{most} bytes for {config}");
        });
    }
}

#[test]
fn an_item_without_an_end_fails_before_it_fills_the_memory() {
    for (config, head) in [
        (json!({"InputType": "JSON"}), "[\""),
        (json!({"InputType": "JSON"}), "{\""),
        (json!({"InputType": "JSONL"}), ""),
        (json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"]}), "\""),
    ] {
        let limits = ReaderLimits::default().chunk_bytes(4 << 10).item_bytes(1 << 20);
        let objects = Endless { head, repeated: "x", size: 1 << 40 };
        let mut reader = ItemReader::new(Arc::new(objects), one_object(&config), limits);
        let error = run(reader.next()).unwrap_err();
        assert_eq!(cause(error), "an item of the dataset is longer than 1048576 bytes", "{config}");
    }
}
