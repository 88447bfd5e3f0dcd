// The designer's page: everything put together.
import { Board } from './board.js';
import { Changes } from './changes.js';
import { download, pick } from './files.js';
import { make } from './fields.js';
import { Findings } from './findings.js';
import { History } from './history.js';
import { kindOf, Panel } from './panel.js';
import { Picker } from './picker.js';
import { Server } from './server.js';
import { showReport } from './report.js';
import { occurrences, setAttribute } from './extensions.js';

const PAUSE = 500;
const place = (name) => document.querySelector(`[data-place="${name}"]`);

/** The texts of the page; a key without text says itself. */
function words(texts) {
  return (key, values = {}) => (texts[key] ?? key).replace(/{(\w+)}/g, (whole, name) => (name in values ? values[name] : whole));
}

export async function start() {
  const root = document.querySelector('.designer');
  const lang = document.documentElement.lang.startsWith('en') ? 'en' : 'zh';
  const early = new Server(root.dataset, (key) => root.dataset[key.replace('server.', '').replace('_', '')] || key);
  let data;
  try {
    data = await early.open(location.search);
  } catch (error) {
    place('notice').textContent = error.message;
    nothingToDraw(root);
    return;
  }
  const designer = new Designer(root, data, lang);
  window.designer = designer;
  await designer.open();
}

/** Nothing could be opened: what would do nothing is not offered, the way to the definitions is. */
function nothingToDraw(root) {
  for (const button of root.querySelectorAll('[data-do]')) button.disabled = true;
  place('publish').hidden = false;
}

class Designer {
  constructor(root, data, lang) {
    const t = words(data.texts);
    Object.assign(this, { root, data, t, definition: data.definition, key: data.key });
    this.server = new Server(root.dataset, t);
    this.server.over = () => ({ item: (this.item() || this.definition?.item || '').slice(0, 100), before: this.definition?.id || '' });
    this.board = new Board(place('board'), { moddle: data.moddle, lang });
    this.history = new History(this.keptAs());
    this.panel = new Panel(place('panel'), this.board, { vocabulary: data.vocabulary, t });
    this.picker = new Picker(place('picker'), this.board, (bo) => kindOf(bo, t));
    const docs = (rule) => `/admin/designer/rules/${rule}`;
    this.findings = new Findings(place('findings'), this.board, { t, docs, vocabulary: data.vocabulary, mend: (fix, option) => this.mend(fix, option) });
    this.changes = new Changes(place('changes'), this.board, { t, vocabulary: data.vocabulary, ask: async (against) => this.server.changes(await this.board.xml(), against) });
    this.busy = false;
    this.timer = 0;
  }

  keptAs() {
    const item = new URLSearchParams(location.search).get('item') || '';
    return `designer:${this.data.who}:${this.definition?.id || `new:${item}`}`;
  }

  async open() {
    const { xml, others } = this.data;
    const warnings = await this.loadOrSay(xml);
    if (!warnings) { // the notice says why
      nothingToDraw(this.root);
      return;
    }
    this.history.begin(await this.board.xml());
    this.changes.offer(others, this.definition?.id);
    for (const name of ['save', 'try']) this.root.querySelector(`[data-do="${name}"]`).hidden = !this.data.may_save;
    this.listen();
    this.tell();
    const odd = this.odd(warnings);
    if (odd) this.notice(odd, warnings.length ? 'warning' : 'info');
    this.offerLeft();
    this.offerPictures();
    await this.judge();
    this.root.dataset.ready = 'yes';
  }

  /** A diagram without pictures gets some first. */
  async pictured(xml) {
    return /BPMNShape/.test(xml) ? xml : (await this.server.layout(xml)).xml;
  }

  /** What of the file is not shown: what could not be read, and what is kept as it stands. */
  odd(warnings) {
    const { kept } = this.board;
    return [
      warnings.length ? this.t('open.warnings', { said: warnings.slice(0, 3).join(' ') }) : '',
      kept.length ? this.t('open.kept', { n: kept.length, said: kept.slice(0, 8).join(' ') }) : '',
    ].join(' ').trim();
  }

  /** Show another diagram; one that can't be shown leaves what was there before. */
  async loadOrKeep(xml, before, stay) {
    const drawn = await this.pictured(xml);
    try {
      return await this.board.load(drawn, { stay });
    } catch (error) {
      await this.board.load(before);
      throw new Error(this.t('open.failed', { said: error.message }), { cause: error });
    }
  }

  async loadOrSay(xml) {
    try {
      return await this.board.load(await this.pictured(xml));
    } catch (error) {
      this.notice(this.t('open.failed', { said: error.message }), 'danger');
      return null;
    }
  }

  listen() {
    this.board.on('commandStack.changed', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.settle(), PAUSE);
      this.quiet();
      this.tell();
    });
    this.root.addEventListener('click', ({ target }) => {
      const action = target.closest('[data-do]')?.dataset.do;
      if (action) this.do(action);
    });
    document.addEventListener('keydown', (event) => this.keys(event), { capture: true }); // before bpmn-js takes it
    this.root.querySelector('[role="tablist"]').addEventListener('click', ({ target }) => this.tab(target.closest('[role="tab"]')));
    this.root.querySelector('[role="tablist"]').addEventListener('keydown', (event) => {
      if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
      const other = this.root.querySelector('[role="tab"][aria-selected="false"]');
      this.tab(other);
      other.focus();
    });
    window.addEventListener('beforeunload', (event) => {
      if (!this.isSaved()) event.preventDefault();
    });
  }

  tab(chosen) {
    for (const tab of chosen ? this.root.querySelectorAll('[role="tab"]') : []) {
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = tab !== chosen;
    }
  }

  keys(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const writing = event.target.closest?.('input, textarea, select, [contenteditable]');
    const steps = { z: event.shiftKey ? 'redo' : 'undo', y: 'redo' };
    const action = key === 's' ? 'save' : writing ? undefined : steps[key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    this.do(action);
  }

  async do(action) {
    const does = {
      undo: () => this.undo(), redo: () => this.redo(), in: () => this.board.zoom(1), out: () => this.board.zoom(-1), fit: () => this.board.fit(),
      save: () => this.save(), import: () => this.importFile(), bpmn: async () => download(`${this.name()}.bpmn`, await this.board.xml(), 'application/xml'),
      svg: async () => download(`${this.name()}.svg`, await this.board.svg(), 'image/svg+xml'),
      layout: async () => this.replace((await this.server.layout(await this.board.xml())).xml, this.t('layout.done')),
      try: () => this.tryOut(),
      minimap: () => this.board.get('minimap').toggle(),
    }[action];
    try {
      await does?.();
    } catch (error) {
      this.notice(error.message, 'danger');
      if (error.login) this.offerLogin();
    }
  }

  /** Whose session is over logs in beside, in a window of its own, and goes on here. */
  offerLogin() {
    place('notice').querySelector('.btn-close').before(' ', make('a', { href: '/admin/login', target: '_blank' }, this.t('server.log_in')));
  }

  /** bpmn-js's own step where there is one, else the state that had come to rest before. */
  async undo() {
    if (this.board.get('commandStack').canUndo()) this.board.get('commandStack').undo();
    else if (this.history.canGoBack) await this.reload(this.history.back());
  }

  async redo() {
    if (this.board.get('commandStack').canRedo()) this.board.get('commandStack').redo();
    else if (this.history.canGoOn) await this.reload(this.history.on());
  }

  async reload(xml) {
    await this.board.load(xml, { stay: true });
    this.offerPictures();
    this.tell();
    await this.judge();
  }

  /** Another diagram takes the place of what is drawn; undo brings that back. */
  async replace(xml, said, stay = false) {
    const before = await this.board.xml();
    this.history.settle(before);
    const warnings = await this.loadOrKeep(xml, before, stay);
    this.history.settle(await this.board.xml());
    this.offerPictures();
    this.notice([said, this.odd(warnings)].join(' '), warnings.length ? 'warning' : 'success');
    this.tell();
    await this.judge();
  }

  async mend(fix, option) {
    try {
      const { xml, did } = await this.server.fix(await this.board.xml(), fix, option);
      await this.replace(xml, this.t('mended', { did: typeof did === 'string' ? did : did.does }), true);
      return true;
    } catch (error) {
      this.notice(error.message, 'danger');
      return false;
    }
  }

  async settle() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.history.settle(await this.board.xml());
    this.tell();
    await this.judge();
  }

  async judge() {
    const state = place('judged');
    state.dataset.judging = 'yes';
    this.quiet();
    try {
      this.findings.show(await this.server.lint(await this.board.xml()));
      state.textContent = this.findings.counted();
      state.dataset.worst = this.findings.worst();
      state.dataset.judging = 'no';
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.findings.fail(error.message);
      state.textContent = '';
      state.dataset.judging = 'no';
    }
    this.quiet();
    if (this.changes.select.value) await this.changes.compare();
  }

  /** Nothing is drawn that is not stored, neither at rest nor on its way there. */
  isSaved() {
    return this.history.isSaved && !this.timer;
  }

  /** Whether what is drawn was judged as it is, for whoever waits for it. */
  quiet() {
    this.root.dataset.quiet = !this.timer && place('judged').dataset.judging === 'no' ? 'yes' : 'no';
  }

  /** What the toolbar says and offers. */
  tell() {
    const stack = this.board.get('commandStack');
    const enable = (name, can) => { this.root.querySelector(`[data-do="${name}"]`).disabled = !can; };
    enable('undo', stack.canUndo() || this.history.canGoBack);
    enable('redo', stack.canRedo() || this.history.canGoOn);
    const about = this.definition;
    const version = about && (about.version ? this.t('version', { n: about.version }) : this.t('draft'));
    place('about').textContent = about ? `${about.item} · ${version} · ${this.t(`state.${about.state}`)}` : this.t('new');
    place('saved').textContent = this.isSaved() ? this.t(about ? 'saved' : 'saved.never') : this.t('unsaved');
    place('saved').dataset.saved = String(this.isSaved());
    const publish = place('publish');
    publish.hidden = !about;
    if (about) publish.href = `/admin/workshop/${about.id}`;
  }

  notice(said, kind = 'info') {
    const close = document.createElement('button');
    Object.assign(close, { type: 'button', className: 'btn-close', ariaLabel: this.t('close') });
    close.addEventListener('click', () => place('notice').replaceChildren());
    const box = document.createElement('div');
    box.className = `alert alert-${kind}`;
    box.append(said, close);
    place('notice').replaceChildren(box);
  }

  /** Where a file has several pictures, which one is shown. */
  offerPictures() {
    const pictures = this.board.pictures();
    const select = place('pictures');
    select.hidden = pictures.length < 2;
    select.replaceChildren(...pictures.map(({ id, name }) => new Option(name, id)));
    select.onchange = async () => {
      this.history.settle(await this.board.xml());
      await this.board.show(select.value);
      await this.judge();
    };
  }

  /** What was left unsaved the last time is offered, not forced upon. */
  offerLeft() {
    const left = this.history.left();
    if (!left?.xml || left.xml === this.history.now) return;
    const at = new Date(left.at).toLocaleString(document.documentElement.lang);
    const box = document.createElement('div');
    box.className = 'alert alert-warning';
    const button = (said, does) => {
      const made = document.createElement('button');
      Object.assign(made, { type: 'button', className: 'btn btn-sm btn-outline-secondary', textContent: said });
      made.addEventListener('click', does);
      return made;
    };
    box.append(this.t('left', { at }), ' ',
      button(this.t('left.take'), () => this.replace(left.xml, this.t('left.taken'))), ' ',
      button(this.t('left.drop'), () => { this.history.forget(); place('notice').replaceChildren(); }));
    place('notice').replaceChildren(box);
  }

  process() {
    const root = this.board.get('canvas').getRootElement().businessObject;
    return root.processRef || root.participants?.map(({ processRef }) => processRef).find((one) => one?.isExecutable) || root;
  }

  item() {
    return occurrences(this.process(), 'ow:Item')[0]?.get('code') || '';
  }

  name() {
    return this.process().name || this.process().id || 'process';
  }

  async save() {
    if (this.busy || !this.data.may_save) return;
    document.activeElement?.blur(); // what is just being written in the panel is written
    const item = this.item() || this.definition?.item || await this.askItem();
    if (!item) return;
    this.busy = true;
    try {
      const xml = await this.board.xml();
      clearTimeout(this.timer);
      this.timer = 0;
      this.history.settle(xml);
      const since = this.definition?.created_at;
      const { definition, others, key } = await this.server.save({ xml, item, before: this.definition?.id || '', key: this.keyOf(xml + item) });
      this.history.markSaved();
      Object.assign(this, { definition, key });
      this.history.kept = this.keptAs();
      history.replaceState(null, '', `?definition=${definition.id}`);
      this.changes.offer(others, definition.id);
      await this.judge();
      const said = this.t(definition.deployable ? 'saved.done' : 'saved.faulty');
      const beside = this.beside(others, definition, since);
      this.notice([said, beside].join(' '), definition.deployable && !beside ? 'success' : 'warning');
    } finally {
      this.busy = false;
      this.tell();
    }
  }

  /** Who else saved a draft of the item since this one was opened: both are kept, and neither has the other's changes. */
  beside(others, own, since) {
    const [newest] = others.filter((one) => since && one.created_by !== own.created_by && one.created_at >= since && one.state === 'draft');
    return newest ? this.t('saved.beside', { who: newest.created_by, at: newest.created_at.slice(0, 16).replace('T', ' ') }) : '';
  }

  /** However often the same diagram is sent, it is kept once; another one has a key of its own. */
  keyOf(what) {
    if (this.sent !== what) this.tries = (this.tries || 0) + 1;
    this.sent = what;
    return `${this.key}-${this.tries}`;
  }

  /** The item that the process handles: asked once, then it stands in the diagram. A draft may be for none yet. */
  async askItem() {
    const dialog = document.getElementById('which-item');
    const select = dialog.querySelector('select');
    const known = this.data.vocabulary.find(({ name }) => name === 'item').attributes[0].known;
    select.replaceChildren(new Option(this.t('item.none'), ''), ...known.map(({ value, label }) => new Option(`${label}（${value}）`, value)));
    dialog.showModal();
    await new Promise((done) => { dialog.addEventListener('close', done, { once: true }); });
    if (dialog.returnValue !== 'ok') return '';
    const process = this.process();
    if (!select.value) return process.id;
    const element = this.board.find(process.id) || this.board.get('canvas').getRootElement();
    setAttribute(this.board, { element, bo: process }, { type: 'ow:Item' }, 0, 'code', select.value);
    return select.value;
  }

  /** The diagram as it is drawn goes to the page of dry runs, in a window of its own. */
  async tryOut() {
    const bytes = new TextEncoder().encode(await this.board.xml());
    const diagram = btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(''));
    const said = { csrf: this.server.csrf, diagram, name: `${this.name()}.bpmn`, item: this.item() };
    const fields = Object.entries(said).map(([name, value]) => make('input', { type: 'hidden', name, value }));
    const form = make('form', { method: 'post', action: '/admin/workshop/dry-run/open', target: '_blank', hidden: true }, ...fields);
    document.body.append(form);
    form.submit();
    form.remove();
  }

  async importFile() {
    const file = await pick('.bpmn,.xml,.bpmn20.xml');
    if (!file) return;
    const { xml, report } = await this.server.convert(await file.arrayBuffer());
    await this.replace(xml, this.t('imported', { name: file.name }));
    showReport(report, this.t);
  }
}
