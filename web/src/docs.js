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
    docExpansion: 'list',
    presets: [SwaggerUIBundle.presets.apis],
  });
}
