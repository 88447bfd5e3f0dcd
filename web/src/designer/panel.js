// The properties of what is selected: BPMN's own, and every extension element that the vocabulary allows there.
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { basicGroups, elementsBefore } from './basics.js';
import { addOccurrence, occurrences, removeOccurrence, setAttribute } from './extensions.js';
import { drawField, make } from './fields.js';

/** How many groups of the vocabulary stand open at first, besides those that hold something. */
const OPEN = 3;

export class Panel {
  constructor(host, board, { vocabulary, t }) {
    Object.assign(this, { host, board, vocabulary, t });
    this.opened = new Map();
    this.drawn = new Map();
    this.shape = '';
    board.on('selection.changed', () => this.show());
    board.on('elements.changed', () => this.show());
    board.on('root.set', () => this.show());
  }

  /** What the panel is about: the element on the board, and the BPMN element that is written to. */
  target() {
    const element = this.board.selected();
    const { businessObject: bo } = element;
    return { element, bo };
  }

  /** Draw the groups, or only bring the fields up to date when they are the same as before. */
  show() {
    const { element, bo } = this.target();
    if (!bo) return;
    const groups = this.groups(element, bo);
    const shape = JSON.stringify([element.id, bo.id === element.id, groups.map((group) => [group.key, group.count, group.fields.map(({ key }) => key)])]);
    if (shape === this.shape) {
      for (const group of groups) this.bringUpToDate(group);
      return;
    }
    const focused = this.host.contains(document.activeElement) ? document.activeElement.dataset.field : null;
    this.shape = shape;
    this.drawn.clear();
    this.host.replaceChildren(this.heading(bo), ...groups.map((group) => this.drawGroup(group)));
    if (focused) this.host.querySelector(`[data-field="${CSS.escape(focused)}"]`)?.focus();
  }

  groups(element, bo) {
    const own = basicGroups(this.board, this.t, { element, bo });
    const about = bo.processRef ? { element, bo: bo.processRef } : { element, bo };
    const process = bo.processRef ? basicGroups(this.board, this.t, about).map((group) => (
      { ...group, key: `process.${group.key}`, label: this.t('group.process'), fields: group.fields.map((field) => ({ ...field, key: `process.${field.key}` })) })) : [];
    return [...own, ...process, ...this.extensionGroups(about)];
  }

  extensionGroups(about) {
    const tag = localName(about.bo);
    const allowed = this.vocabulary.filter(({ allowedIn }) => allowedIn.includes(tag));
    allowed.sort((one, other) => (other.allowedIn.length === 1) - (one.allowedIn.length === 1)); // what only this kind has
    return allowed.map((spec, n) => this.extensionGroup(about, spec, n < OPEN));
  }

  extensionGroup(about, spec, open) {
    const found = occurrences(about.bo, spec.type);
    const shown = spec.repeatable ? found : [found[0]];
    const fields = shown.flatMap((_, index) => spec.attributes.map((attribute) => this.attributeField(about, spec, attribute, index)));
    return {
      key: spec.name, label: spec.label, help: spec.help, spec, about, fields, open: open || found.length > 0,
      filled: found.length > 0, count: shown.length, repeatable: spec.repeatable,
    };
  }

  attributeField(about, spec, attribute, index) {
    const fallback = attribute.choices.find(({ value }) => value === attribute.default)?.label;
    return {
      ...attribute,
      key: `${spec.name}.${index}.${attribute.name}`,
      none: fallback ? this.t('default.is', { value: fallback }) : this.t('choose'),
      read: () => occurrences(about.bo, spec.type)[index]?.get(attribute.name) ?? '',
      tasks: () => elementsBefore(about.element).map(({ businessObject }) => businessObject)
        .filter((task) => spec.allowedIn.includes(localName(task))).map((task) => ({ value: task.id, label: task.name || task.id })),
      check: attribute.type === 'positive' ? (value) => (/^([1-9]\d*)?$/.test(value) ? '' : this.t('positive')) : undefined,
      write: (value) => {
        const kept = attribute.type === 'boolean' && value === (attribute.default ?? 'false') ? '' : value;
        setAttribute(this.board, about, spec, index, attribute.name, kept);
      },
    };
  }

  heading(bo) {
    return make('h2', { class: 'panel-title' }, make('small', {}, kindOf(bo, this.t)), bo.name || bo.id || '');
  }

  drawGroup(group) {
    const open = this.opened.get(group.key) ?? group.open;
    const summary = make('summary', {}, group.label);
    const body = make('div', { class: 'props-body' });
    const details = make('details', { class: 'props', 'data-group': group.key, open }, summary, body);
    details.addEventListener('toggle', () => this.opened.set(group.key, details.open));
    if (group.help) body.append(make('p', { class: 'props-help' }, group.help));
    const perOccurrence = group.spec ? group.spec.attributes.length : group.fields.length;
    group.fields.forEach((field, n) => {
      if (group.repeatable && n % perOccurrence === 0) body.append(this.occurrenceHead(group, n / perOccurrence));
      const drawn = drawField(field, this.t);
      this.drawn.set(field.key, drawn);
      body.append(drawn.node);
    });
    if (group.repeatable) {
      const add = () => { this.opened.set(group.key, true); addOccurrence(this.board, group.about, group.spec); };
      body.append(make('button', { type: 'button', class: 'btn btn-sm btn-outline-secondary', onclick: add }, this.t('add', { name: group.label })));
    }
    this.mark(details, group);
    return details;
  }

  occurrenceHead(group, index) {
    const remove = () => removeOccurrence(this.board, group.about, group.spec, index);
    const name = `${group.label} ${index + 1}`;
    return make('div', { class: 'occurrence' }, make('strong', {}, name),
      make('button', { type: 'button', class: 'btn btn-sm btn-link', 'aria-label': this.t('remove', { name }), onclick: remove }, this.t('remove.short')));
  }

  bringUpToDate(group) {
    for (const field of group.fields) this.drawn.get(field.key)?.sync(field);
    const details = this.host.querySelector(`[data-group="${CSS.escape(group.key)}"]`);
    this.mark(details, group);
    const { bo } = this.target();
    this.host.querySelector('.panel-title').replaceWith(this.heading(bo));
  }

  mark(details, group) {
    details.classList.toggle('is-filled', Boolean(group.filled));
  }
}

export function localName(bo) {
  const name = bo.$type.replace(/^\w+:/, '');
  return name[0].toLowerCase() + name.slice(1);
}

/** What an element is called, such as 用户任务. */
export function kindOf(bo, t) {
  const key = `kind.${localName(bo)}`;
  const said = t(key);
  return said === key && is(bo, 'bpmn:FlowElement') ? t('kind.element') : said;
}
