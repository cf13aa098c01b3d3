// The table as a picture: per scenario a bar for each proxy, the longest one full.
import { figure } from './table.mjs';

const row = 22;
const gap = 26;
const labelWidth = 130;
const barWidth = 420;
const width = labelWidth + barWidth + 110;

const style = `
  text { font: 13px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; fill: #24292f; }
  .bar { fill: #8c959f; } .ours { fill: #1a7f64; }
  @media (prefers-color-scheme: dark) { text { fill: #9198a1; } .title { fill: #e6edf3; } .bar { fill: #656c76; } .ours { fill: #3fb68b; } }
`;

/** `results`: `{ title, unit, bars: [{ peer, value, isOurs }] }` of each scenario. */
export const chart = (results) => {
  let y = 10;
  const parts = [];
  for (const { title, unit, bars } of results) {
    y += 16;
    parts.push(`<text class="title" x="0" y="${y}">${title}, ${unit}</text>`);
    y += 8;
    const longest = Math.max(...bars.map(({ value }) => value));
    for (const { peer, value, isOurs } of bars.toSorted((one, other) => other.value - one.value)) {
      const length = Math.max(1, Math.round((value / longest) * barWidth));
      parts.push(
        `<text x="${labelWidth - 8}" y="${y + 14}" text-anchor="end">${peer}</text>`,
        `<rect class="${isOurs ? 'ours' : 'bar'}" x="${labelWidth}" y="${y + 2}" width="${length}" height="${row - 6}" rx="3"/>`,
        `<text x="${labelWidth + length + 8}" y="${y + 14}">${figure(value)}</text>`,
      );
      y += row;
    }
    y += gap - 16;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="Throughput of proxies"><style>${style}</style>${parts.join('')}</svg>\n`;
};
