// What every page of the inside loads: Bootstrap's collapse and dropdown, htmx, and the keyboard.
import './htmx-config.js';
import 'bootstrap/js/dist/collapse';
import 'bootstrap/js/dist/dropdown';
import htmx from 'htmx.org/dist/htmx.esm.js';
import './keys.js';
import './autosave.js';

window.htmx = htmx;

// A page that has kept itself up to date says so to those who listen to it.
document.addEventListener('htmx:after:swap', () => {
  for (const one of document.querySelectorAll('[data-updated]')) {
    one.textContent = `${one.dataset.updated} ${new Date().toLocaleTimeString(document.documentElement.lang)}`;
  }
});

// The fingerprint of a file that somebody has, computed here: the file does not leave the browser.
document.addEventListener('change', async ({ target }) => {
  if (!target.dataset?.sha256 || !target.files?.length) return;
  const found = await crypto.subtle.digest('SHA-256', await target.files[0].arrayBuffer());
  const hex = [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const said = document.getElementById('compared');
  said.textContent = hex === target.dataset.sha256 ? target.dataset.same : target.dataset.differs;
});
