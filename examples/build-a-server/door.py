"""The door of the server: HTTP in and out, and the forms of requests as the OpenAPI document has them."""

import gzip
import json
import math
import re
import select
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote
from uuid import UUID

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


class Refused(Exception):
    """An answer in place of the operation's own."""

    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status, self.headers = status, headers or {}


class Request:
    """What an operation is given: path, query and body as the spec types them, and who calls."""

    def __init__(self, path, query, body, headers, is_open):
        self.path, self.query, self.body = path, query, body
        self.owner = (headers.get("Comet-Workspace") or "default", headers.get("Authorization") or "")
        self.workspace = self.owner[0]
        self.host = headers.get("Host", "localhost")
        self.is_open = is_open  # whether the caller still waits


class Forms:
    """Reads values by their schemas. A wrong type is 400; a field that is missing, blank or out of range is 422."""

    def __init__(self, spec):
        self.spec, self.wrong = spec, []

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.spec["components"][schema["$ref"].split("/")[-2]][schema["$ref"].split("/")[-1]]
        return schema

    def read(self, schema, value, at="the body"):
        """The value without what the schema does not know; what is wrong with it is kept in `wrong`."""
        schema = self.resolve(schema)
        kind = schema.get("type")
        types = {"object": dict, "array": list, "string": str, "integer": int}
        if kind and (not isinstance(value, types[kind]) or isinstance(value, bool)):
            self.wrong.append((400, f"{at} must be of type {kind}"))
        elif kind == "object":
            return self.read_object(schema, value, at)
        elif kind == "array":
            return [self.read_item(schema["items"], item, f"{at}[{i}]") for i, item in enumerate(value)]
        elif kind == "string":
            return self.read_string(schema, value, at)
        elif kind == "integer":
            if abs(value) > 2**31 - 1:
                self.wrong.append((400, f"{at} is past 32 bits"))
            elif not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                self.wrong.append((422, f"{at} is out of range"))
        return value

    def read_item(self, schema, item, at):
        if item is None:
            return self.wrong.append((422, f"{at} must not be null"))
        return self.read(schema, item, at)

    def read_object(self, schema, value, at):
        fields = schema.get("properties", {})
        known = {name: value[name] for name in fields if name in value}
        # A typed field that is null counts as absent; JSON of the caller's own may be null.
        known = {name: field for name, field in known.items() if field is not None or "type" not in self.resolve(fields[name])}
        for name in schema.get("required", []):
            if name not in known:
                self.wrong.append((422, f"{at}.{name} is missing"))
        read = {name: self.read(fields[name], field, f"{at}.{name}") for name, field in known.items()}
        for name, field in fields.items():
            if "default" in self.resolve(field):
                read.setdefault(name, self.resolve(field)["default"])
        more = schema.get("additionalProperties")
        if more is True:
            return value
        if more:
            for name, field in value.items():
                name = self.read({"type": "string"} | schema.get("propertyNames", {}), name, f"a key of {at}")
                read[name] = self.read(more, field, f"{at}.{name}")
        return read

    def read_string(self, schema, value, at):
        length = len(value.encode("utf-16-le", "surrogatepass")) // 2
        if "enum" in schema and value not in schema["enum"]:
            self.wrong.append((400, f"{at} must be one of {', '.join(schema['enum'])}"))
        elif schema.get("format") == "uuid" and not UUID_TEXT.fullmatch(value):
            self.wrong.append((400, f"{at} is no UUID"))
        elif not schema.get("minLength", 0) <= length <= schema.get("maxLength", length):
            self.wrong.append((422, f"{at} is too short or too long"))
        elif schema.get("pattern") == "\\S" and value.strip() == "":
            self.wrong.append((422, f"{at} is blank"))
        return value.lower() if schema.get("format") == "uuid" else value

    def expect(self):
        if self.wrong:
            raise Refused(*min(self.wrong))


def parse_json(text):
    def number(digits):
        return float(digits) if math.isfinite(float(digits)) else str(float(digits))

    try:
        return json.loads(text, parse_constant=str, parse_float=number)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is no JSON: {error}") from None


class Door:
    """Finds the operation of a request and holds the request against its form."""

    def __init__(self, spec, operations, strict):
        self.spec, self.operations, self.strict = spec, operations, strict
        self.routes = []
        for template, methods in spec["paths"].items():
            for method, operation in methods.items():
                if isinstance(operation, dict) and operation.get("operationId") in operations:
                    self.routes.append((template.strip("/").split("/"), method.upper(), operation))
        # Literal segments come before parameters.
        self.routes.sort(key=lambda route: [part.startswith("{") for part in route[0]])

    def answer(self, method, target, headers, body, is_open):
        """Status, headers and JSON text (or None) of the answer."""
        path, _, search = target.partition("?")
        found, path_values = self.route(method, path)
        if not isinstance(found, dict):
            return found
        if self.strict:
            self.expect_media(found, headers, body)
            for value in path_values.values():
                if not UUID_TEXT.fullmatch(value):
                    raise Refused(404, "There is nothing of this id.")
        path_values = {name: value.lower() for name, value in path_values.items()}
        query = self.read_query(found, parse_qs(search, keep_blank_values=True))
        request = Request(path_values, query, self.read_body(found, headers, body), headers, is_open)
        return self.operations[found["operationId"]](request)

    def route(self, method, path):
        segments = path.removeprefix("/api").strip("/").split("/")
        segments = [unquote(segment.split(";")[0]) for segment in segments]
        if self.strict and any(segment == "" or "/" in segment for segment in segments):
            raise Refused(400, "A segment of the path is empty, or holds a slash.")
        fits = [route for route in self.routes if fits_template(route[0], segments)]
        if not fits:
            return (404, {"Content-Type": "text/plain"}, "There is no such page."), {}
        asked = "GET" if method == "HEAD" else method
        for template, allowed, operation in fits:
            if allowed == asked:
                named = zip(template, segments, strict=True)
                return operation, {part[1:-1]: value for part, value in named if part.startswith("{")}
        if not self.strict:
            return (404, {"Content-Type": "text/plain"}, "There is no such page."), {}
        methods = {allowed for template, allowed, _ in fits if template == fits[0][0]} | {"OPTIONS"}
        allow = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
        if method == "OPTIONS":
            return (200, {"Allow": allow}, None), {}
        raise Refused(405, "The path has no such method.", {} if method == "TRACE" else {"Allow": allow})

    def expect_media(self, operation, headers, body):
        kind = headers.get("Content-Type")
        if kind is not None and kind.split(";")[0].strip().lower() != "application/json":
            raise Refused(415, "Bodies are application/json.")
        if kind is None and body and "requestBody" in operation:
            raise Refused(415, "The body has no Content-Type.")
        ranges = [part.strip().lower().replace(" ", "") for part in headers.get("Accept", "*/*").split(",")]
        json_ranges = [part for part in ranges if part.split(";")[0] in ("", "*/*", "application/*", "application/json")]
        if all(re.search(r";q=0(\.0*)?$", part) for part in json_ranges):
            raise Refused(406, "Answers are application/json.")

    def read_query(self, operation, given):
        query = {}
        for parameter in map(Forms(self.spec).resolve, operation.get("parameters", [])):
            if parameter["in"] == "query":
                text = given.get(parameter["name"], [None])[0]
                query[parameter["name"]] = self.read_parameter(parameter, text)
        return query

    def read_parameter(self, parameter, text):
        schema = Forms(self.spec).resolve(parameter["schema"])
        name = parameter["name"]
        if not text:
            if self.strict and parameter.get("required"):
                raise Refused(400, f"{name} is missing.")
            return schema.get("default")
        if schema["type"] == "integer":
            if not re.fullmatch(r"[+-]?\d{1,10}", text) or abs(int(text)) > 2**31 - 1:
                raise Refused(404, f"{name} is no number of 32 bits.")
            if int(text) < schema.get("minimum", int(text)):
                raise Refused(400, f"{name} is too small.")
            return int(text)
        if schema.get("format") == "uuid":
            if not UUID_TEXT.fullmatch(text):
                raise Refused(404, f"{name} is no UUID.")
            return str(UUID(text))
        if text not in schema.get("enum", [text]):
            raise Refused(400, f"{name} is unknown.")
        return text

    def read_body(self, operation, headers, body):
        if "requestBody" not in operation:
            return None
        body = decode(headers.get("Content-Encoding", "identity").lower(), body)
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refused(400, "The body is no UTF-8.") from None
        is_required = operation["requestBody"].get("required", False)
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        if text.strip() == "":
            if is_required and self.strict:
                raise Refused(422, "There is no body.")
            return None
        value = parse_json(text)
        if not self.strict:
            return value
        if value is None:
            if is_required:
                raise Refused(400 if operation["operationId"] == "patchChecklist" else 422, "The body is null.")
            return None
        forms = Forms(self.spec)
        read = forms.read(schema, value)
        forms.expect()
        return read


def fits_template(template, segments):
    pairs = zip(template, segments)
    return len(template) == len(segments) and all(part.startswith("{") or part == have for part, have in pairs)


def decode(encoding, body):
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Refused(415, "Bodies may be compressed by gzip alone.")
    try:
        return gzip.decompress(body)
    except (OSError, EOFError):
        raise Refused(400, "The body is no gzip.") from None


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1, and hands everything to the door."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.respond
        raise AttributeError(name)

    def respond(self):
        try:
            body = self.read_bytes()
            status, headers, text = self.server.door.answer(self.command, self.path, self.headers, body, self.is_open)
        except Refused as refused:
            status, headers = refused.status, refused.headers
            text = json.dumps({"code": status, "message": str(refused)})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # What no form has refused yet.
            status, headers, text = 400, {}, json.dumps({"code": 400, "message": repr(error)})
        content = b"" if text is None else text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if text is not None and "Content-Type" not in headers:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def read_bytes(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def is_open(self):
        """Whether the caller is still there: a connection that can be read and holds nothing has ended."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return not readable or self.connection.recv(1, socket.MSG_PEEK) != b""

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port, door):
        super().__init__(("127.0.0.1", port), Handler)
        self.door = door

    def handle_error(self, *_):
        """Callers who hang up are no error."""
