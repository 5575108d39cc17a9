//! Everything that the in-process CloudFormation knows, and how it moves with time.

use asl_core::Timestamp;

use super::change_set::{ChangeSetRecord, Execution};
use super::deployment::Site;
use super::faults::Faults;
use super::stack::{Settlement, StackRecord};
use super::timeline::Circumstances;
use super::{Operation, Pace};
use crate::cloudformation::api::RequestId;
use crate::cloudformation::error::{ApiError, ErrorCode};

pub(super) const REGION: &str = "us-east-1";
pub(super) const ACCOUNT_ID: &str = "111122223333";

/// Stacks, change sets, and what is to go wrong with them.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) pace: Pace,
    pub(super) changes_per_page: usize,
    pub(super) faults: Faults,
    pub(super) calls: Vec<Operation>,
    pub(super) stacks: Vec<StackRecord>,
    pub(super) change_sets: Vec<ChangeSetRecord>,
    requests: Vec<KnownRequest>,
    ids_given: u64,
}

/// A request that came with a client token.
#[derive(Debug)]
struct KnownRequest {
    token: String,
    operation: Operation,
    target: String,
    result: String,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now: Timestamp::default(),
            pace: Pace::default(),
            changes_per_page: 100,
            faults: Faults::default(),
            calls: Vec::new(),
            stacks: Vec::new(),
            change_sets: Vec::new(),
            requests: Vec::new(),
            ids_given: 0,
        }
    }
}

impl World {
    /// Lets everything happen that is due by `now`; time never goes back.
    pub(super) fn advance_to(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        for stack in &mut self.stacks {
            for settlement in stack.advance_to(self.now) {
                settle_change_sets(&mut self.change_sets, &stack.id, settlement);
            }
        }
        let gone = |change_set: &ChangeSetRecord| {
            self.stacks.iter().any(|stack| stack.id == change_set.stack_id && !stack.is_living())
        };
        self.change_sets.retain(|change_set| !gone(change_set));
    }

    /// The stack of this ARN, or the living stack of this name.
    pub(super) fn stack(&self, name_or_id: &str) -> Option<&StackRecord> {
        self.stacks.iter().find(|stack| stack.is_called(name_or_id))
    }

    pub(super) fn stack_mut(&mut self, name_or_id: &str) -> Option<&mut StackRecord> {
        self.stacks.iter_mut().find(|stack| stack.is_called(name_or_id))
    }

    /// The change set of this ARN, or of this name in this stack.
    pub(super) fn change_set(&self, name_or_id: &str, stack: Option<&str>) -> Result<usize, ApiError> {
        let stack_id = match stack {
            Some(stack) => self.stack(stack).map(|stack| stack.id.as_str()),
            None => None,
        };
        let found = self.change_sets.iter().position(|change_set| {
            change_set.id == name_or_id
                || (change_set.name == name_or_id
                    && change_set.has_name
                    && stack_id.is_some_and(|stack_id| stack_id == change_set.stack_id))
        });
        found.ok_or_else(|| {
            ApiError::new(ErrorCode::ChangeSetNotFound, format!("ChangeSet [{name_or_id}] does not exist"))
        })
    }

    /// What the future of `stack_name` depends on; `owner` finds the other stack that owns a resource's name.
    pub(super) fn circumstances<'a>(
        &'a self,
        stack_name: &'a str,
        owner: &'a dyn Fn(&str, &str) -> Option<String>,
    ) -> Circumstances<'a> {
        Circumstances { stack_name, now: self.now, pace: &self.pace, faults: &self.faults, owner }
    }

    /// The id of the living stack besides `stack_id` that owns the resource of this type and name.
    pub(super) fn owner(&self, stack_id: &str, resource_type: &str, name: &str) -> Option<String> {
        self.stacks
            .iter()
            .filter(|stack| stack.is_living() && stack.id != stack_id)
            .find(|stack| stack.owns(resource_type, name))
            .map(|stack| stack.id.clone())
    }

    /// What the request that brought `token` before resulted in, if it was this same request.
    pub(super) fn result_of(
        &self,
        token: Option<&str>,
        operation: Operation,
        target: &str,
    ) -> Result<Option<String>, ApiError> {
        let Some(known) = self.requests.iter().find(|known| Some(known.token.as_str()) == token) else {
            return Ok(None);
        };
        if known.operation == operation && known.target == target {
            return Ok(Some(known.result.clone()));
        }
        let message = format!("Token {} already exists for another request", known.token);
        Err(ApiError::new(ErrorCode::TokenAlreadyExists, message))
    }

    pub(super) fn remember_token(&mut self, token: Option<String>, operation: Operation, target: &str, result: &str) {
        if let Some(token) = token {
            let (target, result) = (target.to_owned(), result.to_owned());
            self.requests.push(KnownRequest { token, operation, target, result });
        }
    }

    /// Until when a change set that is created now is pending, and when it is made.
    pub(super) fn change_set_times(&self) -> (Timestamp, Timestamp) {
        let pending_until = self.now.saturating_add(self.pace.change_set_pending);
        (pending_until, pending_until.saturating_add(self.pace.change_set_creation))
    }

    pub(super) fn request_id(&mut self) -> RequestId {
        RequestId(self.uuid())
    }

    pub(super) fn stack_id(&mut self, name: &str) -> String {
        let id = self.uuid();
        format!("arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{name}/{id}")
    }

    pub(super) fn change_set_id(&mut self, name: &str) -> String {
        let id = self.uuid();
        format!("arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:changeSet/{name}/{id}")
    }

    /// The next id; the same calls always give the same ids.
    fn uuid(&mut self) -> String {
        self.ids_given += 1;
        let high = scramble(self.ids_given.wrapping_mul(2));
        let low = scramble(self.ids_given.wrapping_mul(2).wrapping_add(1));
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

impl StackRecord {
    fn is_called(&self, name_or_id: &str) -> bool {
        self.id == name_or_id || (self.name == name_or_id && self.is_living())
    }

    pub(super) fn site(&self) -> Site<'_> {
        Site { stack_name: &self.name, stack_id: &self.id, region: REGION, account_id: ACCOUNT_ID }
    }
}

/// Once a stack was updated it has no change sets any more; the executed one can still be seen by its ARN.
fn settle_change_sets(change_sets: &mut Vec<ChangeSetRecord>, stack_id: &str, settlement: Settlement) {
    let ended = match settlement {
        Settlement::Adopted => Execution::Complete,
        Settlement::Abandoned => Execution::Failed,
    };
    let executing: Vec<_> = change_sets
        .iter()
        .filter(|change_set| change_set.stack_id == stack_id && change_set.execution == Execution::InProgress)
        .map(|change_set| change_set.id.clone())
        .collect();
    if executing.is_empty() {
        return;
    }
    change_sets.retain_mut(|change_set| {
        if executing.contains(&change_set.id) {
            change_set.execution = ended;
            change_set.has_name = settlement == Settlement::Abandoned;
            return true;
        }
        change_set.stack_id != stack_id || settlement == Settlement::Abandoned
    });
}

/// The finalizer of `SplitMix64`.
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
