//! Allocations per call, counted by an allocator that asks the system's.

use std::hint::black_box;

use allocation_counter::measure;

use crate::subjects::subjects;

pub(crate) fn print() {
    println!("\nallocations per call");
    for subject in subjects() {
        // The first call may set something up for good.
        black_box((subject.call)(1));
        let allocations = measure(|| {
            black_box((subject.call)(black_box(1)));
        });
        println!("  {:<34} {:>6}", subject.name, allocations.count_total);
    }
}
