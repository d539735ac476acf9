"""Tells Schemathesis which rules of the API are no part of its schemas, so that its checks of data can judge all the rest."""

import copy
import json
import os
from datetime import datetime, timezone
from uuid import UUID

import schemathesis
from hypothesis import strategies
from schemathesis.openapi.checks import RejectedPositiveData, UnsupportedMethodResponse

SCHEMAS = "#/components/schemas/"
# Ids that lead somewhere, by the name of the path parameter; `bridgeRunnerId` is the runner of the command.
KNOWN = json.loads(os.environ["KIT_KNOWN"])


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """A null counts as an absent field, and an empty query parameter as an absent one; in answers, there are no nulls."""
    schemas = raw_schema["components"]["schemas"]
    written = {}

    def as_written(node):
        if isinstance(node, list):
            return [as_written(each) for each in node]
        if not isinstance(node, dict):
            return node
        if node.get("$ref", "").startswith(SCHEMAS):
            name = node["$ref"].removeprefix(SCHEMAS)
            if name not in written:
                written[name] = None  # holds the place of a schema that contains itself
                written[name] = as_written(copy.deepcopy(schemas[name]))
            return {**node, "$ref": f"{SCHEMAS}{name}Written"}
        result = {key: value if key in ("example", "examples") else as_written(value) for key, value in node.items()}
        if isinstance(result.get("properties"), dict):
            required = node.get("required", [])
            result["properties"] = {
                name: field if name in required else {"anyOf": [field, {"type": "null"}]}
                for name, field in result["properties"].items()
            }
        return result

    for path in raw_schema["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict):
                continue
            for response in operation["responses"].values():
                for link in response.get("links", {}).values():
                    for name, source in link["parameters"].items():
                        # The id is the last segment; OpenAPI has no words for that.
                        if source == "$response.header.Location":
                            link["parameters"][name] = f"{source}#regex:([^/]+)$"
            body = operation.get("requestBody", {})
            for media in body.get("content", {}).values():
                media["schema"] = as_written(media["schema"])
                if not body.get("required"):
                    media["schema"] = {"anyOf": [media["schema"], {"type": "null"}]}
            for place, parameter in enumerate(operation.get("parameters", [])):
                if "$ref" in parameter:
                    name = parameter["$ref"].rpartition("/")[2]
                    parameter = copy.deepcopy(raw_schema["components"]["parameters"][name])
                    operation["parameters"][place] = parameter
                if parameter["in"] != "query":
                    continue
                if parameter["schema"].get("type") == "boolean":
                    # Anything but the text `true` is false.
                    parameter["schema"] = {"type": ["boolean", "integer", "number", "string"]}
                if not parameter.get("required"):
                    parameter["schema"] = {"anyOf": [parameter["schema"], {"const": ""}]}
                elif parameter["schema"].get("type") == "string":
                    parameter["schema"] = {"minLength": 1, **parameter["schema"]}
    schemas.update({f"{name}Written": schema for name, schema in written.items()})


@schemathesis.hook
def filter_query(context, query):
    """Of a query parameter that comes more than once the first counts."""
    return not any(isinstance(value, list) for value in (query or {}).values())


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    """A path with an encoded slash leads to no operation: 400, whatever stands around it."""
    return not any("\\" in str(value) or "/" in str(value) for value in (path_parameters or {}).values())


# Their parameters need each other (one of project_id and project_name, a mask or an environment), or are JSON or numbers in
# a text, which no schema of a single parameter says.
BEYOND_SCHEMAS = {
    "GET /v1/private/agent-insights/issues",
    "GET /v1/private/projects/feedback-scores/names",
    "GET /v1/private/prompts/{id}",
    "GET /v1/private/prompts/{promptId}/versions/by-number/{versionNumber}",
    "GET /v1/private/spans/exists",
    "GET /v1/private/spans/feedback-scores/names",
    "GET /v1/private/traces/exists",
    "POST /v1/private/traces/threads/delete",
    "POST /v1/private/traces/threads/feedback-scores/delete",
    "POST /v1/private/traces/threads/search",
    "PUT /v1/private/traces/threads/close",
    "PUT /v1/private/traces/threads/open",
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Not every failure is one. Lengths of texts count UTF-16 units, in which some characters are two, and of runners there
    is no page past 32 bits. A word of a path may stand in the place of another path's id, which nothing has: 404 for the
    methods of that path.
    """
    if isinstance(failure, RejectedPositiveData):
        if case.operation.label in BEYOND_SCHEMAS:
            return False
        query = case.query or {}
        is_far = float(query.get("page") or 0) * float(query.get("size") or 1) >= 2**31
        is_astral = max(json.dumps(case.body, ensure_ascii=False, default=str)) > "\uffff"
        return not (is_far and case.operation.label == "GET /v1/private/local-runners" or is_astral)
    if not isinstance(failure, UnsupportedMethodResponse) or response.status_code != 404:
        return True
    words = case.operation.path.split("/")
    return not any(
        case.method.lower() in item and len(other) == len(words) and all(
            mine == its or its.startswith("{") for mine, its in zip(words, other)
        )
        for other, item in ((path.split("/"), item) for path, item in case.operation.schema.raw_schema["paths"].items())
    )


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Two of three ids that could be real are; runners stay, so that there is something to ask about to the end."""
    operation = context.operation
    for name, value in (path_parameters or {}).items():
        known = KNOWN.get("bridgeRunnerId" if name == "runnerId" and "/bridge/" in operation.path else name)
        is_id = isinstance(value, str) and len(value) == 36 and value[14:15] == "7"
        if known is not None and operation.method != "delete" and is_id and int(value[-2:], 16) % 3 != 0:
            path_parameters[name] = known
    return path_parameters


# Ids that callers choose are UUIDs of version 7, and times lie between the years 1970 and 2300.
schemathesis.openapi.format(
    "uuid",
    strategies.integers(0, 2**128 - 1).map(lambda bits: str(UUID(int=bits & ~(0xF << 76 | 3 << 62) | 7 << 76 | 2 << 62))),
)
schemathesis.openapi.format(
    "date-time",
    strategies.integers(0, 10_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, timezone.utc).isoformat()),
)


@schemathesis.deserializer("application/octet-stream")
def read_stream(context, response):
    """Searches answer an array, a line for each item."""
    return [json.loads(line) for line in response.content.decode().split("\n") if line != ""]
