// What BPMN itself says of an element, as groups of fields for the panel. A field reads and writes the diagram.
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { occurrences } from './extensions.js';

const ID = /^[A-Za-z_\u4e00-\u9fff][\w.\-\u4e00-\u9fff]*$/;
/** How far back outcomes are looked for, and how many are offered. */
const MOST_SEEN = 60;
/** How far back tasks are looked for that one may be returned to. */
const MOST_BEFORE = 1000;
const MOST_OFFERED = 12;
const CHOOSING = ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'];
const TIMERS = { timeDate: 'timer.date', timeDuration: 'timer.duration', timeCycle: 'timer.cycle' };
/** What an event or a receive task refers to by name: type of the definition, property, type of the root element. */
const REFERENCES = [
  ['bpmn:MessageEventDefinition', 'messageRef', 'bpmn:Message', 'message'],
  ['bpmn:SignalEventDefinition', 'signalRef', 'bpmn:Signal', 'signal'],
  ['bpmn:ErrorEventDefinition', 'errorRef', 'bpmn:Error', 'error'],
  ['bpmn:EscalationEventDefinition', 'escalationRef', 'bpmn:Escalation', 'escalation'],
];

/** The groups of an element: [{key, label, fields: [{key, label, type, read, write, …}]}]. */
export function basicGroups(board, t, { element, bo }) {
  const groups = [general(board, t, { element, bo })];
  if (is(bo, 'bpmn:SequenceFlow')) groups.push(flowGroup(board, t, { element, bo }));
  if (isAny(bo, CHOOSING)) groups.push(branches(board, t, { element, bo }));
  const waits = eventGroup(board, t, { element, bo });
  if (waits.fields.length) groups.push(waits);
  if (is(bo, 'bpmn:Activity')) groups.push(repetition(board, t, { element, bo }));
  return groups;
}

function property(board, element, name) {
  return (value) => board.get('modeling').updateProperties(element, { [name]: value === '' ? undefined : value });
}

function general(board, t, { element, bo }) {
  const set = (name) => (value) => (element.businessObject === bo
    ? property(board, element, name)(value)
    : board.get('modeling').updateModdleProperties(element, bo, { [name]: value === '' ? undefined : value }));
  const fields = [];
  if ('name' in bo || bo.$descriptor.propertiesByName.name) {
    fields.push({ key: 'name', label: t('name'), type: 'text', read: () => bo.get('name') || '', write: set('name') });
  }
  if (is(bo, 'bpmn:TextAnnotation')) {
    fields.push({ key: 'text', label: t('annotation'), type: 'expression', read: () => bo.get('text') || '', write: set('text') });
  }
  fields.push({
    key: 'id', label: t('id'), type: 'text', help: t('id.help'), read: () => bo.id,
    check: (value) => idProblem(board, t, bo, value), write: set('id'),
  });
  if (is(bo, 'bpmn:Process')) {
    fields.push({
      key: 'isExecutable', label: t('executable'), type: 'boolean', help: t('executable.help'),
      read: () => String(Boolean(bo.get('isExecutable'))), write: (value) => set('isExecutable')(value === 'true'),
    });
  }
  if (is(bo, 'bpmn:CallActivity')) {
    fields.push({
      key: 'calledElement', label: t('called'), type: 'text', help: t('called.help'),
      read: () => bo.get('calledElement') || '', write: set('calledElement'),
    });
  }
  return { key: 'general', label: t('group.general'), open: true, fields };
}

function idProblem(board, t, bo, value) {
  if (!ID.test(value)) return t('id.malformed');
  const other = board.modeler.getDefinitions().$model.ids.assigned(value);
  return other && other !== bo ? t('id.taken') : '';
}

/** A condition, and whether the flow is the way when none holds. */
function flowGroup(board, t, { element, bo }) {
  const fields = [];
  const chooses = isAny(bo.sourceRef, [...CHOOSING, 'bpmn:Activity']);
  const isDefault = () => bo.sourceRef.default === bo;
  if (chooses) {
    fields.push({
      key: 'default', label: t('default'), type: 'boolean', help: t('default.help'), read: () => String(isDefault()),
      write: (value) => setDefault(board, element.source, value === 'true' ? element : null),
    });
  }
  if (!isDefault()) fields.push(conditionField(board, t, element, 'condition', t('condition')));
  return { key: 'flow', label: t('group.flow'), open: true, fields };
}

function conditionField(board, t, flow, key, label) {
  return {
    key, label, type: 'expression', help: t('condition.help'),
    read: () => flow.businessObject.conditionExpression?.body || '',
    offered: () => outcomesBefore(flow.source, t('colon')),
    write: (value) => setCondition(board, flow, value),
  };
}

/** Conditions on what the tasks before a gateway come to, the nearest first: those directly before it are spoken of as `outcome`. */
function outcomesBefore(gateway, colon) {
  const before = (element) => element.incoming.filter((flow) => is(flow, 'bpmn:SequenceFlow')).map(({ source }) => source);
  const seen = new Set([gateway]);
  const found = [];
  const only = before(gateway).length === 1;
  for (let ring = before(gateway), near = only; ring.length && seen.size < MOST_SEEN && found.length < MOST_OFFERED; near = false) {
    const fresh = ring.filter((element) => element && !seen.has(element));
    fresh.forEach((element) => seen.add(element));
    for (const { businessObject: task } of fresh) {
      for (const [code, label] of outcomesOf(task)) {
        const value = near ? `outcome == '${code}'` : `case.outcomes.${task.id} == '${code}'`;
        found.push({ value, label: `${task.name || task.id}${colon}${label}` });
      }
    }
    ring = fresh.flatMap(before);
  }
  return found.slice(0, MOST_OFFERED);
}

/** The elements that a token may have come through before one, the nearest first; itself is not among them. */
export function elementsBefore(element) {
  const flows = (one) => one.incoming.filter((flow) => is(flow, 'bpmn:SequenceFlow')).map(({ source }) => source);
  const before = (one) => [...flows(one), one.host].filter(Boolean);
  const seen = new Set([element]);
  for (let ring = before(element); ring.length && seen.size < MOST_BEFORE;) {
    const fresh = ring.filter((one) => !seen.has(one));
    fresh.forEach((one) => seen.add(one));
    ring = fresh.flatMap(before);
  }
  seen.delete(element);
  return [...seen];
}

function outcomesOf(task) {
  const [outcomes] = occurrences(task, 'ow:Outcomes');
  const pairs = (outcomes?.get('values') || '').split(/[,，]/).map((one) => one.split('=').map((part) => part.trim()));
  return pairs.filter(([code]) => code).map(([code, label]) => [code, label || code]);
}

function setCondition(board, flow, body) {
  const expression = body ? board.get('bpmnFactory').create('bpmn:FormalExpression', { body }) : undefined;
  if (expression) expression.$parent = flow.businessObject;
  board.get('modeling').updateProperties(flow, { conditionExpression: expression });
}

function setDefault(board, gateway, flow) {
  board.together(() => {
    board.get('modeling').updateProperties(gateway, { default: flow?.businessObject });
    if (flow?.businessObject.conditionExpression) setCondition(board, flow, '');
  });
}

/** The ways out of a gateway: which is the default, and the conditions of the others. */
function branches(board, t, { element, bo }) {
  const flows = element.outgoing.filter((flow) => is(flow, 'bpmn:SequenceFlow'));
  const named = (flow) => flow.businessObject.name || flow.target?.businessObject.name || flow.target?.id || flow.id;
  const fields = [{
    key: 'default', label: t('default.branch'), type: 'choice', help: t('default.branch.help'), none: t('default.none'),
    choices: flows.map((flow) => ({ value: flow.id, label: named(flow) })), read: () => bo.default?.id || '',
    write: (value) => setDefault(board, element, flows.find(({ id }) => id === value) || null),
  }];
  for (const flow of flows.filter(({ businessObject }) => businessObject !== bo.default)) {
    fields.push(conditionField(board, t, flow, `condition.${flow.id}`, t('condition.to', { name: named(flow) })));
  }
  return { key: 'branches', label: t('group.branches'), open: true, fields };
}

function eventGroup(board, t, { element, bo }) {
  const [definition] = bo.eventDefinitions || [];
  const fields = [];
  if (definition && is(definition, 'bpmn:TimerEventDefinition')) fields.push(...timerFields(board, t, element, definition));
  const holders = [...(definition ? [definition] : []), ...(is(bo, 'bpmn:ReceiveTask') ? [bo] : [])];
  for (const holder of holders) {
    for (const [type, name, root, key] of REFERENCES) {
      if (is(holder, type) || (holder === bo && key === 'message')) fields.push(reference(board, t, element, holder, name, root, key));
    }
  }
  if (definition && is(definition, 'bpmn:LinkEventDefinition')) {
    fields.push({
      key: 'link', label: t('link'), type: 'text', help: t('link.help'), read: () => definition.get('name') || '',
      write: (name) => board.get('modeling').updateModdleProperties(element, definition, { name }),
    });
  }
  if (is(bo, 'bpmn:BoundaryEvent') && !is(definition || bo, 'bpmn:ErrorEventDefinition')) {
    fields.push({
      key: 'cancelActivity', label: t('interrupts'), type: 'boolean', help: t('interrupts.help'),
      read: () => String(bo.get('cancelActivity') !== false),
      write: (value) => property(board, element, 'cancelActivity')(value === 'true'),
    });
  }
  return { key: 'event', label: t('group.event'), open: true, fields };
}

function timerFields(board, t, element, definition) {
  const kind = () => Object.keys(TIMERS).find((name) => definition.get(name)) || '';
  const set = (name, body) => {
    const all = Object.fromEntries(Object.keys(TIMERS).map((one) => [one, undefined]));
    const expression = board.get('bpmnFactory').create('bpmn:FormalExpression', { body });
    expression.$parent = definition;
    board.get('modeling').updateModdleProperties(element, definition, name ? { ...all, [name]: expression } : all);
  };
  const value = () => (kind() && definition.get(kind()).body) || '';
  const fields = [{
    key: 'timer', label: t('timer'), type: 'choice', none: t('timer.none'),
    choices: Object.entries(TIMERS).map(([name, said]) => ({ value: name, label: t(said) })), read: kind,
    write: (name) => set(name, value()),
  }];
  if (kind()) {
    fields.push({
      key: 'timer.value', label: t('timer.value'), type: 'text', help: t(`${TIMERS[kind()]}.help`), read: value,
      write: (body) => set(kind(), body),
    });
  }
  return fields;
}

/** A message, signal, error or escalation by its name; one that is not there yet is made. */
function reference(board, t, element, holder, name, root, key) {
  const definitions = board.modeler.getDefinitions();
  const all = () => definitions.get('rootElements').filter(({ $type }) => $type === root);
  const write = (said) => board.together(() => {
    let found = all().find((one) => one.name === said);
    if (said && !found) {
      found = board.get('bpmnFactory').create(root, { name: said });
      found.$parent = definitions;
      const rootElements = [...definitions.get('rootElements'), found];
      board.get('modeling').updateModdleProperties(element, definitions, { rootElements });
    }
    board.get('modeling').updateModdleProperties(element, holder, { [name]: said ? found : undefined });
  });
  return {
    key, label: t(key), type: 'text', help: t('reference.help'), read: () => holder.get(name)?.name || '', write,
    known: all().map((one) => ({ value: one.name || '', label: one.name || '' })),
  };
}

/** Once, several at the same time, one after the other, or again and again. */
function repetition(board, t, { element, bo }) {
  const loop = bo.loopCharacteristics;
  const many = loop && is(loop, 'bpmn:MultiInstanceLoopCharacteristics');
  const kind = () => (!loop ? '' : !many ? 'loop' : loop.isSequential ? 'sequential' : 'parallel');
  const make = (wanted) => {
    if (!wanted) return undefined;
    const type = wanted === 'loop' ? 'bpmn:StandardLoopCharacteristics' : 'bpmn:MultiInstanceLoopCharacteristics';
    const made = board.get('bpmnFactory').create(type, wanted === 'loop' ? {} : { isSequential: wanted === 'sequential' });
    if (many && wanted !== 'loop' && loop.loopCardinality) made.loopCardinality = loop.loopCardinality;
    made.$parent = bo;
    return made;
  };
  const body = (name) => ({
    read: () => loop.get(name)?.body || '',
    write: (text) => {
      const expression = text ? board.get('bpmnFactory').create('bpmn:FormalExpression', { body: text }) : undefined;
      if (expression) expression.$parent = loop;
      board.get('modeling').updateModdleProperties(element, loop, { [name]: expression });
    },
  });
  const fields = [{
    key: 'loop', label: t('loop'), type: 'choice', none: t('loop.once'), read: kind,
    choices: ['parallel', 'sequential', 'loop'].map((value) => ({ value, label: t(`loop.${value}`) })),
    write: (wanted) => board.get('modeling').updateProperties(element, { loopCharacteristics: make(wanted) }),
  }];
  if (many) {
    fields.push({ key: 'loopCardinality', label: t('loop.count'), type: 'expression', help: t('loop.count.help'), ...body('loopCardinality') });
  } else if (loop) {
    fields.push({ key: 'loopCondition', label: t('loop.condition'), type: 'expression', help: t('condition.help'), ...body('loopCondition') });
    fields.push({
      key: 'loopMaximum', label: t('loop.most'), type: 'positive', read: () => String(loop.get('loopMaximum') ?? ''),
      write: (text) => board.get('modeling').updateModdleProperties(element, loop, { loopMaximum: text ? Number(text) : undefined }),
    });
  }
  return { key: 'repetition', label: t('group.repetition'), open: Boolean(loop), fields };
}
