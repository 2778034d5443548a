(() => {
const {axes, objectives, workloads, points, designs} = data;

// ---- points ----
const nameOf = point => [designs.length > 1 || !axes.length ? designs[point.design] : null,
  ...axes.map((axis, i) => `${axis.name} = ${axis.labels[point.at[i]]}`)].filter(Boolean).join(', ');
// Of a workload, or of all: -1.
const valueOf = (point, objective, workload) =>
  workload < 0 ? point.total[objective] : (point.runs[workload].values || [])[objective];
const titleOf = objective => objectives[objective].name;
const withUnit = objective => objectives[objective].name + (objectives[objective].unit ? ` (${objectives[objective].unit})` : '');
const tipOf = (point, workload) => `${nameOf(point)}\n` +
  objectives.map((o, i) => `${o.name}: ${amount(valueOf(point, i, workload), o.unit)}`).join('\n');
const isBetter = (objective, a, b) => objectives[objective].most ? a > b : a < b;
const bestOf = (objective, workload, among = points) => among.reduce((best, point) => {
  const value = valueOf(point, objective, workload);
  return isThere(value) && (!best || isBetter(objective, value, valueOf(best, objective, workload))) ? point : best;
}, null);

const runsOf = state => points.flatMap(point => point.runs.map((run, i) => ({point, run, workload: i})))
  .filter(each => each.run.state === state);
const failed = runsOf('failed'), waiting = runsOf('waiting').length;
const odd = runsOf('done').filter(each => each.run.different);

// ---- choices ----
const select = (label, options, value, change) => {
  const node = h('select', {onchange: () => change(Number(node.value))},
    options.map(([key, text]) => h('option', {value: key, selected: key === value}, text)));
  return h('label', {}, label, node);
};
const workloadOptions = [...(workloads.length > 1 ? [[-1, 'all (geometric mean)']] : []), ...workloads.map((w, i) => [i, w.name])];
const firstWorkload = workloads.length > 1 ? -1 : 0;
const objectiveOptions = objectives.map((o, i) => [i, withUnit(i)]);
// A card whose inside is drawn again when a choice changes.
const chooser = (title, about, state, tools, draw) => {
  const inside = h('div', {});
  const bar = h('div', {class: 'tools'});
  const change = changes => { Object.assign(state, changes); redraw(); };
  const redraw = () => {
    bar.replaceChildren(...tools(state, change));
    inside.replaceChildren(...[draw(state, change)].flat());
  };
  redraw();
  return card(title, about, bar, inside);
};

// ---- scales ----
const NARROW = innerWidth < 720;
const W = NARROW ? 380 : 560, H = NARROW ? 280 : 340, LEFT = 78, BOTTOM = 40, TOP = 12, RIGHT = 16;
// `least`: what it spans at least, so that next to nothing does not look like much.
const scaleOf = (values, logarithmic, from, to, least = 0) => {
  const of = logarithmic ? Math.log : value => value;
  let low = Math.min(...values.map(of)), high = Math.max(...values.map(of));
  if (low === high) { low -= logarithmic ? 0.1 : Math.abs(low) * 0.1 || 1; high += logarithmic ? 0.1 : Math.abs(high) * 0.1 || 1; }
  const more = Math.max(0, least - (high - low)) / 2;
  low -= more; high += more;
  const margin = (high - low) * 0.06;
  low -= margin; high += margin;
  const scale = value => from + (of(value) - low) / (high - low) * (to - from);
  const ticks = [];
  const count = NARROW ? 4 : 5;
  for (let i = 0; i < count; ++i) {
    const at = low + (i + 0.5) * (high - low) / count;
    ticks.push(logarithmic ? Math.exp(at) : at);
  }
  scale.ticks = ticks;
  return scale;
};
const frame = (x, y, xTitle, yTitle, xText, yText) => [
  s('line', {class: 'axis', x1: LEFT, x2: W - RIGHT, y1: H - BOTTOM, y2: H - BOTTOM}),
  s('line', {class: 'axis', x1: LEFT, x2: LEFT, y1: TOP, y2: H - BOTTOM}),
  x.ticks.map(v => s('text', {class: 'dim', x: x(v), y: H - BOTTOM + 16, 'text-anchor': 'middle'}, xText(v))),
  y.ticks.map(v => s('text', {class: 'dim', x: LEFT - 6, y: y(v) + 4, 'text-anchor': 'end'}, yText(v))),
  s('text', {x: (LEFT + W - RIGHT) / 2, y: H - 6, 'text-anchor': 'middle'}, xTitle),
  s('text', {x: 14, y: (TOP + H - BOTTOM) / 2, 'text-anchor': 'middle', transform: `rotate(-90 14 ${(TOP + H - BOTTOM) / 2})`}, yTitle)];

// ---- trade-off ----
// What may lie along a side: an objective, or an axis that has numbers.
const sides = [...objectives.map((o, i) => ({title: withUnit(i), unit: o.unit, most: o.most, of: (p, w) => valueOf(p, i, w)})),
  ...axes.map((axis, i) => ({title: axis.name, unit: '', axis: true, of: p => axis.numbers[p.at[i]]})).filter((side, i) => axes[i].numbers.every(isThere))];
const sideOptions = sides.map((side, i) => [i, side.title]);
// Points that no other one beats in both.
const frontOf = (dots, x, y) => {
  const sorted = dots.slice().sort((a, b) => (x.most ? b.x - a.x : a.x - b.x) || (y.most ? b.y - a.y : a.y - b.y));
  const front = [];
  for (const dot of sorted)
    if (!front.length || (y.most ? dot.y > front[front.length - 1].y : dot.y < front[front.length - 1].y)) front.push(dot);
  return front;
};
const drawTradeOff = ({workload, x: xSide, y: ySide}) => {
  const x = sides[xSide], y = sides[ySide];
  const dots = points.map(point => ({point, x: x.of(point, workload), y: y.of(point, workload)}))
    .filter(dot => isThere(dot.x) && isThere(dot.y));
  if (!dots.length) return h('p', {class: 'dim'}, 'No point has both numbers yet.');
  const log = side => dots.every(dot => dot[side] > 0);
  const xs = scaleOf(dots.map(d => d.x), log('x'), LEFT, W - RIGHT), ys = scaleOf(dots.map(d => d.y), log('y'), H - BOTTOM, TOP);
  const front = frontOf(dots, x, y), on = new Set(front.map(d => d.point));
  return [s('svg', {viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `${y.title} over ${x.title}`},
    frame(xs, ys, x.title, y.title, v => amount(v, x.unit), v => amount(v, y.unit)),
    s('polyline', {class: 'front-line', points: front.map(d => `${xs(d.x)},${ys(d.y)}`).join(' ')}),
    dots.sort((a, b) => on.has(a.point) - on.has(b.point)).map(d => s('circle', {class: 'dot' + (on.has(d.point) ? ' front' : ''), cx: xs(d.x), cy: ys(d.y),
      r: on.has(d.point) ? 5 : 3.5, tip: () => tipOf(d.point, workload)}))),
    h('div', {class: 'scroll'}, h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, 'on the front'), h('th', {class: 'n'}, x.title), h('th', {class: 'n'}, y.title))),
      h('tbody', {}, front.slice(0, 12).map(d => h('tr', {}, h('td', {}, nameOf(d.point)), h('td', {class: 'n'}, amount(d.x, x.unit)), h('td', {class: 'n'}, amount(d.y, y.unit))))))),
    front.length > 12 && h('p', {class: 'dim'}, `and ${front.length - 12} more`)].filter(Boolean);
};
const tradeOff = () => chooser('Trade-off', 'Each dot is a design; those on the line are beaten by no other one in both numbers.',
  {workload: firstWorkload, x: objectives.length > 1 ? 1 : Math.min(1, sides.length - 1), y: 0},
  (state, change) => [select('across', sideOptions, state.x, x => change({x})), select('up', sideOptions, state.y, y => change({y})),
    select('workload', workloadOptions, state.workload, workload => change({workload}))], drawTradeOff);

// ---- sensitivity ----
const drawLevels = (axis, levels) => {
  const w = 260, hh = 110, known = levels.map((v, i) => [i, v]).filter(([, v]) => isThere(v));
  if (known.length < 2) return h('p', {class: 'dim'}, 'No two neighbours can be compared.');
  const y = scaleOf(known.map(([, v]) => v), true, hh - 22, 14, Math.log(1.2));
  const x = i => 34 + (levels.length > 1 ? i / (levels.length - 1) : 0) * (w - 64);
  const every = Math.ceil(levels.length / 6);
  return s('svg', {viewBox: `0 0 ${w} ${hh}`, role: 'img', 'aria-label': `along ${axis.name}`},
    s('line', {class: 'axis', x1: 24, x2: w - 20, y1: y(1), y2: y(1), 'stroke-dasharray': '3 3'}),
    s('polyline', {class: 'trend', points: known.map(([i, v]) => `${x(i)},${y(v)}`).join(' ')}),
    known.map(([i, v]) => s('circle', {class: 'mark', cx: x(i), cy: y(v), r: 4, tip: () => `${axis.name} = ${axis.labels[i]}\n${factor(v)} of ${axis.labels[0]}`})),
    axis.labels.map((label, i) => i % every === 0 && s('text', {class: 'dim', x: x(i), y: hh - 5, 'text-anchor': 'middle'}, label.length > 9 ? label.slice(0, 8) + '\u2026' : label)),
    known.filter(([i]) => i > 0 && (i === known[known.length - 1][0])).map(([i, v]) => s('text', {x: Math.min(x(i), w - 24), y: y(v) - 8, 'text-anchor': 'middle'}, factor(v))));
};
const drawSensitivity = ({objective, workload}) => {
  const list = data.sensitivity.filter(each => each.objective === objective && (each.workload === null ? -1 : each.workload) === workload);
  const strength = each => each.doubling ? Math.abs(Math.log(each.doubling)) : Math.abs(Math.log(each.levels.filter(isThere).pop() || 1)) / 8;
  return h('div', {class: 'small-charts'}, list.sort((a, b) => strength(b) - strength(a)).map(each => {
    const axis = axes[each.axis];
    return h('figure', {}, h('figcaption', {}, axis.name),
      h('div', {class: 'gain'}, each.doubling ? `twice as much: ${titleOf(objective)} ${factor(each.doubling)}` : `${each.pairs} pairs of neighbours`),
      drawLevels(axis, each.levels));
  }));
};
const sensitivity = () => axes.length > 0 && chooser('What each axis buys',
  'How an objective changes along an axis while everything else stays: geometric means over all pairs of neighbours. The strongest axis is first.',
  {objective: 0, workload: -1}, (state, change) => [select('objective', objectiveOptions, state.objective, objective => change({objective})),
    workloads.length > 1 && select('workload', workloadOptions, state.workload, workload => change({workload}))].filter(Boolean), drawSensitivity);

// ---- heat map ----
const designAxis = {name: 'design', labels: designs};
const places = [...(designs.length > 1 ? [designAxis] : []), ...axes];
const placeOf = (point, axis) => axis === designAxis ? point.design : point.at[axes.indexOf(axis)];
const drawHeat = ({rows, columns, objective, workload}) => {
  const down = places[rows], across = places[columns];
  const cells = down.labels.map((_, r) => across.labels.map((_, c) =>
    bestOf(objective, workload, points.filter(p => placeOf(p, down) === r && placeOf(p, across) === c))));
  const values = cells.flat().filter(Boolean).map(p => valueOf(p, objective, workload));
  const log = values.every(v => v > 0), of = v => log ? Math.log(v) : v;
  const low = Math.min(...values.map(of)), high = Math.max(...values.map(of));
  const strength = v => { const part = high > low ? (of(v) - low) / (high - low) : 0; return objectives[objective].most ? part : 1 - part; };
  return h('div', {class: 'scroll'}, h('table', {class: 'heat'},
    h('tr', {}, h('th', {}, `${down.name} \u2193  ${across.name} \u2192`), across.labels.map(l => h('th', {}, l))),
    down.labels.map((label, r) => h('tr', {}, h('th', {}, label), cells[r].map(point => {
      if (!point) return h('td', {class: 'none'}, '\u2013');
      const v = valueOf(point, objective, workload);
      return h('td', {style: `background: rgba(var(--heat), ${(0.06 + 0.5 * strength(v)).toFixed(3)})`, tip: () => tipOf(point, workload)}, amount(v, objectives[objective].unit));
    })))));
};
const heat = () => places.length > 1 && chooser('Heat map', 'The best that each pair of values reaches, whatever the other axes are; the stronger the colour, the better.',
  {rows: 0, columns: 1, objective: 0, workload: firstWorkload}, (state, change) => [
    select('down', places.map((a, i) => [i, a.name]), state.rows, rows => change({rows, columns: rows === state.columns ? state.rows : state.columns})),
    select('across', places.map((a, i) => [i, a.name]), state.columns, columns => change({columns, rows: columns === state.rows ? state.columns : state.rows})),
    select('objective', objectiveOptions, state.objective, objective => change({objective})),
    workloads.length > 1 && select('workload', workloadOptions, state.workload, workload => change({workload}))].filter(Boolean), drawHeat);

// ---- table ----
const columns = [
  {title: 'point', text: p => String(p.number), key: p => p.number, number: true},
  ...(designs.length > 1 ? [{title: 'design', text: p => designs[p.design], key: p => p.design}] : []),
  ...axes.map((axis, i) => ({title: axis.name, text: p => axis.labels[p.at[i]], key: p => p.at[i], number: axis.numbers.every(isThere)})),
  ...objectives.flatMap((o, i) => (workloads.length > 1 ? [[-1, 'all'], ...workloads.map((w, k) => [k, w.name])] : [[0, '']]).map(([k, name]) =>
    ({title: name ? `${o.name}, ${name}` : o.name, text: p => amount(valueOf(p, i, k), o.unit), key: p => valueOf(p, i, k), number: true}))),
  ...(points.some(p => p.runs.some(run => run.profile)) ? [{title: 'profiles', key: p => p.front, text: p => h('span', {},
    p.runs.map((run, i) => run.profile && [h('a', {href: run.profile}, workloads.length > 1 ? workloads[i].name : 'profile'), ' ']))}] : []),
  {title: 'design file', text: p => h('a', {href: p.file}, 'toml'), key: p => p.file},
];
const ROWS = 200;
const allPoints = () => chooser('All points', 'A mark at the left: no other point beats it in every objective. Heads sort.',
  {by: columns.findIndex(c => c.title.startsWith(objectives[0].name)), down: false, rows: ROWS},
  (state, change) => points.length > state.rows ? [h('span', {class: 'dim'}, `${state.rows} of ${points.length} are shown`),
    h('button', {type: 'button', onclick: () => change({rows: points.length})}, 'show all')] : [],
  (state, change) => {
    const sorted = points.slice().sort((a, b) => {
      const x = columns[state.by].key(a), y = columns[state.by].key(b);
      if (!isThere(x) || !isThere(y)) return isThere(y) - isThere(x);
      return (x < y ? -1 : x > y ? 1 : a.number - b.number) * (state.down ? -1 : 1);
    });
    const body = h('tbody', {}, sorted.slice(0, state.rows).map(p => h('tr', {class: p.front && 'front'},
      columns.map(c => h('td', {class: c.number ? 'n' : 'word'}, c.text(p))))));
    const head = h('tr', {});
    columns.forEach((c, i) => head.append(h('th', {class: c.number && 'n', 'aria-sort': i === state.by ? (state.down ? 'descending' : 'ascending') : undefined},
      h('button', {type: 'button', onclick: () => change({by: i, down: i === state.by && !state.down})},
        c.title + (i === state.by ? (state.down ? ' \u2193' : ' \u2191') : '')))));
    return h('div', {class: 'scroll tall'}, h('table', {}, h('thead', {}, head), body));
  });

// ---- the rest ----
const best = () => card('Best points', workloads.length > 1 ? `Of ${workloads.length} workloads, by the geometric mean.` : `Of ${workloads[0].name}.`,
  h('div', {class: 'tiles'}, objectives.map((o, i) => {
    const point = bestOf(i, firstWorkload);
    return h('div', {class: 'tile'}, h('div', {class: 'name'}, `${o.most ? 'most' : 'least'} ${o.name}`),
      h('div', {class: 'value'}, point ? amount(valueOf(point, i, firstWorkload), o.unit) : '\u2013'),
      h('div', {class: 'where'}, point ? nameOf(point) : 'no point is done'));
  })));

const faults = () => failed.length > 0 && card('Failed', 'These runs failed each time; the others are not touched by it.',
  h('ul', {class: 'notes'}, failed.slice(0, 50).map(({point, run, workload}) => h('li', {class: 'note'},
    `${workloads[workload].name} on ${nameOf(point)}: ${run.reason} `, h('a', {href: run.log}, 'log')))),
  failed.length > 50 && h('p', {class: 'dim'}, `and ${failed.length - 50} more, in sweep.json`));

const accuracy = () => {
  const said = new Map();
  for (const point of points) said.set(point.accuracy, (said.get(point.accuracy) || 0) + 1);
  return card('How sure this is', 'Times are those of the cycle model. What it was compared with, and how far it was off, is said by each design.',
    h('div', {class: 'scroll'}, h('table', {}, h('tbody', {}, [...said].sort((a, b) => b[1] - a[1]).map(([text, count]) =>
      h('tr', {}, h('td', {class: 'word'}, `${count} point${count === 1 ? '' : 's'}`), h('td', {}, text)))))),
    odd.length > 0 && h('p', {class: 'note'}, `In ${odd.length} runs some launch left other results than when it was recorded, as sums of floats by atomics do: sweep.json says which.`));
};

const contents = () => card('What was run', null, h('div', {class: 'scroll'}, h('table', {}, h('tbody', {},
  workloads.map(w => h('tr', {}, h('td', {class: 'word'}, w.name), h('td', {}, w.source, w.choice.length ? ` (${w.choice.join(' ')})` : ''))),
  objectives.map(o => h('tr', {}, h('td', {class: 'word'}, o.name), h('td', {}, `${o.formula}, ${o.most ? 'the most' : 'the least'} is best`)))))));

head(data.title, [badge(points.length, 'points'), badge(workloads.length, workloads.length === 1 ? 'workload' : 'workloads'),
  ...(data.excluded ? [badge(data.excluded, 'left out by conditions')] : []), ...(data.invalid ? [badge(data.invalid, 'are no designs')] : []),
  ...(waiting ? [badge(waiting, 'runs to come', true)] : []), ...(failed.length ? [badge(failed.length, 'runs failed', true)] : []),
  h('span', {class: 'badge'}, `Kiesel ${data.kiesel}`)]);

document.getElementById('main').append(...[best(), h('div', {class: 'grid'}, ...[tradeOff(), heat()].filter(Boolean)), sensitivity(), allPoints(), faults(), accuracy(), contents()].filter(Boolean));
})();
