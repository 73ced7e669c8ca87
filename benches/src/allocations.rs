//! Allocations per call, counted by a wrapper around the system's allocator.

use std::hint::black_box;

use allocation_counter::measure;

use crate::subjects::{Subject, subjects};

pub(crate) fn print() {
    println!("\nallocations per call");
    for subject in subjects() {
        println!("  {:<50} {:>6}", subject.name, of(subject));
    }
}

/// Of the second call: the first one may allocate permanent state.
pub(crate) fn of(subject: &Subject) -> u64 {
    subject.warm_up();
    let allocations = measure(|| {
        black_box((subject.call)(black_box(1)));
    });
    allocations.count_total
}
