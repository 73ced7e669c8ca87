//! What is inside what on a function with two attributes, and what counts as what.

use super::svg::{Anchor, Svg};

const WIDTH: i32 = 250;

pub(crate) fn draw() -> String {
    let mut svg = Svg::new(
        "resilience-stacks",
        3 * WIDTH + 70,
        330,
        "Stacks of attributes",
        "The top attribute is the outermost. Retry over circuit: each attempt is one call of the circuit, and a rejection ends \
         the loop. Circuit over retry: all attempts together are one call of the circuit. Poll over retry: each check of the \
         poll is up to three attempts.",
    );
    let panels: [(&str, &str, &str, [&str; 2]); 3] = [
        (
            "#[retry(times = 3)]",
            "#[circuit]",
            "attempt",
            ["Each attempt is one call of the circuit.", "A rejection is not an attempt."],
        ),
        (
            "#[circuit]",
            "#[retry(times = 3)]",
            "attempt",
            ["Three failed attempts", "are one failure of the circuit."],
        ),
        (
            "#[poll(interval = 1min)]",
            "#[retry(times = 3)]",
            "attempt",
            ["Each check of the poll", "is up to three attempts."],
        ),
    ];
    for (column, panel) in (0..).zip(panels) {
        draw_panel(&mut svg, 20 + column * (WIDTH + 15), panel, column);
    }
    svg.finish()
}

fn draw_panel(
    svg: &mut Svg,
    x: i32,
    (outer, inner, attempt, notes): (&str, &str, &str, [&str; 2]),
    column: i32,
) {
    for (row, line) in (0..).zip([outer, inner, "async fn load() { .. }"]) {
        svg.text("ink code", Anchor::Start, (x + 4, 30 + row * 17), line);
    }
    let colours = |name: &str| if name.contains("circuit") { "red-rule" } else { "blue-rule" };
    let title =
        |name: &str| name.trim_start_matches("#[").split(['(', ']']).next().unwrap_or_default().to_owned();
    svg.rect("box", (x, 84), (WIDTH, 178), 8);
    svg.rect(colours(outer), (x, 84), (WIDTH, 178), 8);
    svg.text("faint", Anchor::Start, (x + 10, 101), &title(outer));
    // Retry over circuit: one box of the circuit for each attempt. Otherwise the loop is inside one box, or two.
    let boxes: &[(i32, i32, i32)] = match column {
        0 => &[(110, 40, 1), (160, 40, 1), (210, 40, 1)],
        1 => &[(110, 142, 3)],
        _ => &[(110, 66, 3), (190, 62, 2)],
    };
    for (y, height, attempts) in boxes {
        svg.rect(colours(inner), (x + 10, *y), (WIDTH - 20, *height), 6);
        svg.text("faint", Anchor::Start, (x + 18, y + 16), &title(inner));
        for number in 0..*attempts {
            let at = if column == 1 {
                (x + 90, y + 10 + number * 44)
            } else if *attempts == 1 {
                (x + 90, y + 8)
            } else {
                (x + 70 + number * 56, y + 30)
            };
            let width = if column == 2 { 50 } else { 140 };
            svg.rect("rule", at, (width, 24), 4);
            let label = if column == 2 { "call" } else { attempt };
            svg.text("ink", Anchor::Middle, (at.0 + width / 2, at.1 + 17), label);
        }
    }
    for (row, note) in (0..).zip(notes) {
        svg.text("ink", Anchor::Start, (x + 4, 286 + row * 18), note);
    }
}
