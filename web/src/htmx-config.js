// htmx reads its settings from a <meta> at the moment it is imported; this module therefore stands before it.
// A page may bring a <meta name="htmx-config"> of its own: then that one counts, and alone.
const settings = {
  includeIndicatorCSS: false, // app.css has these rules: the pages allow no style that a script makes
  mode: 'same-origin',
  history: true,
  noSwap: [204, 304, '4xx', '5xx'], // what is on the page stays while the server is away
};

if (!document.querySelector('meta[name="htmx-config"]')) {
  const meta = document.createElement('meta');
  meta.name = 'htmx-config';
  meta.content = JSON.stringify(settings);
  document.head.append(meta);
}
