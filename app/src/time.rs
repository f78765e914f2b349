//! Times for people: plain arithmetic on milliseconds that are already shifted into the zone they are read in.
//!
//! The server shifts by nothing (UTC), the browser by its own offset; see `state::clock`.

const DAY_MS: i64 = 86_400_000;
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A calendar date.
struct Date {
    year: i64,
    month: usize,
    day: i64,
}

/// The number of the day since 1970-01-01.
pub(crate) const fn day_number(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

/// The civil calendar, after Howard Hinnant's `civil_from_days`.
fn date(ms: i64) -> Date {
    let z = day_number(ms) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    Date { year, month: usize::try_from(month - 1).unwrap_or(0), day: doy - (153 * mp + 2) / 5 + 1 }
}

fn weekday(ms: i64) -> &'static str {
    // 1970-01-01 was a Thursday.
    WEEKDAYS[usize::try_from((day_number(ms) + 3).rem_euclid(7)).unwrap_or(0)]
}

/// `09:41`
pub(crate) fn clock(ms: i64) -> String {
    let minutes = ms.rem_euclid(DAY_MS) / 60_000;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `Today`, `Yesterday`, `Tuesday 24 November`, and the year where it is another one than now's.
pub(crate) fn day(ms: i64, now: i64) -> String {
    let (then, today) = (date(ms), date(now));
    match day_number(now) - day_number(ms) {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ if then.year == today.year => format!("{} {} {}", weekday(ms), then.day, MONTHS[then.month]),
        _ => format!("{} {} {}", then.day, MONTHS[then.month], then.year),
    }
}

/// For a list: `09:41` today, `Mon` within the week, else `24 Nov`, and the year where it is another one.
pub(crate) fn brief(ms: i64, now: i64) -> String {
    let (then, today) = (date(ms), date(now));
    match day_number(now) - day_number(ms) {
        ..=0 => clock(ms),
        1..=6 => weekday(ms)[..3].to_owned(),
        _ if then.year == today.year => format!("{} {}", then.day, &MONTHS[then.month][..3]),
        _ => format!("{} {}", &MONTHS[then.month][..3], then.year),
    }
}

/// `24 November 2026, 09:41`
pub fn full(ms: i64) -> String {
    let then = date(ms);
    format!("{} {} {}, {}", then.day, MONTHS[then.month], then.year, clock(ms))
}

/// For `<time datetime>`: `2026-11-24T09:41:07Z`. Takes UTC.
pub fn iso(ms: i64) -> String {
    let then = date(ms);
    let seconds = ms.rem_euclid(DAY_MS) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{:04}-{:02}-{:02}T{hours:02}:{minutes:02}:{seconds:02}Z", then.year, then.month + 1, then.day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T09:41:07Z, a Tuesday.
    const AT: i64 = 1_795_513_267_000;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(iso(AT), "2026-11-24T09:41:07Z");
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(full(AT), "24 November 2026, 09:41");
    }

    #[test]
    fn days_are_told_as_people_tell_them() {
        assert_eq!(day(AT, AT), "Today");
        assert_eq!(day(AT - DAY_MS, AT), "Yesterday");
        assert_eq!(day(AT - 2 * DAY_MS, AT), "Sunday 22 November");
        assert_eq!(day(AT - 365 * DAY_MS, AT), "24 November 2025");
    }

    #[test]
    fn lists_get_the_shortest_label_that_is_clear() {
        assert_eq!(brief(AT, AT), "09:41");
        assert_eq!(brief(AT - DAY_MS, AT), "Mon");
        assert_eq!(brief(AT - 10 * DAY_MS, AT), "14 Nov");
        assert_eq!(brief(AT - 400 * DAY_MS, AT), "Oct 2025");
    }
}
