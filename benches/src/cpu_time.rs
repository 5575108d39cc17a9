//! CPU time, which other programs on the machine disturb less than the time on the wall.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The CPU time that this process has used up, all of its threads together.
pub fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// How much CPU time `body` takes.
pub fn measure(body: impl FnOnce()) -> Duration {
    let before = cpu_time();
    body();
    cpu_time().saturating_sub(before)
}

/// The value in the middle; zero if there is none.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
