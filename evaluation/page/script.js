'use strict';
// What the pages of reports have in common; each has a script of its own behind it.
const data = JSON.parse(document.getElementById('data').textContent);

// ---- elements ----
const put = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'tip') tipOn(node, value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(9)) if (child !== undefined && child !== null && child !== false) node.append(child);
  return node;
};
const h = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => put(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
const card = (title, about, ...children) => h('section', {class: 'card'}, h('h2', {}, title), about && h('p', {class: 'about'}, about), children);

const tip = document.getElementById('tip');
const showTip = (text, event) => {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 6)) + 'px';
  tip.style.top = (event.clientY + box.height + 24 > innerHeight ? event.clientY - box.height - 12 : event.clientY + 16) + 'px';
};
const hideTip = () => { tip.hidden = true; };
function tipOn(node, text) {
  node.addEventListener('pointermove', event => showTip(typeof text === 'function' ? text() : text, event));
  node.addEventListener('pointerleave', hideTip);
}
