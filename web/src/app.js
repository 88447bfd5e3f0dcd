// What every page of the inside loads: Bootstrap's collapse and dropdown, htmx, and the keyboard.
import './htmx-config.js';
import 'bootstrap/js/dist/collapse';
import 'bootstrap/js/dist/dropdown';
import htmx from 'htmx.org/dist/htmx.esm.js';
import './keys.js';

window.htmx = htmx;

// A page that has kept itself up to date says so to those who listen to it.
document.addEventListener('htmx:after:swap', () => {
  for (const one of document.querySelectorAll('[data-updated]')) {
    one.textContent = `${one.dataset.updated} ${new Date().toLocaleTimeString(document.documentElement.lang)}`;
  }
});
