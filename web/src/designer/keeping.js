// What bpmn-js can't hold is kept: it reads what its model knows and drops the rest (unknown extensions, a newer vocabulary,
// dangling references, doubled ids, comments). Before it reads a file, all of that is put where it does hold it, in a
// namespace of its own; when it has written the file, it is put back to the element on which it stood.
//
// Where any element may stand (extension elements), a stand-in takes the place; elsewhere an attribute of the owner carries it.
const KEPT = 'urn:onewindow:kept';
const DI = 'http://www.omg.org/spec/BPMN/20100524/DI';
const XMLNS = 'http://www.w3.org/2000/xmlns/';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const ID = /^([a-z][\w-.]*:)?[a-z_][\w-.]*$/i; // what moddle takes for an id
const PREAMBLE = '<?xml version="1.0" encoding="UTF-8"?>\n';

const isElement = (node) => node.nodeType === 1;
const isText = (node) => [3, 4].includes(node.nodeType) && node.data.trim() !== '';
const isComment = (node) => node.nodeType === 8;
const isSimple = (type) => ['String', 'Boolean', 'Integer', 'Real'].includes(type);

function parsed(xml) {
  const document = new DOMParser().parseFromString(xml, 'application/xml');
  return document.getElementsByTagName('parsererror').length ? null : document;
}

/** A file that bpmn-js reads without loss, and the names of what it would have dropped. */
export function sheltered(xml, moddle) {
  const document = parsed(xml);
  const names = new Set();
  if (!document?.documentElement) return { xml, names };
  const shelter = new Shelter(moddle, names);
  const type = shelter.typeOf(document.documentElement);
  if (type?.$descriptor?.name !== 'bpmn:Definitions') return { xml, names };
  shelter.walk(document.documentElement, type.$descriptor);
  shelter.keepReferences();
  return shelter.used ? { xml: PREAMBLE + new XMLSerializer().serializeToString(document.documentElement), names } : { xml, names };
}

/** The pictures of a file that bpmn-js leaves out of the one that it writes, as those of a process that it does not show. */
export function undrawn(xml, written) {
  const [before, after] = [parsed(xml), parsed(written)];
  if (!before || !after) return [];
  const drawn = new Set(pictures(after).map(({ of }) => of));
  return pictures(before).filter(({ of }) => of && !drawn.has(of));
}

function pictures(document) {
  return [...document.getElementsByTagNameNS(DI, 'BPMNPlane')].flatMap((plane) => [...plane.children].map((node) => (
    { node, of: node.getAttribute('bpmnElement'), plane: plane.getAttribute('id') })));
}

/** Pictures go back to their plane, unless what they show is gone or has another by now. */
function draw(document, left) {
  const drawn = new Set(pictures(document).map(({ of }) => of));
  const ids = new Set([...document.getElementsByTagName('*')].map((one) => one.getAttribute('id')));
  const planes = [...document.getElementsByTagNameNS(DI, 'BPMNPlane')];
  for (const { node, of, plane } of left.filter((one) => ids.has(one.of) && !drawn.has(one.of))) {
    (planes.find((one) => one.getAttribute('id') === plane) || planes[0])?.append(document.importNode(node, true));
  }
}

/** The file with everything back in its place. */
export function restored(xml, left = []) {
  if (!xml.includes(KEPT) && !left.length) return xml;
  const document = parsed(xml);
  draw(document, left);
  for (const element of [...document.getElementsByTagName('*')]) {
    if (element.namespaceURI === KEPT) element.replaceWith(...content(document, element.getAttribute('xml')));
    for (const { name, localName, value } of [...element.attributes].filter(({ namespaceURI }) => namespaceURI === KEPT)) {
      element.removeAttribute(name);
      const reference = localName.startsWith('ref-') && localName.slice('ref-'.length);
      if (!reference) element.append(...content(document, value));
      else if (!element.hasAttribute(reference)) element.setAttribute(reference, decodeURIComponent(value));
    }
  }
  for (const element of document.getElementsByTagName('*')) {
    for (const { name } of [...element.attributes].filter((one) => one.namespaceURI === XMLNS && one.value === KEPT)) element.removeAttribute(name);
  }
  return `${PREAMBLE}${new XMLSerializer().serializeToString(document.documentElement)}\n`;
}

function content(document, written) {
  const box = parsed(`<box>${decodeURIComponent(written)}</box>`);
  return [...box.documentElement.childNodes].map((node) => document.importNode(node, true));
}

class Shelter {
  constructor(moddle, names) {
    Object.assign(this, { moddle, names, used: false, ids: new Set(), references: [] });
  }

  /** The package of a node's namespace. */
  packageOf({ namespaceURI }) {
    return namespaceURI ? this.moddle.getPackages().find(({ uri }) => uri === namespaceURI) : undefined;
  }

  type(name) {
    try {
      return this.moddle.getType(name);
    } catch {
      return null;
    }
  }

  typeOf(node) {
    const known = this.packageOf(node);
    if (!known) return null;
    const { localName } = node;
    const name = known.xml?.tagAlias === 'lowerCase' ? localName[0].toUpperCase() + localName.slice(1) : localName;
    return this.type(`${known.prefix}:${name}`);
  }

  /** What moddle takes a child for: its property and its type; null where it drops it. */
  place(node, descriptor) {
    const named = this.packageOf(node) && descriptor.propertiesByName[node.localName];
    if (named && !named.isAttr) {
      const said = named.xml?.serialize && node.getAttributeNS(XSI, 'type');
      return { property: named, type: (said && this.spelled(node, said)) || named.type };
    }
    if (!this.packageOf(node)) {
      const any = descriptor.properties.find(({ isReference, type }) => !isReference && type === 'Element');
      return any ? { property: any, type: 'Element' } : null;
    }
    const type = this.typeOf(node);
    const fits = type && descriptor.properties.find((one) => !one.isVirtual && !one.isReference && type.hasType(one.type));
    return fits ? { property: fits, type: type.$descriptor.name } : null;
  }

  /** `bpmn:tFormalExpression` as the type that it names. */
  spelled(node, said) {
    const [local, prefix] = said.split(':').reverse();
    const known = this.moddle.getPackages().find(({ uri }) => uri === node.lookupNamespaceURI(prefix ?? null));
    const names = [local, local.replace(/^t/, '')].map((name) => `${known?.prefix}:${name}`);
    return names.find((name) => this.type(name));
  }

  walk(element, descriptor) {
    const holder = descriptor.properties.some(({ type, isReference }) => type === 'Element' && !isReference);
    const lost = [];
    const texts = [...element.childNodes].filter(isText);
    if (!descriptor.bodyProperty) lost.push(...texts);
    for (const { name, value } of [...element.attributes]) this.refer(element, descriptor.propertiesByName[name], value, name);
    for (const child of [...element.childNodes].filter((node) => isElement(node) || isComment(node))) {
      if (isComment(child) || !this.take(child, descriptor)) lost.push(child);
    }
    if (lost.length) this.stow(element, [...element.childNodes].filter((node) => lost.includes(node)), holder);
  }

  /** Whether moddle reads a child; what it reads is walked through, too. */
  take(child, descriptor) {
    const place = this.place(child, descriptor);
    if (!place) return false;
    if (place.property.isReference) {
      this.references.push({ element: child, id: child.textContent });
      return true;
    }
    if (isSimple(place.type)) return !child.children.length;
    if (place.type === 'Element') return !isMixed(child);
    const own = child.getAttribute('id');
    if (own !== null && (!ID.test(own) || this.ids.has(own))) return false;
    const type = this.type(place.type);
    if (!type) return false;
    if (own !== null) this.ids.add(own);
    this.walk(child, type.$descriptor);
    return true;
  }

  refer(element, property, value, name) {
    if (property?.isReference) this.references.push({ element, id: value, name });
  }

  /** References to nothing are dropped by moddle: only now is it known which they are. */
  keepReferences() {
    for (const { element, id, name } of this.references) {
      const pictured = name === 'bpmnElement' && element.localName !== 'BPMNPlane'; // bpmn-js drops pictures of nothing
      if ((!name || pictured) && !this.ids.has(id)) this.stow(element.parentNode, [element], false, false);
      else if (name && !id.split(' ').every((one) => this.ids.has(one))) this.carry(element, `ref-${name}`, id);
    }
  }

  stow(element, lost, holder, tell = true) {
    for (const node of lost) if (isElement(node) && tell) this.names.add(node.nodeName);
    const serializer = new XMLSerializer();
    for (const node of lost) {
      const written = isText(node) ? escaped(node.data) : serializer.serializeToString(node);
      if (holder) {
        const standIn = element.ownerDocument.createElementNS(KEPT, 'kept:content');
        standIn.setAttribute('xml', encodeURIComponent(written));
        node.replaceWith(standIn);
        this.used = true;
      } else {
        node.remove();
        this.carry(element, 'content', written);
      }
    }
  }

  carry(element, name, value) {
    const before = element.getAttributeNS(KEPT, name) || '';
    element.setAttributeNS(KEPT, `kept:${name}`, before + encodeURIComponent(value));
    this.used = true;
  }
}

const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);

/** Text between elements has its place, which moddle doesn't keep; nor does it keep comments. */
function isMixed(element) {
  const nodes = [...element.childNodes];
  if (nodes.some(isComment) || (nodes.some(isElement) && nodes.some(isText))) return true;
  return nodes.filter(isElement).some(isMixed);
}
