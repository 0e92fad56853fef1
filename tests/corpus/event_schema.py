"""Checks event lines against `ntan schema` (JSON Schema 2020-12)."""

import json
import re
import subprocess

try:
    import jsonschema
except ImportError:
    jsonschema = None

PYTHON_TYPES = {"object": dict, "array": list, "string": str, "integer": int,
                "number": (int, float), "boolean": bool}
KNOWN = {"$schema", "title", "description", "type", "properties", "required", "items", "enum",
         "const", "additionalProperties", "minimum", "maximum", "pattern", "minLength",
         "maxLength", "maxItems", "minItems", "format", "examples", "$id"}


class EventSchema:
    def __init__(self, program):
        text = subprocess.run([program, "schema"], capture_output=True, check=True).stdout
        self.events = json.loads(text)["$defs"]
        self.validators = {}
        if jsonschema:
            self.validators = {name: jsonschema.Draft202012Validator(schema)
                               for name, schema in self.events.items()}

    def flaw(self, event):
        """What is wrong with an event; None if nothing is."""
        name = event.get("event")
        if name not in self.events:
            return f"unknown event {name}"
        if name in self.validators:
            error = next(self.validators[name].iter_errors(event), None)
            return error and f"{name}: {error.message[:200]}"
        return flaw_of(event, self.events[name], name)


def flaw_of(value, schema, path):
    """The small part of JSON Schema that `ntan schema` uses; an unknown keyword is a flaw."""
    unknown = set(schema) - KNOWN
    if unknown:
        return f"{path}: schema keyword {sorted(unknown)[0]} is not known here"
    expected = schema.get("type")
    if expected and (not isinstance(value, PYTHON_TYPES[expected])
                     or (isinstance(value, bool) and expected != "boolean")):
        return f"{path}: not of type {expected}"
    if "const" in schema and value != schema["const"]:
        return f"{path}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{path}: not one of the listed values"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{path}: does not match its pattern"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            return f"{path}: out of range"
    if isinstance(value, list):
        return next(filter(None, (flaw_of(item, schema.get("items", {}), f"{path}[]")
                                  for item in value)), None)
    return flaw_of_members(value, schema, path) if isinstance(value, dict) else None


def flaw_of_members(value, schema, path):
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            return f"{path}: {name} is missing"
    for name, member in value.items():
        if name in properties:
            flaw = flaw_of(member, properties[name], f"{path}.{name}")
            if flaw:
                return flaw
        elif schema.get("additionalProperties") is False:
            return f"{path}: {name} is not a member"
    return None
