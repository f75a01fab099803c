// Draws what was measured round by round. The tables and bars of the page stand without this script.
'use strict';

const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ink = () => color('--soft');

function axis(label, options) {
  return Object.assign({ label, stroke: ink, grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line'), width: 1 }, font: '12px system-ui, sans-serif', labelFont: '12px system-ui, sans-serif', labelSize: 22 }, options);
}

function draw(place) {
  const plot = rounds[place.dataset.plot];
  const series = [{ label: plot.xLabel, value: (u, v) => v == null ? '-' : plot.xNames ? plot.xNames[u.data[0].indexOf(v)] : v }];
  for (const line of plot.lines) {
    series.push({ label: line.name, stroke: color(line.color), width: plot.points ? 2 : 1, spanGaps: false, points: { show: plot.points, size: 6, fill: color(line.color) }, value: (u, v) => v == null ? '-' : v.toFixed(plot.digits) });
  }
  const options = {
    width: place.clientWidth,
    height: 250,
    scales: { x: { time: false, range: (u, min, max) => [min - 0.3, max + 0.3] }, y: plot.logarithmic ? { distr: 3 } : { range: (u, min, max) => [0, max * 1.08] } },
    axes: [
      axis(plot.xLabel, { ...(plot.points ? { splits: () => plot.x } : {}), values: (u, values) => values.map((v, i) => plot.xNames ? plot.xNames[i] : v) }),
      axis(plot.yLabel, { size: 64 }),
    ],
    series,
  };
  const chart = new uPlot(options, [plot.x, ...plot.lines.map(line => line.values)], place);
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: options.height })).observe(place);
}

// Plots in a closed <details> have no width yet.
for (const place of document.querySelectorAll('.plot')) {
  const details = place.closest('details');
  if (!details || details.open) {
    draw(place);
  } else {
    details.addEventListener('toggle', () => draw(place), { once: true });
  }
}
