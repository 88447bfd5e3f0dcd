"""The diagram that a new drawing begins with: all there but what has to be filled in."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from engine.bpmn.vocabulary import NAMESPACE, PREFIX

_WORDS = {"zh": ("新流程", "申请", "办理", "办结"), "en": ("New process", "Application", "Handle it", "Done")}


def blank_diagram(lang: str, item: str = "") -> str:
    """A start, a task and an end, named in a language; with the item, where it is known."""
    process, start, task, end = (quoteattr(word) for word in _WORDS[lang])
    named = f"<bpmn:extensionElements><{PREFIX}:item code={quoteattr(item)}/></bpmn:extensionElements>" if item else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:{PREFIX}="{NAMESPACE}"
  id="definitions" targetNamespace="urn:onewindow:processes">
  <bpmn:process id="new_process" name={process} isExecutable="true">
    {named}
    <bpmn:startEvent id="start" name={start}><bpmn:outgoing>to_handle</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="handle" name={task}>
      <bpmn:incoming>to_handle</bpmn:incoming><bpmn:outgoing>to_done</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="done" name={end}><bpmn:incoming>to_done</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="to_handle" sourceRef="start" targetRef="handle"/>
    <bpmn:sequenceFlow id="to_done" sourceRef="handle" targetRef="done"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="new_process">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="180" y="162" width="36" height="36"/>
        <bpmndi:BPMNLabel><dc:Bounds x="148" y="205" width="100" height="14"/></bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="handle_di" bpmnElement="handle"><dc:Bounds x="290" y="140" width="100" height="80"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="done_di" bpmnElement="done">
        <dc:Bounds x="462" y="162" width="36" height="36"/>
        <bpmndi:BPMNLabel><dc:Bounds x="430" y="205" width="100" height="14"/></bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_handle_di" bpmnElement="to_handle">
        <di:waypoint x="216" y="180"/><di:waypoint x="290" y="180"/>
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="to_done_di" bpmnElement="to_done">
        <di:waypoint x="390" y="180"/><di:waypoint x="462" y="180"/>
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
