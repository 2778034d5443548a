#!/usr/bin/env python3
"""declared.py <opencl-c.h after the preprocessor> <output.cl>

Writes a function for each builtin that Clang's header declares; it calls the builtin with its own parameters, a line for each.
Left out: what the device does not report (pipes, sub-groups, floating-point atomics
beyond exchange, integer dot products), and printf, which is lowered by a pass.
"""
import re
import sys

NOT_REPORTED = re.compile(r"pipe|reserve_id|clk_event|queue|ndrange|sub_group|intel|arm_|"
                          r"^work_group_(all|any|broadcast|reduce|scan)|^bitfield_|^get_fence$|^to_(global|local|private)$|"
                          r"^bit_reverse$")
CONSTANT_ARGUMENTS = {
    "memory_order": "memory_order_relaxed",
    "memory_scope": "memory_scope_work_group",
    "cl_mem_fence_flags": "CLK_GLOBAL_MEM_FENCE | CLK_LOCAL_MEM_FENCE",
    "clustersize": "4",
}
NAMED_PARAMETER = re.compile(r"^(.*[ *])([a-z_]\w*)$")
TYPE_NAME = re.compile(r"^(u?(char|short|int|long)|float|double|half)(2|3|4|8|16)?$|^(size_t|event_t|const|volatile|"
                       r"restrict|__\w+|atomic_\w+|image\w+_t|sampler_t)$")


def declarations(text):
    text = re.sub(r"__attribute__\(\((?:[^()]|\([^()]*\))*\)\)", "", text)
    for statement in text.split(";"):
        match = re.match(r"^([\w ]+?[ *])(\w+) ?\(([^()]*)\)$", " ".join(statement.split()))
        if match and "typedef" not in statement:
            parameters = [p.strip() for p in match.group(3).split(",") if p.strip() not in ("", "void")]
            yield match.group(1).strip(), match.group(2), parameters


def is_reported(result, name, parameters):
    types = " ".join([result] + parameters)
    if NOT_REPORTED.search(name) or NOT_REPORTED.search(types):
        return False
    return name != "printf"


def parameter_type(parameter):
    parameter = parameter.replace("[]", "*")
    match = NAMED_PARAMETER.match(parameter)
    return match.group(1).strip() if match and not TYPE_NAME.match(match.group(2)) else parameter


def caller(number, result, name, parameters):
    formal, actual = [], []
    for index, parameter in enumerate(parameters):
        constant = next((value for key, value in CONSTANT_ARGUMENTS.items() if key in parameter), None)
        actual.append(constant or f"a{index}")
        if not constant:
            formal.append(f"{parameter_type(parameter)} a{index}")
    call = f"{name}({', '.join(actual)});"
    return f"{result} f{number}({', '.join(formal) or 'void'}) {{ {call if result == 'void' else 'return ' + call} }}"


def main():
    with open(sys.argv[1]) as header:
        found = sorted({(r, n, tuple(p)) for r, n, p in declarations(header.read()) if is_reported(r, n, list(p))})
    with open(sys.argv[2], "w") as output:
        for number, (result, name, parameters) in enumerate(found):
            print(caller(number, result, name, parameters), file=output)


main()
