// Palette, context pad and replace menu: what runs here comes first, what the lint refuses is not offered.
const EVERYDAY = ['hand-tool', 'lasso-tool', 'space-tool', 'global-connect-tool', 'tool-separator'];
const LAST = ['create.participant-expanded', 'create.group'];
/** What the palette offers: [id, type, icon, title, more]. */
const CREATED = [
  ['create.start-event', 'bpmn:StartEvent', 'start-event-none', 'Create start event'],
  ['create.end-event', 'bpmn:EndEvent', 'end-event-none', 'Create end event'],
  ['create.user-task', 'bpmn:UserTask', 'user-task', 'Create user task'],
  ['create.service-task', 'bpmn:ServiceTask', 'service-task', 'Create service task'],
  ['create.exclusive-gateway', 'bpmn:ExclusiveGateway', 'gateway-xor', 'Create exclusive gateway'],
  ['create.parallel-gateway', 'bpmn:ParallelGateway', 'gateway-parallel', 'Create parallel gateway'],
  ['create.inclusive-gateway', 'bpmn:InclusiveGateway', 'gateway-or', 'Create inclusive gateway'],
  ['create.timer-event', 'bpmn:IntermediateCatchEvent', 'intermediate-event-catch-timer', 'Create timer event',
    { eventDefinitionType: 'bpmn:TimerEventDefinition' }],
];
const APPENDED = [
  ['append.append-task', 'bpmn:UserTask', 'user-task', 'Append user task'],
  ['append.gateway', 'bpmn:ExclusiveGateway', 'gateway-xor', 'Append exclusive gateway'],
  ['append.parallel-gateway', 'bpmn:ParallelGateway', 'gateway-parallel', 'Append parallel gateway'],
];
/** The lint refuses these wherever they stand (docs/bpmn-support.md). */
const REFUSED = /script-task|complex-gateway|event-subprocess|ad-?hoc|compensation|conditional-(start|intermediate|boundary)|replace-with-.*instantiating/;

function Palette(palette, create, elementFactory, translate) {
  const entry = ([id, type, icon, title, more = {}]) => {
    const begin = (event) => create.start(event, elementFactory.createShape({ type, ...more }));
    return [id, { group: 'everyday', className: `bpmn-icon-${icon}`, title: translate(title), action: { dragstart: begin, click: begin } }];
  };
  this.getPaletteEntries = () => (entries) => {
    const pick = (names) => names.filter((name) => entries[name]).map((name) => [name, entries[name]]);
    const sub = entries['create.subprocess-expanded'] ? [['create.subprocess-expanded', { ...entries['create.subprocess-expanded'], group: 'everyday' }]] : [];
    return Object.fromEntries([...pick(EVERYDAY), ...CREATED.map(entry), ...sub, ...pick(LAST)]);
  };
  palette.registerProvider(500, this);
}
Palette.$inject = ['palette', 'create', 'elementFactory', 'translate'];

function Pad(contextPad, create, elementFactory, autoPlace, translate) {
  const entry = (element, [id, type, icon, title]) => {
    const shape = () => elementFactory.createShape({ type });
    const click = (_, source) => autoPlace.append(source, shape());
    const dragstart = (event, source) => create.start(event, shape(), { source });
    return [id, { group: 'model', className: `bpmn-icon-${icon}`, title: translate(title), action: { click, dragstart } }];
  };
  this.getContextPadEntries = (element) => (entries) => {
    if (!entries['append.append-task']) return entries;
    const own = APPENDED.map((one) => entry(element, one));
    const left = Object.entries(entries).filter(([id]) => !own.some(([mine]) => mine === id) && !REFUSED.test(id));
    return Object.fromEntries([...own, ...left]);
  };
  contextPad.registerProvider(500, this);
}
Pad.$inject = ['contextPad', 'create', 'elementFactory', 'autoPlace', 'translate'];

function Menu(popupMenu) {
  const kept = (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => !REFUSED.test(id)));
  const provider = { getPopupMenuEntries: () => kept, getPopupMenuHeaderEntries: () => kept };
  popupMenu.registerProvider('bpmn-replace', 500, provider);
}
Menu.$inject = ['popupMenu'];

/** An extension element stays with what it may stand on: a user task that becomes a service task loses its assignment. */
function AllowedIn(eventBus) {
  eventBus.on('moddleCopy.canCopyProperty', ({ parent, property }) => {
    const allowed = property?.$type && property.$model?.getTypeDescriptor(property.$type)?.meta?.allowedIn;
    if (!allowed) return undefined;
    let host = parent;
    while (host && !host.$instanceOf('bpmn:FlowElement') && !host.$instanceOf('bpmn:Process')) host = host.$parent;
    return host && !allowed.includes(host.$type) ? false : undefined;
  });
}
AllowedIn.$inject = ['eventBus'];

/** Several commands as one step of undo. */
function Together(commandStack) {
  commandStack.register('onewindow.together', { preExecute: ({ steps }) => steps() });
}
Together.$inject = ['commandStack'];

export const tools = {
  __init__: ['owPalette', 'owPad', 'owMenu', 'owAllowedIn', 'owTogether'],
  owPalette: ['type', Palette],
  owPad: ['type', Pad],
  owMenu: ['type', Menu],
  owAllowedIn: ['type', AllowedIn],
  owTogether: ['type', Together],
};
