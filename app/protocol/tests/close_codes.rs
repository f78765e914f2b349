//! Close codes as numbers.

use protocol::CloseCode;
use std::collections::BTreeSet;

#[test]
fn close_codes_are_numbers_and_back() {
    let codes: BTreeSet<_> = CloseCode::ALL.iter().map(|code| code.code()).collect();
    assert_eq!(codes, BTreeSet::from([1000, 1002, 1007, 1009, 1012, 1013, 4001, 4002, 4003, 4004]));
    for code in CloseCode::ALL {
        assert_eq!(CloseCode::from_code(code.code()), Some(code));
        // A close frame has room for two bytes of code and 123 of reason.
        assert!(!code.reason().is_empty() && code.reason().len() <= 123);
    }
    for unknown in [0, 1001, 1005, 1006, 1011, 3000, 4000, 4005] {
        assert_eq!(CloseCode::from_code(unknown), None, "{unknown}");
    }
    let final_codes = CloseCode::ALL.into_iter().filter(|code| !code.should_reconnect());
    assert_eq!(final_codes.map(CloseCode::code).collect::<Vec<_>>(), [1002, 1007, 1009, 4001, 4004]);
}
