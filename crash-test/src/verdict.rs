//! Whether a run whose process was killed came to the same as one whose process was not.

use std::collections::{BTreeMap, BTreeSet};

use crate::child::Results;
use crate::ledger::Effect;
use crate::machines::Plan;
use crate::normal::{normal_form, timed_out};

/// A run: what became of its executions, and every effect that they had, in order.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) results: Results,
    pub(crate) effects: Vec<Effect>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What is wrong, each a line.
    pub(crate) faults: Vec<String>,
    /// How many events the histories have together.
    pub(crate) events: usize,
    /// How many effects are different ones, and how many are repetitions.
    pub(crate) effects: usize,
    pub(crate) repeated: usize,
    /// How many attempts of activities timed out since their worker was killed.
    pub(crate) timed_out: usize,
}

/// The keys with which each step of each execution had its effect.
type Keys<'a> = BTreeMap<(&'a str, &'a str), BTreeSet<&'a str>>;

/// Compares a run with one that was not disturbed.
pub(crate) fn judge(plans: &[Plan], undisturbed: &Run, killed: &Run) -> Verdict {
    let mut verdict = Verdict::default();
    for plan in plans {
        verdict.judge_execution(plan, undisturbed, killed);
    }
    for (run, name) in [(undisturbed, "the undisturbed run"), (killed, "the run with kills")] {
        if run.results.len() != plans.len() {
            verdict.faults.push(format!("{name} has {} executions, not {}", run.results.len(), plans.len()));
        }
        verdict.judge_keys(run, name);
    }
    verdict.judge_effects(undisturbed, killed);
    verdict
}

impl Verdict {
    fn judge_execution(&mut self, plan: &Plan, undisturbed: &Run, killed: &Run) {
        let name = &plan.name;
        let (Some(before), Some(after)) = (undisturbed.results.get(name), killed.results.get(name)) else {
            self.faults.push(format!("{name}: it is missing"));
            return;
        };
        for finding in [before, after] {
            let (expected, found) = (plan.expected(), &finding.ending);
            if *found != expected {
                self.faults.push(format!("{name}: it ended as {found:?}, not as {expected:?}"));
            }
        }
        self.events += after.history.len();
        self.timed_out += timed_out(&after.history);
        let (before, after) = (normal_form(&before.history), normal_form(&after.history));
        if before != after {
            let differs = before.lines().zip(after.lines()).find(|(before, after)| before != after);
            let (before, after) = differs.unwrap_or(("(its end)", "(something else than its end)"));
            self.faults
                .push(format!("{name}: its history differs:\n    undisturbed {before}\n    killed      {after}"));
        }
    }

    /// A step has one key and a key one step; only a step whose attempt timed out is tried again with another.
    fn judge_keys(&mut self, run: &Run, name: &str) {
        let (keys, mut steps) = (keys(&run.effects), BTreeMap::new());
        for ((execution, step), keys) in &keys {
            let attempts = 1 + run.results.get(*execution).map_or(0, |finding| timed_out(&finding.history));
            let allowed = if *step == "Inspect" { attempts } else { 1 };
            if keys.len() > allowed {
                self.faults.push(format!("{execution}: `{step}` was repeated with other keys in {name}: {keys:?}"));
            }
            for key in keys {
                if let Some(other) = steps.insert(*key, *step) {
                    self.faults.push(format!("{execution}: `{step}` and `{other}` have one key in {name}: {key}"));
                }
            }
        }
    }

    fn judge_effects(&mut self, undisturbed: &Run, killed: &Run) {
        let (before, after) = (keys(&undisturbed.effects), keys(&killed.effects));
        for (execution, step) in before.keys().filter(|step| !after.contains_key(*step)) {
            self.faults.push(format!("{execution}: the effect of `{step}` is missing"));
        }
        for (execution, step) in after.keys().filter(|step| !before.contains_key(*step)) {
            self.faults.push(format!("{execution}: `{step}` should have had no effect"));
        }
        self.effects = after.values().map(BTreeSet::len).sum();
        self.repeated = killed.effects.len() - self.effects;
    }
}

fn keys(effects: &[Effect]) -> Keys<'_> {
    let mut keys = Keys::new();
    for Effect { execution, step, key, .. } in effects {
        keys.entry((execution, step)).or_default().insert(key);
    }
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::child::Finding;

    fn run(plans: &[Plan], effects: &[(&str, &str)]) -> Run {
        let history = vec![json!({"type": "ExecutionStarted", "id": 1, "previousEventId": 0})];
        let finding = |plan: &Plan| (plan.name.clone(), Finding { ending: plan.expected(), history: history.clone() });
        let effect = |(step, key): &(&str, &str)| Effect {
            execution: "orders-0".to_owned(),
            step: (*step).to_owned(),
            key: (*key).to_owned(),
            question: None,
        };
        Run { results: plans.iter().map(finding).collect(), effects: effects.iter().map(effect).collect() }
    }

    fn faults(undisturbed: &[(&str, &str)], killed: &[(&str, &str)]) -> String {
        let plans = Plan::of(1, 2);
        judge(&plans, &run(&plans, undisturbed), &run(&plans, killed)).faults.join("\n")
    }

    #[test]
    fn a_repetition_with_the_same_key_is_no_fault() {
        assert_eq!(faults(&[("Charge", "1")], &[("Charge", "1"), ("Charge", "1")]), "");
    }

    #[test]
    fn every_other_difference_of_effects_is_one() {
        assert_eq!(faults(&[("Charge", "1")], &[]), "orders-0: the effect of `Charge` is missing");
        assert_eq!(faults(&[], &[("Charge", "1")]), "orders-0: `Charge` should have had no effect");
        assert!(faults(&[("Charge", "1")], &[("Charge", "1"), ("Charge", "2")]).contains("repeated with other keys"));
        let two = [("Charge", "1"), ("Ship", "2")];
        assert!(faults(&two, &[("Charge", "1"), ("Ship", "1")]).contains("have one key"));
    }

    #[test]
    fn a_missing_execution_another_end_and_another_history_are_faults() {
        let plans = Plan::of(1, 2);
        let undisturbed = run(&plans, &[]);
        let mut killed = run(&plans, &[]);
        killed.results.remove("gathering-1");
        let other = killed.results.get_mut("orders-0").unwrap();
        other.ending.status = "FAILED".to_owned();
        other.history.push(json!({"type": "ExecutionFailed", "id": 2, "previousEventId": 1}));
        let faults = judge(&plans, &undisturbed, &killed).faults;
        assert_eq!(faults.len(), 4, "{faults:?}");
    }
}
