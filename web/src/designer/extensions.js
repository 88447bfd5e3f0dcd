// Our extension elements of a BPMN element: read, and written as one command, so that one undo takes one thing back.

export function occurrences(bo, type) {
  return (bo.extensionElements?.values || []).filter(({ $type }) => $type === type);
}

export function isEmpty(one) {
  const own = one.$descriptor.properties.filter(({ name, isAttr }) => isAttr && one.get(name) !== undefined);
  return !own.length && !Object.keys(one.$attrs).length && !one.get('otherContent').length;
}

/** Set an attribute of the occurrence at `index` ('' takes it away); one that has nothing left goes, unless it may be repeated. */
export function setAttribute(board, { element, bo }, { type, repeatable }, index, name, value) {
  const factory = board.get('bpmnFactory');
  rewrite(board, element, bo, (values) => {
    const old = occurrences(bo, type)[index];
    const fresh = factory.create(type, { ...(old ? written(old) : {}), [name]: value === '' ? undefined : value });
    for (const inner of fresh.get('otherContent')) inner.$parent = fresh;
    if (isEmpty(fresh) && !repeatable) return values.filter((one) => one !== old);
    return old ? values.map((one) => (one === old ? fresh : one)) : [...values, fresh];
  });
}

export function addOccurrence(board, { element, bo }, { type }) {
  rewrite(board, element, bo, (values) => [...values, board.get('bpmnFactory').create(type, {})]);
}

export function removeOccurrence(board, { element, bo }, { type }, index) {
  const gone = occurrences(bo, type)[index];
  rewrite(board, element, bo, (values) => values.filter((one) => one !== gone));
}

function written(one) {
  const own = one.$descriptor.properties.filter(({ isAttr }) => isAttr).map(({ name }) => [name, one.get(name)]);
  const otherContent = [...one.get('otherContent')]; // what a newer vocabulary says inside it
  return { ...one.$attrs, ...(otherContent.length ? { otherContent } : {}), ...Object.fromEntries(own.filter(([, value]) => value !== undefined)) };
}

function rewrite(board, element, bo, change) {
  const values = change([...(bo.extensionElements?.values || [])]);
  const box = values.length ? board.get('bpmnFactory').create('bpmn:ExtensionElements', { ...bo.extensionElements?.$attrs, values }) : undefined;
  for (const one of values) one.$parent = box;
  if (box) box.$parent = bo;
  board.get('modeling').updateModdleProperties(element, bo, { extensionElements: box });
}
