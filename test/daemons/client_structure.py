"""Prints, as an OpenAPI document, what the generated client inside the installed `opik` asks and reads: paths, parameters,
fields of bodies, statuses that it tells apart, fields of answers (under the status `success`)."""
import ast
import collections.abc
import importlib
import inspect
import json
import sys
import textwrap
import typing

from pydantic import TypeAdapter

REFS = "#/components/schemas/{model}"
schemas = {}


def schema_of(hint):
    schema = TypeAdapter(hint).json_schema(by_alias=True, ref_template=REFS)
    schemas.update(schema.pop("$defs", {}))
    return schema


def text_of(node):
    """A path: constants, and the names of what is filled in."""
    if isinstance(node, ast.Constant):
        return node.value
    return "".join(
        part.value if isinstance(part, ast.Constant) else "{%s}" % names_in(part)[-1] for part in node.values
    )


def names_in(node):
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]


def hint_of(node, hints):
    return next((hints[name] for name in names_in(node) if name in hints), typing.Any)


def members_of(node, hints):
    if not isinstance(node, ast.Dict):
        return {}
    return {key.value: schema_of(hint_of(value, hints)) for key, value in zip(node.keys, node.values)}


def answer_of(hint):
    """The type of a successful answer; None for no body, and for one that comes piece by piece."""
    [answer] = typing.get_args(hint)[:1] or [None]
    is_known = typing.get_origin(hint) is not collections.abc.Iterator and answer not in (type(None), typing.Any)
    return answer if is_known else None


def read(function, tag):
    hints = typing.get_type_hints(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    call = next((each for each in calls if getattr(each.func, "attr", "") in ("request", "stream") and each.args), None)
    if call is None:
        return None
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    path = "/" + text_of(call.args[0])
    responses = {str(status): {"description": ""} for status in statuses_in(tree)}
    answer = answer_of(hints["return"])
    content = {} if answer is None else {"content": {"application/json": {"schema": schema_of(answer)}}}
    responses["success"] = {"description": "", **content}
    operation = {"operationId": function.__name__, "tags": [tag], "responses": responses}
    query = members_of(given.get("params"), hints)
    places = [("query", name) for name in query] + [("path", part[1:-1]) for part in path.split("/") if "{" in part]
    operation["parameters"] = [
        {"in": place, "name": name, "required": place == "path", "schema": query.get(name, {"type": "string"})}
        for place, name in places
    ]
    body = given.get("json")
    if isinstance(body, ast.Dict):
        schema = {"type": "object", "properties": members_of(body, hints)}
    elif body is not None:
        schema = schema_of(hint_of(body, hints))
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return path, ast.literal_eval(given["method"]).lower(), operation


def statuses_in(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            if getattr(node.left, "attr", "") == "status_code":
                yield ast.literal_eval(node.comparators[0])


paths = {}
for tag in sys.argv[1:]:
    module = importlib.import_module(f"opik.rest_api.{tag}.raw_client")
    [client] = [each for name, each in inspect.getmembers(module, inspect.isclass) if name.startswith("Raw")]
    for _, function in inspect.getmembers(client, inspect.isfunction):
        found = read(function, tag)
        if found is not None:
            path, method, operation = found
            paths.setdefault(path, {})[method] = operation
document = {"openapi": "3.1.0", "info": {"title": "client", "version": "1"}, "paths": paths}
print(json.dumps({**document, "components": {"schemas": schemas}}))
