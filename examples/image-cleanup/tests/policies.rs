//! Which policies are valid, and what is said of the others.

use image_cleanup::policy::{Action, Criterion, Policy, TagMatcher, TagSelection};

use crate::examples::DOCUMENTED;

const ANY: &str = r#"{"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}"#;
const EXPIRE: &str = r#"{"type": "expire"}"#;
const ARCHIVE: &str = r#"{"type": "transition", "targetStorageClass": "archive"}"#;

/// A policy with one rule, long enough for ECR.
fn one_rule(selection: &str, action: &str) -> String {
    policy(&[(1, selection, action)])
}

fn policy(rules: &[(u32, &str, &str)]) -> String {
    let rules: Vec<_> = rules
        .iter()
        .map(|(priority, selection, action)| {
            format!(r#"{{"rulePriority": {priority}, "selection": {selection}, "action": {action}}}"#)
        })
        .collect();
    format!(r#"{{"rules": [{}]}}"#, rules.join(", "))
}

fn faults(text: &str) -> Vec<String> {
    let invalid = Policy::parse("policy.json", text).expect_err(text);
    invalid.faults().iter().map(|fault| format!("{} {}", fault.location.pointer, fault.message)).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(faults(text), expected, "{text}");
}

#[test]
fn every_documented_policy_is_valid() {
    for text in DOCUMENTED {
        if let Err(invalid) = Policy::parse("policy.json", text) {
            panic!("{invalid}\n{text}");
        }
    }
}

#[test]
fn the_rules_are_in_the_order_of_their_priorities() {
    let tagged = r#"{"tagStatus": "tagged", "tagPatternList": ["a*", "*b"], "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 90}"#;
    let text = policy(&[(20, ANY, EXPIRE), (3, tagged, ARCHIVE)]);
    let policy = Policy::parse("policy.json", &text).unwrap();
    let [first, second] = policy.rules() else { panic!("{policy:?}") };
    assert_eq!(
        (first.priority, first.criterion, first.action),
        (3, Criterion::SinceImagePulled(90), Action::Transition)
    );
    let matchers = ["a*", "*b"].map(|pattern| TagMatcher::Pattern(pattern.to_owned()));
    assert_eq!(first.tags, TagSelection::Tagged(matchers.to_vec()));
    assert_eq!(
        (second.priority, second.criterion, second.action),
        (20, Criterion::ImageCountMoreThan(1), Action::Expire)
    );
}

#[test]
fn all_faults_are_told_at_once_with_their_places_and_help() {
    let text = r#"{
  "rules": [
    {
      "rulePriority": 0,
      "selection": {
        "tagStatus": "Tagged",
        "tagPrefixlist": ["prod"],
        "countType": "sinceImagePushed",
        "countUnit": "hours",
        "countNumber": "14"
      },
      "action": {"type": "delete"}
    }
  ]
}"#;
    insta::assert_snapshot!(Policy::parse("policy.json", text).unwrap_err(), @r"
    policy.json:4:23 (/rules/0/rulePriority): `0` is not a whole number from 1 to 4294967295
    policy.json:6:22 (/rules/0/selection/tagStatus): `Tagged` is none of `tagged`, `untagged`, `any`
      help: did you mean `tagged`?
    policy.json:7:9 (/rules/0/selection/tagPrefixlist): `tagPrefixlist` is no property of a lifecycle policy in this place
      help: did you mean `tagPrefixList`?
    policy.json:9:22 (/rules/0/selection/countUnit): `hours` is none of `days`
    policy.json:10:24 (/rules/0/selection/countNumber): expected a whole number, found string
    policy.json:12:26 (/rules/0/action/type): `delete` is none of `expire`, `transition`
    ");
}

#[test]
fn a_text_that_is_no_json_is_told_with_its_place() {
    check("", &[" the text is empty, and a policy is an object"]);
    check(r#"{"rules": [}"#, &[" Unexpected close marker '}': expected ']'"]);
    check(
        &one_rule(ANY, EXPIRE).replace(r#""tagStatus""#, r#""tagStatus": "any", "tagStatus""#),
        &["/rules/0/selection/tagStatus the key `tagStatus` is already in this object"],
    );
}

#[test]
fn a_policy_has_rules_and_a_length() {
    check("[]", &[" expected an object, found array"]);
    check("{}", &[" `rules` is missing"]);
    check(r#"{"rules": {}}"#, &["/rules expected an array of rules, found object"]);
    check(
        &format!(r#"{{"rules": []{}}}"#, " ".repeat(100)),
        &["/rules a policy has from 1 to 50 rules, and this one has 0"],
    );
    check(
        &policy(&[(1, ANY, EXPIRE)]).replace("rules", "Rules"),
        &[" `rules` is missing", "/Rules `Rules` is no property of a lifecycle policy in this place"],
    );
    let compact = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}"#;
    assert!(Policy::parse("policy.json", compact).is_ok());
    let padding = " ".repeat(30_720 - compact.len());
    assert!(Policy::parse("policy.json", &format!("{compact}{padding}")).is_ok());
    check(&format!("{compact}{padding} "), &[" a policy has from 100 to 30720 characters, and this one has 30721"]);
    let tagged = |number: u32| {
        format!(
            r#"{{"tagStatus": "tagged", "tagPrefixList": ["{number}"], "countType": "imageCountMoreThan", "countNumber": 1}}"#
        )
    };
    let selections: Vec<_> = (1..=51).map(|number| (number, tagged(number))).collect();
    let rules: Vec<_> = selections.iter().map(|(number, selection)| (*number, selection.as_str(), EXPIRE)).collect();
    assert!(Policy::parse("policy.json", &policy(&rules[..50])).is_ok());
    check(&policy(&rules), &["/rules a policy has from 1 to 50 rules, and this one has 51"]);
}

#[test]
fn a_rule_has_what_it_needs_and_nothing_else() {
    let rule = |text: &str| format!(r#"{{"rules": [{text}{}]}}"#, " ".repeat(100));
    check(&rule("7"), &["/rules/0 expected an object, found number"]);
    check(
        &rule("{}"),
        &["/rules/0 `rulePriority` is missing", "/rules/0 `selection` is missing", "/rules/0 `action` is missing"],
    );
    let with =
        |member: &str| rule(&format!(r#"{{"rulePriority": 1, "selection": {ANY}, "action": {EXPIRE}, {member}}}"#));
    assert!(Policy::parse("policy.json", &with(r#""description": "why""#)).is_ok());
    check(&with(r#""description": 7"#), &["/rules/0/description expected a string, found number"]);
    check(
        &with(r#""comment": "x""#),
        &["/rules/0/comment `comment` is no property of a lifecycle policy in this place"],
    );
    for priority in ["0", "-1", "1.5", "4294967296", "1e2"] {
        let text =
            policy(&[(1, ANY, EXPIRE)]).replace(r#""rulePriority": 1"#, &format!(r#""rulePriority": {priority}"#));
        assert_eq!(faults(&text).len(), 1, "{priority}");
    }
}

#[test]
fn tags_are_listed_for_tagged_images_and_for_no_others() {
    let selection = |members: &str| {
        one_rule(&format!(r#"{{{members}, "countType": "imageCountMoreThan", "countNumber": 1}}"#), EXPIRE)
    };
    check(
        &selection(r#""tagStatus": "tagged""#),
        &["/rules/0/selection/tagStatus Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED."],
    );
    check(
        &selection(r#""tagStatus": "tagged", "tagPatternList": ["a"], "tagPrefixList": ["b"]"#),
        &["/rules/0/selection/tagPrefixList a rule has `tagPatternList` or `tagPrefixList`, not both"],
    );
    for status in ["untagged", "any"] {
        for list in ["tagPatternList", "tagPrefixList"] {
            let message = format!(
                "/rules/0/selection/{list} a list of tags is for `tagStatus` `tagged` only, and here it is `{status}`"
            );
            check(&selection(&format!(r#""tagStatus": "{status}", "{list}": ["a"]"#)), &[&message]);
        }
    }
    let patterns = |list: &str| selection(&format!(r#""tagStatus": "tagged", "tagPatternList": {list}"#));
    assert!(Policy::parse("policy.json", &patterns(r#"["*test*1*2*3", "test*1*2*3*"]"#)).is_ok());
    check(
        &patterns(r#"["test*1*2*3*4*5*6"]"#),
        &["/rules/0/selection/tagPatternList/0 a pattern has at most 4 `*`, and `test*1*2*3*4*5*6` has 6"],
    );
    check(&patterns("[]"), &["/rules/0/selection/tagPatternList the list is empty, and would select every image"]);
    check(
        &patterns(r#"["a", "", 7]"#),
        &[
            "/rules/0/selection/tagPatternList/1 an empty string matches no tag, or each of them",
            "/rules/0/selection/tagPatternList/2 expected a string, found number",
        ],
    );
    check(&patterns(r#""a""#), &["/rules/0/selection/tagPatternList expected an array of strings, found string"]);
    check(
        &selection(r#""tagStatus": "tagged", "tagPrefixList": ["prod*"]"#),
        &["/rules/0/selection/tagPrefixList/0 the prefix `prod*` has a `*`, which no tag has"],
    );
}

#[test]
fn each_count_type_has_its_unit_storage_class_and_action() {
    let selection = |members: &str| format!(r#"{{"tagStatus": "any", {members}}}"#);
    let counted =
        |count_type: &str, more: &str| selection(&format!(r#""countType": "{count_type}", "countNumber": 90{more}"#));
    let days = r#", "countUnit": "days""#;
    let archived = r#", "countUnit": "days", "storageClass": "archive""#;
    let standard = r#", "countUnit": "days", "storageClass": "standard""#;
    for (selection, action) in [
        (counted("imageCountMoreThan", ""), EXPIRE),
        (counted("imageCountMoreThan", r#", "storageClass": "standard""#), ARCHIVE),
        (counted("sinceImagePushed", days), EXPIRE),
        (counted("sinceImagePushed", standard), ARCHIVE),
        (counted("sinceImagePulled", days), ARCHIVE),
        (counted("sinceImageTransitioned", archived), EXPIRE),
    ] {
        assert!(Policy::parse("policy.json", &one_rule(&selection, action)).is_ok(), "{selection}");
    }
    let check = |selection: String, action: &str, expected: &str| check(&one_rule(&selection, action), &[expected]);
    check(
        counted("imageCountMoreThan", days),
        EXPIRE,
        "/rules/0/selection/countUnit `countUnit` is for the count types that count days, not for `imageCountMoreThan`",
    );
    for (count_type, action) in [("sinceImagePushed", EXPIRE), ("sinceImagePulled", ARCHIVE)] {
        let missing = format!("/rules/0/selection `countUnit` is missing, which `{count_type}` needs");
        check(counted(count_type, ""), action, &missing);
        let class = format!("/rules/0/selection/storageClass `{count_type}` is for the `storageClass` `standard` only");
        check(counted(count_type, archived), action, &class);
    }
    check(
        counted("imageCountMoreThan", r#", "storageClass": "archive""#),
        EXPIRE,
        "/rules/0/selection/storageClass `imageCountMoreThan` is for the `storageClass` `standard` only",
    );
    check(
        counted("sinceImageTransitioned", days),
        EXPIRE,
        "/rules/0/selection/countType `sinceImageTransitioned` needs the `storageClass` `archive`",
    );
    check(
        counted("sinceImageTransitioned", standard),
        EXPIRE,
        "/rules/0/selection/storageClass `sinceImageTransitioned` needs the `storageClass` `archive`",
    );
    check(
        counted("sinceImageTransitioned", archived).replace("90", "89"),
        EXPIRE,
        "/rules/0/selection/countNumber `countNumber` is at least 90 for `sinceImageTransitioned`: an archived image stays so long",
    );
    check(
        counted("sinceImagePulled", days),
        EXPIRE,
        "/rules/0/action `sinceImagePulled` is for the action `transition` only",
    );
    check(
        counted("sinceImageTransitioned", archived),
        ARCHIVE,
        "/rules/0/action `sinceImageTransitioned` is for the action `expire` only",
    );
    check(
        counted("imageCountMoreThan", "").replace("90", "0"),
        EXPIRE,
        "/rules/0/selection/countNumber `0` is not a whole number from 1 to 4294967295",
    );
    check(selection(r#""countNumber": 1"#), EXPIRE, "/rules/0/selection `countType` is missing");
    check(selection(r#""countType": "imageCountMoreThan""#), EXPIRE, "/rules/0/selection `countNumber` is missing");
}

#[test]
fn an_action_has_a_target_if_it_moves_images() {
    check(&one_rule(ANY, "{}"), &["/rules/0/action `type` is missing"]);
    check(
        &one_rule(ANY, r#"{"type": "transition"}"#),
        &["/rules/0/action `targetStorageClass` is missing, which `transition` needs"],
    );
    check(
        &one_rule(ANY, r#"{"type": "transition", "targetStorageClass": "standard"}"#),
        &["/rules/0/action/targetStorageClass `standard` is none of `archive`"],
    );
    check(
        &one_rule(ANY, r#"{"type": "expire", "targetStorageClass": "archive"}"#),
        &["/rules/0/action/targetStorageClass `targetStorageClass` is for the action `transition` only"],
    );
    check(
        &one_rule(ANY, r#"{"type": "EXPIRE"}"#),
        &["/rules/0/action/type `EXPIRE` is none of `expire`, `transition`"],
    );
}

#[test]
fn rules_fit_each_other() {
    let count = |tags: &str| format!(r#"{{{tags}, "countType": "imageCountMoreThan", "countNumber": 1}}"#);
    let archived = |tags: &str| {
        format!(
            r#"{{{tags}, "storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90}}"#
        )
    };
    let (any, untagged) = (r#""tagStatus": "any""#, r#""tagStatus": "untagged""#);
    let tagged = |list: &str| format!(r#""tagStatus": "tagged", "tagPatternList": {list}"#);
    check(
        &policy(&[(1, &count(untagged), EXPIRE), (1, ANY, EXPIRE)]),
        &["/rules/1/rulePriority another rule has the `rulePriority` 1 too"],
    );
    check(
        &policy(&[(1, &count(any), EXPIRE), (2, &count(untagged), EXPIRE)]),
        &["/rules/0/rulePriority Rule for tagStatus=ANY must have the lowest priority per storage class"],
    );
    check(
        &policy(&[(2, &count(any), EXPIRE), (1, &count(any), ARCHIVE)]),
        &["/rules/1/rulePriority Rule for tagStatus=ANY must have the lowest priority per storage class"],
    );
    check(
        &policy(&[(1, &count(untagged), EXPIRE), (2, &count(untagged), ARCHIVE)]),
        &["/rules/1/selection/tagStatus Only one rule can select Untagged images per storage class"],
    );
    check(
        &policy(&[(1, &count(&tagged(r#"["a", "b"]"#)), EXPIRE), (2, &count(&tagged(r#"["b", "a"]"#)), ARCHIVE)]),
        &["/rules/1/selection/tagPatternList another rule of this storage class has the same list of tags"],
    );
    for rules in [
        [(1, &count(any), EXPIRE), (2, &archived(untagged), EXPIRE)],
        [(1, &count(untagged), EXPIRE), (2, &archived(untagged), EXPIRE)],
        [(1, &count(&tagged(r#"["a"]"#)), EXPIRE), (2, &count(&tagged(r#"["a", "b"]"#)), EXPIRE)],
        [(1, &count(&tagged(r#"["a"]"#)), EXPIRE), (2, &archived(&tagged(r#"["a"]"#)), EXPIRE)],
    ] {
        let text = policy(&rules.map(|(priority, selection, action)| (priority, selection.as_str(), action)));
        assert!(Policy::parse("policy.json", &text).is_ok(), "{text}");
    }
}
