//! The Mersenne Twister, as Python seeds it and draws from it, so that payloads are the same in any language.

/// How many words the state has.
const WORDS: usize = 624;
/// How far from one another the words lie that are mixed.
const DISTANCE: usize = 397;

/// MT19937, seeded with an integer below 2³².
#[derive(Debug)]
pub(super) struct Random {
    words: [u32; WORDS],
    next: usize,
}

impl Random {
    /// As `random.seed(seed)`.
    pub(super) fn new(seed: u32) -> Self {
        let mut words = [0_u32; WORDS];
        let mut last = 19_650_218_u32;
        for (index, word) in (0_u32..).zip(&mut words) {
            if index > 0 {
                last = 1_812_433_253_u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(index);
            }
            *word = last;
        }
        let mut random = Self { words, next: WORDS };
        let mut at = 1;
        for _ in 0..WORDS {
            let mixed = (random.word(at) ^ random.before(at).wrapping_mul(1_664_525)).wrapping_add(seed);
            at = random.fill(at, mixed);
        }
        for _ in 1..WORDS {
            let index = u32::try_from(at).unwrap_or_default();
            let mixed = (random.word(at) ^ random.before(at).wrapping_mul(1_566_083_941)).wrapping_sub(index);
            at = random.fill(at, mixed);
        }
        random.set(0, 0x8000_0000);
        random
    }

    /// As `random.random()`: below 1.
    pub(super) fn fraction(&mut self) -> f64 {
        let (high, low) = (f64::from(self.draw() >> 5), f64::from(self.draw() >> 6));
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// As `random.randint(1, last)`.
    pub(super) fn up_to(&mut self, last: u32) -> u32 {
        1 + self.below(last)
    }

    /// As `random.choice(choices)`.
    pub(super) fn choice<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let index = self.below(u32::try_from(choices.len()).unwrap_or(u32::MAX));
        choices.get(index as usize).copied().unwrap_or_default()
    }

    /// A number below `bound`, which is above 0.
    fn below(&mut self, bound: u32) -> u32 {
        let unused = bound.leading_zeros();
        loop {
            let number = self.draw() >> unused;
            if number < bound {
                return number;
            }
        }
    }

    fn draw(&mut self) -> u32 {
        if self.next >= WORDS {
            self.twist();
        }
        let mut word = self.word(self.next);
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn twist(&mut self) {
        for at in 0..WORDS {
            let mixed = (self.word(at) & 0x8000_0000) | (self.word((at + 1) % WORDS) & 0x7fff_ffff);
            let odd = if mixed & 1 == 0 { 0 } else { 0x9908_b0df };
            self.set(at, self.word((at + DISTANCE) % WORDS) ^ (mixed >> 1) ^ odd);
        }
        self.next = 0;
    }

    /// Sets a word while seeding, and returns the place of the next.
    fn fill(&mut self, at: usize, word: u32) -> usize {
        self.set(at, word);
        if at + 1 < WORDS {
            return at + 1;
        }
        self.set(0, word);
        1
    }

    /// The word before `at`, its highest bits mixed in.
    fn before(&self, at: usize) -> u32 {
        let word = self.word(at - 1);
        word ^ (word >> 30)
    }

    fn word(&self, at: usize) -> u32 {
        self.words.get(at).copied().unwrap_or_default()
    }

    fn set(&mut self, at: usize, word: u32) {
        if let Some(slot) = self.words.get_mut(at) {
            *slot = word;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_what_python_draws() {
        let mut random = Random::new(20_261_123);
        assert_eq!(random.choice(&["red", "green", "blue", "new", "sale"]), "sale");
        assert_eq!(random.fraction().to_bits(), 0.897_481_649_851_542_1_f64.to_bits());
        assert_eq!((0..8).map(|_| random.up_to(500)).collect::<Vec<_>>(), [336, 253, 82, 89, 417, 287, 46, 277]);
    }
}
