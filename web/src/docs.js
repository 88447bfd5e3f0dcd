// The reference of the API: <div id="swagger-ui" data-url="/..."></div>. It asks no other host for anything.
import SwaggerUIBundle from 'swagger-ui-dist/swagger-ui-bundle.js';
import './docs.css';

const place = document.getElementById('swagger-ui');
if (place) {
  window.ui = SwaggerUIBundle({
    domNode: place,
    url: place.dataset.url,
    validatorUrl: null,
    queryConfigEnabled: false, // ?url=... would show somebody else's text under our name
    persistAuthorization: false,
    deepLinking: true,
    docExpansion: 'none', // swagger-ui 5.35 draws no list at all once over 116 operations stand open
    presets: [SwaggerUIBundle.presets.apis],
  });
}
