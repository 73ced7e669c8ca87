//! A few shapes of SVG, in colours for light and dark pages.

use std::fmt::{Display, Write};

/// A picture has its own background, so that it is legible whatever the page's is. The classes count inside the picture
/// only: in the documentation, it is a part of the page.
const STYLE: &str = "\
.page{fill:#f6f8fa;stroke:#d0d7de}.ink{fill:#1f2328}.faint{fill:#59636e}.code{font-family:ui-monospace,monospace;font-size:12px}.small{font-size:11px}.head{font-size:15px;font-weight:600}\
.rule{stroke:#59636e;fill:none}.median{stroke:#1f2328;stroke-width:1.6}.grid{stroke:#d0d7de;fill:none}.box{fill:#fff;stroke:#8c959f}\
.blue{fill:#0969da}.green{fill:#1a7f37}.red{fill:#cf222e}.amber{fill:#9a6700}\
.blue-rule{stroke:#0969da;fill:none}.green-rule{stroke:#1a7f37;fill:none}.red-rule{stroke:#cf222e;fill:none}\
.amber-rule{stroke:#9a6700;fill:none}";
const DARK: &str = "\
.page{fill:#0d1117;stroke:#3d444d}.ink{fill:#f0f6fc}.faint{fill:#9198a1}\
.rule{stroke:#9198a1}.median{stroke:#f0f6fc}.grid{stroke:#3d444d}.box{fill:#151b23;stroke:#656c76}\
.blue{fill:#4493f8}.green{fill:#3fb950}.red{fill:#f85149}.amber{fill:#d29922}\
.blue-rule{stroke:#4493f8}.green-rule{stroke:#3fb950}.red-rule{stroke:#f85149}.amber-rule{stroke:#d29922}";

/// Where a text is anchored.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

pub(crate) struct Svg {
    text: String,
}

impl Svg {
    /// `description` is read out in place of the picture.
    pub(crate) fn new(id: &str, width: i32, height: i32, title: &str, description: &str) -> Self {
        let scoped =
            |style: &str| style.replace("}.", &format!("}}#{id} .")).replacen('.', &format!("#{id} ."), 1);
        let mut svg = Self { text: String::new() };
        svg.line_of(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"{id}\" role=\"img\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" style=\"max-width:100%;height:auto\" font-family=\"system-ui,sans-serif\" font-size=\"13\">"
        ));
        svg.line_of(format_args!("<title>{title}</title>"));
        svg.line_of(format_args!("<desc>{description}</desc>"));
        svg.line_of(format_args!(
            "<style>{}@media (prefers-color-scheme:dark){{{}}}</style>",
            scoped(STYLE),
            scoped(DARK)
        ));
        for colour in ["rule", "blue-rule", "green-rule", "red-rule", "amber-rule"] {
            svg.line_of(format_args!(
                "<marker id=\"{id}-{colour}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
                 orient=\"auto\"><path d=\"M1 1L7 4L1 7\" class=\"{colour}\"/></marker>"
            ));
        }
        svg.rect("page", (0, 0), (width, height), 8);
        svg
    }

    pub(crate) fn rect(&mut self, class: &str, (x, y): (i32, i32), (width, height): (i32, i32), round: i32) {
        self.line_of(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>"
        ));
    }

    /// A filled area without an edge.
    pub(crate) fn shade(
        &mut self,
        class: &str,
        opacity: f32,
        (x, y): (i32, i32),
        (width, height): (i32, i32),
    ) {
        self.line_of(format_args!(
            "<rect class=\"{class}\" opacity=\"{opacity}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        ));
    }

    pub(crate) fn line(&mut self, class: &str, (x, y): (i32, i32), (to_x, to_y): (i32, i32)) {
        self.line_of(format_args!("<path class=\"{class}\" d=\"M{x} {y}L{to_x} {to_y}\"/>"));
    }

    /// A path of SVG's own spelling, with an arrow at its end.
    pub(crate) fn arrow(&mut self, id: &str, class: &str, path: &str) {
        self.line_of(format_args!(
            "<path class=\"{class}\" stroke-width=\"1.6\" d=\"{path}\" marker-end=\"url(#{id}-{class})\"/>"
        ));
    }

    pub(crate) fn text(&mut self, class: &str, anchor: Anchor, (x, y): (i32, i32), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.line_of(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>",
            text.replace('&', "&amp;").replace('<', "&lt;")
        ));
    }

    pub(crate) fn finish(mut self) -> String {
        self.text += "</svg>\n";
        self.text
    }

    fn line_of(&mut self, line: impl Display) {
        writeln!(self.text, "{line}").expect("a string takes everything");
    }
}
