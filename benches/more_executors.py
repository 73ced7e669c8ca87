"""The same of the Python library whose PollExecutor ours is named after: jobs resolved on the third poll.

    python3 -m venv /tmp/more && /tmp/more/bin/pip install more-executors
    /tmp/more/bin/python benches/more_executors.py 1000 10000

A size that is not done within ten minutes is given up.
"""

import resource
import sys
import threading
import time
import tracemalloc

sys.path.pop(0)  # this file has the library's name

from more_executors import Executors

LIMIT = 600


def run(jobs, traced):
    state = {"polls": 0, "live": 0}
    all_there, looked = threading.Event(), threading.Event()

    def poll(descriptors):
        for descriptor in descriptors:
            descriptor.result
        if len(descriptors) < jobs:
            return 3600.0
        all_there.set()
        state["polls"] += 1
        if state["polls"] == 3:
            for descriptor in descriptors:
                descriptor.yield_result(descriptor.result)
        looked.set()
        return 0.0

    executor = Executors.sync().with_poll(poll)
    if traced:
        tracemalloc.start()
    start, cpu = time.perf_counter(), time.process_time()
    futures = [executor.submit(lambda id=id: id) for id in range(jobs)]
    if traced:
        state["live"] = tracemalloc.get_traced_memory()[0]
    total = sum(future.result(LIMIT) for future in futures)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert total == jobs * (jobs - 1) // 2
    executor.shutdown()
    if traced:
        tracemalloc.stop()
    return wall, cpu, state["live"]


for size in map(int, sys.argv[1:] or ["1000", "10000"]):
    wall, cpu, _ = run(size, False)
    print(f"{size:>9} jobs  wall {wall:8.3f} s = {wall / size * 1e9:12.0f} ns each, cpu {cpu:8.3f} s", flush=True)
    if wall < 60:
        print(f"{size:>9} jobs  {run(size, True)[2] / size:8.0f} bytes each when all were submitted", flush=True)
