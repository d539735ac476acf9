# Agents as Opik documents them, nothing of the kit: one that answers, one that takes its time, two that are configured.
import sys
import time

import opik


class Tuning(opik.Config):
    model: str = "of the code"
    temperature: float = 0.0


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


@opik.track(entrypoint=True)
def tuned() -> dict:
    tuning = client.get_or_create_config(fallback=Tuning())
    return {"model": tuning.model, "temperature": tuning.temperature}


@opik.track(entrypoint=True)
def prompted() -> dict:
    return {"prompt": client.get_prompt("greeting").prompt}


# The SDK registers the agents that there are soon after the first one: what takes long comes before or behind them all.
client = opik.Opik()

while True:
    time.sleep(1)
