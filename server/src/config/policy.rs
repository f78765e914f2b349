//! Who may make accounts, as configured or as administrators set it.

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Open,
    Invite,
    Closed,
}

impl Policy {
    /// The words of `JACKDAW_REGISTRATION` and of the setting.
    pub const WORDS: [&'static str; 3] = ["open", "invite", "closed"];

    /// The policy of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Open, Self::Invite, Self::Closed];
        all.into_iter().find(|policy| policy.word() == word)
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => Self::WORDS[0],
            Self::Invite => Self::WORDS[1],
            Self::Closed => Self::WORDS[2],
        }
    }
}
