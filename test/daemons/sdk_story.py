# What programs do with environments, prompts, scores and comments through the SDK for Python; prints what it has read.
import json

import opik

client = opik.Opik()
client.create_environment("qa", description="Before staging.", color="#112233")
client.update_environment("qa", description="Für Tests.")
client.create_environment("gone")
client.delete_environment("gone")

client.create_prompt("greeting", "Hi {{name}}", tags=["first"])
client.create_prompt("greeting", "Hello {{name}}")
client.set_prompt_environments("greeting", ["qa"], version="v1")


def template(**which):
    return client.get_prompt("greeting", no_cache=True, **which).prompt


trace = client.trace(name="greet", input={"name": "Zoë"}, environment="qa")
span = trace.span(name="complete", type="llm")
span.end()
trace.end(output={"text": "Hello Zoë"})
client.flush()
client.log_traces_feedback_scores([{"id": trace.id, "name": "tone", "value": 0.75, "reason": "warm"}])
client.log_spans_feedback_scores([{"id": span.id, "name": "speed", "value": 1}])
trace.log_feedback_score("gone", 1)
client.flush()
client.delete_trace_feedback_score(trace.id, "gone")
client.rest_client.traces.add_trace_comment(trace.id, text="Nice.")
client.flush()

print(
    json.dumps(
        {
            "environments": {each.name: each.description for each in client.get_environments()},
            "prompts": [template(), template(version="v1"), template(environment="qa")],
            "trace": trace.id,
            "span": span.id,
        }
    )
)
