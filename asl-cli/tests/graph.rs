//! `asl graph`.

use std::fs;

use roxmltree::Document;

use crate::terminal::asl;

const ORDER: &str = "../examples/definitions/order.asl.json";
const DEPLOYMENTS: [&str; 3] = [
    "../deploy-workflow/definitions/standard.asl.json",
    "../deploy-workflow/definitions/blue-green.asl.json",
    "../deploy-workflow/definitions/wait-for-execution.asl.json",
];

fn data(name: &str) -> String {
    format!("tests/data/graph/{name}")
}

/// What `asl graph` draws of a definition, with the path of a history over it if there is one.
fn draw(definition: &str, format: &str, history: Option<&str>) -> String {
    let mut arguments = vec!["graph", definition, "--format", format];
    arguments.extend(history.iter().flat_map(|history| ["--history", history]));
    let ran = asl(&arguments, "");
    assert_eq!((ran.code, &*ran.err), (0, ""), "{definition}");
    ran.out
}

/// The names of all states, the innermost included.
fn state_names(definition: &str) -> Vec<String> {
    let graph = asl_core::graph::Graph::read(&fs::read_to_string(definition).unwrap()).unwrap();
    graph.states().map(|state| state.name.to_string()).collect()
}

#[test]
fn an_order_is_drawn_as_text() {
    insta::assert_snapshot!("order_ascii", draw(ORDER, "ascii", None));
    insta::assert_snapshot!("order_mermaid", draw(ORDER, "mermaid", None));
    insta::assert_snapshot!("order_dot", draw(ORDER, "dot", None));
}

#[test]
fn a_history_is_laid_over_the_order() {
    let history = data("order.history.json");
    insta::assert_snapshot!("order_history_ascii", draw(ORDER, "ascii", Some(&history)));
    insta::assert_snapshot!("order_history_mermaid", draw(ORDER, "mermaid", Some(&history)));
    insta::assert_snapshot!("order_history_dot", draw(ORDER, "dot", Some(&history)));
}

#[test]
fn machines_inside_of_states_are_drawn_inside() {
    let (nested, history) = (data("nested.asl.json"), data("nested.history.json"));
    insta::assert_snapshot!("nested_ascii", draw(&nested, "ascii", Some(&history)));
    insta::assert_snapshot!("nested_mermaid", draw(&nested, "mermaid", None));
    insta::assert_snapshot!("nested_dot", draw(&nested, "dot", None));
}

#[test]
fn loops_and_branches_are_drawn_as_text() {
    insta::assert_snapshot!("deployment_ascii", draw(DEPLOYMENTS[0], "ascii", None));
}

#[test]
fn hostile_names_are_only_names() {
    let hostile = data("hostile.asl.json");
    insta::assert_snapshot!("hostile_ascii", draw(&hostile, "ascii", None));
    insta::assert_snapshot!("hostile_mermaid", draw(&hostile, "mermaid", None));
    insta::assert_snapshot!("hostile_dot", draw(&hostile, "dot", None));
}

#[test]
fn faults_are_drawn_as_far_as_they_can_be_read() {
    let faulty = data("faulty.asl.json");
    insta::assert_snapshot!("faulty_ascii", draw(&faulty, "ascii", None));
    insta::assert_snapshot!("faulty_dot", draw(&faulty, "dot", None));
    assert!(draw(&faulty, "svg", None).contains("Nowhere is missing"));
}

#[test]
fn a_picture_is_xml_with_every_state_in_it() {
    let own = ["nested.asl.json", "hostile.asl.json", "faulty.asl.json"].map(data);
    for definition in DEPLOYMENTS.into_iter().chain([ORDER]).chain(own.iter().map(String::as_str)) {
        let picture = draw(definition, "svg", None);
        let document = Document::parse(&picture).unwrap_or_else(|error| panic!("{definition}: {error}"));
        let of_states = document.descendants().filter(|node| node.attribute("class") == Some("state"));
        let titles: Vec<&str> = of_states.filter_map(|state| state.first_element_child()?.text()).collect();
        let names = state_names(definition);
        assert_eq!(titles.len(), names.len(), "{definition}");
        for name in names.iter().filter(|name| !name.contains(char::is_control)) {
            let shown = name.replace('\u{202e}', "\u{fffd}");
            assert!(titles.iter().any(|title| title.starts_with(&shown)), "{definition}: {name}");
        }
        assert_eq!(picture, draw(definition, "svg", None), "{definition}");
    }
}

#[test]
fn a_picture_shows_what_became_of_each_state() {
    let picture = draw(ORDER, "svg", Some(&data("order.history.json")));
    let document = Document::parse(&picture).unwrap();
    let title = |name: &str| {
        let mut titles =
            document.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text());
        titles.find(|title| title.starts_with(name)).unwrap().to_owned()
    };
    for (state, mark) in [
        ("ReserveStock", "succeeded"),
        ("ChargeCard", "caught"),
        ("Ship", "not visited"),
        ("ReleaseStock", "succeeded"),
        ("OrderFailed", "failed"),
    ] {
        assert!(title(state).ends_with(mark), "{}", title(state));
    }
}

#[test]
fn a_picture_of_a_very_large_machine_is_refused() {
    let states = (0..2500).map(|number| format!(r#""S{number}": {{"Type": "Succeed"}}"#)).collect::<Vec<_>>();
    let ran = asl(&["graph", "-", "--format", "svg"], &format!(r#"{{"States": {{{}}}}}"#, states.join(",")));
    assert_eq!((ran.code, &*ran.out), (2, ""));
    insta::assert_snapshot!(ran.err);
}

#[test]
fn what_is_no_definition_or_no_history_is_refused() {
    let ran = asl(&["graph", "-"], "[]");
    assert_eq!((ran.code, &*ran.err), (2, "error: -: this is not a definition: it is no object\n"));
    let ran = asl(&["graph", ORDER, "--history", "-"], "{}");
    assert_eq!((ran.code, &*ran.err), (2, "error: `-` is not a history: it has no array `events`\n"));
    let ran = asl(&["graph", "-", "--history", "-"], "");
    assert_eq!((ran.code, &*ran.err), (2, "error: the definition and the history cannot both be standard input\n"));
    let ran = asl(&["graph", "missing.asl.json"], "");
    assert_eq!(ran.code, 3);
}

#[test]
fn a_history_of_another_definition_is_told() {
    let history = r#"{"events": [{"id": 1, "type": "ExecutionStarted"}, {"id": 2, "previousEventId": 1,
        "type": "PassStateEntered", "stateEnteredEventDetails": {"name": "Elsewhere"}}]}"#;
    let ran = asl(&["graph", ORDER, "--history", "-"], history);
    let expected = "warning: the history is of another definition: this one has no state `Elsewhere`\n";
    assert_eq!((ran.code, &*ran.err), (0, expected));
    assert!(ran.out.starts_with("(start)"), "{}", ran.out);
}

#[test]
fn a_drawing_goes_to_the_file_that_is_named() {
    let file = std::env::temp_dir().join(format!("asl-graph-{}.txt", std::process::id()));
    let ran = asl(&["graph", ORDER, "--output", file.to_str().unwrap()], "");
    let written = fs::read_to_string(&file);
    fs::remove_file(&file).unwrap();
    assert_eq!((ran.code, &*ran.out, written.unwrap()), (0, "", draw(ORDER, "ascii", None)));
}

#[test]
fn definitions_in_yaml_and_in_templates_are_drawn() {
    let yaml = "StartAt: A\nStates:\n  A:\n    Type: Wait\n    Seconds: ${Seconds}\n    End: true\n";
    let drawn = asl(&["graph", "-"], yaml);
    assert_eq!((drawn.code, &*drawn.err), (0, ""));
    let indented = yaml.replace('\n', "\n        ");
    let template = format!(
        "Resources:\n  Machine:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        {indented}"
    );
    let from_template = asl(&["graph", "-", "--machine", "Machine"], &template);
    assert_eq!((from_template.code, &*from_template.err), (0, ""));
    assert!(drawn.out.contains("Wait") && from_template.out == drawn.out, "{}\n{}", drawn.out, from_template.out);
}
