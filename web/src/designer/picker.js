// Every element of the diagram in a list, for those who don't use a mouse: what is chosen there is selected on the board.
import { is } from 'bpmn-js/lib/util/ModelUtil';

export class Picker {
  constructor(select, board, kind) {
    Object.assign(this, { select, board, kind });
    select.addEventListener('change', () => board.select(select.value, { look: true }));
    board.on('selection.changed', () => { this.fill(); });
    board.on('elements.changed', () => this.fill());
    board.on('import.done', () => this.fill());
  }

  fill() {
    const shown = this.board.get('elementRegistry').filter((one) => one.businessObject && !one.labelTarget && (one.parent || one.waypoints)
      && (is(one, 'bpmn:FlowElement') || is(one, 'bpmn:Participant') || is(one, 'bpmn:Lane')));
    const roots = this.board.get('canvas').getRootElements().filter((one) => is(one, 'bpmn:Process') || is(one, 'bpmn:Collaboration'));
    if (!roots.length) return;
    const entries = [...roots, ...shown].map((one) => [one.id, `${this.kind(one.businessObject)} ${one.businessObject.name || one.id}`]);
    const state = JSON.stringify(entries);
    if (state !== this.state) this.select.replaceChildren(...entries.map(([id, said]) => new Option(said, id)));
    this.state = state;
    this.select.value = this.board.selected().businessObject?.id || roots[0].id; // of a sub-process's own plane, too
  }
}
