// What was drawn before, step by step. bpmn-js undoes its own commands; where a whole diagram took the place of another (a mend,
// an import), the states that had come to rest are gone back to. What is not saved is kept in the browser.
const MOST = 50;
const MOST_CHARACTERS = 20_000_000;

export class History {
  constructor(kept) {
    this.kept = kept;
    this.states = [];
    this.at = -1;
    this.saved = null;
  }

  get now() {
    return this.states[this.at];
  }

  get isSaved() {
    return this.now === this.saved;
  }

  get canGoBack() {
    return this.at > 0;
  }

  get canGoOn() {
    return this.at < this.states.length - 1;
  }

  /** Begin anew with what is stored. */
  begin(xml) {
    this.states = [xml];
    this.at = 0;
    this.saved = xml;
  }

  /** The diagram has come to rest: a new state, or one that undo or redo came back to. */
  settle(xml) {
    if (xml === this.now) return;
    if (xml === this.states[this.at - 1]) this.at -= 1;
    else if (xml === this.states[this.at + 1]) this.at += 1;
    else {
      this.states = [...this.states.slice(0, this.at + 1), xml].slice(-Math.max(2, Math.min(MOST, Math.floor(MOST_CHARACTERS / xml.length))));
      this.at = this.states.length - 1;
    }
    this.keep();
  }

  back() {
    this.at -= 1;
    this.keep();
    return this.now;
  }

  on() {
    this.at += 1;
    this.keep();
    return this.now;
  }

  markSaved() {
    this.saved = this.now;
    this.keep();
  }

  keep() {
    try {
      if (this.isSaved) localStorage.removeItem(this.kept);
      else localStorage.setItem(this.kept, JSON.stringify({ xml: this.now, at: Date.now() }));
    } catch {
      this.forget(); // no room: the warning on leaving the page still stands
    }
  }

  /** What was left unsaved the last time: {xml, at} or null. */
  left() {
    try {
      return JSON.parse(localStorage.getItem(this.kept));
    } catch {
      return null;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.kept);
    } catch {
      // a browser that keeps nothing
    }
  }
}
