//! Random numbers without randomness: a stream that its seed determines.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

/// A stream of random numbers (`SplitMix64`), the same for the same seed on every machine and in every version.
///
/// It is written here because journals replay it: a library's generator may change between versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Random(Cell<u64>);

impl Random {
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    pub(crate) fn next_u64(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 (inclusive) to 1 (exclusive).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub(crate) fn next_f64(&self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A version 4 UUID in its usual text form.
    pub(crate) fn next_uuid(&self) -> String {
        uuid(self.next_u64(), self.next_u64())
    }
}

/// A UUID that `parts` determine: the same for the same parts, different for any others.
pub(crate) fn uuid_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    use sha2::Digest as _;
    let mut hash = sha2::Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let half = |bytes: &[u8]| bytes.iter().fold(0_u64, |half, byte| (half << 8) | u64::from(*byte));
    let (high, rest) = digest.split_at(8);
    let (low, _) = rest.split_at(8);
    uuid(half(high), half(low))
}

/// 128 bits as a version 4 UUID in its usual text form.
fn uuid(high: u64, low: u64) -> String {
    let high = (high & 0xffff_ffff_ffff_0fff) | 0x4000;
    let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_seed_never_changes() {
        let random = Random::from_seed(42);
        assert_eq!(random.next_u64(), 13_679_457_532_755_275_413);
        assert_eq!(random.next_uuid(), Random::from_seed(42).clone_after(1).next_uuid());
    }

    #[test]
    fn uuids_say_version_4_variant_1() {
        let random = Random::from_seed(7);
        for _ in 0..100 {
            let uuid = random.next_uuid();
            assert_eq!(uuid.len(), 36);
            assert_eq!(uuid.chars().nth(14), Some('4'));
            assert!(uuid.chars().nth(19).is_some_and(|variant| "89ab".contains(variant)), "{uuid}");
        }
    }

    impl Random {
        fn clone_after(self, draws: usize) -> Self {
            for _ in 0..draws {
                self.next_u64();
            }
            self
        }
    }
}
