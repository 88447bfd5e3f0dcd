// The language of bpmn-js's own words. What has no Chinese is collected in `missing`.
import { CHINESE } from './chinese.js';

export function translation(lang) {
  const missing = new Set();
  const translate = (template, values = {}) => {
    const said = lang === 'en' ? template : CHINESE[template];
    if (said === undefined) missing.add(template);
    return (said ?? template).replace(/{([^}]+)}/g, (whole, name) => (name in values ? values[name] : whole));
  };
  return { missing, module: { translate: ['value', translate] } };
}
