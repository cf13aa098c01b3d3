// What was measured over time as a picture: one panel for each measure, below each other, with one line or several.
const width = 720;
const left = 60;
const plotWidth = width - left - 20;
const plotHeight = 90;
const panelHeight = plotHeight + 46;

const style = `
  text { font: 12px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; fill: #24292f; } .axis { stroke: #d0d7de; } .mark { stroke: #d4a72c; stroke-opacity: 0.5; }
  polyline { fill: none; stroke-width: 1.5; stroke: #1a7f64; } .second { stroke: #8c959f; }
  @media (prefers-color-scheme: dark) { text { fill: #9198a1; } .title { fill: #e6edf3; } .axis { stroke: #3d444d; } polyline { stroke: #3fb68b; } }
`;

const niceTop = (value) => {
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * unit).find((top) => top >= value);
};

/**
 * `panels`: `{ title, lines }`, each line an array of numbers, one for each of `times`, undefined where there is none. `marks` are times at
 * which something happened. Times are in seconds.
 */
export const lineChart = ({ title, times, panels, marks }) => {
  const last = times.at(-1) ?? 1;
  const x = (time) => (left + (time / last) * plotWidth).toFixed(1);
  const parts = [];
  panels.forEach(({ title: name, lines }, index) => {
    const top = index * panelHeight + 24;
    const bottom = top + plotHeight;
    const most = niceTop(Math.max(1, ...lines.flat().filter((value) => value !== undefined)));
    const y = (value) => (bottom - (value / most) * plotHeight).toFixed(1);
    parts.push(
      `<text class="title" x="0" y="${top - 8}">${name}</text>`,
      `<text x="${left - 8}" y="${top + 10}" text-anchor="end">${most}</text>`,
      `<text x="${left - 8}" y="${bottom}" text-anchor="end">0</text>`,
      `<path class="axis" d="M${left} ${top}V${bottom}H${left + plotWidth}" fill="none"/>`,
      ...lines.map((line, place) => {
        const points = line.flatMap((value, at) => (value === undefined ? [] : [`${x(times[at])},${y(value)}`]));
        return `<polyline class="${place === 0 ? 'first' : 'second'}" points="${points.join(' ')}"/>`;
      }),
    );
  });
  const height = panels.length * panelHeight + 20;
  const ticks = marks.map((time) => `M${x(time)} ${height - 34}v8`).join('');
  parts.push(
    `<path class="mark" d="${ticks}"/>`,
    `<text x="${left}" y="${height - 8}">0 s</text>`,
    `<text x="${left + plotWidth}" y="${height - 8}" text-anchor="end">${Math.round(last)} s, ${marks.length} faults</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}"><style>${style}</style>${parts.join('')}</svg>\n`;
};
