"""Stock SpiffWorkflow on the shape of the joint inspection: restored and saved by its own serializer, in memory, no database.

Run as a program (`python -m bench.stock COUNT`), so that nothing of the product is loaded; prints steps per second.
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

REVIEWS = ("planning", "fire", "civil_air_defence", "archives", "municipal_works", "drainage")
AFTER = ("merge", "decide", "certificate")


def diagram() -> str:
    """Acceptance, six reviews in parallel, merge, decision, certificate."""
    chain = ("s", "accept", "split"), ("join", *AFTER, "e")
    pairs = [(a, b) for names in chain for a, b in pairwise(names)]
    pairs += [pair for review in REVIEWS for pair in (("split", review), (review, "join"))]
    tasks = "".join(f'<userTask id="{name}"/>' for name in ("accept", *REVIEWS, *AFTER))
    flows = "".join(f'<sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(pairs))
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">'
        f'<process id="p" isExecutable="true"><startEvent id="s"/>{tasks}<parallelGateway id="split"/>'
        f'<parallelGateway id="join"/><endEvent id="e"/>{flows}</process></definitions>'
    )


def main(count: int) -> float:
    """Steps per second of restore, complete one task, save."""
    parser = BpmnParser()
    parser.add_bpmn_str(diagram().encode())
    spec = parser.get_spec("p")
    serializer = BpmnWorkflowSerializer()
    start = BpmnWorkflow(spec)
    start.do_engine_steps()
    fresh = saved = serializer.serialize_json(start)
    begun, done = time.perf_counter(), 0
    while done < count:
        workflow = serializer.deserialize_json(saved)
        ready = workflow.get_tasks(state=TaskState.READY, manual=True)
        if not ready:
            saved = fresh
            continue
        ready[0].run()
        workflow.do_engine_steps()
        saved = serializer.serialize_json(workflow)
        done += 1
    return count / (time.perf_counter() - begun)


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
