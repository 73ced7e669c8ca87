//! The delays of each backoff with each jitter, as distributions.

use std::time::Duration;

use resilience::{Backoff, Jitter};

use super::svg::{Anchor, Svg};

const ATTEMPTS: usize = 9;
const DRAWS: u64 = 2000;
const CAP: Duration = Duration::from_secs(2);

/// The size of a panel, and its distance to the next.
const PANEL: (i32, i32) = (190, 92);
const STEP: (i32, i32) = (PANEL.0 + 16, PANEL.1 + 38);
const LEFT: i32 = 46;
const TOP: i32 = 116;

pub(crate) fn draw() -> String {
    let ms = Duration::from_millis;
    let rows = [
        ("constant(1s)", Backoff::constant(ms(1000))),
        ("linear(200ms)", Backoff::linear(ms(200))),
        ("exponential(100ms)", Backoff::exponential(ms(100))),
        ("fibonacci(100ms)", Backoff::fibonacci(ms(100))),
    ];
    let columns = [
        ("none", Jitter::None),
        ("full", Jitter::Full),
        ("equal", Jitter::Equal),
        ("25%", Jitter::Ratio(0.25)),
    ];
    let mut svg = Svg::new(
        "resilience-delays",
        LEFT + 4 * STEP.0 + 4,
        TOP + 5 * STEP.1 - 20,
        "The delays of each backoff with each jitter",
        "For each backoff and each jitter: the distribution of the first nine delays in 2000 draws, with max = 2s. Without \
         jitter, each delay is one value. With jitter, the delays are spread, also at the maximum, and never above it.",
    );
    svg.text("ink", Anchor::Start, (16, 28), "The first nine delays, in 2000 draws, with max = 2s");
    legend(&mut svg);
    for (column, (name, _)) in (0..).zip(columns) {
        let at = (LEFT + column * STEP.0 + PANEL.0 / 2, TOP - 30);
        svg.text("ink code", Anchor::Middle, at, &format!("jitter = {name}"));
    }
    for (row, (name, backoff)) in (0..).zip(rows) {
        for (column, (_, jitter)) in (0..).zip(columns) {
            let title = if column == 0 { name } else { "" };
            panel(&mut svg, (column, row), title, backoff.jitter(jitter));
        }
    }
    panel(&mut svg, (0, 4), "decorrelated(100ms)", Backoff::decorrelated(ms(100)));
    let smoothed = Backoff::exponential(ms(100)).jitter(Jitter::Decorrelated);
    panel(&mut svg, (1, 4), "exponential(100ms), jitter = decorrelated", smoothed);
    svg.finish()
}

fn legend(svg: &mut Svg) {
    let y = 50;
    for (x, opacity, text) in
        [(16, 0.18, "all draws"), (110, 0.4, "90 % of them"), (226, 0.85, "half of them")]
    {
        svg.shade("blue", opacity, (x, y - 10), (14, 12));
        svg.text("faint", Anchor::Start, (x + 20, y), text);
    }
    svg.line("median", (346, y - 4), (360, y - 4));
    svg.text("faint", Anchor::Start, (366, y), "the median");
    svg.line("red-rule", (456, y - 4), (470, y - 4));
    svg.text("faint", Anchor::Start, (476, y), "max: no delay is above it");
}

fn panel(svg: &mut Svg, (column, row): (i32, i32), title: &str, backoff: Backoff) {
    let (left, top) = (LEFT + column * STEP.0, TOP + row * STEP.1);
    svg.text("ink code", Anchor::Start, (left, top - 7), title);
    svg.rect("box", (left, top), PANEL, 0);
    for (share, label) in [(0, "0"), (1, "1 s"), (2, "2 s")] {
        let y = top + PANEL.1 - share * (PANEL.1 - 10) / 2;
        svg.line(if share == 2 { "red-rule" } else { "grid" }, (left, y), (left + PANEL.0, y));
        if column == 0 {
            svg.text("faint small", Anchor::End, (left - 6, y + 4), label);
        }
    }
    for (number, delays) in (0..).zip(distributions(&backoff.max(CAP))) {
        let x = left + 8 + number * 20;
        let y = |share: f64| top + PANEL.1 - height_of(quantile(&delays, share));
        for (share, opacity) in [(0.0, 0.18), (0.05, 0.4), (0.25, 0.85)] {
            let (high, low) = (y(1.0 - share), y(share));
            svg.shade("blue", opacity, (x, high), (14, (low - high).max(2)));
        }
        svg.line("median", (x - 1, y(0.5)), (x + 15, y(0.5)));
    }
}

/// The draws of each attempt, in order of size.
fn distributions(backoff: &Backoff) -> Vec<Vec<Duration>> {
    let mut all = vec![Vec::new(); ATTEMPTS];
    for seed in 0..DRAWS {
        for (delays, delay) in all.iter_mut().zip(backoff.delays_seeded(seed)) {
            delays.push(delay);
        }
    }
    for delays in &mut all {
        delays.sort_unstable();
    }
    all
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a small index"
)]
fn quantile(sorted: &[Duration], share: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

/// In pixels above the axis.
#[expect(clippy::cast_possible_truncation, reason = "a small number")]
fn height_of(delay: Duration) -> i32 {
    (delay.as_secs_f64() / CAP.as_secs_f64() * f64::from(PANEL.1 - 10)).round() as i32
}
