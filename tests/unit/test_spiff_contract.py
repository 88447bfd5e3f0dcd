"""What we lean on inside SpiffWorkflow, held: its version, the private names, and what each call does to us.

SpiffWorkflow changes its inside in minor releases. When a newer one is tried, this file says what has to be looked at in
`engine/bpmn/spiff_repairs.py`; the random diagrams of `tests/engine/test_joins_and_loops.py` say whether it was enough.
"""

from __future__ import annotations

import ast
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from SpiffWorkflow import Workflow
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import _BpmnCondition
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.StartTask import StartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

import engine.bpmn
from engine.bpmn.spiff_repairs import PRIVATE_NAMES

CLASSES = {"Task": Task, "TaskSpec": TaskSpec, "Workflow": Workflow, "_BpmnCondition": _BpmnCondition}
LISTED = {name for names in PRIVATE_NAMES.values() for name in names}
STATES = ("FUTURE", "WAITING", "READY", "STARTED", "COMPLETED", "ERROR", "CANCELLED")


class Noting(TaskSpec):
    """A spec that notes which of its hooks are called."""

    def __init__(self, spec: WorkflowSpec, name: str) -> None:
        super().__init__(spec, name, inputs=[], outputs=[])
        self.noted: list[str] = []

    def _on_ready_hook(self, my_task: Task) -> None:
        self.noted.append("ready")

    def _update_hook(self, my_task: Task) -> bool:
        self.noted.append("update")
        return bool(super()._update_hook(my_task))

    def _on_complete_hook(self, my_task: Task) -> None:
        self.noted.append("complete")

    def _run_hook(self, my_task: Task) -> bool | None:
        return None

    def _on_cancel(self, my_task: Task) -> None:
        self.noted.append("cancel")


class Net:
    """Start, a node `a` behind it, and `b` and `c` behind that; the workflow is loaded, so nothing has run."""

    def __init__(self) -> None:
        spec = WorkflowSpec("net", addstart=False)
        spec.start = StartTask(spec, "Start", inputs=[], outputs=[])
        self.a, self.b, self.c = (Noting(spec, name) for name in "abc")
        spec.start.connect(self.a)
        self.a.connect(self.b)
        self.a.connect(self.c)
        self.workflow = Workflow(spec, deserializing=True)
        self.root = Task(self.workflow, spec.start, state=TaskState.COMPLETED)
        self.workflow.task_tree = self.root
        self.task = Task(self.workflow, self.a, parent=self.root, state=TaskState.READY)

    def children(self) -> list[Any]:
        return [child.task_spec for child in self.task.children]


@pytest.fixture
def net() -> Net:
    return Net()


# -- the version and the names


def test_the_version_is_the_one_the_repairs_were_tried_on() -> None:
    assert version("SpiffWorkflow") == "3.2.0"


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in PRIVATE_NAMES.items() for name in names])
def test_every_listed_name_exists(net: Net, owner: str, name: str) -> None:
    instances = {"Task": net.task, "TaskSpec": net.a}
    assert hasattr(CLASSES[owner], name) or hasattr(instances[owner], name)


def test_every_private_name_that_is_used_is_listed() -> None:
    names = {name for owner in CLASSES.values() for name in dir(owner)} | set(vars(Net().task)) | set(vars(Net().a))
    private = {name for name in names if name.startswith("_") and not name.startswith("__")}
    used = {
        name
        for path in Path(engine.bpmn.__path__[0]).glob("*.py")
        for name in _used(ast.parse(path.read_text("utf-8")))
    }
    assert used & private <= LISTED


def _used(tree: ast.Module) -> set[str]:
    """The attributes that a module reads and the methods that it overrides, if it meets SpiffWorkflow."""
    nodes = list(ast.walk(tree))
    if not any(isinstance(node, ast.ImportFrom) and (node.module or "").startswith("SpiffWorkflow") for node in nodes):
        return set()
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return read | {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


# -- tasks


def test_states_grow_along_a_task_s_life_and_the_mask_holds_what_is_not_over() -> None:
    values = [getattr(TaskState, name) for name in STATES]
    assert values == sorted(values)
    assert [name for name in STATES if getattr(TaskState, name) & TaskState.NOT_FINISHED_MASK] == list(STATES[:4])


def test_a_task_enters_the_workflow_under_its_parent(net: Net) -> None:
    assert net.workflow.tasks[net.task.id] is net.task
    assert net.task._parent == net.root.id
    assert net.root.children == [net.task]


def test_a_missing_parent_is_none(net: Net) -> None:
    assert net.root._parent is None
    assert net.root.parent is None


def test_sync_children_adds_one_child_for_each_spec(net: Net) -> None:
    net.task._sync_children([net.b, net.c], TaskState.FUTURE)
    assert net.children() == [net.b, net.c]
    assert {child.state for child in net.task.children} == {TaskState.FUTURE}


def test_sync_children_keeps_a_triggered_child_beside_the_new_ones(net: Net) -> None:
    instance = net.task._add_child(net.c, TaskState.FUTURE)
    instance.triggered = True
    net.task._sync_children([net.b], TaskState.FUTURE)
    assert net.children() == [net.c, net.b]


def test_sync_children_drops_a_predicted_child_that_is_not_wanted(net: Net) -> None:
    dropped = net.task._add_child(net.c, TaskState.MAYBE)
    net.task._sync_children([net.b], TaskState.FUTURE)
    assert net.children()[-1] is net.b
    assert dropped.id not in net.workflow.tasks


def test_add_child_runs_nothing_unless_it_is_ready(net: Net) -> None:
    child = net.task._add_child(net.b, TaskState.FUTURE)
    assert (child.parent, child.state, net.b.noted) == (net.task, TaskState.FUTURE, [])


def test_set_state_goes_backwards_too_and_calls_nothing(net: Net) -> None:
    net.task._set_state(TaskState.WAITING)
    assert (net.task.state, net.a.noted) == (TaskState.WAITING, [])


def test_ready_sets_the_state_and_calls_on_ready(net: Net) -> None:
    net.task._set_state(TaskState.WAITING)
    net.task._ready()
    assert (net.task.state, net.a.noted) == (TaskState.READY, ["ready"])


@pytest.mark.parametrize("over", ["COMPLETED", "CANCELLED"])
def test_ready_leaves_alone_what_is_over(net: Net, over: str) -> None:
    net.task._set_state(getattr(TaskState, over))
    net.task._ready()
    assert (net.task.state, net.a.noted) == (getattr(TaskState, over), [])


def test_inherit_data_takes_the_parent_s_data_into_one_s_own(net: Net) -> None:
    net.root.data = {"outcome": "passed"}
    net.task.data = {"kept": 1}
    net.task._inherit_data()
    assert net.task.data == {"kept": 1, "outcome": "passed"}


def test_cancelling_by_spiff_would_drop_children_which_is_why_ours_does_it(net: Net) -> None:
    child = net.task._add_child(net.b, TaskState.FUTURE)
    net.task.cancel()
    assert net.task.state == TaskState.CANCELLED
    assert child.id not in net.workflow.tasks
    assert net.a.noted == ["cancel"]


# -- specs


def test_connecting_names_the_flow_on_both_sides(net: Net) -> None:
    assert (net.a._outputs, net.b._inputs, net.c._inputs) == (["b", "c"], ["a"], ["a"])
    assert net.a.outputs == [net.b, net.c]
    assert net.a._wf_spec.task_specs["a"] is net.a


def test_update_readies_the_task_when_its_hook_says_so(net: Net) -> None:
    child = net.task._add_child(net.b, TaskState.FUTURE)
    net.b._update(child)
    assert (child.state, net.b.noted) == (TaskState.READY, ["update", "ready"])


def test_update_asks_a_future_task_s_hook_without_predicting(net: Net) -> None:
    assert not TaskState.FUTURE & TaskState.PREDICTED_MASK
    child = net.task._add_child(net.a, TaskState.FUTURE)
    net.a._update(child)
    assert child.children == []


def test_a_run_hook_that_gives_none_leaves_the_task_started(net: Net) -> None:
    net.task.run()
    assert (net.task.state, net.a.noted) == (TaskState.STARTED, [])


def test_completing_calls_the_hook_then_updates_the_children_then_tells_the_workflow(net: Net) -> None:
    order: list[str] = []
    net.b.noted = net.a.noted = order
    net.workflow._task_completed_notify = lambda task: order.append("told")
    child = net.task._add_child(net.b, TaskState.FUTURE)
    net.task.complete()
    assert (net.task.state, child.state) == (TaskState.COMPLETED, TaskState.READY)
    assert order == ["complete", "update", "ready", "told"]


def test_completing_leaves_children_alone_that_are_over(net: Net) -> None:
    net.task._add_child(net.b, TaskState.CANCELLED)
    net.task.complete()
    assert net.b.noted == []


# -- workflows and conditions


def test_a_new_workflow_predicts_from_its_start_and_readies_it(net: Net) -> None:
    started = Workflow(net.workflow.spec)
    assert started.task_tree.task_spec is net.workflow.spec.start
    assert started.task_tree.state == TaskState.READY


def test_a_loaded_workflow_has_no_task_of_its_own_making(net: Net) -> None:
    assert Workflow(net.workflow.spec, deserializing=True).tasks == {}


def test_a_sub_workflow_knows_its_task_and_its_top() -> None:
    names = BpmnSubWorkflow.__init__.__code__.co_varnames
    assert {"spec", "parent_task_id", "top_workflow"} <= set(names)
    assert isinstance(BpmnSubWorkflow.script_engine, property)


def test_a_condition_keeps_its_expression_as_its_only_argument() -> None:
    assert _BpmnCondition("expression").args == ("expression",)
