"""An agent as Opik documents it: `opik endpoint --project "My agents" -- python agent.py` offers it to the web page."""

import time

import opik


@opik.track(type="tool")
def look_up_title(name: str) -> str:
    return "Countess" if name == "Ada" else "Citizen"


@opik.track(entrypoint=True)
def greet(name: str) -> dict:
    print(f"greeting {name}", flush=True)
    return {"greeting": f"Hello, {look_up_title(name)} {name}"}


if __name__ == "__main__":
    while True:
        time.sleep(1)
