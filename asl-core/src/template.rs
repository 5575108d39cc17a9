//! Definitions in CloudFormation and SAM templates.
//!
//! [`definitions`] finds the state machines of a template, and each of them compiles with diagnostics whose places are
//! those of the template's text: spans, lines and columns, and pointers that begin with the resource's.
//! What only a deployment knows, such as `!GetAtt Function.Arn`, is checked as far as it is known.
//!
//! See `AWS::StepFunctions::StateMachine` and `AWS::Serverless::StateMachine` in AWS's
//! [reference of resources](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/).

mod embedded;
mod intrinsics;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::embedded::Embedded;
use self::intrinsics::{literal, resolved};
use crate::compile::{Compiled, compile_part, compile_with};
use crate::definition::MachineType;
use crate::diagnostic::{Diagnostics, Location};
use crate::graph::Graph;
use crate::options::Options;
use crate::placeholder::{Placeholders, Substitutions};
use crate::source::{JsonPointer, Source, Span};
use crate::syntax::{self, Dialect, Node, Notation};

/// Finds the state machines of the template `text`.
///
/// A text that is no template has none, nor has one that breaks the rules of its notation.
///
/// # Examples
///
/// ```
/// use asl_core::{Notation, Options, template};
///
/// let text = "
/// Resources:
///   Orders:
///     Type: AWS::Serverless::StateMachine
///     Properties:
///       Definition:
///         StartAt: Charge
///         States:
///           Charge: {Type: Task, Resource: !GetAtt Charge.Arn, Next: Ship}
///           Shipped: {Type: Succeed}
/// ";
/// let template = template::definitions(text, Notation::Yaml);
/// let compiled = template.definitions[0].compile(Options::new()).unwrap();
/// let diagnostic = compiled.diagnostics.iter().next().unwrap();
/// assert_eq!(diagnostic.message, "Missing 'Next' target: Ship");
/// assert_eq!(diagnostic.location.position.to_string(), "9:68");
/// assert_eq!(diagnostic.location.pointer.as_str(), "/Resources/Orders/Properties/Definition/States/Charge/Next");
/// ```
pub fn definitions<'t>(text: &'t str, notation: Notation) -> Template<'t> {
    let (root, diagnostics) = syntax::parse_as(text, notation, Dialect::CloudFormation);
    let source = Arc::new(Source::new("template", text));
    let resources = root.as_ref().and_then(|root| root.get("Resources")).and_then(Node::as_object);
    let find = |resource: &syntax::Member<'t>| Definition::read(&resource.key, &resource.value, notation, &source);
    let is_well_formed = !diagnostics.has_errors();
    let definitions = resources.filter(|_| is_well_formed).unwrap_or_default().iter().filter_map(find).collect();
    Template { definitions, diagnostics }
}

/// What was found in a template.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Template<'t> {
    /// The state machines, in the order of the resources.
    pub definitions: Vec<Definition<'t>>,
    /// What is wrong with the template as JSON or YAML.
    pub diagnostics: Diagnostics,
}

/// A state machine of a template.
#[derive(Debug, Clone)]
pub struct Definition<'t> {
    logical_id: String,
    machine_type: Option<MachineType>,
    substitutions: Substitutions,
    notation: Notation,
    source: Arc<Source<'t>>,
    pointer: JsonPointer,
    body: Body<'t>,
}

#[derive(Debug, Clone)]
enum Body<'t> {
    /// An object, and where its strings begin that are other than written.
    Object(Node<'t>, BTreeSet<usize>),
    /// JSON inside of a string.
    Text(Embedded),
    Elsewhere(Whereabouts),
}

/// Where a definition is that its template does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whereabouts {
    /// `DefinitionUri`: a file's path from the template, or `s3://…`.
    Uri(String),
    /// `DefinitionS3Location`, or `DefinitionUri` as an object; `None` for what only a deployment knows.
    S3 {
        /// The name of the bucket.
        bucket: Option<String>,
        /// The key of the object.
        key: Option<String>,
    },
    /// Only a deployment knows: a parameter's value, for example.
    Unknown,
}

impl<'t> Definition<'t> {
    /// The name of the resource.
    pub fn logical_id(&self) -> &str {
        &self.logical_id
    }

    /// The machine's type, if the template says it.
    pub fn machine_type(&self) -> Option<MachineType> {
        self.machine_type
    }

    /// Where in the template the definition stands, or the property that says where it is.
    pub fn pointer(&self) -> &JsonPointer {
        &self.pointer
    }

    /// Where the definition is, if it is not in the template.
    pub fn whereabouts(&self) -> Option<&Whereabouts> {
        match &self.body {
            Body::Elsewhere(whereabouts) => Some(whereabouts),
            Body::Object(..) | Body::Text(_) => None,
        }
    }

    /// What the template says about the machine, for a definition that is [elsewhere](Self::whereabouts):
    /// its type, if it is given, and the values of `DefinitionSubstitutions`, so far as they are known.
    #[must_use]
    pub fn options(&self, options: Options) -> Options {
        let options = options.placeholders(Placeholders::Understood);
        let options = match self.machine_type {
            Some(machine_type) => options.machine_type(machine_type),
            None => options,
        };
        self.substitutions.iter().fold(options, |options, (name, value)| options.substitute(name, value))
    }

    /// Compiles the definition; `None` if it is [elsewhere](Self::whereabouts).
    ///
    /// The notation and the handling of placeholders are the template's; the machine's type is, if it is given there.
    pub fn compile(&self, options: Options) -> Option<Compiled> {
        let options = self.options(options);
        match &self.body {
            Body::Object(root, rewritten) => {
                let options = options.notation(self.notation);
                let compiled = compile_part(root.clone(), &self.source, rewritten.clone(), &options);
                Some(self.relocated(compiled, |span| span))
            }
            Body::Text(text) => {
                let compiled = compile_with(text.text(), options.notation(Notation::Json));
                Some(self.relocated(compiled, |span| text.place(span)))
            }
            Body::Elsewhere(_) => None,
        }
    }

    /// The definition as a graph; `None` if it is [elsewhere](Self::whereabouts), or is not an object at all.
    pub fn graph(&self) -> Option<Graph> {
        match &self.body {
            Body::Object(root, _) => Graph::of(root, &self.source, self.notation),
            Body::Text(text) => Graph::read(text.text()),
            Body::Elsewhere(_) => None,
        }
    }

    /// The same with places of the template: a span by `place`, a pointer from the template's root.
    fn relocated(&self, mut compiled: Compiled, place: impl Fn(Span) -> Span) -> Compiled {
        let relocate = |location: &mut Location| {
            *location = self.source.location(self.pointer.followed_by(&location.pointer), place(location.span));
        };
        let diagnostics = std::mem::take(&mut compiled.diagnostics).into_iter().map(|mut diagnostic| {
            relocate(&mut diagnostic.location);
            diagnostic.labels.iter_mut().for_each(|(location, _)| relocate(location));
            diagnostic
        });
        compiled.diagnostics = diagnostics.collect();
        compiled
    }

    /// The state machine of a resource; `None` if it is of another type.
    fn read(logical_id: &str, resource: &Node<'t>, notation: Notation, source: &Arc<Source<'t>>) -> Option<Self> {
        let names = match resource.get("Type")?.as_str()? {
            "AWS::StepFunctions::StateMachine" => &STEP_FUNCTIONS,
            "AWS::Serverless::StateMachine" => &SERVERLESS,
            _ => return None,
        };
        let properties = resource.get("Properties")?;
        let resource = JsonPointer::default().member("Resources").member(logical_id).member("Properties");
        let mut substitutions = read_substitutions(properties.get("DefinitionSubstitutions"));
        let (name, node) = names.definition.iter().find_map(|name| properties.get(name).map(|node| (*name, node)))?;
        let body = read_body(name, node, notation, source, &mut substitutions);
        let machine_type = properties.get(names.machine_type).and_then(Node::as_str).and_then(MachineType::named);
        Some(Self {
            logical_id: logical_id.to_owned(),
            machine_type,
            substitutions,
            notation,
            source: Arc::clone(source),
            pointer: resource.member(name),
            body,
        })
    }
}

/// How a type of resource calls its properties.
struct Properties {
    /// Those that hold the definition or say where it is; the first that is there counts.
    definition: [&'static str; 3],
    machine_type: &'static str,
}

const STEP_FUNCTIONS: Properties = Properties {
    definition: ["Definition", "DefinitionString", "DefinitionS3Location"],
    machine_type: "StateMachineType",
};

const SERVERLESS: Properties =
    Properties { definition: ["Definition", "DefinitionString", "DefinitionUri"], machine_type: "Type" };

fn read_body<'t>(
    name: &str,
    node: &Node<'t>,
    notation: Notation,
    source: &Source<'_>,
    substitutions: &mut Substitutions,
) -> Body<'t> {
    if name != "DefinitionString" {
        return if name == "Definition" { read_object(node) } else { Body::Elsewhere(read_whereabouts(node)) };
    }
    if let Some([member]) = node.as_object()
        && member.key == "Fn::ToJsonString"
    {
        return read_object(&member.value);
    }
    Embedded::read(node, notation, source, substitutions).map_or(Body::Elsewhere(Whereabouts::Unknown), Body::Text)
}

fn read_object<'t>(node: &Node<'t>) -> Body<'t> {
    let mut rewritten = BTreeSet::new();
    let root = resolved(node, &mut rewritten);
    Body::Object(root, rewritten)
}

fn read_whereabouts(node: &Node<'_>) -> Whereabouts {
    let part = |name| node.get(name).and_then(literal);
    match node.as_str() {
        Some(uri) => Whereabouts::Uri(uri.to_owned()),
        None if intrinsics::call(node).is_some() => Whereabouts::Unknown,
        None => Whereabouts::S3 { bucket: part("Bucket"), key: part("Key") },
    }
}

/// The values that are known.
fn read_substitutions(node: Option<&Node<'_>>) -> Substitutions {
    let members = node.and_then(Node::as_object).unwrap_or_default();
    members.iter().filter_map(|member| Some((member.key.to_string(), literal(&member.value)?))).collect()
}
