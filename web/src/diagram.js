// Draws every <div class="process-diagram" data-xml data-marks data-label> of the page, now and after htmx swaps one in.
// A div that comes again with the same diagram keeps the viewer (with its zoom) and gets the new marks only.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import './diagram.css';

const STATUSES = new Set(['done', 'current', 'late']);
/** A badge is as large as its text needs, however small the drawing is. */
const READABLE = { min: 0.9, max: 1.2 };
/** Space around the drawing, and the scale below which nobody can read what stands in a node. */
const MARGIN = 30;
const LEGIBLE = 0.75;
/** What is drawn: {viewer, xml, host, marked}. */
let drawn = [];

function decode(base64) {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)));
}

function readMarks(host) {
  const marks = JSON.parse(host.dataset.marks || '[]');
  return marks.filter((mark) => STATUSES.has(mark.status));
}

function unmark({ viewer, marked }) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  viewer.get('overlays').remove({ type: 'mark' });
  for (const { id, status } of marked) {
    canvas.removeMarker(id, `mark-${status}`);
    const graphics = registry.getGraphics(id);
    graphics.removeAttribute('role');
    graphics.removeAttribute('aria-label');
  }
}

function badgeOf({ status, badge }) {
  const element = document.createElement('div');
  element.className = `diagram-badge diagram-badge-${status}`;
  element.textContent = badge;
  return element;
}

function mark(drawing, marks) {
  unmark(drawing);
  const { viewer } = drawing;
  const registry = viewer.get('elementRegistry');
  const colon = document.documentElement.lang.startsWith('en') ? ': ' : '：';
  drawing.marked = marks.filter(({ id }) => registry.get(id));
  for (const one of drawing.marked) {
    const graphics = registry.getGraphics(one.id);
    const name = registry.get(one.id).businessObject.name || one.id;
    viewer.get('canvas').addMarker(one.id, `mark-${one.status}`);
    graphics.setAttribute('role', 'img');
    graphics.setAttribute('aria-label', one.label ? `${name}${colon}${one.label}` : name);
    if (one.badge) viewer.get('overlays').add(one.id, 'mark', { position: { top: -14, left: 0 }, scale: READABLE, html: badgeOf(one) });
  }
}

/** The wheel scrolls the page until the diagram has the focus: a page must not get stuck at a diagram. */
function tameWheel(viewer, host) {
  const zoomScroll = viewer.get('zoomScroll');
  zoomScroll.toggle(false);
  host.addEventListener('focusin', () => zoomScroll.toggle(true));
  host.addEventListener('focusout', () => zoomScroll.toggle(false));
}

function show(drawing, host) {
  drawing.host = host;
  host.setAttribute('role', 'figure');
  host.setAttribute('aria-label', host.dataset.label || '');
  host.classList.add('is-drawn');
  tameWheel(drawing.viewer, host);
}

async function draw(host) {
  host.classList.add('is-drawn'); // it gets its height from that, and the drawing has to fit into it
  const viewer = new NavigatedViewer({ container: host });
  const drawing = { viewer, xml: host.dataset.xml, host, marked: [] };
  drawn.push(drawing);
  await viewer.importXML(decode(host.dataset.xml));
  panByTouch(viewer);
  return drawing;
}

/** All of the drawing, with a margin. */
function showWhole(viewer) {
  const { inner } = viewer.get('canvas').viewbox();
  look(viewer, inner, Math.min(1, fit(viewer, inner)));
}

/** The scale at which a box just fits. */
function fit(viewer, { width, height }) {
  const { outer } = viewer.get('canvas').viewbox();
  return Math.min(outer.width / (width + 2 * MARGIN), outer.height / (height + 2 * MARGIN));
}

/** Put the middle of a box into the middle, at a scale, without looking past the drawing's edge. */
function look(viewer, box, scale) {
  const { inner, outer } = viewer.get('canvas').viewbox();
  const along = (from, size, least, whole, seen) => {
    if (whole + 2 * MARGIN <= seen) return least + whole / 2 - seen / 2;
    return Math.min(Math.max(from + size / 2 - seen / 2, least - MARGIN), least + whole + MARGIN - seen);
  };
  const [width, height] = [outer.width / scale, outer.height / scale];
  const x = along(box.x, box.width, inner.x, inner.width, width);
  const y = along(box.y, box.height, inner.y, inner.height, height);
  viewer.get('canvas').viewbox({ x, y, width, height });
}

/** At first: what is under way, large enough to be read; the whole where that is legible, or where nothing is under way. */
function showWhatMatters({ viewer, marked }) {
  const registry = viewer.get('elementRegistry');
  const nodes = marked.filter(({ id }) => !registry.get(id).waypoints);
  const all = nodes.map(({ id }) => registry.get(id));
  const open = nodes.filter(({ status }) => status !== 'done').map(({ id }) => registry.get(id));
  const { inner } = viewer.get('canvas').viewbox();
  if (!open.length || fit(viewer, inner) >= LEGIBLE) return showWhole(viewer);
  const box = fit(viewer, around(all)) >= LEGIBLE ? around(all) : around(open);
  return look(viewer, box, Math.max(fit(viewer, inner), Math.min(LEGIBLE, fit(viewer, box))));
}

/** The box around some elements. */
function around(elements) {
  const [x, y] = [Math.min(...elements.map((one) => one.x)), Math.min(...elements.map((one) => one.y))];
  const width = Math.max(...elements.map((one) => one.x + one.width)) - x;
  const height = Math.max(...elements.map((one) => one.y + one.height)) - y;
  return { x, y, width, height };
}

/** A finger moves the drawing sideways; up and down it scrolls the page (touch-action in diagram.css). */
function panByTouch(viewer) {
  const place = viewer._container;
  let last = null;
  place.addEventListener('pointerdown', (event) => { last = event.pointerType === 'touch' ? event : null; });
  place.addEventListener('pointermove', (event) => {
    if (!last || last.pointerId !== event.pointerId) return;
    viewer.get('canvas').scroll({ dx: event.clientX - last.clientX, dy: event.clientY - last.clientY });
    last = event;
  });
  for (const end of ['pointerup', 'pointercancel']) place.addEventListener(end, () => { last = null; });
}

/** The buttons above a drawing: data-diagram="in", "out" or "whole". */
document.addEventListener('click', (event) => {
  const button = event.target instanceof Element && event.target.closest('[data-diagram]');
  if (!button) return;
  const host = button.closest('.picture').querySelector('.process-diagram');
  const drawing = drawn.find((one) => one.host === host);
  if (!drawing?.ready) return;
  if (button.dataset.diagram === 'whole') showWhole(drawing.viewer);
  else drawing.viewer.get('zoomScroll').stepZoom(button.dataset.diagram === 'in' ? 1 : -1);
});

function isThere(drawing) {
  return drawing.host.isConnected && drawing.viewer._container.parentNode === drawing.host;
}

/** The drawing to use again in this div: its own, or one whose div was swapped out. */
function drawingFor(host) {
  const same = drawn.filter(({ xml }) => xml === host.dataset.xml);
  return same.find((one) => one.host === host) || same.find((one) => !isThere(one));
}

function forget(drawing) {
  drawing.viewer.destroy();
  drawn = drawn.filter((one) => one !== drawing);
}

async function update(host) {
  drawn.filter((one) => one.host === host && one.xml !== host.dataset.xml).forEach(forget);
  let drawing = drawingFor(host);
  if (!drawing) drawing = await draw(host);
  else if (drawing.ready && drawing.viewer._container.parentNode !== host) drawing.viewer.attachTo(host);
  else if (!drawing.ready) return; // on its way: it reads the marks when it is there
  const first = !drawing.ready;
  drawing.ready = true;
  show(drawing, host);
  mark(drawing, readMarks(host));
  if (first) showWhatMatters(drawing);
}

async function updateAll() {
  const hosts = document.querySelectorAll('.process-diagram[data-xml]');
  await Promise.all([...hosts].map((host) => update(host).catch((error) => fail(host, error))));
  drawn.filter((one) => one.ready && !one.host.isConnected).forEach(forget);
}

/** What stands in the div (the list of steps) is shown again. */
function fail(host, error) {
  console.error('the diagram could not be drawn', error);
  drawn.filter((one) => one.host === host).forEach(forget);
  host.classList.remove('is-drawn');
}

document.addEventListener('htmx:after:swap', updateAll); // htmx 4
document.addEventListener('htmx:afterSwap', updateAll); // htmx 2
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', updateAll);
else updateAll();
