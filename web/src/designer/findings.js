// What the server's lint says: a list beside the board, badges on the elements, and the mends that it offers.
import { make } from './fields.js';

const SEVERITIES = ['error', 'warning', 'info'];
/** Mends that take more answers than they list: whatever stands behind an attribute of the vocabulary. */
const OPEN_QUESTIONS = { 'assignment-missing': ['assignment', 'function'] };
const READABLE = { min: 0.8, max: 1.2 };

export class Findings {
  constructor(host, board, { t, mend, docs, vocabulary }) {
    Object.assign(this, { host, board, t, mend, docs, vocabulary });
    this.found = [];
    board.on('selection.changed', () => this.pointOut());
  }

  show({ findings }) {
    this.found = [...findings].sort((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity));
    const list = this.found.map((finding) => this.entry(finding));
    this.host.replaceChildren(...(list.length ? [make('ul', { class: 'findings' }, ...list)] : [make('p', { class: 'nothing' }, this.t('lint.none'))]));
    this.badges();
    this.pointOut();
  }

  /** What speaks of the selected element stands out. */
  pointOut() {
    const [chosen] = this.board.get('selection').get();
    const about = chosen && [...this.host.querySelectorAll('.finding')].filter((one) => one.dataset.element === (chosen.labelTarget || chosen).id);
    for (const one of this.host.querySelectorAll('.is-about')) one.classList.remove('is-about');
    for (const one of about || []) one.classList.add('is-about');
    about?.[0]?.scrollIntoView({ block: 'nearest' });
  }

  fail(message) {
    this.host.replaceChildren(make('p', { class: 'alert alert-warning', role: 'alert' }, message));
  }

  /** How many of each severity, in words. */
  counted() {
    const parts = SEVERITIES.map((one) => [one, this.found.filter(({ severity }) => severity === one).length]).filter(([, n]) => n);
    return parts.map(([one, n]) => this.t(`lint.count.${one}`, { n })).join(this.t('lint.and')) || this.t('lint.clean');
  }

  worst() {
    return SEVERITIES.find((one) => this.found.some(({ severity }) => severity === one)) || 'none';
  }

  entry(finding) {
    const go = () => this.board.select(finding.element, { look: true });
    const message = make('button', { type: 'button', class: 'finding-message', onclick: go }, make('span', { class: 'severity' }, this.t(`severity.${finding.severity}`)), ` ${finding.message}`);
    const advice = make('p', { class: 'finding-advice' }, finding.advice, ' ', make('a', { href: this.docs(finding.rule), target: '_blank', rel: 'noopener' }, this.t('lint.more')));
    const parts = [message, advice, ...(finding.fix ? [this.question(finding.fix, finding.rule)] : [])];
    return make('li', { class: `finding finding-${finding.severity}`, 'data-rule': finding.rule, 'data-element': finding.element || '' }, ...parts);
  }

  /** A safe mend is a button; any other asks its one question first. */
  question(fix, rule) {
    const select = fix.question ? this.answers(fix, rule) : null;
    const go = async (event) => {
      event.target.disabled = true;
      if (!await this.mend(fix.id, select ? select.value : null)) event.target.disabled = false;
    };
    const button = make('button', { type: 'button', class: 'btn btn-sm btn-outline-primary', title: fix.does, onclick: go }, this.t('lint.mend'));
    const said = make('p', {}, fix.question || fix.does);
    if (select) {
      const choose = () => { button.disabled = !select.value; };
      select.addEventListener('change', choose);
      choose();
    }
    return make('div', { class: 'mend' }, said, make('div', { class: 'mend-how' }, ...(select ? [select] : []), button));
  }

  /** The options of a question; where none is suggested, one has to be chosen first. */
  answers(fix, rule) {
    const [element, attribute] = OPEN_QUESTIONS[rule] || [];
    const known = this.vocabulary.find(({ name }) => name === element)?.attributes.find(({ name }) => name === attribute)?.known || [];
    const called = new Map(known.map(({ value, label }) => [value, label]));
    const listed = fix.options.map(({ value, label }) => ({ value, label: called.get(value) || label }));
    const more = known.filter(({ value }) => !fix.options.some((one) => one.value === value));
    const first = fix.suggested === null ? [{ value: '', label: this.t('choose') }] : [];
    const options = [...first, ...listed, ...more].map(({ value, label }) => make('option', { value }, label));
    const select = make('select', { class: 'form-select form-select-sm', 'aria-label': fix.question }, ...options);
    select.value = fix.suggested ?? '';
    return select;
  }

  badges() {
    const overlays = this.board.get('overlays');
    overlays.remove({ type: 'finding' });
    const byElement = Map.groupBy ? Map.groupBy(this.found, ({ element }) => element) : grouped(this.found);
    const root = this.board.get('canvas').getRootElement();
    for (const [id, findings] of byElement) {
      const element = this.board.find(id);
      if (!element || element === root || element.parent === undefined) continue;
      overlays.add(element, 'finding', { position: placeOf(element), scale: READABLE, html: this.badge(element, findings) });
    }
  }

  badge(element, findings) {
    const [worst] = findings;
    const name = element.businessObject.name || element.id;
    const said = `${name}${this.t('colon')}${findings.map(({ message }) => message).join(this.t('semicolon'))}`;
    const look = () => {
      this.board.select(element.id);
      const entry = this.host.querySelector(`[data-element="${CSS.escape(worst.element)}"]`);
      entry?.scrollIntoView({ block: 'nearest' });
      entry?.querySelector('button').focus({ preventScroll: true });
    };
    return make('button', { type: 'button', class: `badge-finding badge-${worst.severity}`, title: said, 'aria-label': said, onclick: look },
      `${worst.severity === 'info' ? 'i' : '!'}${findings.length > 1 ? findings.length : ''}`);
  }
}

function grouped(found) {
  const groups = new Map();
  for (const one of found) groups.set(one.element, [...(groups.get(one.element) || []), one]);
  return groups;
}

/** On a shape its upper left corner, on a flow its middle. */
function placeOf(element) {
  if (!element.waypoints) return { top: -12, left: -12 }; // the pad of what is selected stands on the right
  const [x, y] = ['x', 'y'].map((axis) => Math.min(...element.waypoints.map((point) => point[axis])));
  const n = Math.floor((element.waypoints.length - 1) / 2);
  const [from, to] = [element.waypoints[n], element.waypoints[n + 1]];
  return { left: (from.x + to.x) / 2 - x - 10, top: (from.y + to.y) / 2 - y - 10 };
}
