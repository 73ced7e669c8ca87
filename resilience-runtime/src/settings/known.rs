//! The names of the program.

use super::overridable::{OVERRIDABLE, OverridableSite};
use super::tables::{ASYNCBACKOFF, ASYNCRETRY, CIRCUIT, POLL, RETRY, Row};
use crate::attempts::PolicyKind;
use crate::circuit::{NamedCircuit, named_circuits};
use crate::telemetry::{Site, SiteKind, named_forms, sites};

/// A table of names in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Retry,
    Poll,
    AsyncBackoff,
    AsyncRetry,
    Circuit,
}

impl Section {
    pub(super) const ALL: [Self; 5] =
        [Self::Retry, Self::Poll, Self::AsyncBackoff, Self::AsyncRetry, Self::Circuit];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Poll => "poll",
            Self::AsyncBackoff => "asyncbackoff",
            Self::AsyncRetry => "asyncretry",
            Self::Circuit => "circuit",
        }
    }

    pub(super) fn of(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.as_str() == kind)
    }

    const fn of_site(kind: SiteKind) -> Option<Self> {
        match kind {
            SiteKind::Retry => Some(Self::Retry),
            SiteKind::Poll => Some(Self::Poll),
            SiteKind::AsyncBackoff => Some(Self::AsyncBackoff),
            SiteKind::AsyncRetry => Some(Self::AsyncRetry),
            SiteKind::Circuit => Some(Self::Circuit),
            SiteKind::Function => None,
        }
    }

    pub(super) const fn table(self) -> &'static [Row] {
        match self {
            Self::Retry => RETRY,
            Self::Poll => POLL,
            Self::AsyncBackoff => ASYNCBACKOFF,
            Self::AsyncRetry => ASYNCRETRY,
            Self::Circuit => CIRCUIT,
        }
    }

    /// The kind of policy, of all but circuits.
    pub(super) const fn policy(self) -> Option<PolicyKind> {
        match self {
            Self::Retry | Self::AsyncBackoff | Self::AsyncRetry => Some(PolicyKind::Retry),
            Self::Poll => Some(PolicyKind::Poll),
            Self::Circuit => None,
        }
    }

    /// Whether function forms are found in this table.
    pub(super) const fn has_forms(self) -> bool {
        matches!(self, Self::Retry | Self::Poll)
    }
}

/// Something with a name.
#[derive(Clone, Copy)]
pub(super) struct NamedTarget {
    pub(super) section: Section,
    pub(super) name: &'static str,
    pub(super) target: Target,
}

#[derive(Clone, Copy)]
pub(super) enum Target {
    Loop(&'static OverridableSite),
    /// A function form, or an attribute whose policy is not listed by the linker.
    Called(Site),
    Circuit(NamedCircuit),
}

impl NamedTarget {
    /// File and line. A registered circuit has none.
    pub(super) fn place(&self) -> Option<(&'static str, u32)> {
        match self.target {
            Target::Loop(site) => Some((Site(site.entry).file(), Site(site.entry).line())),
            Target::Called(site) => Some((site.file(), site.line())),
            Target::Circuit(circuit) => circuit.place,
        }
    }
}

/// Everything with a name, by kind, name and place.
pub(super) fn known() -> Vec<NamedTarget> {
    let mut known: Vec<NamedTarget> = OVERRIDABLE
        .iter()
        .filter_map(|site| {
            let listed = Site(site.entry);
            let section = Section::of_site(listed.kind())?;
            Some(NamedTarget { section, name: listed.name(), target: Target::Loop(site) })
        })
        .collect();
    for form in named_forms() {
        let section = match form.kind {
            PolicyKind::Retry => Section::Retry,
            PolicyKind::Poll => Section::Poll,
        };
        let site = Site(form.entry);
        known.push(NamedTarget { section, name: site.name(), target: Target::Called(site) });
    }
    let circuits = named_circuits().into_iter();
    known.extend(circuits.map(|circuit| NamedTarget {
        section: Section::Circuit,
        name: circuit.name,
        target: Target::Circuit(circuit),
    }));
    known.sort_by_key(|known| (known.section.as_str(), known.name, known.place()));
    known
}

/// The function of this name that has no `name = ".."`.
pub(super) fn unnamed(name: &str) -> Option<Site> {
    sites().find(|site| site.name() == name && site.kind() != SiteKind::Function)
}

/// Whether the program has an annotated function.
pub(super) fn is_linked() -> bool {
    sites().any(|site| site.kind() != SiteKind::Function)
}
