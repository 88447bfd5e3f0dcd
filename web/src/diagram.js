// Draws every <div class="process-diagram" data-xml data-marks data-label> of the page, now and after htmx swaps one in.
// A div that comes again with the same diagram keeps the viewer (with its zoom) and gets the new marks only.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import './diagram.css';

const STATUSES = new Set(['done', 'current', 'late']);
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
    if (one.badge) viewer.get('overlays').add(one.id, 'mark', { position: { top: -14, left: 0 }, html: badgeOf(one) });
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
  viewer.get('canvas').zoom('fit-viewport', 'auto');
  return drawing;
}

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
  drawing.ready = true;
  show(drawing, host);
  mark(drawing, readMarks(host));
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
