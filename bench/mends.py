"""How many drawings can be deployed as they are, after safe mends, and after taking every suggestion.

    python -m bench.mends DIRECTORY [--json] [--profile bpmn|approval] [--left]

Reads every *.bpmn and *.xml below the directory and writes nothing. `--left` lists, for the files that are still not
deployable, what is left.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from engine.bpmn.lint import deployable, lint
from engine.bpmn.mends.apply import SUGGESTED, mend
from engine.bpmn.read import UnreadableDiagram, read
from engine.bpmn.rules.rule import ERROR


def measure(folder: Path, profile: str = "bpmn") -> dict[str, object]:
    """Count the files of a folder by how far they come."""
    counts: Counter[str] = Counter()
    before: Counter[str] = Counter()
    left: Counter[str] = Counter()
    files: dict[str, list[str]] = {}
    for path in sorted([*folder.rglob("*.bpmn"), *folder.rglob("*.xml")]):
        counts["files"] += 1
        data = path.read_bytes()
        try:
            found = lint(read(data), profile)
        except UnreadableDiagram:
            counts["unreadable"] += 1
            continue
        before.update({finding.rule for finding in found if finding.severity == ERROR})
        counts["as drawn"] += deployable(found)
        counts["safe mends"] += mend(data, None, profile).deployable
        mended = mend(data, SUGGESTED, profile)
        counts["suggestions"] += mended.deployable
        if not mended.deployable:
            errors = [finding for finding in mended.findings if finding.severity == ERROR]
            left.update({finding.rule for finding in errors})
            files[str(path.relative_to(folder))] = [f"{each.rule} {each.element}: {each.message_en}" for each in errors]
    return {**counts, "rules before": dict(before.most_common()), "rules left": dict(left.most_common()), "left": files}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--left", action="store_true")
    parser.add_argument("--profile", default="bpmn", choices=("bpmn", "approval"))
    asked = parser.parse_args()
    found = measure(asked.folder, asked.profile)
    if asked.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    files = found.get("files", 0) or 1
    for name in ("files", "unreadable", "as drawn", "safe mends", "suggestions"):
        count = found.get(name, 0)
        print(f"{name:>12}: {count} ({100 * int(str(count)) / int(str(files)):.0f} %)")
    print("rules before:", found["rules before"])
    print("rules left:  ", found["rules left"])
    if asked.left:
        print(json.dumps(found["left"], ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
