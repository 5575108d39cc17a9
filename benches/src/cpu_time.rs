//! CPU time, which other programs on the machine disturb less than the time on the wall.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The CPU time that this process has used up, all of its threads together.
pub fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// The CPU time that this thread has used up.
pub fn thread_cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
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
pub fn median(samples: Vec<f64>) -> f64 {
    quantiles(samples, [0.5])[0]
}

/// The values below which such fractions of all lie; zero if there are none.
pub fn quantiles<const N: usize>(mut samples: Vec<f64>, fractions: [f64; N]) -> [f64; N] {
    samples.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "places in a list that fits in memory"
    )]
    fractions.map(|fraction| {
        let place = (samples.len() as f64 * fraction) as usize;
        samples.get(place.min(samples.len().saturating_sub(1))).copied().unwrap_or_default()
    })
}

/// The power of the size with which a cost grows: the slope through points of size and cost, both as logarithms.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let points: Vec<_> = points.iter().map(|(size, cost)| (size.ln(), cost.ln())).collect();
    let count: f64 = points.iter().map(|_| 1.0).sum();
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x_mean, y_mean) = (mean(|(x, _)| *x), mean(|(_, y)| *y));
    let covariance: f64 = points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_places_in_order() {
        let samples: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert_eq!(format!("{:?}", quantiles(samples, [0.0, 0.5, 0.99, 1.0])), "[0.0, 50.0, 99.0, 99.0]");
        assert!(median(Vec::new()).abs() < f64::EPSILON);
    }

    #[test]
    fn the_exponent_of_a_square_is_two() {
        let points: Vec<_> = [1.0, 2.0, 4.0, 8.0].map(|size| (size, 3.0 * size * size)).into();
        assert!((exponent(&points) - 2.0).abs() < 1e-9);
    }
}
