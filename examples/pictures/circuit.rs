//! The states of a circuit.

use super::svg::{Anchor, Svg};

const ID: &str = "resilience-circuit";

pub(crate) fn draw() -> String {
    let mut svg = Svg::new(
        ID,
        800,
        310,
        "The states of a circuit",
        "Closed: calls are made and counted. When the rule trips, the circuit opens and rejects calls. After the recovery \
         timeout, the next call makes it half-open and is a probe. Enough successful probes close it; a probe that fails, or \
         does not report in time, opens it again. Operators can force it open, disable it, or have it count only.",
    );
    state(&mut svg, (40, 30), "green", "closed", ["calls are made", "and counted"]);
    state(&mut svg, (520, 30), "red", "open", ["calls are rejected", "at once"]);
    state(&mut svg, (280, 170), "amber", "half-open", ["a few calls are probes,", "others are rejected"]);

    svg.arrow(ID, "red-rule", "M240 55H516");
    svg.text("ink", Anchor::Middle, (380, 44), "failures reach the threshold");
    svg.arrow(ID, "amber-rule", "M650 102V205H484");
    svg.text("ink", Anchor::Start, (660, 140), "recovery_timeout");
    svg.text("ink", Anchor::Start, (660, 157), "is over,");
    svg.text("ink", Anchor::Start, (660, 174), "a call comes");
    svg.arrow(ID, "red-rule", "M400 166V88H516");
    svg.text("ink", Anchor::Start, (408, 110), "a probe fails, or");
    svg.text("ink", Anchor::Start, (408, 127), "does not report");
    svg.arrow(ID, "green-rule", "M276 205H140V106");
    svg.text("ink", Anchor::End, (130, 152), "enough probes");
    svg.text("ink", Anchor::End, (130, 169), "succeed");

    svg.line("grid", (40, 262), (760, 262));
    svg.text(
        "faint",
        Anchor::Start,
        (40, 288),
        "By an operator, until reset(): forced open (rejects all), disabled (counts nothing), metrics only (never opens).",
    );
    svg.finish()
}

fn state(svg: &mut Svg, (x, y): (i32, i32), colour: &str, name: &str, lines: [&str; 2]) {
    svg.rect("box", (x, y), (200, 72), 8);
    svg.shade(colour, 0.9, (x, y + 8), (5, 56));
    svg.text("ink head", Anchor::Middle, (x + 102, y + 24), name);
    for (row, line) in (0..).zip(lines) {
        svg.text("faint", Anchor::Middle, (x + 102, y + 43 + row * 17), line);
    }
}
