//! Versions, aliases and tags, in AWS's words.

use std::collections::BTreeMap;
use std::sync::Arc;

use asl_core::execution::Outcome;
use asl_core::{MachineType, Options};
use asl_runtime::engine::{ListExecutions, PublishVersion, Route, UpdateAlias};
use asl_runtime::store::MemoryStore;
use asl_runtime::{Engine, Error};
use serde_json::json;

use super::virtual_engine;
use crate::machine_of;

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

fn yields(result: &str) -> String {
    machine_of(&json!({"Type": "Pass", "Result": result, "End": true})).to_string()
}

/// Publishes a version that yields `result`; returns its ARN.
async fn publish(engine: &Engine, result: &str) -> Arc<str> {
    if engine.describe_state_machine(MACHINE).await.is_ok() {
        engine.update_state_machine(MACHINE, &yields(result)).await.unwrap();
    } else {
        engine.create_state_machine("m", &yields(result)).await.unwrap();
    }
    let published = engine.publish_state_machine_version(MACHINE, PublishVersion::new()).await.unwrap();
    published.state_machine_version_arn
}

async fn run(engine: &Engine, arn: &str) -> (Arc<str>, String) {
    let arn = engine.start_execution(arn, None, json!({})).await.unwrap().execution_arn;
    let Outcome::Succeeded(output) = engine.wait(&arn).await.unwrap() else { panic!("must succeed") };
    (arn, output.as_str().unwrap().to_owned())
}

fn said(result: Result<impl Sized, Error>) -> String {
    let error = result.err().unwrap();
    format!("{}: {error}\n", error.api_name().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_version_never_changes() {
    let store = MemoryStore::new();
    let engine = virtual_engine().store(store.clone()).build().await.unwrap();
    let one = publish(&engine, "one").await;
    assert_eq!(&*one, format!("{MACHINE}:1"));
    assert_eq!(publish(&engine, "one").await, one);
    let two = publish(&engine, "two").await;
    let engine = virtual_engine().store(store).build().await.unwrap();
    let (arn, output) = run(&engine, &one).await;
    assert_eq!(output, "one");
    let described = engine.describe_execution(&arn).await.unwrap();
    assert_eq!(&*described.state_machine_arn, MACHINE);
    assert_eq!((described.state_machine_version_arn, described.state_machine_alias_arn), (Some(one.clone()), None));
    assert_eq!(run(&engine, MACHINE).await.1, "two");
    let versions = engine.list_state_machine_versions(MACHINE).await.unwrap();
    let versions: Vec<_> = versions.into_iter().map(|version| version.state_machine_version_arn).collect();
    assert_eq!(versions, [two.clone(), one.clone()]);
    engine.delete_state_machine_version(&two).await.unwrap();
    assert_eq!(&*publish(&engine, "three").await, format!("{MACHINE}:3"));
    let described = engine.describe_state_machine(&one).await.unwrap();
    assert_eq!((&*described.definition, described.machine_type), (&*yields("one"), MachineType::Standard));
    assert_eq!(described.revision_id, None);
    assert!(engine.describe_state_machine(MACHINE).await.unwrap().revision_id.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_alias_splits_executions_between_versions() {
    let engine = virtual_engine().build().await.unwrap();
    let (one, two) = (publish(&engine, "one").await, publish(&engine, "two").await);
    let routes = [
        Route { state_machine_version_arn: one.clone(), weight: 90 },
        Route { state_machine_version_arn: two.clone(), weight: 10 },
    ];
    let alias = engine.create_state_machine_alias("live", &routes, Some("d")).await.unwrap();
    assert_eq!(engine.create_state_machine_alias("live", &routes, Some("d")).await.unwrap(), alias);
    let arn = &alias.state_machine_alias_arn;
    assert_eq!(&**arn, format!("{MACHINE}:live"));
    let mut counts = BTreeMap::new();
    for _ in 0..200 {
        *counts.entry(run(&engine, arn).await.1).or_insert(0) += 1;
    }
    assert!((165..=195).contains(&counts["one"]) && counts["one"] + counts["two"] == 200, "{counts:?}");
    engine
        .update_state_machine_alias(arn, UpdateAlias::new().routing_configuration([Route::all_to(two.clone())]))
        .await
        .unwrap();
    let (execution, output) = run(&engine, arn).await;
    assert_eq!(output, "two");
    let described = engine.describe_execution(&execution).await.unwrap();
    assert_eq!(
        (described.state_machine_version_arn, described.state_machine_alias_arn),
        (Some(two), Some(arn.clone()))
    );
    let described = engine.describe_state_machine_alias(arn).await.unwrap();
    assert_eq!(described.description.as_deref(), Some("d"));
    assert_eq!(engine.list_state_machine_aliases(MACHINE).await.unwrap(), [described]);
    engine.delete_state_machine_version(&one).await.unwrap();
    engine.delete_state_machine_alias(arn).await.unwrap();
    assert!(engine.list_state_machine_aliases(MACHINE).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_aws_refuses_is_refused_in_its_words() {
    let engine = virtual_engine().build().await.unwrap();
    let (one, two) = (publish(&engine, "one").await, publish(&engine, "two").await);
    let route = |arn: &Arc<str>, weight| Route { state_machine_version_arn: arn.clone(), weight };
    engine.create_state_machine_alias("live", &[route(&one, 100)], None).await.unwrap();
    let machine: Arc<str> = MACHINE.into();
    let aliases: [(&str, &[Route]); 12] = [
        ("!INVALID", &[route(&one, 100)]),
        ("123", &[route(&one, 100)]),
        (&"A".repeat(81), &[route(&one, 100)]),
        ("a", &[]),
        ("a", &[route(&one, 50), route(&two, 30), route(&one, 20)]),
        ("a", &[route(&one, 101)]),
        ("a", &[route(&machine, 100)]),
        ("a", &[route(&one, 50), route(&one, 50)]),
        ("a", &[route(&one, 70), route(&two, 29)]),
        ("a", &[route(&one, 70), route(&format!("{MACHINE}2:1").into(), 30)]),
        ("a", &[route(&format!("{MACHINE}:7").into(), 100)]),
        ("live", &[route(&two, 100)]),
    ];
    let mut words = String::new();
    for (name, routes) in aliases {
        words += &said(engine.create_state_machine_alias(name, routes, None).await);
    }
    let described = PublishVersion::new().description("d");
    words += &said(engine.publish_state_machine_version(MACHINE, described).await);
    words += &said(engine.publish_state_machine_version(MACHINE, PublishVersion::new().revision_id("INITIAL")).await)
        .replace(&*engine.describe_state_machine(MACHINE).await.unwrap().revision_id.unwrap(), "CURRENT");
    words += &said(engine.publish_state_machine_version(&one, PublishVersion::new()).await);
    words += &said(engine.delete_state_machine_version(&one).await);
    words += &said(engine.delete_state_machine_version(MACHINE).await);
    words += &said(engine.update_state_machine_alias(&format!("{MACHINE}:none"), UpdateAlias::new()).await);
    words += &said(engine.describe_state_machine_alias(&format!("{MACHINE}:none")).await);
    words += &said(engine.delete_state_machine_alias(&format!("{MACHINE}:none")).await);
    words += &said(engine.start_execution(&format!("{MACHINE}:7"), None, json!({})).await);
    words += &said(engine.start_execution(&format!("{MACHINE}:none"), None, json!({})).await);
    words += &said(engine.update_state_machine(&one, &yields("three")).await);
    words += &said(engine.tag_resource(&one, [("a", "b")]).await);
    words += &said(engine.tag_resource(MACHINE, [("", "b")]).await);
    let many: Vec<String> = (0..51).map(|number| number.to_string()).collect();
    words += &said(engine.tag_resource(MACHINE, many.iter().map(|key| (&**key, ""))).await);
    insta::assert_snapshot!(words);
}

#[tokio::test(start_paused = true)]
async fn machines_and_activities_have_tags() {
    let engine = virtual_engine().build().await.unwrap();
    publish(&engine, "one").await;
    let activity = engine.create_activity("approve").await.unwrap();
    for arn in [MACHINE, &activity] {
        engine.tag_resource(arn, [("team", "blue"), ("cost", "1")]).await.unwrap();
        engine.tag_resource(arn, [("team", "red")]).await.unwrap();
        engine.untag_resource(arn, ["cost", "none"]).await.unwrap();
        let tags = engine.list_tags_for_resource(arn).await.unwrap();
        assert_eq!(tags, BTreeMap::from([("team".into(), "red".into())]));
    }
    engine.delete_activity(&activity).await.unwrap();
    engine.create_activity("approve").await.unwrap();
    assert!(engine.list_tags_for_resource(&activity).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_deleted_leaves_nothing_to_the_next() {
    let engine = virtual_engine().build().await.unwrap();
    let one = publish(&engine, "one").await;
    engine.create_state_machine_alias("live", &[Route::all_to(one.clone())], None).await.unwrap();
    engine.tag_resource(MACHINE, [("team", "blue")]).await.unwrap();
    let (execution, _) = run(&engine, MACHINE).await;
    engine.delete_state_machine(MACHINE).await.unwrap();
    engine.delete_state_machine(MACHINE).await.unwrap();
    let error = engine.start_execution(&one, None, json!({})).await.unwrap_err();
    assert!(matches!(error, Error::StateMachineDoesNotExist(_)), "{error}");
    assert!(engine.describe_execution(&execution).await.is_ok());
    engine.create_state_machine("m", &yields("two")).await.unwrap();
    assert!(engine.list_state_machine_versions(MACHINE).await.unwrap().is_empty());
    assert!(engine.list_state_machine_aliases(MACHINE).await.unwrap().is_empty());
    assert!(engine.list_tags_for_resource(MACHINE).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn executions_are_listed_by_version_and_by_alias() {
    let engine = virtual_engine().build().await.unwrap();
    let (one, two) = (publish(&engine, "one").await, publish(&engine, "two").await);
    let alias = engine.create_state_machine_alias("live", &[Route::all_to(one.clone())], None).await.unwrap();
    let alias = alias.state_machine_alias_arn;
    let mut started = Vec::new();
    for arn in [MACHINE, &one, &two, &alias] {
        started.push(run(&engine, arn).await.0);
    }
    let listed = |arn: Arc<str>| {
        let engine = &engine;
        let started = &started;
        async move {
            let executions = engine.list_executions(ListExecutions::of(arn)).await.unwrap().executions;
            let place = |arn: &Arc<str>| started.iter().position(|started| started == arn).unwrap();
            executions.iter().map(|execution| place(&execution.execution_arn)).collect::<Vec<_>>()
        }
    };
    assert_eq!(listed(MACHINE.into()).await, [3, 2, 1, 0]);
    assert_eq!(listed(one.clone()).await, [3, 1]);
    assert_eq!(listed(two).await, [2]);
    assert_eq!(listed(alias.clone()).await, [3]);

    let page = engine.list_executions(ListExecutions::of(alias.clone()).max_results(1)).await.unwrap();
    let execution = &page.executions[0];
    assert_eq!(&*execution.state_machine_arn, MACHINE);
    assert_eq!(execution.state_machine_version_arn.as_ref(), Some(&one));
    assert_eq!(execution.state_machine_alias_arn.as_ref(), Some(&alias));
    for qualifier in ["7", "none"] {
        let arn = format!("{MACHINE}:{qualifier}");
        let refused = said(engine.list_executions(ListExecutions::of(arn.as_str())).await);
        assert_eq!(refused, format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{arn}'\n"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_published_as_it_is_created_and_updated() {
    let engine = virtual_engine().build().await.unwrap();
    let create = |description| {
        let (engine, definition) = (&engine, yields("one"));
        async move { engine.create_and_publish_state_machine("m", &definition, Options::new(), description).await }
    };
    let one = create(Some("first")).await.unwrap();
    assert_eq!(&*one.state_machine_version_arn, format!("{MACHINE}:1"));
    assert_eq!(create(Some("first")).await.unwrap(), one);
    assert!(said(create(Some("another")).await).starts_with("ConflictException: "));
    let update = |result, description| {
        let (engine, definition) = (&engine, yields(result));
        async move { engine.update_and_publish_state_machine(MACHINE, &definition, description).await }
    };
    assert_eq!(update("one", Some("first")).await.unwrap(), one);
    let two = update("two", None).await.unwrap().state_machine_version_arn;
    assert_eq!(&*two, format!("{MACHINE}:2"));
    assert_eq!(run(&engine, &two).await.1, "two");
    assert_eq!(run(&engine, &one.state_machine_version_arn).await.1, "one");
    let described = engine.describe_state_machine(&one.state_machine_version_arn).await.unwrap();
    assert_eq!(described.description.as_deref(), Some("first"));
    let unknown = engine.update_and_publish_state_machine("arn:none", &yields("one"), None).await;
    assert_eq!(said(unknown), "StateMachineDoesNotExist: State Machine Does Not Exist: 'arn:none'\n");
}
