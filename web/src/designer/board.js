// The board: bpmn-js with our words, our tools and our extension elements.
import Modeler from 'bpmn-js/lib/Modeler';
import minimap from 'diagram-js-minimap';
import { restored, sheltered, undrawn } from './keeping.js';
import { tools } from './tools.js';
import { translation } from './translation.js';

/** Between the drawing and the palette, and the drawing and the edge. */
const MARGIN = 40;
/** Warnings of moddle about what is not lost all the same. */
const KEPT_ANYHOW = /^(unknown attribute|unresolved reference)/;

/** The palette names its signs for screen readers only: here for who points at one, too. */
function named(entry) {
  if (entry && !entry.title) entry.title = entry.getAttribute('aria-label') || '';
}

export class Board {
  constructor(host, { moddle, lang }) {
    const { missing, module } = translation(lang);
    this.missing = missing;
    this.undrawn = []; // pictures that bpmn-js does not write
    this.kept = []; // names of what the model has no place for, which goes through unseen
    this.modeler = new Modeler({
      container: host,
      minimap: { open: host.clientWidth > 800 },
      moddleExtensions: { [moddle.prefix]: moddle },
      additionalModules: [minimap, tools, module],
    });
    host.addEventListener('mouseover', ({ target }) => named(target.closest('.djs-palette .entry')));
  }

  get(name) {
    return this.modeler.get(name);
  }

  on(event, does) {
    this.get('eventBus').on(event, does);
  }

  /** Show a diagram; what could not be read of it. Place and selection stay when `stay` is asked for. */
  async load(xml, { stay = false } = {}) {
    const box = stay ? this.get('canvas').viewbox() : null;
    const chosen = stay ? this.get('selection').get().map(({ id }) => id) : [];
    const { xml: whole, names } = sheltered(xml, this.get('moddle'));
    const { warnings } = await this.modeler.importXML(whole);
    this.kept = [...names];
    this.undrawn = undrawn(whole, await this.written());
    if (box) this.get('canvas').viewbox(box);
    else this.fit();
    this.select(chosen[0]);
    return warnings.map(({ message }) => message).filter((message) => !KEPT_ANYHOW.test(message));
  }

  /** The pictures of the file: one of several processes may have one for each. */
  pictures() {
    return this.modeler.getDefinitions().get('diagrams').map(({ id, name, plane }) => ({ id, name: name || plane?.bpmnElement?.name || id }));
  }

  async show(picture) {
    await this.modeler.open(picture);
    this.fit();
  }

  async xml() {
    return restored(await this.written(), this.undrawn);
  }

  async written() {
    return (await this.modeler.saveXML({ format: true })).xml;
  }

  async svg() {
    return (await this.modeler.saveSVG()).svg;
  }

  /** The whole drawing, beside the palette, no larger than drawn. */
  fit() {
    const canvas = this.get('canvas');
    const { inner, outer } = canvas.viewbox();
    if (!inner.width || !outer.width) return;
    const palette = canvas.getContainer().querySelector('.djs-palette');
    const left = palette ? palette.offsetLeft + palette.offsetWidth + MARGIN : MARGIN;
    const scale = Math.min(1, (outer.width - left - MARGIN) / inner.width, (outer.height - 2 * MARGIN) / inner.height);
    const height = outer.height / scale;
    canvas.viewbox({
      x: inner.x - left / scale - Math.max(0, (outer.width - left - MARGIN) / scale - inner.width) / 2,
      y: inner.y + inner.height / 2 - height / 2,
      width: outer.width / scale,
      height,
    });
  }

  zoom(by) {
    this.get('zoomScroll').stepZoom(by);
  }

  /** The drawn element of an id; for a process that of its pool, or the root. */
  find(id) {
    if (!id) return undefined;
    const registry = this.get('elementRegistry');
    return registry.get(id) || registry.find(({ businessObject }) => businessObject?.processRef?.id === id);
  }

  /** Select an element and bring it into sight; nothing selected is the process. */
  select(id, { look = false } = {}) {
    const element = this.find(id);
    const canvas = this.get('canvas');
    if (element && !element.parent) canvas.setRootElement(element);
    if (!element?.parent) {
      this.get('selection').select(null);
      return;
    }
    const root = canvas.findRoot(element);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    if (look) canvas.scrollToElement(element, { top: 80, right: 80, bottom: 80, left: 120 });
    this.get('selection').select(element);
  }

  selected() {
    const [first] = this.get('selection').get();
    return first?.labelTarget || first || this.get('canvas').getRootElement();
  }

  together(steps) {
    this.get('commandStack').execute('onewindow.together', { steps });
  }
}
