"""Groups of operations, int8 beside float: where quantizing costs instead of pays.

A profile is a list of kernels in the order of the program. A group is one that
multiplies or pools and what follows until the next one: its requantization, its
activation, the padding of its result. Both forms of a model have the same groups.
"""

from __future__ import annotations


def is_anchor(row: dict) -> bool:
    """Whether a kernel begins a group."""
    return bool(row.get("macs")) or row["op"].startswith("linalg.pooling")


def groups_of(profile: list[dict]) -> list[dict]:
    """The groups of a profile: kind, multiply-adds, nanoseconds of one run. What comes
    before the first anchor is a group too."""
    groups = [{"kind": "input", "macs": 0, "ns": 0.0}]
    for row in profile:
        if is_anchor(row):
            kind = row["op"].removeprefix("linalg.").split("(")[0]
            groups.append({"kind": kind, "macs": row.get("macs", 0), "ns": 0.0})
        groups[-1]["ns"] += row["ns"]
    return groups


def fastest(profiles: list[list[dict]]) -> list[dict]:
    """One profile with the least time of each kernel: what other programs took from one
    run counts for none."""
    return [
        min(rows, key=lambda row: row["ns"]) for rows in zip(*profiles, strict=True)
    ]


def compare(integer: list[dict], real: list[dict]) -> list[dict] | None:
    """Per kind of group: how many, nanoseconds of both forms, the ratio of float to
    int8 in total and of the worst group. None where the forms do not correspond."""
    pairs = list(zip(groups_of(integer), groups_of(real)))
    if len(groups_of(integer)) != len(groups_of(real)) or any(
        a["macs"] != b["macs"] for a, b in pairs
    ):
        return None
    kinds: dict[str, dict] = {}
    for mine, other in pairs:
        if not mine["ns"] or not other["ns"]:
            continue
        row = kinds.setdefault(
            other["kind"],
            {
                "kind": other["kind"],
                "count": 0,
                "int8_ns": 0.0,
                "float_ns": 0.0,
                "worst": float("inf"),
            },
        )
        row["count"] += 1
        row["int8_ns"] += mine["ns"]
        row["float_ns"] += other["ns"]
        row["worst"] = min(row["worst"], other["ns"] / mine["ns"])
    for row in kinds.values():
        row["ratio"] = row["float_ns"] / row["int8_ns"]
    return list(kinds.values())
