//! Folders as buckets.

use std::fs;
use std::path::PathBuf;

use asl_runtime::map_run::{FolderObjects, Objects, ObjectsError};

use super::run;

/// A folder that is removed at the end of a test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("asl-objects-{test}-{}", std::process::id()));
        fs::create_dir_all(path.join("b")).unwrap();
        Self(path)
    }

    fn objects(&self) -> FolderObjects {
        FolderObjects::new(&self.0)
    }

    fn put(&self, key: &str, text: &str) {
        let path = self.0.join("b").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

async fn listed(objects: &FolderObjects, prefix: &str, after: Option<&str>) -> String {
    let page = objects.list("b", prefix, after).await.unwrap();
    page.iter().map(|object| &*object.key).collect::<Vec<_>>().join(" ")
}

#[test]
fn keys_are_listed_in_the_order_of_their_bytes() {
    let folder = Folder::new("order");
    for key in ["a/1", "a/2/3", "a.txt", "a-b", "ab", "é", "Z/x", "a/.hidden"] {
        folder.put(key, key);
    }
    run(async {
        let all = "Z/x a-b a.txt a/.hidden a/1 a/2/3 ab é";
        for page in [1, 2, 3, 100] {
            let objects = folder.objects().page(page);
            let mut keys: Vec<String> = Vec::new();
            loop {
                let next = objects.list("b", "", keys.last().map(String::as_str)).await.unwrap();
                if next.is_empty() {
                    break;
                }
                assert!(next.len() <= page);
                keys.extend(next.iter().map(|object| object.key.to_string()));
            }
            assert_eq!(keys.join(" "), all, "in pages of {page}");
        }
        let objects = folder.objects();
        assert_eq!(listed(&objects, "a/", None).await, "a/.hidden a/1 a/2/3");
        assert_eq!(listed(&objects, "a/", Some("a/1")).await, "a/2/3");
        assert_eq!(listed(&objects, "a/2", None).await, "a/2/3");
        assert_eq!(listed(&objects, "a", Some("a.txt")).await, "a/.hidden a/1 a/2/3 ab");
        assert_eq!(listed(&objects, "none", None).await, "");
    });
}

#[test]
fn an_object_appears_when_it_is_finished() {
    let folder = Folder::new("write");
    let objects = folder.objects();
    run(async {
        let mut writer = objects.create("b", "p/x").await.unwrap();
        writer.write(b"one".to_vec()).await.unwrap();
        writer.write(b"two".to_vec()).await.unwrap();
        assert_eq!(listed(&objects, "", None).await, "");
        writer.finish().await.unwrap();
        assert_eq!(listed(&objects, "", None).await, "p/x");

        let mut other = objects.create("b", "p/x").await.unwrap();
        other.write(b"three".to_vec()).await.unwrap();
        drop(other);
        let object = objects.head("b", "p/x", None).await.unwrap();
        assert_eq!((object.size, object.version.clone()), (6, None));
        assert_eq!(objects.read("b", &object, 2..5).await.unwrap(), b"etw");
        assert_eq!(objects.read("b", &object, 4..9).await.unwrap(), b"wo");
        assert_eq!(fs::read_dir(folder.0.join("b/p")).unwrap().count(), 1, "a writer that is dropped leaves nothing");

        let mut over = objects.create("b", "p/x").await.unwrap();
        over.write(b"over!".to_vec()).await.unwrap();
        over.finish().await.unwrap();
        let changed = objects.read("b", &object, 0..1).await.unwrap_err();
        assert_eq!(changed.to_string(), "the object `p/x` in the bucket `b` changed while it was read");
    });
}

#[test]
fn nothing_outside_of_a_bucket_has_a_key() {
    let folder = Folder::new("outside");
    fs::write(folder.0.join("secret"), "x").unwrap();
    let objects = folder.objects();
    run(async {
        for key in ["../secret", "/etc/passwd", "a/../../secret", "", ".", "a//b", "a/", "a\0b", "..\\secret", "c:x"] {
            let error = objects.head("b", key, None).await.unwrap_err();
            assert!(matches!(error, ObjectsError::Invalid(_)), "{key}: {error}");
            assert!(objects.create("b", key).await.is_err(), "{key}");
        }
        for bucket in ["", ".", "..", "/", "b/", "b/c", "/b", "../b"] {
            let error = objects.list(bucket, "", None).await.unwrap_err();
            assert!(matches!(error, ObjectsError::Invalid(_)), "{bucket}: {error}");
        }
    });
}

#[test]
fn what_is_missing_is_told_apart() {
    let folder = Folder::new("missing");
    folder.put("file", "x");
    fs::create_dir(folder.0.join("b/dir")).unwrap();
    let objects = folder.objects();
    run(async {
        for key in ["none", "dir", "file/below", "none/below"] {
            let error = objects.head("b", key, None).await.unwrap_err();
            assert_eq!(error, ObjectsError::NoSuchKey("b".into(), key.into()));
        }
        let bucket = ObjectsError::NoSuchBucket("none".into());
        assert_eq!(objects.head("none", "k", None).await.unwrap_err(), bucket);
        assert_eq!(objects.list("none", "", None).await.unwrap_err(), bucket);
        assert_eq!(objects.create("none", "k").await.err().unwrap(), bucket);
        assert_eq!(objects.create("file", "k").await.err().unwrap(), ObjectsError::NoSuchBucket("file".into()));
        let version = objects.head("b", "file", Some("1")).await.unwrap_err();
        assert_eq!(version.to_string(), "there is no version `1` of `file`: a folder keeps no versions");
    });
}
