// What the pages of runs on designs have in common.
// ---- numbers ----
const digits = value => {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e5) return String(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toPrecision(3);
};
const PREFIXES = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, '\u00b5'], [1e-9, 'n']];
const isThere = value => value !== undefined && value !== null;
const short = value => {
  if (!isThere(value)) return '\u2013';
  if (value === 0 || (Math.abs(value) >= 0.01 && Math.abs(value) < 1e5)) return digits(value);
  const [by, prefix] = PREFIXES.find(([each]) => Math.abs(value) >= each) || PREFIXES[PREFIXES.length - 1];
  return digits(value / by) + '\u2009' + prefix;
};
const amount = (value, unit) => {
  if (!isThere(value) || !unit) return short(value);
  const [by, prefix] = PREFIXES.find(([each]) => Math.abs(value) >= each) || [1, ''];
  return digits(value / by) + '\u2009' + prefix + unit;
};
const factor = value => '\u00d7' + (value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toPrecision(2));

// ---- head ----
const badge = (value, text, warn) => h('span', {class: 'badge' + (warn ? ' warn' : '')}, h('b', {}, value), ' ' + text);
const head = (title, badges) => {
  document.getElementById('title').textContent = title;
  document.title = 'Kiesel: ' + title;
  document.getElementById('badges').append(...badges);
};

const button = document.getElementById('theme');
const theme = dark => {
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  button.textContent = dark ? 'Light' : 'Dark';
};
const darkMode = matchMedia('(prefers-color-scheme: dark)');
theme(darkMode.matches);
darkMode.addEventListener('change', event => theme(event.matches));
button.addEventListener('click', () => theme(document.documentElement.dataset.theme !== 'dark'));
