#!/usr/bin/env python3
"""json-shape.py: hold JSON of ringlet's to what ringlet-json(7) says.

    json-shape.py PAGE COMMAND [FILE]   a document of that command, in FILE or
                                        on standard input; exit status 1, with
                                        what is wrong, if it has another shape
    json-shape.py PAGE --error [FILE]   an error's document
    json-shape.py PAGE --list           the commands that the page has
"""

import json
import re
import sys

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def read_page(path):
    """Return ({name: type}, {name: {member: type}}, {code: status})."""
    types, members, codes = {}, {}, {}
    part, name = "", None
    with open(path, encoding="utf-8") as page:
        for line in page:
            line = line.rstrip("\n").replace(r"\-", "-")
            if line.startswith(".Sh "):
                part, name = line[4:], None
            elif line.startswith(".Ss ") and part in ("COMMANDS", "OBJECTS"):
                name = line[4:].replace("ringlet ", "", 1)
                if part == "OBJECTS":
                    name = "object " + name
                members[name] = {}
            elif line.startswith(".Dl data: ") and name is not None:
                types[name] = line[len(".Dl data: "):]
            elif line.startswith(".It ") and part == "CODES OF ERRORS":
                code, status = line[4:].split(" Ta ")[:2]
                codes[code] = int(status)
            elif line.startswith(".It ") and name is not None:
                member, kind = line[4:].split(" Ta ")[:2]
                members[name][member] = kind
    return types, members, codes


class Shape:
    """What the page says."""

    def __init__(self, members):
        self.members = members
        self.wrong = []

    def fits(self, value, kind):
        """Whether value is of the type, but for what is in it."""
        if kind.startswith("array of "):
            return isinstance(value, list)
        simple = {"string": str, "integer": int, "boolean": bool}
        if kind in simple:
            return type(value) is simple[kind]
        if kind == "time":
            return isinstance(value, str) and TIME.match(value) is not None
        if kind == "null":
            return value is None
        return kind == "any" or isinstance(value, dict)

    def check(self, where, value, kinds, name=None):
        """Note what is wrong with value, which is one of some types."""
        for kind in kinds.replace(", optional", "").split(" or "):
            if self.fits(value, kind):
                break
        else:
            self.wrong.append(f"{where} is {value!r}, not {kinds}")
            return
        if kind.startswith("array of "):
            for i, item in enumerate(value):
                self.check(f"{where}[{i}]", item, kind[len("array of "):])
        elif isinstance(value, dict) and kind != "any":
            self.check_members(where, value, name or "object " + kind)

    def check_members(self, where, value, name):
        """The same of an object's members."""
        if name not in self.members:
            self.wrong.append(f"{where}: the page has no {name}")
            return
        known = self.members[name]
        for member, kinds in known.items():
            if member in value:
                self.check(f"{where}.{member}", value[member], kinds)
            elif member != "*" and "optional" not in kinds:
                self.wrong.append(f"{where}.{member} is not there")
        for member in value:
            if member not in known and "*" in known:
                self.check(f"{where}.{member}", value[member], known["*"])
            elif member not in known:
                self.wrong.append(f"{where}.{member} is not in the page")


def reject(pairs):
    """An object whose members have names of their own."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a member is there twice: {names}")
    return dict(pairs)


def main():
    """Do what the arguments say."""
    types, members, codes = read_page(sys.argv[1])
    command = sys.argv[2]
    if command == "--list":
        print("\n".join(types))
        return 0
    with (open(sys.argv[3], encoding="utf-8") if len(sys.argv) > 3
          else sys.stdin) as text:
        try:
            got = json.loads(text.read(), object_pairs_hook=reject)
        except ValueError as why:
            print(f"that is no document of JSON: {why}")
            return 1
    shape = Shape(members)
    if command == "--error":
        shape.members["error"] = {"success": "boolean", "error": "told"}
        shape.members["object told"] = {"code": "string", "message": "string",
                                        "hint": "string or null"}
        shape.check("", got, "object", "error")
        if not shape.wrong and got["error"]["code"] not in codes:
            shape.wrong.append(f"{got['error']['code']} is not in the page")
        if not shape.wrong and got["success"]:
            shape.wrong.append("success is true")
    elif command not in types:
        shape.wrong.append(f"the page has no command {command}")
    elif got.get("success") is not True or set(got) != {"success", "data"}:
        shape.wrong.append(f"it is no success with data alone: {got}")
    else:
        shape.check("data", got["data"], types[command],
                    command if types[command] == "object" else None)
    print("\n".join(shape.wrong[:20]), end="\n" if shape.wrong else "")
    return 1 if shape.wrong else 0


sys.exit(main())
