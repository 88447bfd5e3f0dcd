// The keyboard: data-key="n" on an element clicks it (or focuses it, when one writes in it) at the press of that key, and
// Ctrl+Enter submits the form that has the focus. <html data-keys="off"> turns the single keys off (WCAG 2.1.4).
const FIELD = 'input, textarea, select, [contenteditable=""], [contenteditable="true"], [role="textbox"]';
const NOT_WRITTEN_IN = new Set(['button', 'checkbox', 'image', 'radio', 'reset', 'submit', 'file', 'color', 'range']);

function isField(element) {
  return element.matches(FIELD) && !NOT_WRITTEN_IN.has(element.type);
}

function submitWithFocus(target) {
  const form = target.form || target.closest('form');
  if (!form) return false;
  const button = [...form.elements].find((one) => one.type === 'submit');
  if (button?.disabled) return false;
  form.requestSubmit(button);
  return true;
}

function pressKey(key) {
  if (document.documentElement.dataset.keys === 'off') return false;
  const found = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
  const element = [...found].find((one) => !one.disabled && one.getClientRects().length);
  if (!element) return false;
  if (isField(element)) element.focus();
  else element.click();
  return true;
}

// Whether single keys work is remembered by the browser.
function showKeys() {
  const off = localStorage.getItem('keys') === 'off';
  document.documentElement.dataset.keys = off ? 'off' : 'on';
  for (const one of document.querySelectorAll('[data-keys-toggle]')) one.textContent = off ? one.dataset.off : one.dataset.on;
}
showKeys();
document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element) || !event.target.closest('[data-keys-toggle]')) return;
  localStorage.setItem('keys', document.documentElement.dataset.keys === 'off' ? 'on' : 'off');
  showKeys();
});

// What works with a script only is shown with a script only.
document.documentElement.classList.add('has-script');
document.addEventListener('click', (event) => {
  if (event.target instanceof Element && event.target.closest('[data-print]')) window.print();
});

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat || !(event.target instanceof Element)) return;
  const control = event.ctrlKey || event.metaKey;
  let done = false;
  if (control && event.key === 'Enter') done = submitWithFocus(event.target);
  else if (!control && !event.altKey && !isField(event.target)) done = pressKey(event.key);
  if (done) event.preventDefault();
});
