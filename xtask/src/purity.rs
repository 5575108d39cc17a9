//! What is linked: `asl-core` is pure, so nothing it links may read a clock, draw random numbers, or run tasks; and
//! nothing that a build without features links speaks to AWS.

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

/// What the names of packages begin with that speak to AWS.
const AWS: [&str; 2] = ["aws-", "lambda_"];

/// Whether the packages that are linked keep the rules.
pub(crate) fn check() -> Verdict {
    match (tree(&["--package", "asl-core"]), tree(&["--workspace"])) {
        (Ok(core), Ok(workspace)) => {
            println!("    asl-core links {} packages", packages(&core).count());
            let mut breaches = breaches(&core);
            breaches.extend(breaches_of_defaults(&workspace));
            if breaches.is_empty() {
                Verdict::Passed
            } else {
                Verdict::Failed(breaches.into_iter().collect::<Vec<_>>().join("; "))
            }
        }
        (Err(reason), _) | (_, Err(reason)) => Verdict::Failed(reason),
    }
}

/// What is linked with the default features, a line `name version …<TAB>features` per package.
fn tree(selection: &[&str]) -> Result<String, String> {
    let mut tree = cargo(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}\t{f}"]);
    match tree.args(selection).output() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The breaches of the rule for the `tree` of `asl-core`.
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

/// The breaches of the rule for the `tree` of the whole workspace without features.
fn breaches_of_defaults(tree: &str) -> BTreeSet<String> {
    let speaks_to_aws = |name: &str| AWS.iter().any(|prefix| name.starts_with(prefix));
    let names = packages(tree).map(|(name, _)| name).filter(|name| speaks_to_aws(name));
    names.map(|name| format!("a build without features links `{name}`, which speaks to AWS")).collect()
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

    #[test]
    fn finds_what_speaks_to_aws_in_a_build_without_features() {
        let check = |tree: &str, expected: &[&str]| assert_eq!(Vec::from_iter(breaches_of_defaults(tree)), expected);
        check("deploy-workflow v0.1.0 (/here)\t\ntokio v1.0.0\trt", &[]);
        let links = "a build without features links `aws-sdk-s3`, which speaks to AWS";
        check("tokio v1.0.0\trt\naws-sdk-s3 v1.0.0\trustls\naws-sdk-s3 v1.0.0\trustls (*)", &[links]);
    }
}
