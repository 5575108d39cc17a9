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

/// The median CPU time of each of `bodies` in seconds; they take turns, so that a busy machine slows all of them alike.
pub fn medians_in_turns<const N: usize>(turns: usize, bodies: [&dyn Fn(); N]) -> [f64; N] {
    let mut samples = [const { Vec::new() }; N];
    for _ in 0..turns {
        for (samples, body) in samples.iter_mut().zip(bodies) {
            samples.push(measure(body).as_secs_f64());
        }
    }
    samples.map(median)
}

/// The value in the middle; zero if there is none.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}
