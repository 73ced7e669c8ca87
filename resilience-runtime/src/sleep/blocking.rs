use super::Wait;

impl Wait {
    /// Blocks the thread for this time. Zero does not block.
    #[cold]
    pub fn block(self) {
        if self.0.is_zero() {
            return;
        }
        #[cfg(feature = "testing")]
        if crate::clock::by_hand::wait(self.0) || crate::test_scope::skip(self.0) {
            return;
        }
        std::thread::sleep(self.0.to_duration());
    }
}
