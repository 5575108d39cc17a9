//! The engine's calls about aliases of state machines.
//!
//! See [State machine aliases](https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html).

use std::sync::Arc;

use asl_core::Timestamp;

use super::Engine;
use super::releases::{Alias, Releases, split};
use super::versions::numbered;
use crate::error::Error;

/// The most aliases of a machine.
const ALIASES: usize = 100;

/// How many characters a name has at most.
const NAME: usize = 80;

/// A version that an alias points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The version's ARN.
    pub state_machine_version_arn: Arc<str>,
    /// Of a hundred executions, how many are of this version.
    pub weight: u8,
}

impl Route {
    /// Every execution is of this version.
    pub fn all_to(state_machine_version_arn: impl Into<Arc<str>>) -> Self {
        Self { state_machine_version_arn: state_machine_version_arn.into(), weight: 100 }
    }
}

/// An alias, as `DescribeStateMachineAlias` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateMachineAlias {
    /// The alias's ARN: the machine's, and the name of the alias.
    pub state_machine_alias_arn: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What was said of it.
    pub description: Option<Arc<str>>,
    /// One or two versions, whose weights come to 100.
    pub routing_configuration: Vec<Route>,
    /// When it was created.
    pub creation_date: Timestamp,
    /// When it was changed last.
    pub update_date: Timestamp,
}

/// What to change of an alias.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "the engine must be asked"]
pub struct UpdateAlias {
    routing_configuration: Option<Vec<Route>>,
    description: Option<Arc<str>>,
}

impl UpdateAlias {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Points it to other versions, or to the same ones with other weights.
    pub fn routing_configuration(mut self, routes: impl IntoIterator<Item = Route>) -> Self {
        self.routing_configuration = Some(routes.into_iter().collect());
        self
    }

    /// Says something else of it.
    pub fn description(mut self, description: impl Into<Arc<str>>) -> Self {
        self.description = Some(description.into());
        self
    }
}

impl Engine {
    /// Makes an alias for one or two versions of a machine; the same one again is no fault.
    ///
    /// # Errors
    ///
    /// `ValidationException` for a name or routes that AWS does not allow, `ResourceNotFound` for versions that do not
    /// exist, `ConflictException` when the name is taken by another alias, `ServiceQuotaExceededException` for more
    /// than 100 aliases, and [`Error::Store`] when it could not be written.
    pub async fn create_state_machine_alias(
        &self,
        name: &str,
        routing_configuration: &[Route],
        description: Option<&str>,
    ) -> Result<StateMachineAlias, Error> {
        self.0.is_open()?;
        check_name(name)?;
        let Checked { state_machine_arn, routes } = checked(routing_configuration)?;
        let now = self.0.clock.now();
        let description = description.map(Into::into);
        let alias = Alias { description, routes, creation_date: now, update_date: now };
        let alias = self
            .0
            .change_releases(state_machine_arn, |releases| {
                all_exist(releases, &alias.routes)?;
                if let Some(known) = releases.aliases.get(name) {
                    if known.routes == alias.routes && known.description == alias.description {
                        return Ok(known.clone());
                    }
                    let reason = "Failed to create alias because an alias with the same name and a different routing \
                                  configuration already exists.";
                    return Err(Error::Conflict(reason.into()));
                }
                if releases.aliases.len() >= ALIASES {
                    let reason = format!("A state machine has at most {ALIASES} aliases.");
                    return Err(Error::ServiceQuotaExceeded(reason.into()));
                }
                releases.aliases.insert(name.into(), alias.clone());
                Ok(alias.clone())
            })
            .await?;
        Ok(described(state_machine_arn, name, alias))
    }

    /// What is known of an alias.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`, and [`Error::Store`] when the store cannot be read.
    pub async fn describe_state_machine_alias(
        &self,
        state_machine_alias_arn: &str,
    ) -> Result<StateMachineAlias, Error> {
        let (state_machine_arn, name) = split(state_machine_alias_arn).ok_or_else(not_found)?;
        let (releases, _) = self.0.releases(state_machine_arn).await?;
        let alias = releases.aliases.get(name).ok_or_else(not_found)?;
        Ok(described(state_machine_arn, name, alias.clone()))
    }

    /// Points an alias elsewhere, or says something else of it; returns when.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound` for an alias or a version that does not exist, `ValidationException` for routes that AWS does
    /// not allow, and [`Error::Store`] when it could not be written.
    pub async fn update_state_machine_alias(
        &self,
        state_machine_alias_arn: &str,
        update: UpdateAlias,
    ) -> Result<Timestamp, Error> {
        self.0.is_open()?;
        let (state_machine_arn, name) = split(state_machine_alias_arn).ok_or_else(not_found)?;
        let routes = update.routing_configuration.as_deref().map(checked).transpose()?;
        if routes.as_ref().is_some_and(|checked| checked.state_machine_arn != state_machine_arn) {
            return Err(not_found());
        }
        let now = self.0.clock.now();
        self.0
            .change_releases(state_machine_arn, |releases| {
                if let Some(Checked { routes, .. }) = &routes {
                    all_exist(releases, routes)?;
                }
                let alias = releases.aliases.get_mut(name).ok_or_else(not_found)?;
                if let Some(Checked { routes, .. }) = &routes {
                    alias.routes.clone_from(routes);
                }
                if let Some(description) = &update.description {
                    alias.description = Some(Arc::clone(description));
                }
                alias.update_date = now;
                Ok(now)
            })
            .await
    }

    /// Deletes an alias; executions that were started by it go on.
    ///
    /// # Errors
    ///
    /// `ResourceNotFound`, and [`Error::Store`] when it could not be written.
    pub async fn delete_state_machine_alias(&self, state_machine_alias_arn: &str) -> Result<(), Error> {
        self.0.is_open()?;
        let (state_machine_arn, name) = split(state_machine_alias_arn).ok_or_else(not_found)?;
        self.0
            .change_releases(state_machine_arn, |releases| {
                releases.aliases.remove(name).map(|_| ()).ok_or_else(not_found)
            })
            .await
    }

    /// The aliases of a machine, by name.
    ///
    /// # Errors
    ///
    /// `StateMachineDoesNotExist`, and [`Error::Store`] when the store cannot be read.
    pub async fn list_state_machine_aliases(&self, state_machine_arn: &str) -> Result<Vec<StateMachineAlias>, Error> {
        self.0.machine(state_machine_arn).await?;
        let (releases, _) = self.0.releases(state_machine_arn).await?;
        let aliases = releases.aliases.into_iter();
        Ok(aliases.map(|(name, alias)| described(state_machine_arn, &name, alias)).collect())
    }
}

fn described(state_machine_arn: &str, name: &str, alias: Alias) -> StateMachineAlias {
    let Alias { description, routes, creation_date, update_date } = alias;
    let routes = routes.into_iter().map(|(number, weight)| Route {
        state_machine_version_arn: format!("{state_machine_arn}:{number}").into(),
        weight,
    });
    StateMachineAlias {
        state_machine_alias_arn: format!("{state_machine_arn}:{name}").into(),
        name: name.into(),
        description,
        routing_configuration: routes.collect(),
        creation_date,
        update_date,
    }
}

fn not_found() -> Error {
    Error::ResourceNotFound("Request references a resource that does not exist.".into())
}

fn all_exist(releases: &Releases, routes: &[(u64, u8)]) -> Result<(), Error> {
    if routes.iter().all(|(number, _)| releases.versions.contains_key(number)) { Ok(()) } else { Err(not_found()) }
}

/// Refuses names that AWS does not allow: a number would be a version.
fn check_name(name: &str) -> Result<(), Error> {
    let invalid = |constraint: &str| {
        let reason = format!(
            "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must {constraint}"
        );
        Err(Error::Validation(reason.into()))
    };
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    if name.chars().count() > NAME {
        invalid("have length less than or equal to 80")
    } else if !name.chars().all(allowed) || name.chars().all(|character| character.is_ascii_digit()) {
        invalid(r"satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$")
    } else {
        Ok(())
    }
}

/// Routes as AWS allows them.
struct Checked<'a> {
    /// The machine whose versions they name.
    state_machine_arn: &'a str,
    /// The versions' numbers and weights.
    routes: Vec<(u64, u8)>,
}

/// Refuses routes that AWS does not allow.
fn checked(routes: &[Route]) -> Result<Checked<'_>, Error> {
    let arns = || routes.iter().map(|route| &*route.state_machine_version_arn).collect::<Vec<_>>().join(", ");
    let invalid = |reason: String| Err(Error::Validation(reason.into()));
    if !(1..=2).contains(&routes.len()) {
        let constraint = if routes.is_empty() { "greater than or equal to 1" } else { "less than or equal to 2" };
        return invalid(format!(
            "1 validation error detected: Value '[{}]' at 'routingConfiguration' failed to satisfy constraint: \
             Member must have length {constraint}",
            arns()
        ));
    }
    if let Some((place, Route { weight, .. })) = (1..).zip(routes).find(|(_, route)| route.weight > 100) {
        return invalid(format!(
            "1 validation error detected: Value '{weight}' at 'routingConfiguration.{place}.member.weight' failed to \
             satisfy constraint: Member must have value less than or equal to 100"
        ));
    }
    let versions: Option<Vec<_>> = routes.iter().map(|route| numbered(&route.state_machine_version_arn)).collect();
    let Some((versions, state_machine_arn)) =
        versions.and_then(|versions| Some((versions.clone(), versions.first()?.0)))
    else {
        return invalid(format!(
            "Routing configuration must contain state machine version ARNs. Received: [{}]",
            arns()
        ));
    };
    if versions.iter().any(|(of, _)| *of != state_machine_arn) {
        return invalid(format!(
            "Routing configuration must contain versions of the same state machine. Received: [{}]",
            arns()
        ));
    }
    if let [first, second] = versions.as_slice()
        && first == second
    {
        return invalid(format!(
            "Routing configuration must contain distinct state machine version ARNs. Received: [{}]",
            arns()
        ));
    }
    if routes.iter().map(|route| u16::from(route.weight)).sum::<u16>() != 100 {
        let weights: Vec<_> = routes.iter().map(|route| route.weight.to_string()).collect();
        return invalid(format!(
            "Sum of routing configuration weights must equal 100. Received: [{}]",
            weights.join(", ")
        ));
    }
    let numbers = versions.iter().map(|(_, number)| *number);
    let routes = numbers.zip(routes.iter().map(|route| route.weight)).collect();
    Ok(Checked { state_machine_arn, routes })
}
