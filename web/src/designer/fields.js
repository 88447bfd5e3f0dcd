// One field of the panel as DOM: label, control, help, and what is wrong with what was written.
const DELAY = 600;
/** Two of these stand side by side where there is room. */
const SHORT = new Set(['positive', 'choice']);
let count = 0;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}
export { make };

/** {node, sync(field)}: the drawn field, and how it shows what the diagram says now. */
export function drawField(field, t) {
  count += 1;
  const id = `field-${count}`;
  const drawn = { field, id };
  const control = CONTROLS[field.type]?.(drawn, t) || textControl(drawn, t);
  const problem = make('p', { class: 'field-problem', id: `${id}-problem`, role: 'alert' });
  const help = field.help ? make('p', { class: 'field-help', id: `${id}-help` }, field.help) : null;
  control.input.id = id;
  control.input.setAttribute('aria-describedby', [help && `${id}-help`, `${id}-problem`].filter(Boolean).join(' '));
  control.input.dataset.field = field.key;
  const label = make('label', { for: id }, field.label, ...(field.required ? [make('span', { class: 'must', title: t('required') }, ' *')] : []));
  const parts = field.type === 'boolean' ? [make('div', { class: 'field-check' }, control.node, label)] : [label, control.node];
  drawn.node = make('div', { class: `field${SHORT.has(field.type) ? ' field-short' : ''}` }, ...parts, problem, ...(help ? [help] : []));
  drawn.commit = (value) => {
    const said = drawn.field.check ? drawn.field.check(value) : '';
    problem.textContent = said;
    control.input.setAttribute('aria-invalid', String(Boolean(said)));
    if (!said && value !== drawn.field.read()) drawn.field.write(value);
  };
  drawn.sync = (fresh) => {
    drawn.field = fresh;
    if (document.activeElement !== control.input || !control.isBeingWritten?.()) control.show(fresh);
  };
  control.show(field);
  return drawn;
}

/** Writes after a pause, and at once when one leaves the field or presses Enter. */
function written(drawn, input, value = () => input.value) {
  let timer = 0;
  let touched = false;
  const now = () => {
    clearTimeout(timer);
    if (touched) drawn.commit(value());
    touched = false;
  };
  input.addEventListener('input', (event) => {
    touched = true;
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(now, DELAY);
  });
  input.addEventListener('compositionend', () => { clearTimeout(timer); timer = setTimeout(now, DELAY); });
  input.addEventListener('change', now);
  input.addEventListener('blur', now);
  return { now, isBeingWritten: () => touched };
}

function textControl(drawn) {
  const { field } = drawn;
  const list = field.known?.length ? make('datalist', { id: `${drawn.id}-known` }, ...field.known.map(option)) : null;
  const input = make('input', {
    class: 'form-control form-control-sm', type: 'text', autocomplete: 'off', spellcheck: 'false', placeholder: field.placeholder,
    list: list ? list.id : undefined, inputmode: field.type === 'positive' ? 'numeric' : undefined,
  });
  const { isBeingWritten } = written(drawn, input);
  const echo = field.known?.length ? make('p', { class: 'field-echo' }) : null;
  const show = (fresh) => {
    const value = fresh.read();
    if (input.value !== value) input.value = value;
    if (echo) echo.textContent = fresh.known.find((one) => one.value === value && one.label !== value)?.label || '';
  };
  return { input, node: make('div', {}, input, ...(list ? [list, echo] : [])), show, isBeingWritten };
}

function option({ value, label }) {
  return make('option', { value }, label);
}

function areaControl(drawn) {
  const input = make('textarea', { class: 'form-control form-control-sm code', rows: '2', spellcheck: 'false', placeholder: drawn.field.placeholder });
  const { now, isBeingWritten } = written(drawn, input, () => input.value.trim());
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    now();
  });
  const ready = make('div', { class: 'chips' });
  const take = (value) => drawn.commit(input.value.trim() ? `${input.value.trim()} or ${value}` : value);
  const show = (fresh) => {
    if (input.value !== fresh.read()) input.value = fresh.read();
    const offered = fresh.offered ? fresh.offered() : [];
    ready.replaceChildren(...offered.map(({ value, label }) => make('button', { type: 'button', class: 'chip', title: value, onclick: () => take(value) }, label)));
  };
  return { input, node: make('div', {}, input, ready), show, isBeingWritten };
}

function choiceControl(drawn) {
  const input = make('select', { class: 'form-select form-select-sm' });
  input.addEventListener('change', () => drawn.commit(input.value));
  const show = (fresh) => {
    const value = fresh.read();
    const strange = value && !fresh.choices.some((one) => one.value === value) ? [{ value, label: value }] : [];
    input.replaceChildren(...[{ value: '', label: fresh.none ?? '—' }, ...fresh.choices, ...strange].map(option));
    input.value = value;
  };
  return { input, node: input, show };
}

function checkControl(drawn) {
  const input = make('input', { class: 'form-check-input', type: 'checkbox' });
  input.addEventListener('change', () => drawn.commit(String(input.checked)));
  return { input, node: input, show: (fresh) => { input.checked = ['true', '1'].includes(fresh.read()); } };
}

/** `code=label,code=label` as rows of two; the first input stands for the field. */
function rowsControl(drawn, t) {
  const rows = make('div', { class: 'label-rows' });
  const value = () => [...rows.children].map((row) => [...row.querySelectorAll('input')].map((one) => one.value.trim()))
    .filter(([code, label]) => code || label).map(([code, label]) => (label ? `${code}=${label}` : code)).join(',');
  const parts = [];
  const row = (code = '', label = '') => {
    const inputs = [[code, t('labels.code')], [label, t('labels.label')]].map(([text, said]) => make('input', {
      class: 'form-control form-control-sm', type: 'text', value: text, placeholder: said, 'aria-label': `${drawn.field.label} ${said}`, autocomplete: 'off',
    }));
    parts.push(...inputs.map((input) => written(drawn, input, value)));
    const remove = make('button', { type: 'button', class: 'btn btn-sm btn-link', 'aria-label': t('labels.remove', { name: label || code }) }, '×');
    const made = make('div', { class: 'label-row' }, ...inputs, remove);
    remove.addEventListener('click', () => { made.remove(); drawn.commit(value()); });
    return made;
  };
  const add = make('button', { type: 'button', class: 'btn btn-sm btn-link add' }, t('labels.add'));
  add.addEventListener('click', () => { rows.append(row()); rows.lastChild.querySelector('input').focus(); });
  const input = make('div', { role: 'group', 'aria-label': drawn.field.label });
  input.append(rows, add);
  const show = (fresh) => {
    const said = fresh.read();
    if (said === value() && rows.children.length) return;
    if (rows.contains(document.activeElement) && parts.some((one) => one.isBeingWritten())) return;
    parts.length = 0;
    const pairs = said ? said.split(/[,，]/).map((one) => one.split(/=(.*)/s).slice(0, 2).map((part) => part.trim())) : [];
    rows.replaceChildren(...pairs.map(([code, label]) => row(code, label)));
  };
  return { input, node: input, show };
}

/** Tasks of the diagram to tick, by their names; what is named and not among them can be taken away. */
function tasksControl(drawn, t) {
  const input = make('div', { role: 'group', 'aria-label': drawn.field.label });
  let drawnFor = null;
  const value = () => [...input.querySelectorAll('input:checked')].map((box) => box.value).join(',');
  const row = ({ value: task, label }, n) => {
    const id = `${drawn.id}-${n}`;
    const box = make('input', { class: 'form-check-input', type: 'checkbox', id, value: task, onchange: () => drawn.commit(value()) });
    return make('div', { class: 'field-check' }, box, make('label', { for: id, title: task }, label));
  };
  const show = (fresh) => {
    const chosen = fresh.read().split(/[,，]/).map((one) => one.trim()).filter(Boolean);
    const before = fresh.tasks();
    const tasks = [...before, ...chosen.filter((id) => !before.some((one) => one.value === id)).map((id) => ({ value: id, label: id }))];
    const said = JSON.stringify(tasks);
    if (said !== drawnFor) input.replaceChildren(...(tasks.length ? tasks.map(row) : [make('p', { class: 'field-echo' }, t('tasks.none'))]));
    drawnFor = said;
    for (const box of input.querySelectorAll('input')) box.checked = chosen.includes(box.value);
  };
  return { input, node: input, show };
}

const CONTROLS = { expression: areaControl, choice: choiceControl, boolean: checkControl, labels: rowsControl, tasks: tasksControl };
