// What every page of the inside loads: Bootstrap's collapse and dropdown, htmx, and the keyboard.
import './htmx-config.js';
import 'bootstrap/js/dist/collapse';
import 'bootstrap/js/dist/dropdown';
import htmx from 'htmx.org/dist/htmx.esm.js';
import './keys.js';

window.htmx = htmx;
