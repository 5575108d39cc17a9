//! A history as text for people and snapshots.
/// x
pub fn render(events: &[super::HistoryEvent]) -> String {
    String::new()
}
