//! Java's `java.util.Random`, whose numbers AWS gives for a seed.

/// A stream of random numbers that is the same as Java's for the same seed.
///
/// The algorithm is part of Java's documentation: a linear congruential generator of 48 bits.
#[derive(Debug, Clone)]
pub(crate) struct JavaRandom {
    state: u64,
}

impl JavaRandom {
    const MULTIPLIER: u64 = 0x5_deec_e66d;
    const MASK: u64 = (1 << 48) - 1;

    pub(crate) fn seeded(seed: i64) -> Self {
        Self { state: (seed.cast_unsigned() ^ Self::MULTIPLIER) & Self::MASK }
    }

    /// The next `bits` bits, at most 32, as Java's signed integer.
    fn next(&mut self, bits: u32) -> i32 {
        self.state = self.state.wrapping_mul(Self::MULTIPLIER).wrapping_add(0xb) & Self::MASK;
        #[expect(clippy::cast_possible_truncation, reason = "Java casts to an int here")]
        let bits = (self.state >> (48 - bits)) as u32;
        bits.cast_signed()
    }

    /// A number from `start` (inclusive) to `end` (exclusive), which must be larger and both of 32 bits.
    pub(crate) fn between(&mut self, start: i64, end: i64) -> i64 {
        match i32::try_from(end - start) {
            Ok(bound) => start + i64::from(self.below(bound)),
            // A range of more than 31 bits holds at least half of all integers, so this ends soon.
            Err(_) => loop {
                let number = i64::from(self.next(32));
                if (start..end).contains(&number) {
                    return number;
                }
            },
        }
    }

    /// Java's `nextInt(bound)`: a number from 0 (inclusive) to `bound` (exclusive); 0 unless `bound` is positive.
    fn below(&mut self, bound: i32) -> i32 {
        if bound <= 0 {
            return 0;
        }
        if bound.cast_unsigned().is_power_of_two() {
            let scaled = (i64::from(bound) * i64::from(self.next(31))) >> 31;
            return i32::try_from(scaled).unwrap_or(0);
        }
        loop {
            let bits = self.next(31);
            let number = bits % bound;
            // Java detects the uneven rest of the range by overflow.
            if bits.wrapping_sub(number).wrapping_add(bound - 1) >= 0 {
                return number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_javas() {
        let mut random = JavaRandom::seeded(42);
        assert_eq!([random.next(32), random.next(32)], [-1_170_105_035, 234_785_527]);
        let mut random = JavaRandom::seeded(42);
        assert_eq!([random.below(100), random.below(100), random.below(100)], [30, 63, 48]);
        assert_eq!(JavaRandom::seeded(42).below(16), 11);
        assert_eq!(JavaRandom::seeded(42).between(1, 100), 63);
    }

    #[test]
    fn numbers_stay_between_their_bounds() {
        for (start, end) in
            [(1, 2), (-5, 5), (i64::from(i32::MIN), i64::from(i32::MAX)), (-2_000_000_000, 2_000_000_000)]
        {
            for seed in 0..50 {
                assert!((start..end).contains(&JavaRandom::seeded(seed).between(start, end)), "{start}..{end}");
            }
        }
    }
}
