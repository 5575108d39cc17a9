//! `asl-core` is pure: nothing it links may read a clock, draw random numbers, or run tasks.

use std::collections::BTreeSet;

use crate::step::{Verdict, cargo};

/// Packages that `asl-core` must not link, and what they would bring in.
const FORBIDDEN: [(&str, &str); 18] = [
    ("asl-runtime", "the driver"),
    ("async-io", "I/O"),
    ("async-std", "I/O and tasks"),
    ("chrono", "a clock"),
    ("fastrand", "randomness"),
    ("futures-executor", "tasks"),
    ("getrandom", "randomness"),
    ("instant", "a clock"),
    ("js-sys", "a clock and randomness"),
    ("mio", "I/O"),
    ("quanta", "a clock"),
    ("rand", "randomness"),
    ("rayon-core", "threads"),
    ("smol", "tasks"),
    ("socket2", "the network"),
    ("time", "a clock"),
    ("tokio", "I/O and tasks"),
    ("web-time", "a clock"),
];

/// Packages that `asl-core` may link, but not with this feature.
const FORBIDDEN_FEATURES: [(&str, &str, &str); 2] =
    [("jiff", "std", "a clock and the environment"), ("uuid", "v4", "randomness")];

/// Whether the packages that `asl-core` links keep the rule.
pub(crate) fn check() -> Verdict {
    let arguments = ["tree", "--package", "asl-core", "--edges", "normal"];
    let output = match cargo(arguments).args(["--prefix", "none", "--format", "{p}\t{f}"]).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => return Verdict::Failed(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => return Verdict::Failed(error.to_string()),
    };
    let tree = String::from_utf8_lossy(&output.stdout);
    let breaches = breaches(&tree);
    println!("    asl-core links {} packages", packages(&tree).count());
    if breaches.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed(breaches.into_iter().collect::<Vec<_>>().join("; "))
    }
}

/// The breaches of the rule in `tree`, a line `name version …<TAB>features` per package.
fn breaches(tree: &str) -> BTreeSet<String> {
    let mut breaches = BTreeSet::new();
    for (name, features) in packages(tree) {
        for (forbidden, brings) in FORBIDDEN {
            if name == forbidden {
                breaches.insert(format!("asl-core depends on `{name}`, which brings in {brings}"));
            }
        }
        for (package, feature, brings) in FORBIDDEN_FEATURES {
            if name == package && features.split(',').any(|enabled| enabled == feature) {
                breaches.insert(format!("asl-core depends on `{name}` with `{feature}`, which brings in {brings}"));
            }
        }
    }
    breaches
}

/// Each package of `tree` once, with its features.
fn packages(tree: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = tree.lines().filter_map(|line| {
        let (package, features) = line.split_once('\t')?;
        Some((package.split(' ').next()?, features.trim_end_matches(" (*)")))
    });
    rows.collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_would_make_the_core_impure() {
        let check = |tree: &str, expected: &[&str]| assert_eq!(Vec::from_iter(breaches(tree)), expected, "{tree}");
        check("asl-core v0.1.0 (/here)\t\nserde v1.0.0\tderive,std\nserde v1.0.0\tderive,std (*)", &[]);
        check("jiff v0.2.0\talloc", &[]);
        check(
            "jiff v0.2.0\talloc,std (*)",
            &["asl-core depends on `jiff` with `std`, which brings in a clock and the environment"],
        );
        check("tokio v1.0.0\trt", &["asl-core depends on `tokio`, which brings in I/O and tasks"]);
        check("tokio-util v1.0.0\trt", &[]);
    }
}
