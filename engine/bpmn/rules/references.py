"""References that lead nowhere, and flows that hide where no flow belongs. Found while the file is read: `read_references.py`."""

from __future__ import annotations

from engine.bpmn.rules.rule import ERROR, WARNING, Rule

HIDDEN = Rule(
    "flow-hidden",
    ERROR,
    "扩展内容中藏有名为 {tag} 的元素{what}，有的引擎会把它当成真的执行",
    "An element {tag} {what} hides among extensions: some engines take it for a real one and run it",
    "请删除该元素；连线和边界事件只能画在流程里",
    "Delete it: flows and boundary events stand in the process itself",
)
DATA_OBJECT = Rule(
    "data-object-unresolvable",
    ERROR,
    "子流程里的数据对象引用{what}指向“{ref}”，在本层和上一层都找不到，有的引擎会因此死循环",
    "The data object reference {what} in a sub-process leads to “{ref}”, which neither it nor the scope around holds:"
    " some engines go round for ever",
    "请把数据对象（dataObject）声明在该子流程中，或删除这个引用",
    "Declare the data object in that sub-process, or delete the reference",
)
DANGLING = Rule(
    "reference-dangling",
    WARNING,
    "{what}（{tag}）的 {attribute} 指向不存在的“{ref}”",
    "{attribute} of {what} ({tag}) leads to “{ref}”, which does not exist",
    "请重新选择，或删除该引用",
    "Choose it again, or delete the reference",
)
RULES = (HIDDEN, DATA_OBJECT, DANGLING)
