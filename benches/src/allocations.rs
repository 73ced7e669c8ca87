//! Allocations per call, counted by an allocator that asks the system's.

use std::hint::black_box;

use allocation_counter::measure;

use crate::subjects::SUBJECTS;

pub(crate) fn print() {
    println!("\nallocations per call when the first attempt succeeds");
    for subject in SUBJECTS {
        // The first call may set something up for good.
        black_box((subject.call)(1));
        let allocations = measure(|| {
            black_box((subject.call)(black_box(1)));
        });
        println!("  {:<30} {:>6}", subject.name, allocations.count_total);
    }
}
