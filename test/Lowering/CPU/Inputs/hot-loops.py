#!/usr/bin/env python3
"""Says what the hottest code of each function in an assembly file does.

  hot-loops.py < FILE.s

Prints one line a function: how many of which instructions that multiply stand in
the innermost loop (or, where the reduction has no loop, the block) that has most
of them, and how many instructions there touch the stack.
"""

import collections
import re
import sys

MULTIPLIES = re.compile(
    r"v?p(mul|madd|dp)\w*|t?dpb\w+|[su]dot|[su]+mmla|[su]?ml[as]l?|mul|vf?n?m(add|sub|ul)\w*|tdp\w+"
)
STACK = re.compile(r"%rsp\b|\[sp\b")


def blocks(lines):
    """Yields function, label and instructions of each basic block."""
    function, label, code = None, None, []
    for line in lines:
        line = line.split("#")[0].split("//")[0].rstrip()
        name = re.fullmatch(r"([\w.$]+):", line)
        if name:
            yield function, label, code
            label, code = name[1], []
            if not label.startswith("."):
                function = label
        elif re.match(r"\s+[a-z{]", line):
            code.append(line.split(None, 1))
            if re.match(r"j\w+|b(\.\w+)?|cb\w+|tb\w+|ret\w*", code[-1][0]):
                yield function, label, code
                label, code = None, []
    yield function, label, code


def main():
    best = {}
    for function, label, code in blocks(sys.stdin):
        if function is None or not code:
            continue
        names = [part[0].replace("{vex}", "") or part[1].split()[0] for part in code]
        counts = collections.Counter(n for n in names if MULTIPLIES.fullmatch(n))
        is_loop = label is not None and label in " ".join(code[-1])
        stack = sum(bool(STACK.search(" ".join(part))) for part in code)
        key = (is_loop and sum(counts.values()) > 0, sum(counts.values()))
        if function not in best or key > best[function][0]:
            best[function] = key, is_loop, counts, stack
    for function, (_, is_loop, counts, stack) in best.items():
        if counts:
            text = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
            print(f"{function}: {'loop' if is_loop else 'block'}: {text}; {stack} on the stack")


if __name__ == "__main__":
    main()
