//! What proves to the sidecar that a request comes from its own app.

use std::fmt;

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

const BYTES: usize = 32;

/// 256 random bits as hexadecimal digits, made anew for each process of the sidecar.
///
/// It goes into the sidecar's environment and to the app's page, which are copies of it. This one's memory is zeroed when
/// it is dropped, and `Debug` leaves its value out.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// A fresh one, from the operating system's generator.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0_u8; BYTES]);
        getrandom::fill(bytes.as_mut())?;
        // With all of its room from the start, no copy of it is left behind where it grew.
        let mut digits = Zeroizing::new(String::with_capacity(2 * BYTES));
        for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
            digits.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
        Ok(Self(digits))
    }

    /// The value, for an `Authorization: Bearer` header.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// The value itself: this is how it gets to the page.
impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_64_hexadecimal_digits_and_none_is_like_another() {
        let (one, another) = (Token::random().unwrap(), Token::random().unwrap());
        assert_eq!(one.expose().len(), 64);
        assert!(one.expose().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one.expose(), another.expose());
    }

    #[test]
    fn debug_does_not_show_its_value() {
        let token = Token::random().unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
