// What became of another tool's settings when its file was imported: shown where there is something to know.
import { make } from './fields.js';

const KINDS = ['refused', 'dropped', 'translated', 'kept'];

export function showReport(report, t) {
  const found = KINDS.filter((kind) => report?.[kind]?.length);
  if (!found.some((kind) => kind !== 'kept')) return;
  const dialog = document.getElementById('import-report');
  const place = dialog.querySelector('[data-place="report"]');
  place.replaceChildren(...found.map((kind) => section(kind, report[kind], t)));
  dialog.showModal();
}

function section(kind, entries, t) {
  const rows = entries.map((one) => make('tr', {}, make('td', {}, one.name || one.element || t('none')), make('td', {}, one.what), make('td', {}, one.into || one.reason || '')));
  const head = ['kind.element', 'report.setting', 'report.became'].map((key) => make('th', { scope: 'col' }, t(key)));
  return make('section', { class: `report-${kind}` }, make('h3', {}, `${t(`report.${kind}`)} ${entries.length}`),
    make('table', { class: 'table table-sm' }, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows)));
}
