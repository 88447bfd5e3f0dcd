// What turns another version into what is drawn: elements added and changed are marked, removed ones are drawn as shadows where
// they stood, and every change is named with the words of the panel.
import { make } from './fields.js';

const DI = 'http://www.omg.org/spec/BPMN/20100524/DI';
const DC = 'http://www.omg.org/spec/DD/20100524/DC';
const WAYPOINTS = 'http://www.omg.org/spec/DD/20100524/DI';
const LAYER = 'removed';

export class Changes {
  constructor(host, board, { t, vocabulary, ask }) {
    Object.assign(this, { host, board, t, vocabulary, ask });
    this.marked = [];
    this.select = make('select', { class: 'form-select form-select-sm', id: 'against' });
    this.said = make('div', { class: 'changes-said', 'aria-live': 'polite' });
    this.select.addEventListener('change', () => this.compare());
    host.append(make('label', { for: 'against' }, t('changes.against')), this.select, this.said);
  }

  /** The versions that can be compared with; `own` is the one that is open. */
  offer(others, own) {
    this.others = others;
    const label = (one) => [...(one.version ? [this.t('version', { n: one.version })] : []), this.t(one.version ? `state.${one.state}` : 'draft'),
      `${one.created_by} ${one.created_at.slice(0, 16).replace('T', ' ')}`, ...(one.id === own ? [this.t('changes.own')] : [])].join(' · ');
    const before = this.select.value;
    this.select.replaceChildren(make('option', { value: '' }, this.t(others.length ? 'changes.none' : 'changes.nothing')), ...others.map((one) => make('option', { value: one.id }, label(one))));
    this.select.value = others.some(({ id }) => id === before) ? before : '';
  }

  async compare() {
    const against = this.select.value;
    if (!against) {
      this.clear();
      this.said.replaceChildren();
      return;
    }
    try {
      this.show(await this.ask(against));
    } catch (error) {
      this.clear();
      this.said.replaceChildren(make('p', { class: 'alert alert-warning' }, error.message));
    }
  }

  clear() {
    for (const [id, marker] of this.marked) if (this.board.find(id)) this.board.get('canvas').removeMarker(id, marker);
    this.marked = [];
    const layer = this.board.get('canvas').getLayer(LAYER, -1);
    while (layer.firstChild) layer.firstChild.remove();
  }

  show({ added, removed, changed, bpmn }) {
    this.clear();
    const own = (list) => list.filter(({ process }) => !process); // what stands in a linked process isn't drawn here
    for (const { id } of own(added)) this.mark(id, 'is-added');
    for (const { id } of own(changed)) this.mark(id, 'is-changed');
    this.shadows(new Map(own(removed).map(({ id, name }) => [id, name || ''])), bpmn);
    const parts = [['added', added], ['removed', removed], ['changed', changed]].filter(([, list]) => list.length);
    this.said.replaceChildren(...(parts.length ? parts.map(([what, list]) => this.section(what, list)) : [make('p', { class: 'nothing' }, this.t('changes.same'))]));
  }

  mark(id, marker) {
    const element = this.board.find(id);
    if (!element?.parent) return; // a mark on the root would be on everything that is drawn
    this.board.get('canvas').addMarker(element, marker);
    this.marked.push([element.id, marker]);
  }

  section(what, list) {
    const items = list.map((one) => make('li', {}, this.named(what, one), ...(one.changes?.length ? [this.attributes(one.changes)] : [])));
    return make('section', { class: `changes-${what}` }, make('h3', {}, this.t(`changes.${what}`, { n: list.length })), make('ul', {}, ...items));
  }

  named(what, one) {
    const label = `${this.kind(one.kind)} ${one.name || one.id}`;
    if (one.process) return make('span', {}, `${label} ${this.t('changes.linked', { id: one.process })}`);
    const go = () => this.board.select(one.id, { look: true });
    return what === 'removed' ? make('span', {}, label) : make('button', { type: 'button', class: 'change-go', onclick: go }, label);
  }

  kind(tag) {
    const said = this.t(`kind.${tag}`);
    return said === `kind.${tag}` ? tag : said;
  }

  attributes(changes) {
    const rows = changes.map(({ attribute, old, new: now }) => make('tr', {}, make('th', { scope: 'row' }, this.attribute(attribute)),
      make('td', {}, make('del', {}, this.value(attribute, old))), make('td', {}, make('ins', {}, this.value(attribute, now)))));
    return make('table', { class: 'table table-sm' }, make('thead', { class: 'visually-hidden' }, make('tr', {},
      ...['changes.attribute', 'changes.before', 'changes.now'].map((key) => make('th', { scope: 'col' }, this.t(key))))), make('tbody', {}, ...rows));
  }

  spec(attribute) {
    const [element, ...rest] = attribute.split('.');
    const spec = this.vocabulary.find(({ name }) => name === element);
    return { spec, number: rest.length > 1 ? rest[0] : '', own: spec?.attributes.find(({ name }) => name === rest.at(-1)) };
  }

  /** `timeLimit.promised` in the words of the panel. */
  attribute(attribute) {
    const { spec, number, own } = this.spec(attribute);
    if (own) return `${spec.label}${number && ` ${number}`} · ${own.label}`;
    const said = this.t(`attribute.${attribute}`);
    return said === `attribute.${attribute}` ? attribute : said;
  }

  value(attribute, text) {
    if (text === null) return this.t('changes.empty');
    const { own } = this.spec(attribute);
    return [...(own?.choices || []), ...(own?.known || [])].find(({ value }) => value === text)?.label || text;
  }

  /** Removed elements, where the other version drew them. */
  shadows(names, bpmn) {
    const document = new DOMParser().parseFromString(bpmn, 'application/xml');
    const layer = this.board.get('canvas').getLayer(LAYER, -1);
    const number = (element, name) => Number(element.getAttribute(name));
    for (const shape of document.getElementsByTagNameNS(DI, 'BPMNShape')) {
      const [bounds] = shape.getElementsByTagNameNS(DC, 'Bounds');
      const id = shape.getAttribute('bpmnElement');
      if (!bounds || !names.has(id)) continue;
      const box = Object.fromEntries(['x', 'y', 'width', 'height'].map((name) => [name, number(bounds, name)]));
      layer.append(drawn('rect', { ...box, rx: 8 }), label(names.get(id), box));
    }
    for (const edge of document.getElementsByTagNameNS(DI, 'BPMNEdge')) {
      if (!names.has(edge.getAttribute('bpmnElement'))) continue;
      const points = [...edge.getElementsByTagNameNS(WAYPOINTS, 'waypoint')].map((point) => `${number(point, 'x')},${number(point, 'y')}`);
      layer.append(drawn('polyline', { points: points.join(' ') }));
    }
  }
}

function label(name, { x, y, width, height }) {
  const text = drawn('text', { x: x + width / 2, y: width < 60 ? y + height + 16 : y + height / 2 + 4 });
  text.textContent = name;
  return text;
}

function drawn(tag, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries({ ...attributes, class: 'shadow-removed' })) element.setAttribute(name, value);
  return element;
}
