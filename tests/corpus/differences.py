"""Every known difference between ntan and the other tools, with its reason.

A row says: in this capture, `missing` facts of the oracle are not found in ntan's output, and `extra` facts of
ntan are not found in the oracle. A fact that both have with different values counts once on each side. The test
fails on a difference that is not listed, and on a row that is no longer true.

Reasons: `tshark` / `zeek` = the oracle is wrong or sees less; `definition` = both are right about different things.
"""

import typing


class Difference(typing.NamedTuple):
    capture: str
    kind: str
    missing: int
    extra: int
    reason: str
    why: str


DIFFERENCES = [
]
