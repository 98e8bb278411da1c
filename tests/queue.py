"""The queue, worked through as the worker does it."""

from invoiced.worker import Worker


def work() -> int:
    """Run every task that is due; how many ran."""
    worker, ran = Worker(pause=0), 0
    while worker.run_one():
        ran += 1
    return ran
