(() => {
const {designs, workloads, size} = data;
const done = run => run.state === 'done';
const percent = share => Number((100 * share).toPrecision(2)) + '\u2009%';
const meter = (share, text, kind = '') => h('span', {class: 'meter ' + kind}, h('i', {}, h('b', {style: `width: ${Math.min(100, 100 * share).toFixed(1)}%`})), h('span', {}, text));
const figure = (run, id) => run.figures ? run.figures[id] : undefined;
const rate = (value, by, unit) => isThere(value) ? amount(value * by, unit) : '\u2013';
const states = {waiting: 'to come', failed: 'failed'};
const nameCell = (i, run) => h('td', {class: 'word', tip: `${workloads[i].about}\n${workloads[i].command.join(' ')}`},
  run && run.profile ? h('a', {href: run.profile}, workloads[i].name) : workloads[i].name);

// ---- one design ----
const limitTip = run => run.limits.map(l => `${percent(l.used)}  ${l.name}: ${l.meaning}`).join('\n');
const cells = run => [
  h('td', {class: 'n'}, amount(run.time_s, 's')),
  h('td', {class: 'meters'}, run.roof ? meter(run.roof.share, `${percent(run.roof.share)} of ${run.roof.name}`) : '\u2013'),
  h('td', {class: 'meters', tip: () => limitTip(run)}, run.limits.length ? meter(run.limits[0].used, `${percent(run.limits[0].used)} ${run.limits[0].name}`, 'limit') : '\u2013'),
  h('td', {class: 'n'}, rate(figure(run, 'gflops'), 1e9, 'flop/s')),
  h('td', {class: 'n'}, rate(figure(run, 'memory_gbs'), 1e9, 'B/s')),
  h('td', {class: 'n'}, short(figure(run, 'active_lanes'))),
  h('td', {class: 'n'}, rate(figure(run, 'energy_mj'), 1e-3, 'J')),
  h('td', {class: 'n'}, figure(run, 'sampling_error') ? `\u00b1${digits(figure(run, 'sampling_error'))}\u2009%` : '')];
const COLUMNS = ['time', 'of the roofline', 'what is used most', 'operations', 'memory', 'active lanes %', 'energy', ''];
const row = (run, i) => h('tr', {}, nameCell(i, run), done(run) ? cells(run)
  : h('td', {colspan: COLUMNS.length, class: 'dim'}, states[run.state], run.log && [': ', run.said || run.reason, ' ', h('a', {href: run.log}, 'log')]));
const peaks = design => `${design.cores} cores, ${design.warps} warps of ${design.lanes} lanes, ${design.clock_mhz} MHz; ` +
  `at most ${digits(design.gflops)} Gflop/s and ${digits(design.memory_gbs)} GB/s.`;
const designCard = design => card(design.name, peaks(design), h('div', {class: 'scroll', tabindex: 0}, h('table', {},
  h('thead', {}, h('tr', {}, h('th', {}, 'workload'), COLUMNS.map((c, i) => h('th', {class: i === 1 || i === 2 ? '' : 'n'}, c)))),
  h('tbody', {}, design.runs.map(row)))));

// ---- all designs ----
const factorOf = (design, i) => done(design.runs[i]) && done(designs[0].runs[i]) ? design.runs[i].time_s / designs[0].runs[i].time_s : null;
const tone = value => value === null ? 'n' : value < 0.995 ? 'n good' : value > 1.005 ? 'n bad' : 'n';
const sideBySide = () => designs.length > 1 && card('Side by side', `Times beside ${designs[0].name}: less is faster. The geometric mean is that of workloads that are done on both.`,
  h('div', {class: 'scroll', tabindex: 0}, h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, 'workload'), designs.map(d => h('th', {class: 'n'}, d.name)))),
    h('tbody', {}, workloads.map((_, i) => h('tr', {}, nameCell(i), designs.map((d, k) => k === 0
      ? h('td', {class: 'n'}, done(d.runs[i]) ? amount(d.runs[i].time_s, 's') : states[d.runs[i].state])
      : h('td', {class: tone(factorOf(d, i)), tip: done(d.runs[i]) ? amount(d.runs[i].time_s, 's') : undefined}, factorOf(d, i) === null ? '\u2013' : factor(factorOf(d, i)))))),
      h('tr', {}, h('td', {class: 'word'}, h('b', {}, 'geometric mean')), designs.map(d => h('td', {class: 'n', tip: `of ${d.compared} workloads`}, h('b', {}, d.time_beside_first ? factor(d.time_beside_first) : '\u2013'))))))));

// ---- the rest ----
const odd = designs.flatMap(d => d.runs).filter(run => run.different).length;
const sure = () => card('How sure this is', 'Times are those of the cycle model. What it was compared with, and how far it was off, is said by each design.',
  h('div', {class: 'scroll'}, h('table', {}, h('tbody', {}, designs.map(d => h('tr', {}, h('td', {class: 'word'}, d.name), h('td', {}, d.accuracy)))))),
  data.sampled && h('p', {class: 'note'}, 'Sampled: of long workloads a part was timed, and the rest follows from it. A column says how sure that is (two standard errors).'),
  odd > 0 && h('p', {class: 'note'}, `In ${odd} runs some launch left other results than when it was recorded.`));
const meaning = () => card('What the columns say', null, h('ul', {},
  h('li', {}, h('b', {}, 'time'), ': cycles of all launches by the clock; transfers and the host\u2019s own time are not in it.'),
  h('li', {}, h('b', {}, 'of the roofline'), ': the least time in which the design\u2019s float units, or its memory, could do what was counted, of that time. Workloads without float operations have instructions of lanes in place of them.'),
  h('li', {}, h('b', {}, 'what is used most'), ': the part of the design nearest to what it can do at most. Where that is little, work-groups, dependencies or latency are in the way: a profile says which.')),
  h('p', {}, 'A name is a link where there is a profile (--profiles). To make one: ', h('code', {}, `kiesel profile captures/NAME.kcap --design ${designs[0].name} -o report`), ', with the recording of a workload:'),
  h('div', {class: 'scroll'}, h('table', {}, h('tbody', {}, workloads.map((w, i) => h('tr', {}, h('td', {class: 'word'}, w.name), h('td', {}, w.about),
    h('td', {}, h('code', {}, (designs.map(d => d.runs[i].capture).find(Boolean) || '')))))))));

const states_of = state => designs.flatMap(d => d.runs).filter(run => run.state === state).length;
head(`${data.title}, ${size}`, [badge(workloads.length, 'workloads'), badge(designs.length, designs.length === 1 ? 'design' : 'designs'),
  ...(states_of('waiting') ? [badge(states_of('waiting'), 'runs to come', true)] : []),
  ...(states_of('failed') ? [badge(states_of('failed'), 'runs failed', true)] : []), h('span', {class: 'badge'}, `Kiesel ${data.kiesel}`)]);
document.getElementById('main').append(...[sideBySide(), ...designs.map(designCard), sure(), meaning()].filter(Boolean));
})();
