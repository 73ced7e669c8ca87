//! The keys of a namespace. All of them have the same hash tag, so that a script may use several in a cluster.

/// The keys of one namespace.
#[derive(Clone, Debug)]
pub struct Keys {
    tag: String,
}

impl Keys {
    /// The namespace must be valid.
    #[must_use]
    pub fn new(namespace: &str) -> Self {
        Self { tag: format!("resilience:{{{namespace}}}") }
    }

    /// The keys of the scripts of one circuit, in their order.
    #[must_use]
    pub fn circuit(&self, name: &str) -> [String; 10] {
        // A name may contain anything, such as braces or a user's key.
        let name = fnv1a(name.as_bytes());
        let [circuit, windows, active, votes, failures, slow, leases, over] =
            ["c", "w", "a", "v", "f", "s", "l", "o"].map(|part| format!("{}:{name:032x}:{part}", self.tag));
        [circuit, windows, active, votes, failures, slow, leases, over, self.changes(), self.nodes()]
    }

    /// The nonce of the last change, and the channel of hints.
    #[must_use]
    pub fn changes(&self) -> String {
        format!("{}:change", self.tag)
    }

    /// The nodes that live.
    #[must_use]
    pub fn nodes(&self) -> String {
        format!("{}:nodes", self.tag)
    }
}

/// FNV-1a with 128 bits: equal in every build of every process.
fn fnv1a(bytes: &[u8]) -> u128 {
    let hash =
        |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013B);
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, hash)
}

/// A short digest of a text.
pub(crate) fn digest(text: &str) -> String {
    format!("{:032x}", fnv1a(text.as_bytes()))
}

pub(crate) fn is_valid_namespace(namespace: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&namespace.len()) && namespace.bytes().all(valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_of_a_namespace_have_the_same_hash_tag_whatever_the_circuits_name() {
        let keys = Keys::new("shop");
        let mut all = vec![keys.changes(), keys.nodes()];
        all.extend(["payments", "hosts[{a}.example]", ""].iter().flat_map(|name| keys.circuit(name)));
        for key in all {
            assert_eq!(key.split(['{', '}']).collect::<Vec<_>>()[1], "shop", "{key}");
        }
    }

    #[test]
    fn names_are_hashed_by_the_published_function() {
        // From the reference of FNV-1a: the hash of "a" with 128 bits.
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_ne!(Keys::new("a").circuit("x")[0], Keys::new("a").circuit("y")[0]);
    }

    #[test]
    fn a_namespace_has_letters_digits_and_three_signs() {
        for valid in ["shop", "a", "A-1_b.c"] {
            assert!(is_valid_namespace(valid), "{valid}");
        }
        for invalid in ["", "a b", "{a}", "é", &"x".repeat(65)] {
            assert!(!is_valid_namespace(invalid), "{invalid}");
        }
    }
}
