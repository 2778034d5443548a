(() => {
// ---- numbers ----
const short = value => {
  if (value === undefined || value === null) return '\u2013';
  const size = Math.abs(value);
  for (const [unit, by] of [['T', 1e12], ['G', 1e9], ['M', 1e6], ['k', 1e4]])
    if (size >= by) return digits(value / (unit === 'k' ? 1e3 : by)) + '\u2009' + unit;
  return digits(value);
};
const digits = value => {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e5) return String(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 0.01 || size === 0 ? value.toFixed(2) : value.toPrecision(2);
};
const exact = value => value === undefined || value === null ? '\u2013' : Number.isInteger(value) ? value.toLocaleString('en') : digits(value);
const time = ns => ns >= 1e9 ? digits(ns / 1e9) + ' s' : ns >= 1e6 ? digits(ns / 1e6) + ' ms' : ns >= 1e3 ? digits(ns / 1e3) + ' \u00b5s' : digits(ns) + ' ns';
const bytes = value => { let unit = 0; for (; value >= 1024 && unit < 4; ++unit) value /= 1024; return digits(value) + ' ' + ['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]; };
const percent = share => digits(100 * share) + ' %';
const size = sizes => sizes.filter((n, i) => i === 0 || n > 1 || sizes.slice(i).some(m => m > 1)).join(' \u00d7 ');
const color = i => `var(--c${i % 8})`;
const inked = i => getComputedStyle(document.documentElement).getPropertyValue(`--c${i % 8}`).trim();
const sum = (list, of) => list.reduce((all, each) => all + (of(each) || 0), 0);

const redraws = [];
const redraw = () => redraws.forEach(each => each());
const theme = dark => { document.documentElement.dataset.theme = dark ? 'dark' : 'light'; redraw(); };
const darkMode = matchMedia('(prefers-color-scheme: dark)');
theme(darkMode.matches);
darkMode.addEventListener('change', event => theme(event.matches));
let resizing = 0;
addEventListener('resize', () => { clearTimeout(resizing); resizing = setTimeout(redraw, 100); });

const head = (title, subject, badges) => document.getElementById('head').append(
  h('div', {class: 'bar'}, h('h1', {}, title), h('span', {class: 'subject'}, subject),
    h('button', {class: 'push', onclick: () => theme(document.documentElement.dataset.theme !== 'dark')}, 'light / dark')),
  h('div', {class: 'badges'}, badges));
const badge = (name, value, warn) => h('span', {class: warn ? 'badge warn' : 'badge'}, name + ' ', h('b', {}, value));
const main = document.getElementById('main');

const choice = (options, chosen, onchange) => h('select', {onchange: event => onchange(event.target.value)},
  options.map(([value, name]) => h('option', {value, selected: value === chosen}, name)));

const stack = (parts, total) => {
  const shown = parts.filter(part => part.value > 0);
  return [h('div', {class: 'stack'}, shown.map(part => h('span', {
      style: `flex: ${part.value / total} 0 0; background: ${part.color}`,
      tip: `${part.name}: ${exact(part.value)}, ${percent(part.value / total)}` + (part.meaning ? '\n' + part.meaning : '')}))),
    h('ul', {class: 'legend'}, shown.map(part => h('li', {tip: part.meaning}, h('i', {style: `background: ${part.color}`}),
      `${part.name} ${percent(part.value / total)}`)))];
};

if (document.body.dataset.kind === 'comparison') comparison(); else profile();

// ================ one profile ================
function profile() {
  const kernels = data.kernels, processes = data.processes;
  const counterInfo = Object.fromEntries(data.counters.map(info => [info.id, info]));
  const device = kernel => processes[kernel.process].devices[kernel.device] || {};
  const timed = kernels.length > 0 && kernels.every(kernel => kernel.timed || !kernel.counted) && kernels.some(kernel => kernel.timed);
  const weight = kernel => timed ? kernel.device_ns || 0 : kernel.host_ns;
  const kernelColor = new Map(kernels.map((kernel, i) => [kernel, i]));
  let current = kernels[0];

  const first = processes[0], firstDevice = first && first.devices[0];
  head('Kiesel profile', data.subject, [
    firstDevice && badge('device', firstDevice.name),
    firstDevice && badge('shape', `${firstDevice.cores} cores \u00d7 ${firstDevice.warps} warps \u00d7 ${firstDevice.lanes} lanes`),
    first && badge('engine', first.engine),
    badge('clock', timed ? `${exact(firstDevice.clock_mhz)} MHz` : 'none', !timed),
    badge('accuracy', data.accuracy, data.accuracy.includes('not validated')),
    badge('Kiesel', data.kiesel)]);
  if (data.notes.length) main.append(h('ul', {class: 'notes'}, data.notes.map(note => h('li', {class: 'note'}, note))));
  if (!kernels.length) {
    main.append(card('Nothing to show', 'No kernel was launched on this driver while this was profiled. What was seen:',
      processes.length ? h('ul', {}, processes.map(p => h('li', {}, `process ${p.process}: ${p.command}`))) : h('p', {}, 'no process opened the driver')));
    return;
  }

  const detail = h('div', {style: 'display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr)'});
  const choose = kernel => {
    current = kernel;
    document.querySelectorAll('[data-kernel]').forEach(row => row.setAttribute('aria-current', row.dataset.kernel === String(kernels.indexOf(kernel))));
    detail.replaceChildren(...kernelCards(kernel));
  };

  main.append(overview(), h('div', {class: 'grid'}, roofline(), flame()), timeline(), detail, tables());
  choose(current);
  redraw();

  function overview() {
    const total = sum(kernels, weight) || 1;
    const launches = sum(kernels, k => k.launches), span = sum(processes, p => p.span_ns), gaps = sum(processes, p => p.gaps.ns);
    const moved = sum(processes, p => sum(Object.values(p.transfer_totals), t => t.bytes));
    const tile = (name, value, unit, about) => h('div', {class: 'tile', tip: about}, h('div', {class: 'name'}, name), h('div', {class: 'value'}, value, unit && h('span', {class: 'unit'}, unit)));
    return card('Overview', timed ? 'Times of kernels are the design\u2019s, at its clock.' : 'There is no clock of the design: times are those of this computer, which counts while it runs. Counts are exact.',
      h('div', {class: 'tiles'},
        tile(timed ? 'in kernels, device' : 'in kernels, host', time(sum(kernels, weight))),
        tile('launches', exact(launches)), tile('kernels', exact(kernels.length)),
        tile('instructions', short(sum(kernels, k => (k.counters || {}).instructions)), 'of warps'),
        tile('nothing to run', span ? percent(gaps / span) : '\u2013', '', 'time between the first and the last command in which no device had one, on this computer'),
        tile('longest gap', time(Math.max(0, ...processes.map(p => p.gaps.longest_ns)))),
        tile('transfers', bytes(moved))),
      h('h3', {}, timed ? 'Device time by kernel' : 'Host time by kernel'),
      h('div', {class: 'bars scroll', style: 'max-height: 320px'}, kernels.map((kernel, i) => h('button', {
          class: 'barrow', 'data-kernel': i, onclick: () => choose(kernel), tip: () => describe(kernel)},
        h('span', {class: 'label'}, kernel.name),
        h('span', {class: 'track'}, h('span', {class: 'fill', style: `width: ${100 * weight(kernel) / total}%; background: ${color(i)}`})),
        h('span', {class: 'amount'}, `${time(weight(kernel))}, ${percent(weight(kernel) / total)}`)))));
  }

  function describe(kernel) {
    return `${kernel.name}\n${exact(kernel.launches)} launches, ${time(weight(kernel))}` +
      (kernel.failed ? `\n${kernel.failed} failed` : '') +
      (kernel.counters ? `\n${exact(kernel.counters.instructions)} instructions of warps` : '');
  }

  // ---- roofline ----
  function roofline() {
    const modes = [['flops', 'floating-point operations'], ['instructions', 'instructions of lanes']], levels = [['lines', 'by bytes of lines accessed'], ['memory', 'by bytes from memory']];
    let mode = kernels.some(k => (k.counters || {}).flops > 0) ? 'flops' : 'instructions', level = 'lines';
    const place = h('div', {});
    const draw = () => place.replaceChildren(drawRoofline(mode, level, place.clientWidth || 480));
    redraws.push(draw);
    return card('Roofline', timed ? 'What kernels reach, and what lanes and the first cache could do at most.'
        : 'Without a clock only intensities are known: each line is a kernel, and reaches what the design could do at most at its nominal clock.',
      h('div', {class: 'tools'}, choice(modes, mode, value => { mode = value; draw(); }), timed && choice(levels, level, value => { level = value; draw(); })), place);
  }
  function drawRoofline(mode, level, width) {
    const height = 300, left = 52, bottom = 34, top = 12, right = 14;
    const machine = firstDevice, clock = (machine.clock_mhz || 1) / 1e3;
    const known = machine.peaks || {}, inner = level === 'lines';
    const lanes = known.gflops || machine.cores * machine.lanes * clock * 2;
    const peak = mode === 'flops' ? Math.max(lanes, known.matrix_gflops || 0) : lanes / 2;
    const bandwidth = inner || !known.memory_gbs ? machine.cores * machine.line_bytes * clock : known.memory_gbs;
    const points = kernels.map((kernel, i) => {
      const f = kernel.figures || {};
      const x = mode === 'flops' ? (inner ? f.flops_per_byte : f.flops_per_memory_byte) : (inner ? f.instructions_per_byte : f.instructions_per_memory_byte);
      const work = kernel.counters && (mode === 'flops' ? kernel.counters.flops : kernel.counters.lane_instructions);
      return {kernel, i, x, y: kernel.timed && kernel.device_ns ? work / kernel.device_ns : null};
    }).filter(point => point.x > 0);
    const ridge = peak / bandwidth;
    const xs = [ridge / 30, ridge * 30, ...points.map(p => p.x)];
    const [x0, x1] = [Math.floor(Math.log10(Math.min(...xs))), Math.ceil(Math.log10(Math.max(...xs)))];
    const ys = [peak * 1.6, peak / 100, ...points.filter(p => p.y > 0).map(p => p.y)];
    const y1 = Math.log10(Math.max(...ys)), y0 = Math.max(Math.floor(Math.log10(Math.min(...ys))), Math.ceil(y1) - 6);
    const tick = e => e >= -3 && e <= 4 ? String(+(10 ** e).toPrecision(1)) : `1e${e}`;
    const px = x => left + (Math.log10(x) - x0) / (x1 - x0) * (width - left - right);
    const py = y => height - bottom - (Math.log10(y) - y0) / (y1 - y0) * (height - bottom - top);
    const roof = x => Math.min(peak, bandwidth * x);
    const unit = mode === 'flops' ? 'Gflop/s' : 'G instructions/s';
    const out = s('svg', {width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'roofline', 'data-chart': 'roofline'});
    for (let e = x0; e <= x1; ++e) out.append(s('line', {class: 'axis', x1: px(10 ** e), x2: px(10 ** e), y1: top, y2: height - bottom}),
      s('text', {class: 'dim', x: px(10 ** e), y: height - bottom + 15, 'text-anchor': 'middle'}, tick(e)));
    for (let e = y0; e <= y1; ++e) out.append(s('line', {class: 'axis', x1: left, x2: width - right, y1: py(10 ** e), y2: py(10 ** e)}),
      s('text', {class: 'dim', x: left - 6, y: py(10 ** e) + 4, 'text-anchor': 'end'}, tick(e)));
    out.append(s('text', {class: 'dim', x: width - right, y: height - 4, 'text-anchor': 'end'}, `${mode === 'flops' ? 'flop' : 'instructions'} per byte of ${inner ? 'lines' : 'memory'}`),
      s('text', {class: 'dim', x: left + 4, y: top + 10}, unit),
      s('path', {d: `M${px(10 ** x0)},${py(Math.max(10 ** y0, roof(10 ** x0)))} L${px(Math.max(10 ** x0, ridge))},${py(peak)} L${width - right},${py(peak)}`, fill: 'none', stroke: 'var(--dim)', 'stroke-width': 2}),
      s('text', {x: width - right, y: py(peak) - 6, 'text-anchor': 'end'}, `lanes ${short(peak)} ${unit}`),
      s('text', {x: px(ridge / 3) + 10, y: py(peak / 3) + 14, class: 'dim'}, `${inner ? 'lines' : 'memory'} ${short(bandwidth)} GB/s`));
    for (const {kernel, i, x, y} of points) {
      const text = `${kernel.name}\n${digits(x)} per byte` + (y ? `\n${short(y)} ${unit}, ${percent(y / roof(x))} of the roof` : `\nat most ${short(roof(x))} ${unit}`);
      const reach = {stroke: color(i), 'stroke-width': y ? 1 : 2.5, 'stroke-dasharray': y ? '3 3' : '', x1: px(x), x2: px(x), y1: height - bottom, y2: py(Math.max(10 ** y0, roof(x)))};
      out.append(s('line', reach), s('circle', {cx: px(x), cy: y ? py(Math.max(10 ** y0, y)) : reach.y2, r: y ? 6 : 4, fill: color(i), tip: text, onclick: () => choose(kernel), style: 'cursor: pointer'}));
    }
    if (!points.length) out.append(s('text', {x: width / 2, y: height / 2, 'text-anchor': 'middle', class: 'dim'}, 'no kernel with such operations and accesses to global memory'));
    return out;
  }

  // ---- flame graph: everything, kernels, functions, lines ----
  function flame() {
    const unit = timed ? 'warp-cycles and instructions' : 'instructions of warps';
    const root = {name: 'all kernels', value: 0, children: []};
    kernels.forEach((kernel, i) => {
      const node = {name: kernel.name, value: (kernel.counters || {}).instructions || 0, children: [], color: color(i), kernel};
      const functions = (kernel.code || {functions: []}).functions;
      for (const f of functions) {
        const own = {name: f.name, value: 0, children: [], color: color(i)}, lines = new Map();
        for (const row of f.instructions) {
          if (!row.counts) continue;
          own.value += row.counts[0];
          const name = row.line ? `line ${row.line}` : 'no line';
          lines.set(name, (lines.get(name) || 0) + row.counts[0]);
        }
        for (const [name, value] of lines) if (lines.size > 1) own.children.push({name, value, children: [], color: color(i)});
        node.children.push(own);
      }
      if (node.value) root.children.push(node);
      root.value += node.value;
    });
    let focus = root;
    const place = h('div', {}), path = h('span', {class: 'dim'});
    const draw = () => {
      const width = place.clientWidth || 480, row = 26, out = s('svg', {width, height: row * 4 + 2, role: 'img', 'aria-label': 'flame graph', 'data-chart': 'flame'});
      const drawNode = (node, x, w, depth) => {
        if (w < 1 || depth > 3) return;
        const part = percent(node.value / (root.value || 1));
        const group = s('g', {style: 'cursor: pointer', tip: `${node.name}\n${exact(node.value)} instructions of warps, ${part} of all`,
          onclick: () => { focus = node === focus ? root : node; if (node.kernel) choose(node.kernel); draw(); }});
        group.append(s('rect', {x, y: depth * row, width: Math.max(0.5, w - 1), height: row - 2, rx: 3, fill: node.color || 'var(--dim)', 'fill-opacity': 0.85 - 0.16 * depth}));
        const fits = Math.floor((w - 8) / 6.6);
        if (fits > 2) group.append(s('text', {x: x + 5, y: depth * row + 16, style: 'pointer-events: none'}, node.name.length > fits ? node.name.slice(0, fits - 1) + '\u2026' : node.name));
        out.append(group);
        let at = x;
        for (const child of [...node.children].sort((a, b) => b.value - a.value)) {
          const part = w * child.value / (node.value || 1);
          drawNode(child, at, part, depth + 1);
          at += part;
        }
      };
      drawNode(focus, 0, width, 0);
      path.textContent = focus === root ? 'click a part to look into it' : `${focus.name}; click it to go back`;
      place.replaceChildren(out);
    };
    redraws.push(draw);
    return card('Flame graph', 'Instructions of warps, by kernel, function and source line.', h('div', {class: 'tools'}, path), place);
  }

  // ---- timeline ----
  function timeline() {
    const rows = [], events = [];
    let from = Infinity, to = 0;
    processes.forEach((p, number) => {
      const offset = 0, places = new Map();
      const rowOf = (kind, command) => {
        const key = `${command.device} ${kind} ${command.row}`;
        if (!places.has(key)) { places.set(key, rows.length); rows.push({name: command.row ? '' : `${kind}${processes.length > 1 ? ', process ' + p.process : ''}${p.devices.length > 1 ? ', device ' + command.device : ''}`}); }
        return places.get(key);
      };
      const note = (command, row, name, ink, text) => {
        events.push({start: command.start_ns + offset, end: command.end_ns + offset, row, name, ink, text});
        from = Math.min(from, command.start_ns); to = Math.max(to, command.end_ns);
      };
      p.launches.forEach(l => { const k = kernels[l.kernel]; note(l, rowOf('kernels', l), k.name, l.kernel,
        `${k.name}, launch ${l.number}\n${size(l.global_size)} work-items in groups of ${size(l.local_size)}\n${time(l.end_ns - l.start_ns)} on this computer, waited ${time(Math.max(0, l.start_ns - l.submitted_ns))}` +
        (l.cycles ? `\n${exact(l.cycles)} cycles` : '') + (l.instructions ? `\n${exact(l.instructions)} instructions of warps` : '') + (l.failure ? `\n${l.failure}` : '')); });
      p.transfers.forEach(t => note(t, rowOf('transfers', t), t.kind, 6, `${t.kind}: ${bytes(t.bytes)}\n${time(t.end_ns - t.start_ns)}`));
    });
    if (!events.length) return card('Timeline', 'No command has a record of its own.');
    let [begin, end] = [from, Math.max(to, from + 1)];
    const canvas = h('canvas', {'data-chart': 'timeline', tabindex: 0, 'aria-label': 'timeline'}), label = 74, rowHeight = 22, axis = 20;
    const width = () => canvas.clientWidth || 600;
    const x = at => label + (at - begin) / (end - begin) * (width() - label);
    const draw = () => {
      const scale = devicePixelRatio || 1, w = width(), high = axis + Math.min(rows.length, 14) * rowHeight + 4;
      canvas.style.height = high + 'px';
      canvas.width = w * scale; canvas.height = high * scale;
      const g = canvas.getContext('2d'), style = getComputedStyle(document.documentElement), ink = name => style.getPropertyValue(name).trim();
      g.scale(scale, scale);
      g.font = '11px system-ui, "DejaVu Sans", sans-serif';
      g.fillStyle = ink('--dim');
      const step = niceStep((end - begin) / Math.max(2, (w - label) / 110));
      for (let at = Math.ceil(begin / step) * step; at <= end; at += step) {
        g.fillStyle = ink('--edge'); g.fillRect(x(at), axis - 4, 1, high);
        g.fillStyle = ink('--dim'); g.fillText(time(at - from), x(at) + 4, 12);
      }
      rows.slice(0, 14).forEach((row, i) => { g.fillStyle = ink('--dim'); g.fillText(row.name.length > 12 ? row.name.slice(0, 11) + '\u2026' : row.name, 0, axis + i * rowHeight + 15); });
      const colors = Array.from({length: 8}, (_, i) => inked(i)), last = [];
      g.save(); g.beginPath(); g.rect(label, 0, w - label, high); g.clip();
      for (const event of events) {
        if (event.row >= 14 || event.end < begin || event.start > end) continue;
        const left = x(event.start), right = Math.max(x(event.end), left + 1);
        if (right - left < 1.5 && last[event.row] === Math.floor(left)) continue;
        last[event.row] = Math.floor(left);
        g.fillStyle = colors[event.ink % 8];
        g.fillRect(left, axis + event.row * rowHeight + 2, right - left, rowHeight - 4);
        if (right - left > 40) { g.save(); g.beginPath(); g.rect(left, 0, right - left, high); g.clip(); g.fillStyle = ink('--card'); g.fillText(event.name, Math.max(left, label) + 4, axis + event.row * rowHeight + 15); g.restore(); }
      }
      g.restore();
    };
    redraws.push(draw);
    const zoom = (by, at) => {
      const middle = at === undefined ? (begin + end) / 2 : at, wide = Math.min(to - from || 1, Math.max(100, (end - begin) * by));
      begin = Math.max(from, Math.min(to - wide, middle - (middle - begin) / (end - begin) * wide)); end = begin + wide; draw();
    };
    const move = by => { const wide = end - begin; begin = Math.max(from, Math.min(to - wide, begin + by * wide)); end = begin + wide; draw(); };
    const timeAt = event => begin + (event.offsetX - label) / (width() - label) * (end - begin);
    canvas.addEventListener('wheel', event => { if (!event.ctrlKey && !event.shiftKey) return; event.preventDefault(); event.shiftKey ? move(Math.sign(event.deltaY || event.deltaX) * .15) : zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event)); }, {passive: false});
    let dragged = null;
    canvas.addEventListener('pointerdown', event => { dragged = event.offsetX; });
    addEventListener('pointerup', () => { dragged = null; });
    canvas.addEventListener('pointermove', event => {
      if (dragged !== null && event.buttons) { move((dragged - event.offsetX) / (width() - label)); dragged = event.offsetX; hideTip(); return; }
      const at = timeAt(event), row = Math.floor((event.offsetY - axis) / rowHeight), slack = (end - begin) / width() * 2;
      const hit = events.find(e => e.row === row && e.start - slack <= at && at <= e.end + slack);
      if (hit) showTip(hit.text, event); else hideTip();
    });
    canvas.addEventListener('pointerleave', hideTip);
    canvas.addEventListener('keydown', event => { const by = {ArrowLeft: () => move(-.2), ArrowRight: () => move(.2), '+': () => zoom(.6), '-': () => zoom(1.7)}[event.key]; if (by) by(); });
    return card('Timeline', 'Commands on this computer: kernels run on its model of the device. timeline.perfetto-trace has the same for ui.perfetto.dev.',
      h('div', {class: 'tools'}, h('button', {onclick: () => zoom(.5)}, 'zoom in'), h('button', {onclick: () => zoom(2)}, 'zoom out'),
        h('button', {onclick: () => { [begin, end] = [from, Math.max(to, from + 1)]; draw(); }}, 'all'),
        h('span', {class: 'dim'}, 'drag to move, Ctrl and wheel to zoom')), canvas,
      rows.length > 14 && h('p', {class: 'dim'}, `${rows.length - 14} more rows of commands at the same time are in the trace.`));
  }
  function niceStep(rough) {
    const power = 10 ** Math.floor(Math.log10(rough)), part = rough / power;
    return (part > 5 ? 10 : part > 2 ? 5 : part > 1 ? 2 : 1) * power;
  }

  // ---- one kernel ----
  function kernelCards(kernel) {
    const c = kernel.counters, about = kernel.first_launch, machine = device(kernel);
    const title = h('span', {}, 'Kernel ', h('span', {style: `color: ${color(kernelColor.get(kernel))}`}, kernel.name));
    const facts = `${exact(kernel.launches)} launches` + (about ? `; the first: ${size(about.global_size)} work-items in groups of ${size(about.local_size)}, ${bytes(about.local_memory_bytes)} local memory, ${bytes(about.private_memory_bytes)} of stack` : '') +
      (kernel.failed ? `; ${kernel.failed} failed` : '');
    const picker = h('div', {class: 'tools'}, h('label', {}, 'kernel ', choice(kernels.map((k, i) => [String(i), k.name]), String(kernels.indexOf(kernel)), i => choose(kernels[i]))));
    if (!c) return [card(title, facts, picker, h('p', {class: 'note'}, 'These launches were not counted: the device does not count, or they did not run.'))];
    const figures = data.figures.filter(f => kernel.figures[f.id] !== undefined);
    const main = card(title, facts, picker,
      h('div', {class: 'tiles'}, figures.map(f => h('div', {class: 'tile', tip: f.meaning}, h('div', {class: 'name'}, f.name),
        h('div', {class: 'value'}, short(kernel.figures[f.id]), h('span', {class: 'unit'}, f.unit))))),
      h('h3', {}, 'Advice'), kernel.advice.length ? h('ul', {class: 'advice'}, kernel.advice.map(a => h('li', {}, a.text, h('small', {}, a.figures))))
        : h('p', {class: 'dim'}, 'Nothing that a clear rule says.'));
    return [main, h('div', {class: 'grid'}, speed(kernel), mix(kernel), waits(kernel), energy(kernel), lanesCard(kernel, machine), memory(kernel, machine)), code(kernel)].filter(Boolean);
  }

  function speed(kernel) {
    const best = Math.max(...kernel.limits.map(l => l.used), 0);
    return card('Speed of light', kernel.limits.length ? 'How much of the most that the design could do in this time was done. The largest is what limits, if it is near 100 %; else it is latency.'
        : 'What limits a kernel needs a clock.',
      kernel.limits.length ? h('div', {class: 'bars'}, kernel.limits.map(l => h('div', {class: 'barrow', tip: l.meaning}, h('span', {class: 'label'}, l.name),
        h('span', {class: 'track'}, h('span', {class: 'fill', style: `width: ${100 * l.used}%; background: ${l.used === best ? 'var(--c1)' : 'var(--c0)'}`})), h('span', {class: 'amount'}, percent(l.used)))))
        : h('p', {class: 'note'}, 'no clock: run with --engine cycles'));
  }

  function mix(kernel) {
    const ids = ['integer_operations', 'multiplications', 'divisions', 'float_operations', 'float_divisions', 'branches', 'mask_changes', 'votes', 'csr_accesses',
      'global_loads', 'global_stores', 'local_loads', 'local_stores', 'private_loads', 'private_stores', 'atomics', 'fences', 'barriers'];
    const parts = ids.map((id, i) => ({name: counterInfo[id].name, value: kernel.counters[id] || 0, meaning: counterInfo[id].meaning})).sort((a, b) => b.value - a.value);
    parts.forEach((part, i) => { part.color = i < 8 ? color(i) : `color-mix(in srgb, ${color(i)} 55%, var(--card))`; });
    return card('Instructions', `${exact(kernel.counters.instructions)} of warps, by what they do.`, stack(parts, sum(parts, p => p.value) || 1));
  }

  function waits(kernel) {
    const parts = data.counters.filter(info => info.id.startsWith('stall_')).map((info, i) => ({name: info.name.replace('stalls: ', ''), value: kernel.counters[info.id] || 0, meaning: info.meaning, color: color(i)}));
    const total = sum(parts, p => p.value);
    return card('Why warps wait', total ? `${exact(total)} warp-cycles in which a warp had work and did not issue.` : 'Stall reasons need a clock.',
      total ? stack(parts, total) : h('p', {class: 'note'}, 'no clock: run with --engine cycles'));
  }

  function energy(kernel) {
    if (!kernel.energy) return null;
    const parts = kernel.energy.parts.map((part, i) => ({name: part.name, value: part.joules, meaning: part.name, color: i < 8 ? color(i) : `color-mix(in srgb, ${color(i)} 55%, var(--card))`}));
    return card('Energy', `An estimate: ${short(kernel.figures.energy_mj)} mJ. What was counted times the design's table, whose figures are from: ${kernel.energy.source}.`,
      stack(parts.sort((a, b) => b.value - a.value), sum(parts, p => p.value) || 1));
  }

  function lanesCard(kernel, machine) {
    const c = kernel.counters, all = c.instructions * machine.lanes || 1;
    const bar = (name, share, about) => h('div', {class: 'barrow', tip: about}, h('span', {class: 'label'}, name),
      h('span', {class: 'track'}, h('span', {class: 'fill', style: `width: ${Math.min(100, 100 * share)}%; background: var(--c2)`})), h('span', {class: 'amount'}, percent(share)));
    const places = placesOf(kernel, (value, of) => of('instructions') * machine.lanes - of('lane_instructions')).slice(0, 6);
    const idle = sum(places, p => p.value);
    return card('Lanes and occupancy', 'Divergence and work-groups that do not fill their warps leave lanes without work.',
      h('div', {class: 'bars'}, bar('active lanes', c.lane_instructions / all, 'of all lanes of the warps that executed something'),
        kernel.figures.occupancy !== undefined && bar('occupancy', kernel.figures.occupancy / 100, 'places for warps that were taken'),
        kernel.figures.core_use !== undefined && bar('cores in use', kernel.figures.core_use / 100, 'cycles in which cores had work')),
      h('p', {class: 'dim'}, `${exact(c.divergent)} times the lanes of a warp went different ways; ${exact(c.warps)} warps in ${exact(c.work_groups)} work-groups.`),
      idle > 0 && [h('h3', {}, 'Where lanes are idle'), h('div', {class: 'bars'}, places.map(p => h('div', {class: 'barrow', tip: p.text}, h('span', {class: 'label'}, p.name),
        h('span', {class: 'track'}, h('span', {class: 'fill', style: `width: ${100 * p.value / places[0].value}%; background: var(--c1)`})), h('span', {class: 'amount'}, short(p.value)))))]);
  }

  // By source line, or instruction where there are no lines: the places with the largest value.
  function placesOf(kernel, value) {
    if (!kernel.code) return [];
    const text = kernel.code.source.split('\n'), at = new Map(), ids = kernel.code.counters;
    for (const f of kernel.code.functions) for (const row of f.instructions) {
      if (!row.counts) continue;
      const of = id => { const i = ids.indexOf(id); return i < 0 ? 0 : row.counts[i]; };
      const name = row.line ? `line ${row.line}` : `${f.name}+0x${(row.address - f.instructions[0].address).toString(16)}`;
      const place = at.get(name) || {name, value: 0, text: row.line ? (text[row.line - 1] || '').trim() : row.text};
      place.value += value(row, of);
      at.set(name, place);
    }
    return [...at.values()].filter(p => p.value > 0).sort((a, b) => b.value - a.value);
  }

  function memory(kernel, machine) {
    const c = kernel.counters, place = h('div', {});
    const draw = () => {
      const width = Math.max(300, place.clientWidth || 460), row = 74, boxWidth = Math.min(150, width * .32);
      const rows = [
        ['global memory', [['loads', c.global_loads], ['stores', c.global_stores]], `${exact(c.lines)} lines`, `of ${machine.line_bytes} B: ${bytes(c.lines * machine.line_bytes)}`],
        ['local memory', [['loads', c.local_loads], ['stores', c.local_stores]], `${exact(c.bank_conflicts)} conflicts`, `${bytes(machine.local_memory_bytes)} a core`],
        ['private memory', [['loads', c.private_loads], ['stores', c.private_stores]], 'stack', kernel.first_launch ? `${bytes(kernel.first_launch.private_memory_bytes)} a lane` : ''],
        ['atomics', [['atomics', c.atomics]], 'at memory', '']];
      const most = Math.max(1, ...rows.map(r => sum(r[1], x => x[1])));
      const out = s('svg', {width, height: rows.length * row, role: 'img', 'aria-label': 'memory chart', 'data-chart': 'memory'});
      out.append(s('rect', {class: 'box', x: 0.5, y: 0.5, width: boxWidth * .7, height: rows.length * row - 12, rx: 8}),
        s('text', {x: boxWidth * .35, y: rows.length * row / 2 - 12, 'text-anchor': 'middle'}, 'lanes'),
        s('text', {class: 'dim', x: boxWidth * .35, y: rows.length * row / 2 + 6, 'text-anchor': 'middle'}, bytes(c.load_bytes) + ' in'),
        s('text', {class: 'dim', x: boxWidth * .35, y: rows.length * row / 2 + 21, 'text-anchor': 'middle'}, bytes(c.store_bytes) + ' out'));
      rows.forEach(([name, flows, text, more], i) => {
        const y = i * row, x = width - boxWidth - .5, from = boxWidth * .7 + 6;
        out.append(s('rect', {class: 'box', x, y: y + .5, width: boxWidth, height: row - 12, rx: 8}), s('text', {x: x + 10, y: y + 20}, name),
          s('text', {class: 'dim', x: x + 10, y: y + 37}, text), s('text', {class: 'dim', x: x + 10, y: y + 52}, more));
        flows.forEach(([flow, value], n) => {
          const line = y + (flows.length === 1 ? 30 : 18 + n * 28), thick = value ? 1.5 + 8 * value / most : 1, back = flow === 'loads';
          out.append(s('line', {x1: from + 8, x2: x - 14, y1: line, y2: line, stroke: value ? color(i) : 'var(--edge)', 'stroke-width': thick, tip: `${flow}: ${exact(value)} of warps`}),
            s('path', {d: back ? `M${from},${line} l10,-5 v10 z` : `M${x - 6},${line} l-10,-5 v10 z`, fill: value ? color(i) : 'var(--edge)'}),
            s('text', {class: 'dim', x: (from + x) / 2, y: line - thick / 2 - 3, 'text-anchor': 'middle'}, `${short(value)} ${flow}`));
        });
      });
      place.replaceChildren(...[out, caches(c, machine, width)].filter(Boolean));
    };
    memory.draw = draw;
    if (!memory.hooked) { memory.hooked = true; redraws.push(() => memory.draw && memory.draw()); }
    requestAnimationFrame(draw);
    return card('Memory chart', 'Accesses of warps, and what they touch.', place);
  }

  // Levels that have counters, from the core to memory.
  function caches(c, machine, width) {
    if (!(c.dcache_reads + c.dcache_writes > 0)) return null;
    const hits = (misses, of) => of > 0 ? `${percent(1 - misses / of)} hits` : '';
    const levels = [
      ['L1 data', `${short(c.dcache_reads + c.dcache_writes)} words`, hits(c.dcache_read_misses + c.dcache_write_misses, c.dcache_reads + c.dcache_writes), c.dcache_read_misses, c.dcache_evictions],
      c.l2_reads + c.l2_writes > 0 && ['L2', `${short(c.l2_reads + c.l2_writes)} lines`, hits(c.l2_read_misses, c.l2_reads), c.l2_read_misses, c.l2_evictions],
      c.l3_reads > 0 && ['L3', `${short(c.l3_reads)} lines`, hits(c.l3_read_misses, c.l3_reads), c.l3_read_misses, 0],
      ['memory', `${bytes((c.memory_reads + c.memory_writes) * machine.line_bytes)}`, `${short(c.memory_row_misses)} rows opened`]].filter(Boolean);
    const narrow = width < 520, boxWidth = narrow ? width - 1 : Math.min(170, width / levels.length - 70), high = 62, step = narrow ? high + 40 : 0;
    const out = s('svg', {width, height: narrow ? levels.length * step - 30 : high + 4, role: 'img', 'aria-label': 'caches', 'data-chart': 'caches', style: 'margin-top: 14px'});
    levels.forEach(([name, amount, rate, reads, writes], i) => {
      const x = narrow ? 0.5 : i * (width - boxWidth - 1) / (levels.length - 1) + .5, y = narrow ? i * step : 1;
      out.append(s('rect', {class: 'box', x, y, width: boxWidth, height: high, rx: 8}), s('text', {x: x + 10, y: y + 19}, name),
        s('text', {class: 'dim', x: x + 10, y: y + 36}, amount), s('text', {class: 'dim', x: x + 10, y: y + 52}, rate));
      if (i === levels.length - 1) return;
      const text = `${short(reads)} lines in, ${short(writes)} out`;
      if (narrow) {
        out.append(s('line', {x1: width / 2, x2: width / 2, y1: y + high + 4, y2: y + step - 4, stroke: 'var(--c0)', 'stroke-width': 3}), s('text', {class: 'dim', x: width / 2 + 10, y: y + high + 24}, text));
        return;
      }
      const next = (i + 1) * (width - boxWidth - 1) / (levels.length - 1), middle = (x + boxWidth + next) / 2;
      out.append(s('line', {x1: x + boxWidth + 6, x2: next - 6, y1: y + high / 2, y2: y + high / 2, stroke: 'var(--c0)', 'stroke-width': 3}),
        s('text', {class: 'dim', x: middle, y: y + high / 2 - 8, 'text-anchor': 'middle'}, `${short(reads)} in`),
        s('text', {class: 'dim', x: middle, y: y + high / 2 + 18, 'text-anchor': 'middle'}, `${short(writes)} out`));
    });
    return out;
  }

  // ---- source and machine code ----
  function code(kernel) {
    const own = kernel.code;
    if (!own || !own.functions.length) return card('Source and machine code', 'The code of this kernel cannot be shown.');
    const machine = device(kernel), ids = own.counters;
    const metrics = [...ids.map(id => [id, counterInfo[id].name]), ...(machine.lanes > 1 ? [['idle', 'idle lanes']] : [])];
    if (ids.some(id => id.startsWith('stall_'))) metrics.unshift(['stalls', 'all stalls']);
    let metric = metrics.some(m => m[0] === 'stalls') ? 'stalls' : 'instructions';
    const at = id => ids.indexOf(id);
    const stalls = ids.map((id, i) => id.startsWith('stall_') ? i : -1).filter(i => i >= 0);
    const valueOf = counts => !counts ? 0 : metric === 'stalls' ? stalls.reduce((all, i) => all + counts[i], 0)
      : metric === 'idle' ? counts[at('instructions')] * machine.lanes - counts[at('lane_instructions')] : counts[at(metric)];
    const rows = own.functions.flatMap(f => f.instructions.map(i => ({...i, function: f.name})));
    const sources = own.source ? own.source.split('\n') : [];
    const byLine = new Map();
    const place = h('div', {class: sources.length ? 'code' : 'code single'});
    const all = counts => ids.map((id, i) => `${counterInfo[id].name}: ${exact(counts[i])}`).join('\n');
    const select = (line, address) => {
      place.querySelectorAll('tr.on').forEach(row => row.classList.remove('on'));
      const marked = place.querySelectorAll(line ? `tr[data-line="${line}"]` : `tr[data-address="${address}"]`);
      marked.forEach(row => row.classList.add('on'));
      for (const pane of place.querySelectorAll('.pane')) {
        const first = pane.querySelector('tr.on');
        if (first && (first.offsetTop < pane.scrollTop || first.offsetTop > pane.scrollTop + pane.clientHeight - 40)) pane.scrollTop = first.offsetTop - pane.clientHeight / 3;
      }
    };
    const cells = (value, most, counts) => [
      h('td', {class: 'n', style: value ? `background: rgba(var(--heat), ${(0.75 * value / most).toFixed(3)})` : ''}, value ? exact(value) : ''),
      h('td', {class: 'n'}, counts && counts[at('instructions')] ? percent(counts[at('lane_instructions')] / counts[at('instructions')] / machine.lanes) : '')];
    const heads = name => h('tr', {}, h('th', {class: 'n'}, metrics.find(m => m[0] === metric)[1]), h('th', {class: 'n'}, 'lanes'), h('th', {class: 'n'}, name), h('th', {}, ''));
    const draw = () => {
      byLine.clear();
      for (const row of rows) if (row.line && row.counts) {
        const sums = byLine.get(row.line) || ids.map(() => 0);
        row.counts.forEach((value, i) => { sums[i] += value; });
        byLine.set(row.line, sums);
      }
      const mostLine = Math.max(1, ...[...byLine.values()].map(valueOf)), mostRow = Math.max(1, ...rows.map(r => valueOf(r.counts)));
      const left = sources.length && h('div', {class: 'pane', tabindex: 0}, h('table', {}, h('thead', {}, heads('line')), h('tbody', {}, sources.map((text, i) => {
        const counts = byLine.get(i + 1);
        return h('tr', {class: counts ? 'hot' : 'idle', 'data-line': i + 1, onclick: counts && (() => select(i + 1)), tip: counts && (() => all(counts))},
          cells(valueOf(counts), mostLine, counts), h('td', {class: 'n dim'}, i + 1), h('td', {}, text));
      }))));
      const body = h('tbody', {});
      let last = null;
      for (const row of rows) {
        if (row.function !== last) body.append(h('tr', {class: 'function'}, h('td', {colspan: 4}, last = row.function)));
        body.append(h('tr', {class: row.counts ? 'hot' : 'idle', 'data-line': row.line, 'data-address': row.address, onclick: () => select(row.line, row.address), tip: () => (row.line ? `line ${row.line}\n` : '') + (row.counts ? all(row.counts) : 'did not run')},
          cells(valueOf(row.counts), mostRow, row.counts), h('td', {class: 'n dim'}, row.address.toString(16)), h('td', {}, row.text)));
      }
      place.replaceChildren(...[left, h('div', {class: 'pane', tabindex: 0}, h('table', {}, h('thead', {}, heads('address')), body))].filter(Boolean));
    };
    draw();
    const hottest = [...byLine.entries()].sort((a, b) => valueOf(b[1]) - valueOf(a[1]))[0];
    if (hottest) requestAnimationFrame(() => select(hottest[0]));
    return card('Source and machine code', sources.length ? 'Exact counts, nothing is sampled. Click a line to see its instructions, an instruction to see its line.'
        : 'The program has no source lines (built from SPIR-V or a binary without -g): machine code only.',
      h('div', {class: 'tools'}, h('label', {}, 'colour by ', choice(metrics, metric, value => { metric = value; draw(); })),
        kernel.code_missing && h('span', {class: 'dim'}, `${exact(kernel.code_missing)} launches are missing here`)), place);
  }

  // ---- all numbers ----
  function tables() {
    const shown = kernels.slice(0, 8), rows = [...data.figures.map(f => ({...f, of: k => (k.figures || {})[f.id]})), ...data.counters.map(c => ({...c, of: k => (k.counters || {})[c.id]}))]
      .filter(row => shown.some(k => row.of(k) !== undefined));
    return card('All numbers', `Figures and counters${kernels.length > 8 ? ' of the first eight kernels' : ''}; kernels.csv, launches.csv, transfers.csv and code.csv have all of them.`,
      h('div', {class: 'scroll tall', tabindex: 0}, h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, ''), shown.map(k => h('th', {class: 'n'}, k.name)))),
        h('tbody', {}, rows.map(row => h('tr', {tip: row.meaning}, h('td', {}, row.name + (row.unit ? `, ${row.unit}` : '')), shown.map(k => h('td', {class: 'n'}, exact(row.of(k))))))))));
  }
}

// ================ several profiles ================
function comparison() {
  head('Kiesel comparison', data.profiles.map(p => p.name).join('  \u2192  '), data.profiles.map(p => badge(p.name, p.accuracy, p.accuracy.includes('not validated'))));
  const names = data.profiles.map(p => p.name), kinds = {better: 'good', worse: 'bad', changed: ''};
  const figures = data.differences.filter(d => d.group === 'figures'), counters = data.differences.filter(d => d.group !== 'figures');
  const table = rows => h('div', {class: 'scroll tall', tabindex: 0}, h('table', {},
    h('thead', {}, h('tr', {}, h('th', {}, 'kernel'), h('th', {}, 'what'), h('th', {class: 'n'}, 'change'), h('th', {}, ''), names.map(name => h('th', {class: 'n'}, name)))),
    h('tbody', {}, rows.map(d => h('tr', {}, h('td', {}, d.kernel), h('td', {}, d.name + (d.unit ? `, ${d.unit}` : '')),
      h('td', {class: 'n ' + kinds[d.verdict]}, d.change_percent === null ? 'new' : (d.change_percent > 0 ? '+' : '') + digits(d.change_percent) + ' %'),
      h('td', {class: kinds[d.verdict]}, d.verdict), d.values.map(v => h('td', {class: 'n'}, exact(v))))))));
  const most = Math.max(1, ...data.kernels.flatMap(k => times(k).map(v => v || 0)));
  function times(kernel) { const row = kernel.rows.find(r => r.name === 'device time') || kernel.rows.find(r => r.name === 'host time'); return row ? row.values : names.map(() => null); }
  main.append(
    card('Time by kernel', 'Milliseconds: of the design where it has a clock, else of this computer.', h('div', {class: 'bars', 'data-chart': 'times'}, data.kernels.slice(0, 20).map(kernel => times(kernel).map((value, i) =>
      h('div', {class: 'barrow', tip: `${kernel.name}, ${names[i]}`}, h('span', {class: 'label'}, i ? '' : kernel.name),
        h('span', {class: 'track'}, h('span', {class: 'fill', style: `width: ${100 * (value || 0) / most}%; background: ${color(i)}`})), h('span', {class: 'amount'}, value === null ? 'not there' : digits(value) + ' ms')))))),
    h('ul', {class: 'legend'}, names.map((name, i) => h('li', {}, h('i', {style: `background: ${color(i)}`}), name))),
    card('What differs most', `Against ${names[0]}: by how far, and by how much of the time the kernel is.`, figures.length ? table(figures) : h('p', {class: 'dim'}, 'No figure differs.')),
    card('Counters that differ', null, counters.length ? table(counters) : h('p', {class: 'dim'}, 'No counter differs.')),
    ...data.kernels.slice(0, 20).map(kernel => card(kernel.name, `${percent(kernel.share)} of the time; launches: ${kernel.launches.map(exact).join(', ')}`,
      h('div', {class: 'scroll tall', tabindex: 0}, h('table', {}, h('thead', {}, h('tr', {}, h('th', {}, ''), names.map(name => h('th', {class: 'n'}, name)))),
        h('tbody', {}, kernel.rows.map(row => h('tr', {}, h('td', {}, row.name + (row.unit ? `, ${row.unit}` : '')), row.values.map(v => h('td', {class: 'n'}, exact(v)))))))))));
  redraw();
}
})();
