# Two agents as Opik documents them, nothing of the kit: one that answers, one that takes its time.
import sys
import time

import opik


@opik.track(type="tool")
def look_up(number: int) -> int:
    return number + 1


@opik.track(entrypoint=True)
def adder(a: int, b: int = 1) -> dict:
    print("adding Grüße", flush=True)
    print("to stderr", file=sys.stderr, flush=True)
    # Logs are sent while the job runs.
    time.sleep(1)
    return {"sum": look_up(a) + b}


@opik.track(entrypoint=True)
def slow(seconds: int) -> str:
    for step in range(seconds * 4):
        print("step", step, flush=True)
        time.sleep(0.25)
    return "done"


while True:
    time.sleep(1)
