//! Numbers that cannot be guessed: seeds of generators, and keys.

/// From the system; 0 if it has none to give, which it has from its start on.
pub fn word() -> u64 {
    let mut bytes = [0u8; 8];
    // SAFETY: the buffer is eight bytes; a short or failed read leaves zeros.
    unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    u64::from_ne_bytes(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_differ() {
        assert_ne!(super::word(), super::word());
    }
}
