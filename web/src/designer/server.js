// What the page asks the server. Every refusal becomes an Error whose message is for the person who draws.
export class Server {
  constructor({ csrf, who }, t) {
    Object.assign(this, { csrf, who, t });
    this.judging = null;
    this.over = () => ({}); // the item that is drawn for, and the definition that is drawn over
  }

  async ask(path, { body, json, signal, again = true } = {}) {
    const headers = { 'X-CSRF-Token': this.csrf, Accept: 'application/json' };
    const sent = json ? JSON.stringify(json) : body;
    if (sent !== undefined) headers['Content-Type'] = json ? 'application/json' : 'application/xml';
    let answer;
    try {
      answer = await fetch(path, { method: sent === undefined ? 'GET' : 'POST', headers, body: sent, signal, credentials: 'same-origin' });
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw new Error(this.t('server.away'));
    }
    if (answer.status === 401 || (answer.redirected && answer.url.includes('/login'))) throw Object.assign(new Error(this.t('server.logged_out')), { login: true });
    const said = (answer.headers.get('Content-Type') || '').includes('json') ? await answer.json() : {};
    if (answer.status === 403 && said.code === 'csrf' && again && await this.freshToken()) return this.ask(path, { body, json, signal, again: false });
    if (!answer.ok) throw new Error(said.detail || said.message || this.t('server.refused', { status: answer.status }));
    return said;
  }

  /** Who logged in again in another window has another token; this page goes on with it. */
  async freshToken() {
    const page = await fetch('/admin/designer', { credentials: 'same-origin' });
    const read = new DOMParser().parseFromString(await page.text(), 'text/html');
    const { csrf: token, who } = read.querySelector('.designer')?.dataset || {};
    const changed = token && token !== this.csrf && who === this.who;
    if (changed) this.csrf = token;
    return changed;
  }

  open(query) {
    return this.ask(`/admin/designer/open${query}`);
  }

  /** Only the newest question is answered: the ones before are dropped. */
  lint(xml) {
    this.judging?.abort();
    this.judging = new AbortController();
    return this.ask(`/admin/designer/lint?${new URLSearchParams({ profile: 'approval', ...this.over() })}`, { body: xml, signal: this.judging.signal });
  }

  fix(xml, fix, option) {
    return this.ask('/admin/designer/fix?profile=approval', { json: { xml, fix, option } });
  }

  layout(xml) {
    return this.ask('/admin/designer/layout', { body: xml });
  }

  convert(bytes) {
    return this.ask('/admin/designer/convert', { body: bytes });
  }

  changes(xml, against) {
    return this.ask('/admin/designer/changes', { json: { xml, against, ...this.over() } });
  }

  save(what) {
    return this.ask('/admin/designer/save', { json: what });
  }
}
