//! What the evaluation of a case may use up.

use asl_core::jsonata::Limits;

use super::case::JsonataCase;

/// What stands for a millisecond of the suite's time limits, since an evaluation reads no clock.
const STEPS_PER_MILLISECOND: u64 = 2_000;

/// A case that needs more than the default limits.
struct Raised {
    id: &'static str,
    reason: &'static str,
    raise: fn(&mut Limits),
}

/// All of them.
const RAISED: &[Raised] = &[Raised {
    id: "range-operator/case021#0",
    reason: "it makes a sequence of ten million numbers",
    raise: |limits| {
        limits.sequence_length = 10_000_000;
        limits.memory = 1 << 30;
        limits.steps = 50_000_000;
    },
}];

/// Why `case` is given higher limits than the default and those of the suite, if it is.
pub fn raised_limits(case: &JsonataCase) -> Option<&'static str> {
    raised(case).map(|raised| raised.reason)
}

/// The limits for `case`: the defaults, but for the depth and the time that the suite gives it, and what is raised.
pub(super) fn limits(case: &JsonataCase) -> Limits {
    let mut limits = Limits::default();
    if let Some(depth) = case.depth {
        limits.depth = depth;
    }
    if let Some(milliseconds) = case.time_limit {
        limits.steps = milliseconds.saturating_mul(STEPS_PER_MILLISECOND);
    }
    if let Some(raised) = raised(case) {
        (raised.raise)(&mut limits);
    }
    limits
}

fn raised(case: &JsonataCase) -> Option<&'static Raised> {
    RAISED.iter().find(|raised| raised.id == case.id)
}
