// What bpmn-js itself says, in Chinese. What is missing here is collected while one draws (translation.js), and a test fails on it.
const THINGS = {
  'Task': '任务', 'User task': '用户任务', 'Manual task': '人工任务', 'Service task': '服务任务', 'Send task': '发送任务',
  'Receive task': '接收任务', 'Business rule task': '规则任务', 'Script task': '脚本任务', 'Call activity': '调用活动',
  'Sub-process': '子流程', 'Sub-process (collapsed)': '子流程（折叠）', 'Sub-process (expanded)': '子流程（展开）',
  'Transaction': '事务', 'Event sub-process': '事件子流程', 'Ad-hoc sub-process': '临时子流程',
  'Ad-hoc sub-process (collapsed)': '临时子流程（折叠）', 'Ad-hoc sub-process (expanded)': '临时子流程（展开）',
  'Exclusive gateway': '排他网关', 'Parallel gateway': '并行网关', 'Inclusive gateway': '包容网关',
  'Complex gateway': '复杂网关', 'Event-based gateway': '事件网关',
  'Event based instantiating Gateway': '事件启动网关', 'Parallel Event based instantiating Gateway': '并行事件启动网关',
  'Start event': '开始事件', 'End event': '结束事件', 'Terminate end event': '终止结束事件', 'Boundary event': '边界事件',
  'Intermediate throw event': '中间抛出事件', 'Intermediate event': '中间事件',
  'Sequence flow': '顺序流', 'Conditional flow': '条件流', 'Default flow': '默认流', 'Message flow': '消息流', 'Association': '关联',
  'Data object reference': '数据对象', 'Data store reference': '数据存储', 'Text annotation': '文本注释', 'Group': '分组',
  'Empty pool/participant': '空泳池', 'Expanded pool/participant': '展开的泳池',
  'Empty pool/participant (removes content)': '空泳池（删除内容）', 'Lane': '泳道', 'Pool': '泳池',
};
const TRIGGERS = {
  'Message': '消息', 'Timer': '定时', 'Signal': '信号', 'Conditional': '条件', 'Error': '错误', 'Escalation': '上报',
  'Compensation': '补偿', 'Cancel': '取消', 'Link': '链接',
};
const EVENTS = {
  'start event': '开始事件', 'end event': '结束事件', 'boundary event': '边界事件',
  'intermediate catch event': '中间捕获事件', 'intermediate throw event': '中间抛出事件',
};
const OTHERS = {
  'Activate hand tool': '拖动画布', 'Activate lasso tool': '框选', 'Activate create/remove space tool': '增减空间',
  'Activate global connect tool': '连线', 'Create start event': '开始事件', 'Create end event': '结束事件',
  'Create intermediate/boundary event': '中间事件或边界事件', 'Create gateway': '网关', 'Create task': '任务',
  'Create expanded sub-process': '子流程（展开）', 'Create data object reference': '数据对象',
  'Create data store reference': '数据存储', 'Create pool/participant': '泳池', 'Create group': '分组',
  'Append task': '追加任务', 'Append end event': '追加结束事件', 'Append gateway': '追加网关',
  'Append intermediate/boundary event': '追加中间事件', 'Append receive task': '追加接收任务',
  'Append message intermediate catch event': '追加消息捕获事件', 'Append timer intermediate catch event': '追加定时捕获事件',
  'Append signal intermediate catch event': '追加信号捕获事件',
  'Append conditional intermediate catch event': '追加条件捕获事件', 'Append compensation activity': '追加补偿活动',
  'Add text annotation': '添加注释', 'Add lane above': '在上方添加泳道', 'Add lane below': '在下方添加泳道',
  'Divide into two lanes': '分成两条泳道', 'Divide into three lanes': '分成三条泳道',
  'Connect to other element': '连到其他元素', 'Connect using association': '用关联连接',
  'Connect using data input association': '用数据关联连接',
  'Connect using sequence/message flow or association': '用顺序流、消息流或关联连接',
  'Change element': '更改类型', 'Change type': '更改类型', 'Delete': '删除', 'Remove': '移除', 'Open {element}': '打开{element}',
  'Align elements': '对齐', 'Align elements left': '左对齐', 'Align elements right': '右对齐',
  'Align elements center': '水平居中', 'Align elements top': '顶端对齐', 'Align elements bottom': '底端对齐',
  'Align elements middle': '垂直居中', 'Distribute elements horizontally': '水平等距', 'Distribute elements vertically': '垂直等距',
  'Loop': '循环', 'Parallel multi-instance': '并行多实例', 'Sequential multi-instance': '串行多实例', 'Collection': '集合',
  'Ad-hoc': '临时', 'Participant multiplicity': '参与者多重性', 'Toggle non-interrupting': '切换是否中断',
  'Search in diagram': '在图中查找', 'Search': '查找', 'No matches found': '没有找到', 'Open minimap': '打开缩略图',
  'Close minimap': '关闭缩略图', 'Tasks': '任务', 'Gateways': '网关', 'Events': '事件', 'Sub-processes': '子流程', 'Data': '数据',
  'Participants': '参与者', 'Flow': '顺序流', 'Append element': '追加元素', 'Create element': '创建元素',
  'Create user task': '用户任务', 'Create service task': '服务任务', 'Create exclusive gateway': '排他网关（多选一）',
  'Create parallel gateway': '并行网关（同时进行）', 'Create inclusive gateway': '包容网关（多选多）',
  'Create timer event': '定时事件', 'Append user task': '追加用户任务', 'Append exclusive gateway': '追加排他网关',
  'Append parallel gateway': '追加并行网关', 'flow elements must be children of pools/participants': '流程元素须放在泳池里',
  'no diagram to display': '没有可显示的图', 'no process or collaboration to display': '没有可显示的流程',
  'no parent for {element} in {parent}': '{element} 在 {parent} 中没有上级', 'no shape type specified': '没有说明图形的类型',
  'element required': '缺少元素', 'element {element} referenced by {referenced}#{property} not yet drawn': '{referenced} 的 {property} 所指的 {element} 没有画出',
  'failed to import {element}': '{element} 无法导入', 'already rendered {element}': '{element} 已画过',
  'multiple DI elements defined for {element}': '{element} 有多个图形', 'no bpmnElement referenced in {element}': '{element} 没有指明元素',
  'missing {semantic}#attachedToRef': '{semantic} 没有说明附着在哪里', 'more than {count} child lanes': '泳道超过 {count} 条',
  'out of bounds release': '放在了画布之外', 'diagram not part of bpmn:Definitions': '图不属于 bpmn:Definitions',
  'correcting missing bpmnElement on {plane} to {rootElement}': '{plane} 没有指明元素，按 {rootElement} 处理',
};

function events() {
  const found = {};
  for (const [trigger, zh] of Object.entries(TRIGGERS)) {
    for (const [event, kind] of Object.entries(EVENTS)) {
      found[`${trigger} ${event}`] = `${zh}${kind}`;
      found[`${trigger} ${event} (non-interrupting)`] = `${zh}${kind}（不中断）`;
    }
  }
  return found;
}

export const CHINESE = { ...THINGS, ...events(), ...OTHERS };
